import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type JetStreamManager, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { Child } from "../../demo/child.js";
import type { Cleanup } from "../../demo/cleanup.js";
import { now, sleep } from "../../demo/clock.js";
import { between, type Random, seeded, shuffled } from "../../demo/random.js";
import { type Connection, connect } from "../../src/index.js";
import { NatsCluster } from "../../src/testing/cluster.js";
import type { NatsServer } from "../../src/testing/server.js";
import type { ConsumerOptions } from "./options.js";
import {
  ACKS_STREAM,
  ACKS_SUBJECT,
  DEAD_STREAM,
  DEAD_SUBJECT,
  DURABLE,
  type Entry,
  type FromWorker,
  idOf,
  payloadOf,
  readJournal,
  STREAM,
  SUBJECT,
  type ToWorker,
} from "./protocol.js";
import type { CountedAck, Disruption, Evidence } from "./verdict.js";

/** One message in so many is poisoned. */
const POISONED = 100;
/** Messages that are published at the same time. */
const PUBLISHERS = 4;
/** ms that a disruption takes, about: over so many of them publishing is spread. */
const SHARE = 5_500;
const WHOLE_PATIENCE = 60_000;
const END_PATIENCE = 60_000;
const POLL = 50;

const WORKER = new URL("actors/worker.js", import.meta.url);

/** What is done. */
const KINDS = [
  "kill the consumer's leader",
  "delete the consumer",
  "kill the process",
  "kill the stream's leader",
  "kill the process's server",
  "freeze the consumer's leader",
  "delete the consumer and kill the process",
] as const;
type Kind = (typeof KINDS)[number];

/** Who is told how it goes. */
export interface RunListener {
  disrupted(disruption: Disruption, handled: number): void;
  event(at: number, text: string): void;
}

/** A run: three servers, a process that consumes, and what is done to them. */
export class ConsumerRun {
  private readonly options: ConsumerOptions;
  private readonly listener: RunListener;
  private readonly random: Random;
  private readonly dir = mkdtempSync(join(tmpdir(), "holdfast-consumer-"));
  private readonly publishedAt: number[];
  private readonly poisoned = new Map<number, "unreadable" | "failing">();
  private readonly disruptions: Disruption[] = [];
  private cluster!: NatsCluster;
  private nc!: Connection;
  private jsm!: JetStreamManager;
  private worker: Child<ToWorker, FromWorker> | undefined;
  private workerAt = "";
  private workers = 0;
  private next = 0;
  private failure: unknown;

  constructor(options: ConsumerOptions, listener: RunListener) {
    this.options = options;
    this.listener = listener;
    this.random = seeded(options.seed);
    this.publishedAt = new Array(options.messages).fill(Number.POSITIVE_INFINITY);
    const ids = shuffled(
      this.random,
      Array.from({ length: options.messages }, (_, id) => id),
    );
    for (const [index, id] of ids.slice(0, Math.ceil(options.messages / POISONED)).entries()) {
      this.poisoned.set(id, index % 3 === 0 ? "unreadable" : "failing");
    }
  }

  /** Everything that it has started is stopped by `cleanup`. */
  async run(cleanup: Cleanup): Promise<Evidence> {
    cleanup.add("the journal", () => rmSync(this.dir, { recursive: true, force: true }));
    this.cluster = await NatsCluster.start({ jetstream: true });
    cleanup.add("the servers", () => this.cluster.close());
    this.nc = await connect({
      servers: this.cluster.urls,
      name: "observer",
      backoff: { initial: 100, max: 500 },
    });
    cleanup.add("the connection", () => this.nc.close());
    cleanup.add("the process", () => this.worker?.stop());
    this.jsm = await jetstreamManager(this.nc, { checkAPI: false, timeout: 2_000 });
    await this.persist(() =>
      this.jsm.streams.add({
        name: ACKS_STREAM,
        subjects: [ACKS_SUBJECT],
        num_replicas: 3,
        storage: "memory",
      }),
    );
    await this.startWorker();
    await this.whole();
    const published = this.publishAll();
    published.catch((error: unknown) => {
      this.failure = error;
    });
    await this.disrupt();
    await published;
    await this.finished();
    return this.evidence();
  }

  private async startWorker(): Promise<void> {
    const worker = new Child<ToWorker, FromWorker>("consumer", WORKER);
    this.worker = worker;
    worker.on((message) => {
      if (message.type === "server") this.workerAt = message.hostport;
      else if (message.type === "event") this.listener.event(message.at, message.text);
    });
    const started = worker.next("started", 30_000);
    const journal = join(this.dir, `${++this.workers}.log`);
    const confirmAcks = this.options.seed % 2 === 0;
    worker.send({ type: "consume", servers: this.cluster.urls, journal, confirmAcks });
    await started;
  }

  private async publishAll(): Promise<void> {
    const { messages, disruptions } = this.options;
    const pause = (PUBLISHERS * disruptions * SHARE) / messages;
    await Promise.all(
      Array.from({ length: PUBLISHERS }, async () => {
        while (this.next < messages) {
          await this.publish(this.next++);
          if (this.disruptions.length < disruptions) await sleep(pause);
        }
      }),
    );
  }

  /** Stores it once, however long that takes. */
  private async publish(id: number): Promise<void> {
    const js = jetstream(this.nc, { timeout: 2_000 });
    const payload = payloadOf(id, this.poisoned.get(id));
    await this.persist(() => js.publish(SUBJECT, payload, { msgID: String(id), timeout: 2_000 }));
    this.publishedAt[id] = now();
  }

  private async disrupt(): Promise<void> {
    const kinds: Kind[] = [];
    while (kinds.length < this.options.disruptions) kinds.push(...shuffled(this.random, KINDS));
    for (const kind of kinds.slice(0, this.options.disruptions)) {
      await sleep(between(this.random, 300, 1_500));
      const at = now();
      await this.carryOut(kind);
      await this.whole();
      const disruption = { what: kind, at, whole: now(), deletes: kind.startsWith("delete") };
      this.disruptions.push(disruption);
      this.listener.disrupted(disruption, this.journal().length);
    }
  }

  private async carryOut(kind: Kind): Promise<void> {
    switch (kind) {
      case "kill the consumer's leader":
        return this.restart(await this.leaderOf("consumer"));
      case "kill the stream's leader":
        return this.restart(await this.leaderOf("stream"));
      case "kill the process's server":
        return this.restart(
          this.cluster.servers.find(({ hostport }) => hostport === this.workerAt) ?? this.cluster.servers[0],
        );
      case "freeze the consumer's leader": {
        const server = await this.leaderOf("consumer");
        server.stop();
        await sleep(between(this.random, 1_000, 6_000));
        return server.cont();
      }
      case "delete the consumer":
        return this.deleteConsumer();
      case "kill the process":
        return this.restartWorker();
      case "delete the consumer and kill the process":
        await Promise.all([this.deleteConsumer(), this.restartWorker()]);
    }
  }

  private async restart(server: NatsServer): Promise<void> {
    await server.kill();
    await sleep(between(this.random, 200, 2_000));
    await server.restart();
  }

  private async restartWorker(): Promise<void> {
    await this.worker?.stop();
    await this.startWorker();
  }

  private async deleteConsumer(): Promise<void> {
    try {
      await this.jsm.consumers.delete(STREAM, DURABLE);
    } catch {
      // It is being made anew just now, or the answer was lost: as good a disruption.
    }
  }

  private async leaderOf(what: "consumer" | "stream"): Promise<NatsServer> {
    const leader = await this.persist(async () => {
      const { streams, consumers } = this.jsm;
      const info = what === "stream" ? await streams.info(STREAM) : await consumers.info(STREAM, DURABLE);
      return info.cluster?.leader;
    });
    return this.cluster.servers.find(({ name }) => name === leader) ?? this.cluster.servers[0];
  }

  /** Resolves when three servers run, and stream and consumer have leaders with followers that are up to date. */
  private async whole(): Promise<void> {
    const deadline = now() + WHOLE_PATIENCE;
    let why: unknown;
    while (now() < deadline) {
      if (this.failure !== undefined) throw this.failure;
      try {
        await this.cluster.settled();
        const [work, dead, consumer] = await Promise.all([
          this.jsm.streams.info(STREAM),
          this.jsm.streams.info(DEAD_STREAM),
          this.jsm.consumers.info(STREAM, DURABLE),
        ]);
        const groups = [work, dead, consumer].map(({ cluster }) => cluster);
        const isWhole = groups.every(
          (group) =>
            group?.leader &&
            group.replicas?.length === 2 &&
            group.replicas.every((peer) => peer.current && !peer.offline),
        );
        if (isWhole) return;
        why = new Error(JSON.stringify(groups));
      } catch (error) {
        why = error;
      }
      await sleep(POLL);
    }
    throw new Error("the cluster does not become whole again", { cause: why });
  }

  /** Resolves when the consumer waits for nothing any longer, and the dead letters are there; after a time, whatever is there. */
  private async finished(): Promise<void> {
    const deadline = now() + END_PATIENCE;
    while (now() < deadline) {
      try {
        const { pending, ackPending, floor, last } = await this.end();
        if (pending === 0 && ackPending === 0 && floor === last) return;
      } catch {
        // Asked again.
      }
      await sleep(POLL);
    }
  }

  private async end(): Promise<Evidence["end"]> {
    const [stream, consumer] = await Promise.all([
      this.jsm.streams.info(STREAM),
      this.jsm.consumers.info(STREAM, DURABLE),
    ]);
    return {
      floor: consumer.ack_floor.stream_seq,
      last: stream.state.last_seq,
      ackPending: consumer.num_ack_pending,
      pending: consumer.num_pending,
    };
  }

  private journal(): Entry[] {
    return readdirSync(this.dir).flatMap((name) =>
      readJournal(readFileSync(join(this.dir, name), "utf8"), Number.parseInt(name, 10)),
    );
  }

  private async evidence(): Promise<Evidence> {
    const acks: CountedAck[] = [];
    await this.each(ACKS_STREAM, ACKS_SUBJECT, (text) => {
      const { stream_seq: sequence, timestamp } = JSON.parse(text) as {
        stream_seq: number;
        timestamp: string;
      };
      acks.push({ sequence, at: Date.parse(timestamp) });
    });
    const deadLetters: number[] = [];
    await this.each(DEAD_STREAM, DEAD_SUBJECT, (text) => deadLetters.push(idOf(text)));
    const { messages } = this.options;
    return {
      messages,
      poisoned: new Set(this.poisoned.keys()),
      publishedAt: this.publishedAt,
      journal: this.journal(),
      acks,
      deadLetters,
      disruptions: this.disruptions,
      end: await this.persist(() => this.end()),
    };
  }

  /** Reads all messages of a stream. */
  private async each(stream: string, subject: string, read: (text: string) => unknown): Promise<void> {
    const texts = await this.persist(async () => {
      const { state } = await this.jsm.streams.info(stream);
      if (state.messages === 0) return [];
      const consumer = await jetstream(this.nc).consumers.get(stream, { filter_subjects: subject });
      const all: string[] = [];
      for await (const msg of await consumer.fetch({ max_messages: state.messages, expires: 10_000 })) {
        all.push(msg.string());
        if (all.length === state.messages) break;
      }
      if (all.length < state.messages)
        throw new Error(`${all.length} of ${state.messages} messages of ${stream}`);
      return all;
    });
    for (const text of texts) read(text);
  }

  /** Tries until it succeeds: servers come and go. */
  private async persist<T>(action: () => Promise<T>): Promise<T> {
    const deadline = now() + WHOLE_PATIENCE;
    for (;;) {
      try {
        return await action();
      } catch (error) {
        if (now() > deadline) throw error;
      }
      await sleep(POLL);
    }
  }
}
