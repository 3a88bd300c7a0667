import { type ChildProcess, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CertificateAuthority } from "./certificates/authority.js";
import { cannotRun, findBinary } from "./launcher/binary.js";
import { checkReload, checkServerOptions } from "./launcher/check-options.js";
import { bracketed, configText, type Ports } from "./launcher/config-text.js";
import { NatsServerError } from "./launcher/error.js";
import { untilFrozen } from "./launcher/freeze.js";
import type { CheckedServerOptions, NatsServerOptions } from "./launcher/options.js";
import { freePort, releasePort } from "./launcher/ports.js";
import { ProcessLog } from "./launcher/process-log.js";
import { RawConnection } from "./launcher/raw-connection.js";
import { makeDir, removeDir, watchOver } from "./launcher/reaper.js";
import { Certificates, type ClientTls, type TlsMaterial } from "./launcher/tls-material.js";
import { within } from "./launcher/within.js";

export { NatsServerError, type NatsServerErrorCode } from "./launcher/error.js";
export type { NatsServerOptions, NatsServerTls, NatsServerWebsocket } from "./launcher/options.js";
export type { ClientTls } from "./launcher/tls-material.js";

const READY_TIMEOUT_MS = 15_000;
const GONE_TIMEOUT_MS = 10_000;
const RELOAD_TIMEOUT_MS = 10_000;
const PORT_ATTEMPTS = 5;

/**
 * A real nats-server in a process of its own, for tests, demo and benchmarks. It never outlives this process, however that
 * ends, and it does not keep it alive. Everything that it writes is in a temporary folder, which goes with it.
 *
 * ```ts
 * await using server = await NatsServer.start({ jetstream: true });
 * const nc = await connect({ servers: server.url });
 * await server.kill();
 * await server.restart();
 * ```
 */
export class NatsServer implements AsyncDisposable {
  /** The server's name, as its INFO has it. */
  readonly name: string;
  /** The address that it listens on. */
  readonly host: string;
  /** The port for clients; stays the same across restarts, as the others do. */
  readonly port: number;
  /** `nats://127.0.0.1:PORT`, without credentials; with TLS as well, since that follows from the server's INFO. */
  readonly url: string;
  /** `127.0.0.1:PORT`, as in the server's own announcements. */
  readonly hostport: string;
  /** The port for routes, in a cluster. */
  readonly clusterPort: number | undefined;
  /** The port of the monitoring endpoints, if asked for. */
  readonly monitorPort: number | undefined;
  /** `ws://127.0.0.1:PORT`, or `wss://`, if asked for; stays the same across restarts. */
  readonly wsUrl: string | undefined;

  readonly #binary: string;
  readonly #dir: string;
  readonly #log = new ProcessLog();
  readonly #ports: Ports;
  readonly #certificates: Certificates;
  /** Of the configuration as last loaded. */
  #material: TlsMaterial | undefined;
  #options: CheckedServerOptions;
  /** The process, while there is one. */
  #child: ChildProcess | undefined;
  /** Resolves when that process is gone and its log is complete. */
  #gone: Promise<void> = Promise.resolve();
  #stopped = false;
  #closed = false;
  #closing: Promise<void> | undefined;

  private constructor(binary: string, options: CheckedServerOptions, ports: Ports) {
    this.#binary = binary;
    this.#options = options;
    this.#ports = ports;
    this.#dir = makeDir("server");
    this.host = options.host ?? "127.0.0.1";
    this.port = ports.client;
    this.clusterPort = ports.cluster;
    this.monitorPort = ports.monitor;
    this.name = options.name ?? `holdfast-${ports.client}`;
    this.hostport = `${bracketed(this.host)}:${this.port}`;
    this.url = `nats://${this.hostport}`;
    this.#certificates = new Certificates(this.host);
    const scheme = options.websocket?.tls ? "wss" : "ws";
    const { websocket } = ports;
    this.wsUrl = websocket === undefined ? undefined : `${scheme}://${bracketed(this.host)}:${websocket}`;
  }

  /**
   * Starts a server; resolves when it accepts clients. Rejects with a {@link NatsServerError}: `INVALID_OPTION`, `CANNOT_RUN`,
   * `PORT_IN_USE` (for a port that was left to us only after five others), `MISSING_PACKAGE` (for certificates), or
   * `START_FAILED` (also after 15 s).
   */
  static async start(given: NatsServerOptions = {}): Promise<NatsServer> {
    const options = checkServerOptions(given);
    const binary = options.binary ?? (await findBinary());
    for (let attempt = 1; ; attempt++) {
      const server = new NatsServer(binary, options, await choosePorts(options));
      try {
        server.#material = await server.#certificates.provide(options);
        await server.#launch();
        return server;
      } catch (error) {
        await server.close();
        const asked = [options.port, options.cluster?.port, options.monitor, options.websocket?.port];
        const ours = error instanceof NatsServerError && error.code === "PORT_IN_USE";
        if (!ours || asked.includes(portInUse(server.log())) || attempt === PORT_ATTEMPTS) throw error;
      }
    }
  }

  /** The process id of nats-server itself; undefined while none is running. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Whether there is a process, be it stopped or not. */
  get running(): boolean {
    return this.#child !== undefined;
  }

  /** Whether the process was frozen by {@link stop}. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /**
   * What clients need for TLS, as it is after the last {@link reload}: option `tls` of `connect()`, of nats.js as well. Undefined
   * when the server does no TLS.
   */
  get tls(): ClientTls | undefined {
    return this.#material?.client;
  }

  /** The authority that issues its certificates, where it needs one: `tls.authority`, or its own, which is closed with it. */
  get authority(): CertificateAuthority | undefined {
    return this.#material?.authority;
  }

  /** Kills it (SIGKILL), as a crash would; resolves when the process is gone, at once if it was not running. Rejects (`STUCK`) after 10 s. */
  async kill(): Promise<void> {
    if (!this.#child) return;
    this.#signal("SIGKILL");
    await this.#untilGone("SIGKILL");
  }

  /**
   * Asks it to end (SIGTERM), as an operator would; resolves when the process is gone, at once if it was not running.
   * A stopped server is continued, since it could not end otherwise. Rejects (`STUCK`) after 10 s.
   */
  async term(): Promise<void> {
    if (!this.#child) return;
    this.#signal("SIGTERM");
    if (this.#stopped) this.cont();
    await this.#untilGone("SIGTERM");
  }

  /** Freezes it (SIGSTOP): from now on nothing answers, while its sockets stay open. Throws `NOT_RUNNING`. */
  stop(): void {
    const { pid } = this.#signal("SIGSTOP");
    this.#stopped = true;
    untilFrozen(pid!);
  }

  /** Lets it go on after {@link stop}. Throws `NOT_RUNNING`. */
  cont(): void {
    this.#signal("SIGCONT");
    this.#stopped = false;
  }

  /**
   * Puts it into lame duck mode (as `nats-server --signal ldm`): clients are told, and sent away later. How much later is set
   * by `lame_duck_grace_period` and `lame_duck_duration` in {@link NatsServerOptions.config}. Throws `NOT_RUNNING`.
   */
  lameDuck(): void {
    this.#signal("SIGUSR2");
  }

  /**
   * Rewrites its configuration with these options changed, and has it loaded (SIGHUP); resolves when the server says that
   * it was. Rejects with `INVALID_OPTION`, with `NOT_RUNNING`, or with `RELOAD_FAILED` when the server refuses (the old
   * configuration is put back) or says nothing for 10 s.
   *
   * `reload({ tls: true })` has a new certificate issued, by the same authority; `reload({ tls: { certFile, keyFile } })` takes
   * another one. The connections that there are stay, new ones meet it. A reload without changes reads the files of certificates again.
   *
   * @param change what changes; `undefined` as a value removes an option. Host, ports, name and the WebSocket listener stay
   * as they are.
   */
  async reload(
    change: Partial<
      Omit<NatsServerOptions, "binary" | "host" | "port" | "name" | "monitor" | "websocket">
    > = {},
  ): Promise<void> {
    const before = this.#options;
    const after = checkReload(before, change);
    const material = this.#material;
    if (!this.#child) throw new NatsServerError("NOT_RUNNING", `${this.name} is not running`);
    if ("tls" in change) this.#material = await this.#certificates.provide(after, this.authority);
    this.#options = after;
    this.#writeConfig();
    let unwatch = (): void => {};
    const answered = new Promise<string>((resolve) => {
      unwatch = this.#log.watch((line) => {
        const answer = /(Reloaded server configuration|Failed to reload server configuration.*)/.exec(
          line,
        )?.[1];
        if (answer !== undefined) resolve(answer);
        return answer !== undefined;
      });
    });
    const failed = (why: string) => new NatsServerError("RELOAD_FAILED", `${this.name}: ${why}`, this.log());
    try {
      this.#signal("SIGHUP");
      const gone = this.#gone.then(() => "it ended instead");
      const answer = await within(RELOAD_TIMEOUT_MS, Promise.race([answered, gone]), () =>
        failed(`did not reload within ${RELOAD_TIMEOUT_MS} ms`),
      );
      if (!answer.startsWith("Reloaded")) throw failed(answer);
    } catch (error) {
      this.#options = before;
      this.#material = material;
      this.#writeConfig();
      throw error;
    } finally {
      unwatch();
    }
  }

  /**
   * Starts it again, on the same ports, with the same store and the configuration as last reloaded; resolves when it accepts
   * clients. Kills it first if it is running. Rejects as {@link NatsServer.start} does, with `STUCK` as {@link kill} does, or
   * with `NOT_RUNNING` after {@link close}.
   */
  async restart(): Promise<void> {
    await this.kill();
    await this.#launch();
  }

  /** What it printed, across restarts: the last 256 KiB. */
  log(): string {
    return this.#log.text;
  }

  /** Kills it and removes its temporary folder. Idempotent; after it, nothing else works. Rejects as {@link kill} does. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#closed = true;
    if (this.#stopped) this.cont();
    await this.kill();
    removeDir(this.#dir);
    this.#certificates.close();
    for (const port of Object.values(this.#ports)) releasePort(port);
  }

  /** {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #launch(): Promise<void> {
    if (this.#closed) throw new NatsServerError("NOT_RUNNING", `${this.name} was closed`);
    if (this.#child) throw new NatsServerError("START_FAILED", `${this.name} is already being started`);
    this.#writeConfig();
    const child = spawn(this.#binary, ["-c", this.#configFile], {
      stdio: ["ignore", "ignore", "pipe"],
      // A group of its own: Ctrl-C in a terminal must not reach it behind its owner's back.
      detached: true,
    });
    const ready = this.#seeReady();
    child.stderr.setEncoding("utf8").on("data", (text) => this.#log.append(text));
    // What waits for the process has a deadline, which keeps this process alive; nothing else should.
    child.unref();
    (child.stderr as unknown as { unref(): void }).unref();

    const unable = new Promise<never>((_, reject) => {
      child.on("error", (error) => reject(cannotRun(this.#binary, error)));
    });
    unable.catch(() => {}); // also emitted when a signal cannot be sent
    if (child.pid === undefined) return await unable;
    this.#child = child;
    watchOver(child, this.#dir);
    this.#gone = new Promise((resolve) => {
      child.once("close", () => {
        this.#child = undefined;
        this.#stopped = false;
        resolve();
      });
    });
    const ended = this.#gone.then(() => {
      throw this.#startError("ended before it was ready");
    });
    try {
      await within(READY_TIMEOUT_MS, Promise.race([ready.seen, ended]), () =>
        this.#startError(`was not ready after ${READY_TIMEOUT_MS} ms`),
      );
      await within(READY_TIMEOUT_MS, Promise.race([this.#sendsInfo(), ended]), () =>
        this.#startError(`sent no INFO for ${READY_TIMEOUT_MS} ms`),
      );
    } catch (error) {
      await this.kill();
      throw error instanceof NatsServerError ? error : this.#startError(`cannot be reached: ${error}`);
    } finally {
      ready.unwatch();
      ended.catch(() => {});
    }
  }

  /** A member of a cluster says that it is ready before it listens for routes. */
  #seeReady(): { seen: Promise<void>; unwatch: () => void } {
    const awaited = new Set(["Server is ready"]);
    if (this.clusterPort !== undefined) awaited.add("Listening for route connections");
    let unwatch = (): void => {};
    const seen = new Promise<void>((resolve) => {
      unwatch = this.#log.watch((line) => {
        for (const text of awaited) if (line.includes(text)) awaited.delete(text);
        if (awaited.size === 0) resolve();
        return awaited.size === 0;
      });
    });
    return { seen, unwatch };
  }

  async #sendsInfo(): Promise<void> {
    const { tls } = this.#options;
    const first = tls?.handshakeFirst === true;
    // Whom it wants a certificate from that we do not have, it tells nothing.
    if (first && tls.verify && !this.tls?.certFile) return;
    const { certFile, keyFile } = this.tls ?? {};
    // Whether a client would trust it is not asked here: it may have expired on purpose.
    const hello = first ? { handshakeFirst: first, certFile, keyFile } : undefined;
    const connection = await RawConnection.open(this.host, this.port, hello);
    connection[Symbol.dispose]();
  }

  #startError(what: string): NatsServerError {
    const port = portInUse(this.log());
    return port === undefined
      ? new NatsServerError("START_FAILED", `${this.name} ${what}`, this.log())
      : new NatsServerError("PORT_IN_USE", `${this.name}: port ${port} is in use`, this.log());
  }

  get #configFile(): string {
    return join(this.#dir, "nats.conf");
  }

  #writeConfig(): void {
    const text = configText(this.name, this.host, this.#ports, this.#dir, this.#options, this.#material);
    writeFileSync(this.#configFile, text, { mode: 0o600 }); // it may contain a password
  }

  #signal(signal: NodeJS.Signals): ChildProcess {
    if (!this.#child) throw new NatsServerError("NOT_RUNNING", `${this.name} is not running`);
    this.#child.kill(signal);
    return this.#child;
  }

  #untilGone(signal: string): Promise<void> {
    return within(
      GONE_TIMEOUT_MS,
      this.#gone,
      () =>
        new NatsServerError(
          "STUCK",
          `${this.name} is still there ${GONE_TIMEOUT_MS} ms after ${signal}`,
          this.log(),
        ),
    );
  }
}

async function choosePorts({
  host = "127.0.0.1",
  port,
  cluster,
  monitor,
  websocket,
}: CheckedServerOptions): Promise<Ports> {
  return {
    client: port ?? (await freePort(host)),
    cluster: cluster && (cluster.port ?? (await freePort(host))),
    monitor: monitor === true ? await freePort(host) : monitor || undefined,
    websocket: websocket && (websocket.port ?? (await freePort(host))),
  };
}

/** The port for which the server last complained that another process has it. */
function portInUse(log: string): number | undefined {
  const last = log.trimEnd().split("\n").at(-1) ?? "";
  const port = /:(\d+): bind: address already in use/.exec(last)?.[1];
  return port === undefined ? undefined : Number(port);
}
