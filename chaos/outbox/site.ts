import { setTimeout as sleep } from "node:timers/promises";
import { type JetStreamManager, jetstream, jetstreamManager } from "@nats-io/jetstream";
import type { MsgHdrs } from "@nats-io/nats-core";
import type { Cleanup } from "../../demo/cleanup.js";
import { type Connection, connect } from "../../src/index.js";
import { NatsServer } from "../../src/testing/server.js";
import type { Target } from "./options.js";
import { type Arrival, HEADER, readArrival, STREAM, SUBJECT, WINDOW } from "./protocol.js";

const PATIENCE = 30_000;
const POLL = 20;
/** Bytes and messages that may wait for whoever reads along: more than arrives between two looks. */
const ROOM = { messages: 10_000_000, bytes: 2 * 1024 ** 3 };

/** A real server, and where the messages go: a stream, or a subscriber beside. */
export class Site {
  readonly server: NatsServer;
  readonly #nc: Connection;
  readonly #target: Target;
  #jsm: JetStreamManager | undefined;
  #arrivals: Arrival[] = [];
  /** The process that is alive. */
  during = 0;

  private constructor(server: NatsServer, nc: Connection, target: Target) {
    this.server = server;
    this.#nc = nc;
    this.#target = target;
  }

  static async open(target: Target, cleanup: Cleanup): Promise<Site> {
    const server = await NatsServer.start({ jetstream: true, maxPending: 1024 ** 3 });
    cleanup.add("the server", () => server.close());
    const nc = await connect({ servers: server.url, name: "observer", backoff: { initial: 10, max: 100 } });
    cleanup.add("the connection", () => nc.close());
    const site = new Site(server, nc, target);
    if (target === "stream") {
      site.#jsm = await jetstreamManager(nc, { checkAPI: false, timeout: 2_000 });
      await site.#addStream();
    } else {
      nc.subscribe(SUBJECT, {
        pendingLimit: ROOM,
        callback: (_error, msg) => {
          site.#arrivals.push({ ...readArrival(msg.data, headerOf(msg)), during: site.during });
        },
      });
      await nc.flush();
    }
    return site;
  }

  /** The stream that a process names; none for subscribers. */
  get stream(): string | undefined {
    return this.#target === "stream" ? STREAM : undefined;
  }

  /** How many have arrived since the last `take()`. */
  async count(): Promise<number> {
    if (this.#jsm === undefined) {
      await this.#nc.flush();
      return this.#arrivals.length;
    }
    const info = await persist(() => this.#jsm!.streams.info(STREAM));
    return info.state.messages;
  }

  /** All that have arrived since the last time, in order; the next ones find nothing of them. */
  async take(): Promise<Arrival[]> {
    const wanted = await this.count();
    if (this.#jsm === undefined) {
      const arrivals = this.#arrivals;
      this.#arrivals = [];
      return arrivals;
    }
    const arrivals = await persist(() => this.#read(wanted));
    await persist(() => this.#jsm!.streams.delete(STREAM));
    await this.#addStream();
    return arrivals;
  }

  async #read(wanted: number): Promise<Arrival[]> {
    const arrivals: Arrival[] = [];
    if (wanted === 0) return arrivals;
    const consumer = await jetstream(this.#nc).consumers.get(STREAM);
    const messages = await consumer.consume({ max_messages: 2_000, expires: PATIENCE });
    for await (const msg of messages) {
      arrivals.push(readArrival(msg.data, headerOf(msg)));
      if (arrivals.length === wanted) break;
    }
    return arrivals;
  }

  async #addStream(): Promise<void> {
    await persist(() =>
      this.#jsm!.streams.add({
        name: STREAM,
        subjects: [SUBJECT],
        storage: "file",
        duplicate_window: WINDOW * 1_000_000,
      }),
    );
  }
}

function headerOf({ headers }: { headers?: MsgHdrs | undefined }): string | undefined {
  return headers?.has(HEADER) ? headers.get(HEADER) : undefined;
}

/** Tries until it succeeds: the server comes and goes. */
async function persist<T>(action: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + PATIENCE;
  for (;;) {
    try {
      return await action();
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    await sleep(POLL);
  }
}
