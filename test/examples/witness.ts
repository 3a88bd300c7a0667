import { DeliverPolicy, jetstream, jetstreamManager, StorageType } from "@nats-io/jetstream";
import { type Connection, connect } from "../../src/index.js";
import type { NatsServer } from "../../src/testing/server.js";

const STREAM = "WITNESS";

/** What a server has taken on some subjects, in order: a stream keeps it, also through kills of the server. */
export class Witness implements AsyncDisposable {
  private readonly nc: Connection;

  private constructor(nc: Connection) {
    this.nc = nc;
  }

  /** @param server one with JetStream */
  static async start(server: NatsServer, subjects: string[]): Promise<Witness> {
    const nc = await connect({ servers: server.url, backoff: { max: 100 } });
    const { streams } = await jetstreamManager(nc);
    await streams.add({ name: STREAM, subjects, storage: StorageType.File });
    return new Witness(nc);
  }

  /** The texts of the messages so far. */
  async texts(subject: string): Promise<string[]> {
    const { streams } = await jetstreamManager(this.nc);
    const { state } = await streams.info(STREAM, { subjects_filter: subject });
    const count = state.subjects?.[subject] ?? 0;
    const consumer = await jetstream(this.nc).consumers.get(STREAM, {
      filter_subjects: [subject],
      deliver_policy: DeliverPolicy.All,
    });
    const texts: string[] = [];
    while (texts.length < count) {
      for await (const msg of await consumer.fetch({ max_messages: count - texts.length, expires: 2_000 })) {
        texts.push(msg.string());
      }
    }
    return texts;
  }

  /** The numbers so far, each once: what is written again behind a kill may come twice. */
  async numbers(subject: string): Promise<number[]> {
    return [...new Set((await this.texts(subject)).map(Number))];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.nc.close();
  }
}

/** The numbers from one to another, both included. */
export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}
