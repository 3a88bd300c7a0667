import { createServer, type Server, type Socket } from "node:net";
import type { Address } from "../core/address.js";
import { type Clock, systemClock } from "../io/clock.js";
import { bracketed } from "./launcher/config-text.js";
import type { NatsServerError } from "./launcher/error.js";
import { freePort, releasePort } from "./launcher/ports.js";
import { checkDirection, checkToxic } from "./proxy/check-toxic.js";
import { FaultProxyError } from "./proxy/error.js";
import { actsOnFrames } from "./proxy/frame-rules.js";
import { Link, type ProxyLink } from "./proxy/link.js";
import { checkProxyOptions, type FaultProxyOptions, readTarget } from "./proxy/options.js";
import { type ToxicState, WINDOW } from "./proxy/stage.js";
import { Toxic } from "./proxy/toxic.js";
import type { Direction, ToxicAttributes, ToxicCommon, ToxicInfo, ToxicType } from "./proxy/toxics.js";

export { FaultProxyError, type FaultProxyErrorCode } from "./proxy/error.js";
export type { LinkEnd, ProxyLink } from "./proxy/link.js";
export type { FaultProxyOptions } from "./proxy/options.js";
export type { Toxic } from "./proxy/toxic.js";
export type * from "./proxy/toxics.js";

/** What a {@link FaultProxy} has counted. */
export interface FaultProxyStats {
  /** Links so far. */
  links: number;
  /** Links that are open. */
  open: number;
  /** Links that ended because nobody could be reached at the target. */
  refused: number;
  /** Bytes passed on to the server. */
  bytesUp: number;
  /** Bytes passed on to clients. */
  bytesDown: number;
  /** How often each toxic did something, by its name, removed ones included. See {@link Toxic.injected}. */
  injected: Record<string, number>;
}

/** So many links that are over are kept. */
const PAST_LINKS = 1_000;
const PORT_ATTEMPTS = 5;

/** The clock of the system, with timers that keep no process alive. */
const unrefClock: Clock = {
  ...systemClock,
  setTimeout: (callback, ms) => (systemClock.setTimeout(callback, ms) as NodeJS.Timeout).unref(),
};

/**
 * A TCP proxy in this process that does to the links between clients and a server what networks, middleboxes and servers do
 * to them. The model is Shopify's toxiproxy: faults are toxics, added, changed and removed while traffic flows. Without
 * toxics it passes everything on as it is, FIN as FIN and RST as RST, and a slow receiver slows its sender down.
 *
 * It does not keep the process alive. NATS-aware toxics act on the stream as its sender wrote it, the others behind them, in
 * the order in which they were added.
 */
export class FaultProxy implements AsyncDisposable {
  /** The address it listens on. */
  readonly host: string;
  /** The port it listens on; stays the same, be it down or up. */
  readonly port: number;
  /** `127.0.0.1:PORT`. */
  readonly hostport: string;
  /** `nats://127.0.0.1:PORT`. */
  readonly url: string;
  /** What its luck is drawn from: start it with the same seed to have it again. */
  readonly seed: number;

  #target: Address;
  readonly #portIsOurs: boolean;
  readonly #followsFrames: boolean;
  #listener: Server | undefined;
  /** Settles when the listener of the moment listens, or cannot. */
  #comingUp: Promise<void> = Promise.resolve();
  #isUp = false;
  #closing: Promise<void> | undefined;
  readonly #states = new Map<ToxicState, Toxic>();
  readonly #injected = new Map<string, number>();
  #toxicCount = 0;
  readonly #live = new Set<Link>();
  readonly #links: Link[] = [];
  readonly #counts = { links: 0, refused: 0, bytesUp: 0, bytesDown: 0 };

  private constructor(options: FaultProxyOptions, port: number) {
    this.host = options.host ?? "127.0.0.1";
    this.port = port;
    this.hostport = `${bracketed(this.host)}:${port}`;
    this.url = `nats://${this.hostport}`;
    this.seed = options.seed ?? Math.floor(Math.random() * 2 ** 32);
    this.#target = readTarget(options.target);
    this.#portIsOurs = options.port === undefined;
    this.#followsFrames = options.nats ?? true;
  }

  /**
   * Starts a proxy; resolves when it accepts clients.
   *
   * @throws FaultProxyError `INVALID_OPTION`, `PORT_IN_USE`
   */
  static async start(given: FaultProxyOptions): Promise<FaultProxy> {
    const options = checkProxyOptions(given);
    for (let attempt = 1; ; attempt++) {
      const port = options.port ?? (await choosePort(options.host ?? "127.0.0.1"));
      const proxy = new FaultProxy(options, port);
      try {
        await proxy.up();
        return proxy;
      } catch (error) {
        await proxy.close();
        const taken = error instanceof FaultProxyError && error.code === "PORT_IN_USE";
        if (!taken || options.port !== undefined || attempt === PORT_ATTEMPTS) throw error;
      }
    }
  }

  /** Where the server is, `host:port`. */
  get target(): string {
    return this.#target.listen;
  }

  /**
   * Has links that are made from now on lead to another server.
   *
   * @throws FaultProxyError `INVALID_OPTION`
   */
  setTarget(target: string): void {
    this.#target = readTarget(target);
  }

  /** The toxics there are, in the order in which they were added. */
  get toxics(): Toxic[] {
    return [...this.#states.values()];
  }

  /** The toxic of this name; undefined when there is none, or none any more. */
  toxic(name: string): Toxic | undefined {
    return this.toxics.find((toxic) => toxic.name === name);
  }

  /**
   * Adds a toxic of a `type`, for all links there are and to come.
   *
   * @throws FaultProxyError `INVALID_TOXIC` with the names of what is wrong and of what is allowed; `DUPLICATE_TOXIC`; `CLOSED`
   */
  addToxic<T extends ToxicType>(options: { type: T } & ToxicCommon & ToxicAttributes[T]): Toxic<T> {
    const info = checkToxic(options);
    this.#checkOpen();
    const wanted = (options as { name?: string }).name;
    if (wanted !== undefined && this.toxic(wanted) !== undefined) {
      throw new FaultProxyError(
        "DUPLICATE_TOXIC",
        `there is a toxic "${wanted}" already; remove it or update it`,
        {
          toxic: wanted,
          option: "name",
        },
      );
    }
    if (actsOnFrames(info.type) && !this.#followsFrames) {
      throw new FaultProxyError("INVALID_TOXIC", `toxic "${info.type}" needs a proxy with option "nats"`, {
        toxic: info.name,
        option: "type",
      });
    }
    const name = wanted ?? this.#freeName(info.name);
    const state: ToxicState = {
      number: this.#toxicCount++,
      info: { ...info, name } as ToxicInfo,
      injected: 0,
    };
    const toxic = new Toxic(state, {
      changed: (_, before) => this.#toxicChanged(state, before),
      removed: () => this.#toxicRemoved(state),
    });
    this.#states.set(state, toxic);
    for (const link of [...this.#live]) link.applyToxics();
    return toxic as unknown as Toxic<T>;
  }

  /** Removes all toxics. */
  removeToxics(): void {
    for (const toxic of this.toxics) toxic.remove();
  }

  /** Whether it accepts clients. */
  get isUp(): boolean {
    return this.#isUp;
  }

  /** As if the server were gone: resets all links, and refuses new ones from this moment on. Idempotent. */
  down(): void {
    this.#isUp = false;
    this.#listener?.close();
    this.#listener = undefined;
    this.reset();
  }

  /**
   * Accepts clients again; resolves when it does. Idempotent.
   *
   * @throws FaultProxyError `PORT_IN_USE`, `CLOSED`, or `INVALID_OPTION` for a host on which nobody can listen
   */
  async up(): Promise<void> {
    this.#checkOpen();
    if (this.#listener === undefined) this.#comingUp = this.#listen();
    await this.#comingUp;
  }

  async #listen(): Promise<void> {
    const listener = createServer({ noDelay: true, allowHalfOpen: true, highWaterMark: WINDOW });
    this.#listener = listener;
    listener.on("connection", (client) => this.#accept(client));
    try {
      await listening(listener, this.host, this.port);
    } catch (cause) {
      if (this.#listener === listener) this.#listener = undefined;
      const code = (cause as NodeJS.ErrnoException).code === "EADDRINUSE" ? "PORT_IN_USE" : "INVALID_OPTION";
      throw new FaultProxyError(code, `cannot listen on ${this.hostport}: ${(cause as Error).message}`, {
        option: code === "PORT_IN_USE" ? "port" : "host",
        cause,
      });
    }
    listener.unref();
    // A client that is gone before it was accepted is no news.
    listener.on("error", () => {});
    if (this.#listener === listener) this.#isUp = true;
  }

  /** The links that are open, and the last 1,000 that were, oldest first. */
  get links(): readonly ProxyLink[] {
    return this.#links;
  }

  /**
   * RST on all links now; see {@link ProxyLink.reset}.
   *
   * @throws FaultProxyError `INVALID_OPTION` for what is no direction
   */
  reset(direction?: Direction): void {
    checkDirection(direction);
    for (const link of [...this.#live]) link.reset(direction);
  }

  /** What was counted so far. */
  stats(): FaultProxyStats {
    const stats: FaultProxyStats = {
      ...this.#counts,
      open: this.#live.size,
      injected: Object.fromEntries(this.#injected),
    };
    for (const link of this.#live) {
      stats.bytesUp += link.bytesUp;
      stats.bytesDown += link.bytesDown;
    }
    for (const { info, injected } of this.#states.keys()) {
      stats.injected[info.name] = (stats.injected[info.name] ?? 0) + injected;
    }
    return stats;
  }

  /** Closes the listener and all links, and ends all timers; resolves when the port is free. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const listener = this.#listener;
    this.#listener = undefined;
    this.#isUp = false;
    const closed = listener?.listening === true && new Promise((resolve) => listener.close(resolve));
    for (const link of [...this.#live]) link.destroy();
    await closed;
    if (this.#portIsOurs) releasePort(this.port);
  }

  #checkOpen(): void {
    if (this.#closing) throw new FaultProxyError("CLOSED", `the proxy ${this.hostport} was closed`);
  }

  #accept(client: Socket): void {
    if (!this.#isUp) {
      // Made in the moment in which it went down.
      client.on("error", () => {});
      client.resetAndDestroy();
      return;
    }
    const { hostname, port } = this.#target;
    const number = ++this.#counts.links;
    const states = this.#states;
    const link = new Link(
      {
        clock: unrefClock,
        seed: this.seed,
        followsFrames: this.#followsFrames,
        get toxics() {
          return [...states.keys()];
        },
        linkGone: (gone) => this.#linkGone(gone),
      },
      number,
      client,
      { host: hostname, port },
    );
    this.#live.add(link);
    this.#links.push(link);
  }

  #linkGone(link: Link): void {
    this.#live.delete(link);
    this.#counts.bytesUp += link.bytesUp;
    this.#counts.bytesDown += link.bytesDown;
    if (link.ended?.how === "refused") this.#counts.refused++;
    if (this.#links.length - this.#live.size > PAST_LINKS) {
      this.#links.splice(
        this.#links.findIndex(({ closedAt }) => closedAt !== undefined),
        1,
      );
    }
  }

  #toxicChanged(state: ToxicState, before: ToxicInfo): void {
    for (const link of [...this.#live]) {
      if (before.toxicity !== state.info.toxicity) link.applyToxics();
      link.updated(state);
    }
  }

  #toxicRemoved(state: ToxicState): void {
    this.#states.delete(state);
    for (const link of [...this.#live]) link.applyToxics();
    const { name } = state.info;
    this.#injected.set(name, (this.#injected.get(name) ?? 0) + state.injected);
  }

  /** A second toxic of the same type and stream is no mistake as long as nobody has named it. */
  #freeName(name: string): string {
    let free = name;
    for (let i = 2; this.toxic(free) !== undefined; i++) free = `${name}_${i}`;
    return free;
  }
}

async function choosePort(host: string): Promise<number> {
  try {
    return await freePort(host);
  } catch (cause) {
    const { code, message } = cause as NatsServerError;
    if (code === "PORT_IN_USE") throw new FaultProxyError("PORT_IN_USE", message, { option: "port" });
    throw new FaultProxyError("INVALID_OPTION", message, { option: "host", cause });
  }
}

function listening(listener: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    listener.once("error", reject);
    listener.once("close", resolve); // down() while it comes up
    listener.listen({ host, port }, resolve);
  });
}
