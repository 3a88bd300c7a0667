import { createServer, type Server, type Socket } from "node:net";
import { ClientConnection } from "../broker/client-connection.js";
import { ProtocolParser } from "../broker/parser.js";
import { addressOf, type ServerSettings } from "../broker/settings.js";
import { NatsServerError } from "../launcher/error.js";
import { freePort, releasePort } from "../launcher/ports.js";
import { checkTestServerOptions, checkTestServerReload } from "./check-options.js";
import { EmbeddedBroker, type EmbeddedHost } from "./embedded-broker.js";
import { LameDuck } from "./lame-duck.js";
import type { TestServerConnection, TestServerOptions, TestServerReload } from "./options.js";
import { ProcessClock } from "./process-clock.js";
import { applyReload, settingsOf } from "./reload.js";
import { SocketLine } from "./socket-line.js";

const PORT_ATTEMPTS = 5;

/** A server that knows no others. */
const ALONE: Pick<EmbeddedHost, "cluster" | "urls" | "forward"> = {
  cluster: undefined,
  urls: () => [],
  forward: () => false,
};

/** How a member finds its cluster. */
export interface Membership {
  host: Pick<EmbeddedHost, "cluster" | "urls" | "forward">;
  /** It takes clients for the first time. */
  joined(broker: EmbeddedBroker): void;
  /** A member has come, or gone, or is about to. */
  changed(): void;
}

/** Starts a member of a cluster, with options that were checked. Not for users. */
export let startMember: (options: TestServerOptions, membership: Membership) => Promise<TestServer>;

/**
 * **A test server, not a nats-server**: the core of NATS in this process, on a real socket of the loopback interface. For unit
 * tests of applications, where no nats-server can be had, and for tests that start, kill and freeze one again and
 * again. It has subjects with wildcards, queue groups, headers, requests with "no responders", limits,
 * user, password or token, permissions, lame duck mode; no JetStream, no TLS, no accounts, no WebSocket: `NatsServer`
 * has them. Its methods are those of `NatsServer`, so that a test can take either.
 *
 * Like a `NatsServer` it does not keep this process alive.
 *
 * ```ts
 * await using server = await startServer();
 * const nc = await connect({ servers: server.url });
 * await server.kill();
 * await server.restart();
 * ```
 */
export class TestServer implements AsyncDisposable {
  /** The server's name, as its INFO has it. */
  readonly name: string;
  /** The address that it listens on. */
  readonly host: string;
  /** The port for clients; stays the same across restarts. */
  readonly port: number;
  /** `nats://127.0.0.1:PORT`, without credentials. */
  readonly url: string;
  /** `127.0.0.1:PORT`, as in the server's own announcements. */
  readonly hostport: string;

  readonly #settings: ServerSettings;
  readonly #broker: EmbeddedBroker;
  readonly #clock = new ProcessClock();
  readonly #sockets = new Set<Socket>();
  readonly #changed: () => void;
  #options: TestServerOptions;
  #listener: Server | undefined;
  #lameDuck: LameDuck | undefined;
  #closed = false;
  #closing: Promise<void> | undefined;

  private constructor(options: TestServerOptions, port: number, membership: Membership | undefined) {
    this.#options = options;
    this.host = options.host ?? "127.0.0.1";
    this.port = port;
    this.name = options.name ?? `test-${port}`;
    this.#settings = settingsOf(options, this.name, this.host, port);
    this.hostport = addressOf(this.#settings);
    this.url = `nats://${this.hostport}`;
    this.#changed = membership?.changed ?? (() => {});
    const others = membership?.host ?? ALONE;
    this.#broker = new EmbeddedBroker(this.#settings, {
      scheduler: this.#clock,
      cluster: others.cluster,
      random: Math.random,
      urls: () => others.urls(),
      forward: (message, origin) => others.forward(message, origin),
    });
  }

  /**
   * Starts a server; resolves when it accepts clients. Rejects with a `NatsServerError`: `INVALID_OPTION`, `PORT_IN_USE` (for a
   * port that was left to us only after five others). A host on which nobody can listen is `INVALID_OPTION`, together with
   * a port of yours `START_FAILED`.
   */
  static async start(options: TestServerOptions = {}): Promise<TestServer> {
    return TestServer.#start(checkTestServerOptions(options), undefined);
  }

  static {
    startMember = (options, membership) => TestServer.#start(options, membership);
  }

  static async #start(options: TestServerOptions, membership: Membership | undefined): Promise<TestServer> {
    for (let attempt = 1; ; attempt++) {
      const port = options.port ?? (await freePort(options.host ?? "127.0.0.1"));
      const server = new TestServer(options, port, membership);
      try {
        await server.#listen();
        membership?.joined(server.#broker);
        return server;
      } catch (error) {
        await server.close();
        const taken = error instanceof NatsServerError && error.code === "PORT_IN_USE";
        if (!taken || options.port !== undefined || attempt === PORT_ATTEMPTS) throw error;
      }
    }
  }

  /** Whether it is there, be it stopped or not. */
  get running(): boolean {
    return this.#broker.up;
  }

  /** Whether it was frozen by {@link stop}. */
  get stopped(): boolean {
    return this.#broker.frozen;
  }

  /** Its clients, the oldest first, as `/connz` of a nats-server gives them. */
  get connections(): TestServerConnection[] {
    return [...this.#broker.clients].map(describe);
  }

  /** Ends it at once, as a SIGKILL would: what was not written is lost. Resolves when its port is free. */
  async kill(): Promise<void> {
    if (!this.running) return;
    this.#broker.kill();
    for (const socket of this.#sockets) socket.destroy();
    await this.#gone();
  }

  /** Ends it in order, as a SIGTERM would: its clients get what was written, then the end. */
  async term(): Promise<void> {
    if (!this.running) return;
    if (this.stopped) this.cont();
    this.#broker.stop();
    await this.#gone();
  }

  /** Freezes it, as a SIGSTOP would: from now on nothing answers, while its sockets stay open. Throws `NOT_RUNNING`. */
  stop(): void {
    this.#demandRunning();
    this.#clock.stop();
    this.#broker.freeze();
  }

  /** Lets it go on after {@link stop}. Throws `NOT_RUNNING`. */
  cont(): void {
    this.#demandRunning();
    this.#broker.thaw();
    this.#clock.cont();
  }

  /**
   * Puts it into lame duck mode: it takes no new clients, tells those it has, and sends them away one by one from
   * `lameDuckGracePeriod` on, within `lameDuckDuration`; then it ends. Throws `NOT_RUNNING`.
   */
  lameDuck(): void {
    this.#demandRunning();
    if (this.#lameDuck !== undefined) return;
    this.#listener?.close();
    this.#broker.enterLameDuck();
    this.#changed();
    const { lameDuckGracePeriod: grace, lameDuckDuration: duration } = this.#options;
    this.#lameDuck = new LameDuck(this.#broker, this.#clock, { grace, duration }, () => void this.term());
  }

  /**
   * Changes its options, as a reload of the configuration does: clients that would not be let in any more are sent away,
   * subscriptions that are no longer permitted end. As with a nats-server, nobody is told of a new `maxPayload` before
   * the next connection. Rejects with `INVALID_OPTION` or `NOT_RUNNING`.
   *
   * @param change what changes; `undefined` as a value removes an option. Host, port and name stay as they are.
   */
  async reload(change: TestServerReload = {}): Promise<void> {
    this.#demandRunning();
    this.#options = checkTestServerReload(this.#options, change);
    applyReload(this.#broker, this.#options);
  }

  /**
   * Starts it again on the same port with the options as last reloaded; resolves when it accepts clients. Kills it first if it
   * is running. Rejects with `PORT_IN_USE`, or `NOT_RUNNING` after {@link close}.
   */
  async restart(): Promise<void> {
    await this.kill();
    await this.#listen();
  }

  /** Kills it. Idempotent; after it, nothing else works. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#closed = true;
    await this.kill();
    releasePort(this.port);
  }

  /** {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #listen(): Promise<void> {
    if (this.#closed) throw new NatsServerError("NOT_RUNNING", `${this.name} was closed`);
    const listener = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket));
    await new Promise<void>((resolve, reject) => {
      listener.once("error", (error: NodeJS.ErrnoException) => {
        const text = `${this.name}: ${error.message}`;
        reject(new NatsServerError(error.code === "EADDRINUSE" ? "PORT_IN_USE" : "START_FAILED", text));
      });
      listener.listen({ host: this.host, port: this.port, exclusive: true }, resolve);
    });
    this.#listener = listener.unref();
    this.#broker.start();
    this.#changed();
  }

  #accept(socket: Socket): void {
    socket.unref();
    // What is wrong with a socket is told by its end.
    socket.on("error", () => {});
    if (!this.running) return void socket.destroy();
    this.#sockets.add(socket);
    const broker = this.#broker;
    const client = new ClientConnection(broker, new SocketLine(socket), (host) => new ProtocolParser(host));
    if (broker.frozen) client.freeze();
    socket.on("data", (bytes) => client.data(bytes));
    socket.once("end", () => client.hangUp());
    socket.once("close", () => {
      this.#sockets.delete(socket);
      client.end();
    });
    broker.admit(client);
  }

  /** Its process is gone; what is left of it must be, too. */
  async #gone(): Promise<void> {
    this.#clock.clear();
    this.#lameDuck = undefined;
    const listener = this.#listener;
    this.#listener = undefined;
    if (!listener) return;
    // Closed by lame duck mode, perhaps: then this says so in vain.
    const closed = new Promise<void>((resolve) => listener.close(() => resolve()));
    this.#changed();
    await closed;
  }

  #demandRunning(): void {
    if (!this.running) throw new NatsServerError("NOT_RUNNING", `${this.name} is not running`);
  }
}

function describe(client: ClientConnection): TestServerConnection {
  const { socket } = client.line as SocketLine;
  const { name = "", lang = "", version = "" } = client.fields;
  return {
    cid: client.id,
    ip: socket.remoteAddress ?? "",
    port: socket.remotePort ?? 0,
    name,
    lang,
    version,
    subscriptions: [...client.subs.values()].map(({ subject }) => subject),
    ...client.traffic,
    pendingBytes: client.line.pending,
  };
}
