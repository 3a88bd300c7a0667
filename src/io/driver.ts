import type { Socket } from "node:net";
import type { ConnectionOptions, TLSSocket } from "node:tls";
import { isWebSocket } from "../core/address.js";
import { ofEpoch, withoutEpoch } from "../core/by-epoch.js";
import type { Engine } from "../core/engine.js";
import type { EngineDriver } from "../core/engine-driver.js";
import type { Effect, EngineEvent } from "../core/events.js";
import type { Link } from "../core/link.js";
import { LOCAL_STALL } from "../core/liveness.js";
import { NONE } from "../core/none.js";
import type { PoolServer } from "../core/pool.js";
import type { Credentials } from "../core/session-owner.js";
import { CodedError } from "../errors.js";
import { publicError } from "../interop/errors.js";
import type { Clock, Timer } from "./clock.js";
import type { Beside, DialOptions } from "./dial.js";
import { LinkEvents, type LinkEventsHost } from "./link-events.js";
import { Pulse } from "./pulse.js";
import { letRest } from "./rest.js";
import { LinkSocket, socketError } from "./socket.js";
import type { Surroundings } from "./surroundings.js";
import { secure } from "./tls.js";
import { TlsSessions } from "./tls-sessions.js";
import { upgrade, type WebSocketSettings } from "./websocket-upgrade.js";
import { WireLog } from "./wire-log.js";

/** What the driver asks of the connection above it. None of these may throw, unless it says so. */
export interface DriverHost {
  event(event: EngineEvent): void;
  authenticate(server: PoolServer, nonce: string | undefined): Promise<Credentials>;
  beforeReplay(): Promise<void>;
  /** Certificates and the rest that TLS needs, read anew. @throws CodedError `TLS_FAILED` */
  tls(): ConnectionOptions;
  /** How TCP connections are made; undefined: as a rule. */
  readonly dial?: DialOptions;
  /** Print what comes in and goes out. Default false. */
  readonly debug?: boolean;
  /** How websockets are asked for; its `headers()` may throw a CodedError `CALLBACK_FAILED`. */
  readonly websocket: WebSocketSettings;
}

/** Most bytes that wait in a socket: enough to keep it busy, little enough to be lost with it. */
const MAX_IN_FLIGHT = 512 * 1024;

/** Most writes that wait in a socket: tiny ones cost as much as large ones. */
const MAX_WRITES = 1024;

/** Smaller pieces than this are gathered: a system call costs more than their bytes. */
const SMALL = 16 * 1024;

/** Rounds in a row without an input: more mean that a listener goes in circles. */
const MAX_ROUNDS = 256;

function hasRoom(socket: LinkSocket, link: Link): boolean {
  return socket.isOpen && link.inFlight < MAX_IN_FLIGHT && socket.pending < MAX_WRITES;
}

/**
 * Connects an engine to sockets, to the clock, and to the one timer. It decides nothing: it carries
 * inputs in, and effects, output and events out.
 */
export class Driver implements EngineDriver, LinkEventsHost {
  private engine!: Engine;
  private readonly host: DriverHost;
  private readonly surroundings: Surroundings;
  private readonly clock: Clock;
  private readonly pulse = new Pulse();
  /** Replaced, never changed, see {@link ofEpoch}. */
  private links: readonly LinkEvents[] = NONE;
  private sessions: TlsSessions | undefined;
  private timer: Timer | undefined;
  private timerAt = Number.POSITIVE_INFINITY;
  private pumping = false;
  private reading = false;
  private again = false;
  /** Rounds since the last input; and whether the next one waits for a turn of the event loop. */
  private rounds = 0;
  private deferred = false;
  /** The engine will be told of the next turn of the event loop. */
  private turning = false;

  constructor(host: DriverHost, surroundings: Surroundings) {
    this.host = host;
    this.surroundings = surroundings;
    this.clock = surroundings.clock;
  }

  /** The engine wakes the driver, and the driver drives the engine: they are joined after both exist. */
  attach(engine: Engine): void {
    this.engine = engine;
  }

  /** The pump runs when the current JavaScript has ended. */
  wake(): void {
    queueMicrotask(this.onWake);
    this.watchTurn();
  }

  /** What is published while a read is handled, or listeners are called, is written behind that. */
  writeNow(): void {
    if (this.pumping || this.reading || this.deferred) return;
    // It writes and does nothing else, also when a stream tells of the end of a write in the call.
    this.pumping = true;
    try {
      this.writeAll(this.clock.now());
    } finally {
      this.pumping = false;
    }
  }

  private writeAll(now: number): void {
    for (const { epoch, socket } of this.links) if (socket.isOpen) this.writeOut(epoch, socket, now);
  }

  private watchTurn(): void {
    if (this.turning || !this.engine.intake.awaitsTurn) return;
    this.turning = true;
    this.clock.setImmediate(() => this.turned());
  }

  private readonly onWake = (): void => {
    if (!this.deferred) this.pump();
  };

  /**
   * Carries everything out that the last input or command has brought about. Runs to the end: what
   * listeners cause meanwhile is carried out in the same call.
   */
  pump(): void {
    this.again = true;
    if (this.pumping) return;
    this.pumping = true;
    try {
      while (this.again && this.mayGoOn()) {
        this.again = false;
        this.round();
      }
    } finally {
      this.pumping = false;
    }
    this.armTimer();
    this.watchTurn();
    letRest(this.surroundings.chunks, this.clock);
  }

  private turned(): void {
    this.turning = false;
    this.engine.handleTurn(this.clock.now());
  }

  /**
   * Whether there may be another round in this turn of the event loop. Listeners that cause, each time they are called,
   * what they are called for must not keep timers and sockets from their turn.
   */
  private mayGoOn(): boolean {
    if (++this.rounds <= MAX_ROUNDS) return true;
    if (!this.deferred) this.clock.setImmediate(() => this.goOn());
    this.deferred = true;
    return false;
  }

  private goOn(): void {
    this.deferred = false;
    this.rounds = 0;
    this.pump();
  }

  private round(): void {
    const { engine } = this;
    const now = this.clock.now();
    engine.settle(now);
    for (
      let effect = engine.session.pollEffect();
      effect !== undefined;
      effect = engine.session.pollEffect()
    ) {
      this.carryOut(effect);
    }
    this.writeAll(now);
    for (let event = engine.session.pollEvent(); event !== undefined; event = engine.session.pollEvent()) {
      this.host.event(event);
      this.again = true;
    }
  }

  private writeOut(epoch: number, socket: LinkSocket, now: number): void {
    const { engine } = this;
    const link = engine.session.link(epoch);
    if (link === undefined) return;
    const { outbound } = engine;
    let first = true;
    let gathers = false;
    while (hasRoom(socket, link) && engine.nextOutput(epoch, now)) {
      const { start, end } = outbound;
      // The first goes out at once, and large ones do; small ones behind it are gathered into one system call.
      if (!first && !gathers && end - start < SMALL) {
        gathers = true;
        socket.cork();
      }
      first = false;
      const taken = socket.write(outbound.bytes!, start, end, outbound.chunk);
      if (taken > 0) engine.session.handleWritten(epoch, taken, now, false);
    }
    if (!gathers) return;
    const taken = socket.uncork();
    if (taken === 0) return;
    engine.session.handleWritten(epoch, taken, now, false);
    // There may be room for more.
    this.again = true;
  }

  private carryOut(effect: Effect): void {
    const { epoch } = effect;
    switch (effect.type) {
      case "dial":
        this.dial(epoch, effect.server, effect.secure);
        break;
      case "secure":
        this.attempt(epoch, () => this.secure(epoch, effect.server));
        break;
      case "authenticate":
        this.host.authenticate(effect.server, effect.nonce).then(
          (credentials) => this.input((now) => this.engine.session.authenticate(epoch, credentials, now)),
          (error) => {
            const failed = error instanceof CodedError ? error : publicError(error);
            this.input((now) => this.engine.session.authenticate(epoch, failed, now));
          },
        );
        break;
      case "close":
        ofEpoch(this.links, epoch)?.socket.close(effect.reset);
        this.links = withoutEpoch(this.links, epoch);
        if (this.links.length === 0) this.pulse.stop();
        break;
      case "look":
        this.look(epoch);
        break;
      case "hold":
        this.host
          .beforeReplay()
          .then(() => this.input((now) => this.engine.session.releaseReplay(epoch, now)));
        break;
    }
  }

  private look(epoch: number): void {
    const link = ofEpoch(this.links, epoch);
    const seen = link === undefined ? undefined : this.surroundings.look(link.socket.socket);
    if (seen === undefined) return;
    this.engine.handleLook(epoch, seen.arrived, seen.queued, this.clock.now());
    this.again = true;
  }

  /** @param secure TLS comes first: the socket is open when it stands */
  private dial(epoch: number, server: PoolServer, secure: boolean): void {
    const join = (socket: Socket) => this.join(epoch, server, socket, secure);
    this.attempt(epoch, () => {
      const dialled = this.surroundings.dial(server, this.host.dial, this.beside(epoch, server));
      if (!(dialled instanceof Promise)) return join(dialled);
      dialled.then(join).catch((error) => this.attemptFailed(epoch, error));
    });
  }

  /** What the attempt has to do with others at this server. */
  private beside(epoch: number, server: PoolServer): Beside {
    const { session } = this.engine;
    const avoid: string[] = [];
    for (const other of this.links) {
      const link = session.link(other.epoch);
      const waits = link?.server === server && link.phase !== "live";
      const address = waits ? other.socket.socket.remoteAddress : undefined;
      if (address !== undefined) avoid.push(address);
    }
    const reached = (addresses: number) => this.input((now) => session.handleReached(epoch, addresses, now));
    return { avoid, reached };
  }

  private join(epoch: number, server: PoolServer, socket: Socket, secure: boolean): void {
    const { engine } = this;
    // A dialer that took its time: its attempt is over.
    if (engine.session.link(epoch) === undefined) {
      socket.on("error", () => {}).destroy();
      return;
    }
    const { host } = this;
    const { chunks } = this.surroundings;
    const isWeb = isWebSocket(server.address.scheme);
    const stream = isWeb
      ? upgrade(socket, server, (tcp) => this.encrypt(tcp, server), host.websocket)
      : socket;
    const events = new LinkEvents(this, engine, epoch, server, secure);
    const log = host.debug === true ? new WireLog(server.address.listen) : undefined;
    events.socket = new LinkSocket(stream, chunks, this.clock, events, log);
    this.links = this.links.concat(events);
  }

  /** The socket of a link is open: TLS comes next. @internal */
  secure(epoch: number, server: PoolServer): void {
    ofEpoch(this.links, epoch)?.socket.secure((socket) => this.encrypt(socket, server));
  }

  /** @internal */
  received(epoch: number, buf: Buffer, isPlain: boolean): void {
    this.rounds = 0;
    const now = this.clock.now();
    if (this.pulse.read(buf.length, now, isPlain)) this.engine.session.stalls.behind(now);
    this.reading = true;
    try {
      this.engine.handleData(epoch, buf, now);
    } finally {
      this.reading = false;
    }
    this.pump();
  }

  /** @internal */
  written(epoch: number, bytes: number, blocked: boolean): void {
    this.rounds = 0;
    this.engine.handleWritten(epoch, bytes, this.clock.now(), blocked);
    this.pump();
  }

  /** A link is closed: how busy this process was says something of why. @internal */
  closing(): void {
    this.engine.session.stalls.load = this.pulse.load.since(this.clock.now());
  }

  private encrypt(socket: Socket, server: PoolServer): TLSSocket {
    this.sessions ??= new TlsSessions();
    return secure(socket, server, this.host.tls(), this.sessions);
  }

  /** Does its part of an attempt; what it throws ends the attempt. @internal */
  attempt(epoch: number, step: () => void): void {
    try {
      step();
    } catch (error) {
      queueMicrotask(() => this.attemptFailed(epoch, error));
    }
  }

  private attemptFailed(epoch: number, error: unknown): void {
    const failed = error instanceof CodedError ? error : socketError(publicError(error));
    this.input((now) => this.engine.session.handleClosed(epoch, failed, now));
  }

  /** Hands an input to the engine and carries out what follows. */
  input(give: (now: number) => void): void {
    this.rounds = 0;
    give(this.clock.now());
    this.pump();
  }

  /** One timer for the nearest deadline. It is left alone when the deadline moves back: it looks again then. */
  private armTimer(): void {
    const at = Math.min(this.engine.timeout, this.pulse.due);
    if (at === Number.POSITIVE_INFINITY) {
      this.clock.clearTimeout(this.timer);
      this.timer = undefined;
      this.timerAt = Number.POSITIVE_INFINITY;
      return;
    }
    if (at >= this.timerAt) return;
    this.clock.clearTimeout(this.timer);
    this.timerAt = at;
    this.timer = this.clock.setTimeout(this.onTimer, Math.max(0, Math.ceil(at - this.clock.now())));
  }

  private readonly onTimer = (): void => {
    this.timer = undefined;
    const now = this.clock.now();
    if (now - this.timerAt > LOCAL_STALL) this.engine.session.stalls.note(now - this.timerAt, now);
    this.pulse.fired(now);
    // What came in while this process was busy lies in the kernel: it is read before silence is judged.
    this.clock.setImmediate(() => this.timeIsUp());
  };

  private timeIsUp(): void {
    if (this.timer === undefined) this.timerAt = Number.POSITIVE_INFINITY;
    this.input((now) => this.engine.handleTimeout(now));
  }
}
