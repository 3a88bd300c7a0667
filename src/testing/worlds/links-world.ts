import { parseAddress } from "../../core/address.js";
import { Engine } from "../../core/engine.js";
import type { Effect, EngineEvent } from "../../core/events.js";
import type { EngineOptions } from "../../core/options.js";
import { ServerPool } from "../../core/pool.js";
import { CodedError } from "../../errors.js";
import { ChunkPool } from "../../wire/chunk.js";
import { Broker } from "../broker/broker.js";
import { BrokerCluster } from "../broker/broker-cluster.js";
import { ClientConnection } from "../broker/client-connection.js";
import type { Line } from "../broker/line.js";
import { message } from "../broker/message.js";
import { ProtocolParser } from "../broker/parser.js";
import { OPTIONS } from "./engine-options.js";

/** ms from one end of a wire to the other. */
const LATENCY = 1;

/** One link of the engine's to a server, with what both ends have said. */
export class Wire implements Line {
  readonly epoch: number;
  readonly server: Broker;
  /** What the client has said, and what the server has. */
  said = "";
  heard = "";
  /** How the client has ended it. */
  ended: "close" | "reset" | undefined;
  /** Nothing that the server says arrives, until {@link LinksWorld.letThrough}. */
  isHeld = false;
  readonly client: ClientConnection;
  readonly pending = 0;
  private readonly world: LinksWorld;
  private readonly waiting: (() => void)[] = [];

  constructor(epoch: number, server: Broker, world: LinksWorld) {
    this.epoch = epoch;
    this.server = server;
    this.world = world;
    this.client = new ClientConnection(server, this, (host) => new ProtocolParser(host));
  }

  /** The verbs, subjects and sids that the client has said since `mark`, one line each. */
  lines(mark = 0): string[] {
    return this.said
      .slice(mark)
      .split("\r\n")
      .filter((line) => /^(SUB|UNSUB|PUB|PING)/.test(line));
  }

  write(bytes: Buffer): void {
    this.toClient(() => {
      this.heard += bytes.toString("latin1");
      this.world.engine.handleData(this.epoch, bytes, this.world.now);
    });
  }

  close(): void {
    this.toClient(() => this.world.engine.session.handleClosed(this.epoch, undefined, this.world.now));
  }

  destroy(): void {
    const error = new CodedError("CONNECTION_LOST", "reset");
    this.toClient(() => this.world.engine.session.handleClosed(this.epoch, error, this.world.now));
  }

  pause(): void {
    this.isHeld = true;
  }

  resume(): void {
    this.isHeld = false;
    for (const arrive of this.waiting.splice(0)) arrive();
  }

  private toClient(arrive: () => void): void {
    this.world.in(LATENCY, () => {
      if (this.ended !== undefined) return;
      if (this.isHeld) this.waiting.push(arrive);
      else arrive();
    });
  }
}

/** A server whose INFO says what a test wants. */
class Member extends Broker {
  /** Fields beside the usual ones, or instead of them. */
  more: Record<string, unknown> = {};

  protected override infoFields(client: ClientConnection, lameDuck: boolean): Record<string, unknown> {
    return { ...super.infoFields(client, lameDuck), ...this.more };
  }
}

/**
 * An engine with any number of links at a time, to servers of a cluster, in virtual time: one ms from end to end. A test may hold
 * back what a server says, kill it, and look at what went over each wire.
 */
export class LinksWorld {
  readonly engine: Engine;
  readonly pool: ServerPool;
  readonly cluster = new BrokerCluster<Member>(() => 0);
  /** By epoch. */
  readonly wires = new Map<number, Wire>();
  readonly events: EngineEvent[] = [];
  now = 0;
  private readonly agenda: { at: number; run: () => void }[] = [];
  private readonly chunks = new ChunkPool();

  /** @param names of the servers, in the order in which they are dialled */
  constructor(names = "a b", options: Partial<EngineOptions> = {}) {
    const hosts = names.split(" ");
    this.cluster.gossip = false;
    for (const host of new Set(hosts)) {
      const settings = {
        name: host,
        host,
        port: 4222,
        maxPayload: 1 << 20,
        headers: true,
        requireAuth: false,
      };
      this.cluster.servers.push(new Member(settings, this.cluster));
    }
    this.pool = new ServerPool(
      hosts.map((host) => parseAddress(host)),
      undefined,
    );
    this.engine = new Engine(
      { ...OPTIONS, ...options },
      this.pool,
      this.chunks,
      { wake() {}, writeNow() {} },
      0,
    );
  }

  /** Connects, and lets the handshake happen. */
  start(): this {
    this.engine.session.start(this.now);
    this.pass(10);
    return this;
  }

  server(name: string): Member {
    return this.cluster.servers.find(({ settings }) => settings.name === name)!;
  }

  /** The server that the engine is at. */
  get at(): string | undefined {
    return this.engine.session.active?.server.address.hostname;
  }

  /** The wires that are open to a server. */
  open(name: string): Wire[] {
    return [...this.wires.values()].filter(
      ({ server, client, ended }) => server.settings.name === name && !client.over && ended === undefined,
    );
  }

  /** The last wire to a server, open or not. */
  wire(name: string): Wire {
    const wire = [...this.wires.values()].reverse().find(({ server }) => server.settings.name === name);
    if (wire === undefined) throw new Error(`${name} was never dialled`);
    return wire;
  }

  in(ms: number, run: () => void): void {
    this.agenda.push({ at: this.now + ms, run });
  }

  /** Somebody else publishes at a server. */
  publishAt(name: string, subject: string, payload: string): void {
    this.server(name).publish(message(subject, "", undefined, Buffer.from(payload)), undefined);
  }

  /** The engine publishes. */
  publish(subject: string, payload: string): void {
    this.engine.publish(subject, payload, "", undefined, undefined);
    this.pump();
  }

  /** Everything happens that is due within `ms`, in its order. */
  pass(ms: number): void {
    const end = this.now + ms;
    this.pump();
    for (;;) {
      this.agenda.sort((a, b) => a.at - b.at);
      const next = this.agenda[0]?.at ?? Number.POSITIVE_INFINITY;
      const { timeout } = this.engine;
      if (Math.min(next, timeout) > end) break;
      this.now = Math.max(this.now, Math.min(next, timeout));
      if (next <= timeout) this.agenda.shift()!.run();
      else this.engine.handleTimeout(this.now);
      this.pump();
    }
    this.now = end;
  }

  /** Time passes until the condition holds, in steps of a ms; fails after `most` ms. */
  until(condition: (world: this) => boolean, most = 20_000): this {
    const end = this.now + most;
    while (!condition(this)) {
      if (this.now >= end) throw new Error(`not within ${most} ms of virtual time: ${condition}`);
      this.pass(1);
    }
    return this;
  }

  told<T extends EngineEvent["type"]>(type: T): Extract<EngineEvent, { type: T }>[] {
    return this.events.filter((event) => event.type === type) as Extract<EngineEvent, { type: T }>[];
  }

  /** What a driver does after every input. */
  pump(): void {
    const { engine } = this;
    engine.settle(this.now);
    const { session } = engine;
    for (let effect = session.pollEffect(); effect !== undefined; effect = session.pollEffect()) {
      this.carryOut(effect);
    }
    for (const wire of this.wires.values()) this.writeOut(wire);
    for (let event = session.pollEvent(); event !== undefined; event = session.pollEvent())
      this.events.push(event);
  }

  private carryOut(effect: Effect): void {
    const { session } = this.engine;
    const { epoch } = effect;
    if (effect.type === "dial") return this.dial(epoch, effect.server.address.hostname);
    if (effect.type === "authenticate") return this.in(0, () => session.authenticate(epoch, {}, this.now));
    if (effect.type !== "close") return;
    const wire = this.wires.get(epoch);
    if (wire === undefined) return;
    wire.ended = effect.reset ? "reset" : "close";
    this.in(LATENCY, () => wire.client.end());
  }

  private dial(epoch: number, name: string): void {
    const server = this.server(name);
    const { session } = this.engine;
    this.in(LATENCY, () => {
      if (!server.up) {
        const error = new CodedError("CONNECTION_REFUSED", `nobody is at ${name}`);
        return session.handleClosed(epoch, error, this.now);
      }
      const wire = new Wire(epoch, server, this);
      this.wires.set(epoch, wire);
      if (server.frozen) wire.pause();
      session.handleOpen(epoch, this.now);
      server.admit(wire.client);
    });
  }

  private writeOut(wire: Wire): void {
    const { engine } = this;
    while (engine.nextOutput(wire.epoch, this.now)) {
      const { bytes, start, end, chunk } = engine.outbound;
      const sent = Buffer.from(bytes!.subarray(start, end));
      wire.said += sent.toString("latin1");
      if (chunk !== undefined) this.chunks.unref(chunk);
      engine.handleWritten(wire.epoch, end - start, this.now, false);
      this.in(LATENCY, () => {
        if (!wire.client.over && !wire.server.frozen) wire.client.data(sent);
      });
    }
  }
}
