import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { type Connection, connect } from "../../src/index.js";
import { sleep } from "../clock.js";
import { type Name, nameIn } from "./names.js";

const STREAM = "CRASH";
const SUBJECT = "crash.demo";
/** Longer than any run, so that "twice" cannot hide behind an entry that is too old to be known. */
const DUPLICATE_WINDOW = 30 * 60 * 1e9;
const LOOK_EVERY = 200;
const TIMEOUT = 2000;
const PATIENCE = 60_000;
/** Read at once. */
const BATCH = 1000;

/** The stream, seen by somebody who has nothing to do with the publisher. */
export class StreamWatch {
  readonly stream = STREAM;
  readonly subject = SUBJECT;
  readonly #nc: Connection;
  readonly #signal: AbortSignal;

  private constructor(nc: Connection, signal: AbortSignal) {
    this.#nc = nc;
    this.#signal = signal;
  }

  /** Connects, and makes the stream on all three servers. */
  static async open(servers: readonly string[], signal: AbortSignal): Promise<StreamWatch> {
    const nc = await connect({
      servers: [...servers],
      name: "crash demo, watch",
      backoff: { initial: 50, max: 250 },
      timeout: TIMEOUT,
    });
    const watch = new StreamWatch(nc, signal);
    await watch.#persist("making the stream", async () => {
      const jsm = await watch.#manager();
      const known = await jsm.streams.info(STREAM).catch(() => undefined);
      if (known !== undefined) return;
      await jsm.streams.add({
        name: STREAM,
        subjects: [SUBJECT],
        num_replicas: servers.length,
        duplicate_window: DUPLICATE_WINDOW,
      });
    });
    return watch;
  }

  /** Of the server that it is connected to. */
  get serverVersion(): string | undefined {
    return this.#nc.info?.version;
  }

  /** Tells how many messages the stream has, now and then, until the signal is aborted; nothing while it cannot be asked. */
  async follow(tell: (messages: number) => void): Promise<void> {
    while (!this.#signal.aborted) {
      const messages = await this.#count().catch(() => undefined);
      if (messages !== undefined) tell(messages);
      await sleep(LOOK_EVERY, this.#signal).catch(() => {});
    }
  }

  /** All messages of the stream, in its order. */
  async read(): Promise<(Name | undefined)[]> {
    return this.#persist("reading the stream", async () => {
      const total = await this.#count();
      const names: (Name | undefined)[] = [];
      if (total === 0) return names;
      const consumer = await jetstream(this.#nc, { timeout: TIMEOUT }).consumers.get(STREAM);
      while (names.length < total) {
        const before = names.length;
        const batch = await consumer.fetch({
          max_messages: Math.min(BATCH, total - before),
          expires: TIMEOUT,
        });
        for await (const message of batch) names.push(nameIn(message.string()));
        if (names.length === before) throw new Error(`${before} of ${total} messages came`);
      }
      return names;
    });
  }

  async close(): Promise<void> {
    await this.#nc.close({ timeout: 1 });
  }

  async #count(): Promise<number> {
    return (await (await this.#manager()).streams.info(STREAM)).state.messages;
  }

  #manager() {
    return jetstreamManager(this.#nc, { checkAPI: false, timeout: TIMEOUT });
  }

  /** A cluster that has just started has no leader for a while. */
  async #persist<T>(what: string, action: () => Promise<T>): Promise<T> {
    const deadline = performance.now() + PATIENCE;
    for (;;) {
      try {
        return await action();
      } catch (error) {
        this.#signal.throwIfAborted();
        if (performance.now() > deadline)
          throw new Error(`${what} did not work: ${(error as Error).message}`);
        await sleep(LOOK_EVERY, this.#signal);
      }
    }
  }
}
