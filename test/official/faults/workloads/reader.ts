import type { Consumer, ConsumerMessages, JsMsg, PushConsumer } from "@nats-io/jetstream";
import { Workload } from "./workload.js";

/** Reads a stream of numbers. */
export abstract class Reader extends Workload {
  /** The highest sequence in the stream that has come. */
  progress = 0;
  /** The numbers that have come. */
  readonly arrived = new Set<number>();

  protected take(msg: JsMsg): void {
    this.arrived.add(Number(msg.string()));
    this.progress = Math.max(this.progress, msg.seq);
  }
}

/** Reads with `fetch()` or `next()`, again and again. */
export class Fetching extends Reader {
  private readonly fetchSome: () => Promise<void>;

  constructor(consumer: Consumer, how: "fetch" | "next") {
    super(how);
    this.fetchSome = how === "fetch" ? () => this.fetch(consumer) : () => this.next(consumer);
  }

  private async fetch(consumer: Consumer): Promise<void> {
    for await (const msg of await consumer.fetch({ expires: 1_000, max_messages: 50 })) this.takeAndAck(msg);
  }

  private async next(consumer: Consumer): Promise<void> {
    const msg = await consumer.next({ expires: 1_000 });
    if (msg !== null) this.takeAndAck(msg);
  }

  private takeAndAck(msg: JsMsg): void {
    this.take(msg);
    msg.ack();
  }

  protected async run(): Promise<void> {
    while (!this.stopped) await this.again(this.fetchSome);
  }
}

/** Reads with the one `consume()` that it began with. */
export class Consuming extends Reader {
  /** The sequences in the order in which they came. */
  readonly sequences: number[] = [];
  private readonly consumer: Consumer | PushConsumer;
  private readonly options: { expires?: number };
  private readonly acks: boolean;
  private messages: ConsumerMessages | undefined;

  /** @param acks whether its messages are to be acknowledged */
  constructor(
    name: string,
    consumer: Consumer | PushConsumer,
    acks: boolean,
    options: { expires?: number } = {},
  ) {
    super(name);
    this.consumer = consumer;
    this.acks = acks;
    this.options = options;
  }

  override async start(): Promise<void> {
    this.messages = (await this.consumer.consume(this.options)) as ConsumerMessages;
    await super.start();
  }

  protected async run(): Promise<void> {
    for await (const msg of this.messages!) {
      this.sequences.push(msg.seq);
      this.take(msg);
      if (this.acks) msg.ack();
    }
    if (!this.stopped) this.wrong.push("it has ended by itself");
  }

  override async stop(): Promise<void> {
    this.stopped = true;
    await this.messages?.close();
    await super.stop();
  }
}
