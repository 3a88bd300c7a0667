import type { Random } from "../src/testing/random.js";
import type { Appointment } from "../src/testing/sim/agenda.js";
import { Meter } from "./meter.js";
import type { World } from "./world.js";

/** What a server can do, and how long it has patience. */
export interface ServerLimits {
  /** Connections that it takes from its backlog and greets, per second. */
  readonly accepts: number;
  /** Connections that the kernel holds until they are taken; a SYN too many is dropped without a word. */
  readonly backlog: number;
  /** TLS handshakes per second; undefined: no TLS. */
  readonly handshakes: number | undefined;
  /** Bytes that it reads per second, from all clients together. */
  readonly readRate: number;
}

/** ms from the greeting until TLS must stand, nats-server's default (`tls { timeout }`). */
const TLS_TIMEOUT = 2000;
/** ms from the greeting until CONNECT must have come, nats-server's default; with TLS a second more than that takes. */
const AUTH_TIMEOUT = 2000;
const AUTH_TIMEOUT_TLS = TLS_TIMEOUT + 1000;
/** ms after which a SYN without an answer is sent again: Linux's, doubled each time. */
const SYN_AGAIN = 1000;

/** ms from one server to another. */
const ROUTE = 1;

/** Who has subscribed to what, in the whole cluster. */
export type Interest = Map<string, Conn>;

/** Why a connection has ended. */
export type Ending = "refused" | "handshake timeout" | "server gone";

/** The client's end of a connection. None of these is called after `close()`. */
export interface Listener {
  opened(): void;
  /** INFO has come, the first or a later one. */
  informed(lameDuck: boolean): void;
  secured(): void;
  /** Answers to so many PINGs have come. */
  answered(pongs: number): void;
  /** A message has come for what was subscribed. */
  delivered(subject: string): void;
  closed(why: Ending): void;
}

/** What a client writes at once. */
export interface Write {
  readonly bytes: number;
  /** PINGs in it. */
  readonly pings: number;
  /** CONNECT is in it. */
  readonly connect?: boolean;
  /** Subjects that are subscribed, or published to, in it. */
  readonly subscribe?: string;
  readonly publish?: string;
}

type Stage = "backlog" | "greeted" | "securing" | "connected" | "closed";

/** One TCP connection of a client with a server. */
export class Conn {
  stage: Stage = "backlog";
  readonly listener: Listener;
  /** ms that anything takes from one end to the other. */
  readonly latency: number;
  private readonly server: StormServer;
  private readonly world: World;
  /** The server's patience with the handshake. */
  private deadline: Appointment | undefined;

  constructor(world: World, server: StormServer, listener: Listener, latency: number) {
    this.world = world;
    this.server = server;
    this.listener = listener;
    this.latency = latency;
  }

  get isClosed(): boolean {
    return this.stage === "closed";
  }

  /** The client wants TLS: its hello is on its way. */
  secure(): void {
    this.toServer(() => this.server.hello(this));
  }

  /** The client writes. */
  send(write: Write): void {
    this.toServer(() => this.server.receive(this, write));
  }

  /** The client leaves. */
  close(): void {
    if (this.isClosed) return;
    this.end();
    this.server.left(this);
  }

  toServer(run: () => void): void {
    this.world.after(this.latency, () => {
      if (!this.isClosed) run();
    });
  }

  toClient(run: () => void): void {
    this.world.after(this.latency, () => {
      if (!this.isClosed) run();
    });
  }

  /** The server gives it `ms` from now on. */
  patience(ms: number): void {
    this.stopClock();
    this.deadline = this.world.after(ms, () => this.server.timedOut(this));
  }

  stopClock(): void {
    if (this.deadline !== undefined) this.deadline.cancelled = true;
  }

  end(): void {
    this.stage = "closed";
    this.stopClock();
  }

  /** The server closes it, which the client hears of when it gets there. */
  closeByServer(why: Ending): void {
    if (this.isClosed) return;
    this.stopClock();
    this.world.after(this.latency, () => {
      if (this.isClosed) return;
      this.end();
      this.listener.closed(why);
    });
  }
}

/** A model of nats-server as far as a storm meets it: a backlog, a queue for TLS handshakes, one for reading. */
export class StormServer {
  readonly address: string;
  private readonly world: World;
  private readonly random: Random;
  private limits: ServerLimits | undefined;
  private readonly tls: boolean;
  private readonly interest: Interest;
  private listening = true;
  private readonly conns = new Set<Conn>();
  private waiting = 0;
  private acceptFree = 0;
  private readFree = 0;
  private hellos: Conn[] = [];
  private handshaking = false;
  private generation = 0;
  /** It shuts down, and has not gone yet. */
  isLame = false;
  /** Connections that the kernel has taken. */
  arrivals = new Meter();
  /** Handshakes that were cut off because they took too long. */
  timeouts = 0;

  /** @param limits undefined until {@link limit}: everything at once */
  constructor(world: World, address: string, random: Random, tls: boolean, interest: Interest) {
    this.world = world;
    this.interest = interest;
    this.address = address;
    this.random = random;
    this.tls = tls;
  }

  /** From now on it is as slow as that, and what has happened is forgotten. */
  limit(limits: ServerLimits): void {
    this.limits = limits;
    this.arrivals = new Meter();
  }

  dial(listener: Listener, latency: number): Conn {
    const conn = new Conn(this.world, this, listener, latency);
    conn.toServer(() => this.syn(conn, SYN_AGAIN));
    return conn;
  }

  private syn(conn: Conn, again: number): void {
    if (!this.listening) return conn.closeByServer("refused");
    const { limits } = this;
    if (limits !== undefined && this.waiting >= limits.backlog) {
      this.world.after(again, () => {
        if (!conn.isClosed) this.syn(conn, again * 2);
      });
      return;
    }
    this.arrivals.count(this.world.now);
    this.conns.add(conn);
    conn.toClient(() => conn.listener.opened());
    this.waiting++;
    const took = limits === undefined ? 0 : 1000 / limits.accepts;
    this.acceptFree = Math.max(this.world.now, this.acceptFree) + took;
    const { generation } = this;
    this.world.at(this.acceptFree, () => {
      if (generation !== this.generation) return;
      this.waiting--;
      if (!conn.isClosed && this.conns.has(conn)) this.greet(conn);
    });
  }

  private greet(conn: Conn): void {
    conn.stage = "greeted";
    conn.patience(this.tls ? TLS_TIMEOUT : AUTH_TIMEOUT);
    conn.toClient(() => conn.listener.informed(false));
  }

  hello(conn: Conn): void {
    if (!this.conns.has(conn)) return;
    conn.stage = "securing";
    this.hellos.push(conn);
    this.nextHandshake();
  }

  /** One after the other; those that were given up meanwhile cost nothing. */
  private nextHandshake(): void {
    if (this.handshaking) return;
    let conn = this.hellos.shift();
    while (conn?.isClosed || (conn !== undefined && !this.conns.has(conn))) conn = this.hellos.shift();
    if (conn === undefined) return;
    const next = conn;
    this.handshaking = true;
    const { generation } = this;
    this.world.after(1000 / (this.limits?.handshakes ?? Number.POSITIVE_INFINITY), () => {
      if (generation !== this.generation) return;
      this.handshaking = false;
      if (this.conns.has(next)) {
        next.patience(AUTH_TIMEOUT_TLS - TLS_TIMEOUT);
        next.toClient(() => next.listener.secured());
      }
      this.nextHandshake();
    });
  }

  receive(conn: Conn, { bytes, pings, connect, subscribe, publish }: Write): void {
    if (!this.conns.has(conn)) return;
    if (connect) {
      conn.stage = "connected";
      conn.stopClock();
    }
    const { now } = this.world;
    const took = this.limits === undefined ? 0 : (bytes * 1000) / this.limits.readRate;
    this.readFree = Math.max(now, this.readFree) + took;
    this.world.at(this.readFree, () => {
      if (!this.conns.has(conn)) return;
      if (subscribe !== undefined) this.interest.set(subscribe, conn);
      if (publish !== undefined) this.route(publish);
      if (pings > 0) conn.toClient(() => conn.listener.answered(pings));
    });
  }

  /** Over a route of the cluster to whoever has subscribed. */
  private route(subject: string): void {
    const conn = this.interest.get(subject);
    if (conn === undefined) return;
    this.world.after(ROUTE, () => {
      if (!conn.isClosed) conn.toClient(() => conn.listener.delivered(subject));
    });
  }

  timedOut(conn: Conn): void {
    this.timeouts++;
    this.cut(conn, "handshake timeout");
  }

  /** The client has gone. */
  left(conn: Conn): void {
    this.conns.delete(conn);
  }

  private cut(conn: Conn, why: Ending): void {
    this.conns.delete(conn);
    conn.closeByServer(why);
  }

  /** It is killed: all connections end, and nobody listens. */
  stop(): void {
    this.generation++;
    this.listening = false;
    this.isLame = false;
    this.waiting = 0;
    this.acceptFree = 0;
    this.readFree = 0;
    this.hellos = [];
    this.handshaking = false;
    for (const conn of [...this.conns]) this.cut(conn, "server gone");
  }

  /** It is back, and knows nobody. */
  start(): void {
    this.listening = true;
  }

  /**
   * nats-server's `lameDuckMode()`: accepts nobody from now on, tells its clients, and after the grace period closes one
   * after the other, so that the last is gone after `duration` at the latest. The pause before each is random, and at
   * least half of what would fill the time.
   *
   * @param duration `lame_duck_duration`, ms
   * @param grace `lame_duck_grace_period`, ms
   */
  lameDuck(duration: number, grace: number): void {
    this.listening = false;
    this.isLame = true;
    const clients = [...this.conns];
    const pause = Math.min(1000, (duration - grace) / Math.max(1, clients.length));
    for (const conn of clients) conn.toClient(() => conn.listener.informed(true));
    const { generation } = this;
    const evict = (index: number) => {
      if (generation !== this.generation) return;
      if (index === clients.length) return this.stop();
      if (this.conns.has(clients[index])) this.cut(clients[index], "server gone");
      this.world.after(Math.max(pause / 2, this.random.between(0, pause)), () => evict(index + 1));
    };
    this.world.after(grace, () => evict(0));
  }
}
