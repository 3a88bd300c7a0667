import { setTimeout as sleep } from "node:timers/promises";
import { AckPolicy, jetstream } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { nanos } from "@nats-io/nats-core";
import { Objm } from "@nats-io/obj";
import type { Connection } from "../../../src/index.js";
import type { JetStreamStage } from "./stage.js";
import { KeyValues, Watching } from "./workloads/key-values.js";
import { Objects } from "./workloads/objects.js";
import { Consuming, Fetching } from "./workloads/reader.js";
import { ServiceCalls } from "./workloads/service-calls.js";
import type { Workload } from "./workloads/workload.js";
import { Writer } from "./workloads/writer.js";

const POLL_MS = 5;
const OBJECT_SIZE = 2 * 1024 * 1024 + 17;

/** An application that does everything that the official packages offer, over one connection, all the time. */
export class Application {
  readonly writer: Writer;
  readonly readers: readonly (Consuming | Fetching)[];
  /** Those of the readers that must get everything in order. */
  readonly ordered: readonly Consuming[];
  readonly keyValues: KeyValues;
  readonly watching: Watching;
  readonly objects: Objects;
  readonly service: ServiceCalls;
  readonly all: readonly Workload[];

  private constructor(
    writer: Writer,
    durable: (Consuming | Fetching)[],
    ordered: Consuming[],
    keyValues: KeyValues,
    watching: Watching,
    objects: Objects,
    service: ServiceCalls,
  ) {
    this.writer = writer;
    this.readers = [...durable, ...ordered];
    this.ordered = ordered;
    this.keyValues = keyValues;
    this.watching = watching;
    this.objects = objects;
    this.service = service;
    // The watch before the first change: it is told the last one of each key, and not those that it came too late for.
    this.all = [writer, ...this.readers, watching, keyValues, objects, service];
  }

  /** Makes a stream, its durable consumers, a bucket and an object store, each with three replicas, and begins. */
  static async start(stage: JetStreamStage, nc: Connection): Promise<Application> {
    const { streams, consumers: manager } = stage.manager;
    await streams.add({ name: "numbers", subjects: ["numbers"], num_replicas: 3 });
    const durable = { ack_policy: AckPolicy.Explicit, ack_wait: nanos(2_000) };
    for (const durable_name of ["consume", "fetch", "next"]) {
      await manager.add("numbers", { ...durable, durable_name });
    }
    const push = { durable_name: "push", deliver_subject: "pushed", idle_heartbeat: nanos(1_000) };
    await manager.add("numbers", { ...durable, ...push });
    // With the packages' defaults, but for what asks JetStream to store or to make something: nobody answers that in an election.
    const { consumers } = jetstream(nc);
    const js = jetstream(nc, { timeout: 2_500 });
    const kv = await new Kvm(js).create("bucket", { replicas: 3, history: 64 });
    const store = await new Objm(js).create("objects", { replicas: 3 });
    await stage.healthy();
    const application = new Application(
      new Writer(js, "numbers"),
      [
        new Consuming("consume", await consumers.get("numbers", "consume"), true),
        new Fetching(await consumers.get("numbers", "fetch"), "fetch"),
        new Fetching(await consumers.get("numbers", "next"), "next"),
        new Consuming("push", await consumers.getPushConsumer("numbers", "push"), true),
      ],
      [
        new Consuming("ordered", await js.consumers.get("numbers"), false),
        new Consuming("ordered push", await js.consumers.getPushConsumer("numbers"), false),
      ],
      new KeyValues(kv),
      new Watching(kv),
      new Objects(store, OBJECT_SIZE),
      new ServiceCalls(nc, stage.control),
    );
    for (const workload of application.all) await workload.start();
    return application;
  }

  /** For each workload how many ms from now it has got something done, at most `timeout`. */
  async goesOn(timeout: number): Promise<Map<string, number>> {
    const since = performance.now();
    const before = this.all.map(({ progress }) => progress);
    const after = new Map<string, number>();
    for (;;) {
      const elapsed = Math.round(performance.now() - since);
      this.all.forEach(({ name, progress }, index) => {
        if (!after.has(name) && progress > before[index]) after.set(name, elapsed);
      });
      if (after.size === this.all.length || elapsed >= timeout) return after;
      await sleep(POLL_MS);
    }
  }
}
