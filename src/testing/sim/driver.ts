import type { Engine } from "../../core/engine.js";
import type { Effect, EngineEvent } from "../../core/events.js";
import { LOCAL_STALL } from "../../core/liveness.js";
import type { PoolServer } from "../../core/pool.js";
import { CodedError } from "../../errors.js";
import type { Random } from "../random.js";
import type { Appointment } from "./agenda.js";
import type { GuardedPool } from "./guarded-pool.js";
import type { Network } from "./network.js";
import type { Conditions } from "./pipe.js";
import type { SimSocket } from "./socket.js";
import { SimTls, type TlsOutcome } from "./tls.js";
import { demand } from "./violation.js";
import type { World } from "./world.js";

/** What the driver asks of the application above it, and tells the one who watches. */
export interface DriverHost {
  event(event: EngineEvent): void;
  authenticate(epoch: number, server: PoolServer): void;
  beforeReplay(epoch: number): void;
  /** An attempt begins. */
  dialling(epoch: number, address: string): void;
  /** The engine has found a piece for the link `epoch`. */
  handed(epoch: number): void;
  /** TLS was asked for, and will end like this. */
  tls(outcome: TlsOutcome): void;
}

/** What is being handed to the engine. */
export type InputKind =
  | "opened"
  | "data"
  | "written"
  | "closed"
  | "seen"
  | "authenticate"
  | "secured"
  | "tls-failed"
  | "timeout"
  | "late"
  | "command";

/** Timers at the same instant that are borne: more means that the engine's deadline does not move. */
const MAX_SPIN = 50;

/** How likely something is told of a link after its end. */
const LATE = 0.3;

/** What `io/driver.ts` does, in virtual time: carries inputs in, and effects, output and events out. */
export class SimDriver {
  private engine!: Engine;
  private host!: DriverHost;
  private readonly world: World;
  private readonly network: Network;
  readonly chunks: GuardedPool;
  private readonly maxInFlight: number;
  private readonly luck: Random;
  private readonly tls: SimTls;
  private readonly lateness: number;
  readonly sockets = new Map<number, SimSocket>();
  /** Turns of the event loop that the engine has heard of. */
  turns = 0;
  /** The link whose input is being handled; 0 outside of one. */
  inputEpoch = 0;
  inputKind: InputKind = "command";
  private readonly addresses = new Map<number, string>();
  private readonly dials = new Map<number, number>();
  /** Links that have been open. */
  readonly opened = new Set<number>();
  /** Those whose credentials have been asked for and have not come. */
  readonly authenticating = new Set<number>();
  /** When this process has noticed last that it had not run. */
  stalledAt = Number.NEGATIVE_INFINITY;
  /** The last attempt. */
  lastDial = { epoch: 0, at: 0, address: "" };
  private timer: Appointment | undefined;
  private timerAt = Number.POSITIVE_INFINITY;
  private pumping = false;
  /** The engine will be told of the next turn of the event loop. */
  private turning = false;
  private again = false;
  private woken = false;
  private spins = 0;
  private spunAt = 0;

  /**
   * @param maxInFlight bytes that are written before the kernel has taken any
   * @param lateness up to so many ms a timer may be late
   */
  constructor(world: World, network: Network, chunks: GuardedPool, maxInFlight: number, lateness: number) {
    this.world = world;
    this.network = network;
    this.chunks = chunks;
    this.maxInFlight = maxInFlight;
    this.luck = world.random.fork(23);
    this.tls = new SimTls(world.random.fork(32));
    this.lateness = lateness;
  }

  /** The links to an address that there are. */
  epochsOf(address: string): number[] {
    return [...this.sockets.keys()].filter((epoch) => this.addresses.get(epoch) === address);
  }

  /** Where a link leads to, or has led to. */
  addressOf(epoch: number): string | undefined {
    return this.addresses.get(epoch);
  }

  /** Whether TLS is being set up on a link. */
  awaitsTls(epoch: number): boolean {
    return this.tls.awaited(epoch);
  }

  /** Whether TLS stands on a link. */
  isSecure(epoch: number): boolean {
    return this.tls.isSecure(epoch);
  }

  /** When the link was dialled. */
  dialledAt(epoch: number): number {
    return this.dials.get(epoch) ?? 0;
  }

  get conditions(): Conditions {
    return this.network.conditions;
  }

  /** See {@link Network.slowUntil}. */
  get slowUntil(): number {
    return this.network.slowUntil;
  }

  attach(engine: Engine, host: DriverHost): void {
    this.engine = engine;
    this.host = host;
  }

  readonly wake = (): void => {
    this.woken = true;
  };

  writeNow(): void {
    if (!this.pumping && this.inputKind !== "data") this.writeAll();
  }

  private writeAll(): void {
    for (const [epoch, socket] of this.sockets) if (socket.isOpen) this.writeOut(epoch, socket);
  }

  /** The microtask that a wake-up is: runs when the JavaScript of a step has ended. */
  microtask(): void {
    while (this.woken) {
      this.woken = false;
      this.pump();
    }
  }

  /** Hands an input to the engine and carries out what follows. */
  input(epoch: number, give: (now: number) => void, kind: InputKind = "command"): void {
    const { inputEpoch, inputKind } = this;
    this.inputEpoch = epoch;
    this.inputKind = kind;
    if (kind === "authenticate") this.authenticating.delete(epoch);
    give(this.world.now);
    this.inputEpoch = inputEpoch;
    this.inputKind = inputKind;
    this.pump();
  }

  pump(): void {
    this.again = true;
    if (this.pumping) return;
    this.pumping = true;
    try {
      while (this.again) {
        this.again = false;
        this.round();
      }
    } finally {
      this.pumping = false;
    }
    this.armTimer();
    if (this.turning || !this.engine.intake.awaitsTurn) return;
    this.turning = true;
    this.world.clientIn(0, this.onTurn);
  }

  private readonly onTurn = (): void => {
    this.turning = false;
    this.turns++;
    this.engine.handleTurn(this.world.now);
  };

  private round(): void {
    const { engine } = this;
    const { session } = engine;
    engine.settle(this.world.now);
    for (let effect = session.pollEffect(); effect !== undefined; effect = session.pollEffect()) {
      this.carryOut(effect);
    }
    this.writeAll();
    for (let event = session.pollEvent(); event !== undefined; event = session.pollEvent()) {
      this.host.event(event);
      this.again = true;
    }
  }

  private writeOut(epoch: number, socket: SimSocket): void {
    const { engine } = this;
    const link = engine.session.link(epoch);
    if (link === undefined) return;
    const { outbound } = engine;
    while (link.inFlight < this.maxInFlight && engine.nextOutput(epoch, this.world.now)) {
      this.tls.written(epoch, link.info);
      this.host.handed(epoch);
      this.world.trace.note("write", epoch, outbound.end - outbound.start);
      const taken = socket.write(outbound.bytes!, outbound.start, outbound.end, outbound.chunk);
      if (taken > 0) engine.session.handleWritten(epoch, taken, this.world.now, false);
    }
  }

  private carryOut(effect: Effect): void {
    const { epoch, type } = effect;
    this.world.trace.note(type, epoch);
    if (type === "dial") {
      demand(epoch > this.lastDial.epoch, "epoch", () => `dial ${epoch} after ${this.lastDial.epoch}`);
      this.host.dialling(epoch, effect.server.address.listen);
      this.addresses.set(epoch, effect.server.address.listen);
      this.dials.set(epoch, this.world.now);
      this.lastDial = { epoch, at: this.world.now, address: effect.server.address.listen };
      this.dial(epoch, effect.server);
      return;
    }
    const socket = this.sockets.get(epoch);
    demand(socket !== undefined, "dead-epoch", () => `effect ${type} for link ${epoch}, which is not there`);
    if (type === "secure") {
      this.secure(epoch);
    } else if (type === "authenticate") {
      this.authenticating.add(epoch);
      this.host.authenticate(epoch, effect.server);
    } else if (type === "hold") {
      this.host.beforeReplay(epoch);
    } else if (type === "look") {
      this.look(epoch, socket);
    } else if (type === "close") {
      socket.close(effect.reset);
      this.sockets.delete(epoch);
      if (this.luck.chance(LATE)) this.world.clientIn(20 * this.luck.float(), () => this.haunt(epoch));
    }
  }

  /** What a careless driver would still tell of a link that is gone: the engine must not take it for another's. */
  private haunt(epoch: number): void {
    const { engine, luck } = this;
    const { session } = engine;
    const inputs: readonly ((now: number) => void)[] = [
      (now) => engine.handleData(epoch, Buffer.from("PONG\r\nPONG\r\n"), now),
      (now) => engine.handleWritten(epoch, 1000, now, true),
      (now) => engine.handleLook(epoch, 1_000_000, 0, now),
      (now) => session.handleOpen(epoch, now),
      (now) => session.handleClosed(epoch, undefined, now),
    ];
    this.world.trace.note("late input", epoch);
    this.input(epoch, luck.pick(inputs), "late");
  }

  /** The answer takes a while, and is not quite new when it comes. */
  private look(epoch: number, socket: SimSocket): void {
    const { world } = this;
    const wait = world.random.float() * 2;
    world.clientIn(wait, () => {
      const seen = socket.look();
      if (seen === undefined) return;
      world.clientIn(world.random.float() * 2, () => {
        world.trace.note("seen", seen.arrived, seen.queued);
        this.turns++;
        const give = (now: number) => this.engine.handleLook(epoch, seen.arrived, seen.queued, now);
        this.input(epoch, give, "seen");
      });
    });
  }

  private secure(epoch: number): void {
    const { session } = this.engine;
    const { outcome, after } = this.tls.begin(epoch);
    this.host.tls(outcome);
    if (outcome === "hung") return;
    this.world.clientIn(after, () => {
      this.world.trace.note(outcome, epoch);
      if (outcome === "failed") {
        const error = new CodedError("TLS_FAILED", "simulated");
        return this.input(epoch, (now) => session.handleClosed(epoch, error, now), "tls-failed");
      }
      this.tls.stands(epoch);
      this.input(epoch, (now) => session.handleSecure(epoch, now), "secured");
    });
  }

  private dial(epoch: number, server: PoolServer): void {
    const { engine, world } = this;
    const { session } = engine;
    const socket = this.network.dial(server.address.listen, epoch, this.chunks, {
      opened: () => {
        world.trace.note("opened", epoch);
        this.opened.add(epoch);
        this.input(epoch, (now) => session.handleOpen(epoch, now), "opened");
      },
      data: (buf) => {
        world.trace.note("data", epoch, buf.length);
        this.turns++;
        this.input(epoch, (now) => engine.handleData(epoch, buf, now), "data");
      },
      written: (bytes, blocked) => {
        world.trace.note("written", epoch, bytes);
        this.turns++;
        this.input(epoch, (now) => engine.handleWritten(epoch, bytes, now, blocked), "written");
      },
      secured: () => {},
      closed: (error) => {
        world.trace.note("closed", epoch);
        this.input(epoch, (now) => session.handleClosed(epoch, error, now), "closed");
      },
    });
    this.sockets.set(epoch, socket);
  }

  private armTimer(): void {
    const at = this.engine.timeout;
    if (at === Number.POSITIVE_INFINITY) {
      this.disarm();
      return;
    }
    demand(!Number.isNaN(at), "timer", () => "the next deadline is not a number");
    if (at >= this.timerAt) return;
    this.disarm();
    this.timerAt = at;
    const late = this.world.random.chance(0.2) ? this.lateness * this.world.random.float() : 0;
    this.timer = this.world.clientIn(at - this.world.now + late, this.onTimer);
  }

  private disarm(): void {
    if (this.timer !== undefined) this.timer.cancelled = true;
    this.timer = undefined;
    this.timerAt = Number.POSITIVE_INFINITY;
  }

  private readonly onTimer = (): void => {
    this.timer = undefined;
    const { now } = this.world;
    const late = now - this.timerAt;
    if (late > LOCAL_STALL) {
      this.stalledAt = now;
      this.engine.session.stalls.note(late, now);
    }
    this.timerAt = Number.POSITIVE_INFINITY;
    // As in the real driver, what has arrived meanwhile is read before the engine judges by the clock.
    this.world.clientIn(0, this.expire);
  };

  private readonly expire = (): void => {
    this.spins = this.world.now === this.spunAt ? this.spins + 1 : 0;
    this.spunAt = this.world.now;
    demand(this.spins < MAX_SPIN, "timer-spin", () => `the deadline stays at ${this.engine.timeout}`);
    this.world.trace.note("timeout");
    this.turns++;
    this.input(0, (now) => this.engine.handleTimeout(now), "timeout");
  };
}
