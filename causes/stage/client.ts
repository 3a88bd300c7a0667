import { type Connection, type ConnectionOptions, connect } from "../../src/index.js";
import type { Ended, Occasion } from "../scenario.js";
import { until } from "./until.js";

/**
 * Attempts follow each other quickly, and nobody is dialled whom the scenario has not named. What is said of an end is the
 * default's, whatever these are.
 */
export const EAGER = {
  reconnectTimeWait: 20,
  reconnectJitter: 0,
  reconnectJitterTLS: 0,
  closeTimeout: 100,
  ignoreClusterUpdates: true,
} satisfies ConnectionOptions;

/** A connection, and what it says of its ends. */
export class Client {
  /** Every end that was told, in order. */
  readonly ends: Ended[] = [];
  readonly #heard: (ended: Ended) => void;
  #nc: Connection | undefined;

  private constructor(heard: (ended: Ended) => void) {
    this.#heard = heard;
  }

  /**
   * Connects; resolves when the link stands.
   *
   * @param heard called for every end
   */
  static async connected(
    options: ConnectionOptions,
    heard: (ended: Ended) => void = () => {},
  ): Promise<Client> {
    const client = new Client(heard);
    client.#nc = await connect(client.#listening(options));
    return client;
  }

  /** Connects to somebody with whom that cannot be done; resolves when it was given up. */
  static async refused(options: ConnectionOptions): Promise<Client> {
    const client = new Client(() => {});
    try {
      client.#nc = await connect(client.#listening(options));
    } catch {
      return client;
    }
    throw new Error("the attempt was to fail, and has not");
  }

  /** The connection, where there is one. */
  get nc(): Connection {
    if (this.#nc === undefined) throw new Error("there is no connection");
    return this.#nc;
  }

  /** The first end of this kind, once it is told; or the first that `which` picks. */
  async told(occasion: Occasion, which: (ended: Ended) => boolean = () => true): Promise<Ended> {
    const found = () => this.ends.find((ended) => ended.occasion === occasion && which(ended));
    await until(() => found() !== undefined, `the event ${occasion}`, { told: true });
    return found()!;
  }

  /** What `nc.diagnose()` says of the last outage, once that is over. */
  async outage(): Promise<Ended> {
    const last = () => this.nc.diagnose({ outages: 1 }).outages.at(0);
    await until(() => last()?.downtime !== undefined, "a link that stands again", { told: true });
    return { occasion: "outage", cause: last()!.cause };
  }

  /** Publishes and waits until a server has it. */
  async works(): Promise<void> {
    this.nc.publish("works");
    await this.nc.flush();
  }

  async close(): Promise<void> {
    await this.#nc?.close();
  }

  #listening(options: ConnectionOptions): ConnectionOptions {
    const note = (occasion: Occasion) => (_: unknown, info: { cause: Ended["cause"] }) => {
      const ended = { occasion, cause: info.cause };
      this.ends.push(ended);
      this.#heard(ended);
    };
    return {
      ...EAGER,
      ...options,
      disconnectedCb: note("disconnect"),
      reconnectErrCb: note("attemptFailed"),
      closedCb: note("close"),
      asyncErrorCb: () => {},
    };
  }
}
