import { openSync, writeSync } from "node:fs";
import { takeRole } from "../../../demo/actors/role.js";
import { now, sleep } from "../../../demo/clock.js";
import { connect } from "../../../src/index.js";
import { consume } from "../../../src/service/index.js";
import {
  ACK_WAIT,
  DEAD_STREAM,
  DEAD_SUBJECT,
  DURABLE,
  entryLine,
  type FromWorker,
  STREAM,
  SUBJECT,
  type ToWorker,
} from "../protocol.js";

/** One message in so many fails the first time that a process has it. */
const FAILING = 97;

const tell = takeRole<ToWorker, FromWorker>(run);

async function run({ servers, journal, confirmAcks }: ToWorker): Promise<void> {
  tell({ type: "started" });
  const file = openSync(journal, "a");
  const write = (id: number, sequence: number, deliveryCount: number, outcome: "handled" | "failed") => {
    // In the kernel's hands before the server hears of it: a killed process has not forgotten what it has done.
    writeSync(file, entryLine({ at: now(), id, sequence, deliveryCount, outcome }));
  };
  const event = (text: string) => tell({ type: "event", at: now(), text });
  const nc = await connect({
    servers,
    name: "worker",
    waitOnFirstConnect: true,
    backoff: { initial: 100, max: 500 },
  });
  const atServer = () => tell({ type: "server", hostport: nc.getServer() });
  atServer();
  nc.on("reconnect", atServer);
  nc.on("move", atServer);
  nc.on("disconnect", () => event("disconnect"));
  nc.on("error", (error) => event(`error ${(error as { code?: string }).code}: ${error.message}`));
  const failedOnce = new Set<number>();
  const consumption = await consume<{ id: number; poison: boolean }>(
    nc,
    {
      stream: STREAM,
      durable: DURABLE,
      ensure: {
        stream: { subjects: [SUBJECT], num_replicas: 3 },
        consumer: { ack_wait: ACK_WAIT * 1_000_000, sample_freq: "100", max_ack_pending: 500 },
      },
      deadLetter: { subject: DEAD_SUBJECT, stream: DEAD_STREAM, ensure: { num_replicas: 3 } },
      concurrency: 8,
      maxDeliver: 4,
      backoff: { initial: 50, max: 500 },
      confirmAcks,
    },
    async ({ id, poison }, { sequence, deliveryCount }) => {
      await sleep(Math.random() * 8);
      if (poison) throw new Error("poisoned");
      if (id % FAILING === 0 && !failedOnce.has(id)) {
        failedOnce.add(id);
        write(id, sequence, deliveryCount, "failed");
        throw new Error("once");
      }
      write(id, sequence, deliveryCount, "handled");
    },
  );
  consumption.on("state", ({ to, reason }) => event(`${to}: ${reason}`));
  consumption.on("recovered", ({ after }) => event(`recovered after ${after} ms`));
  consumption.on("recreated", ({ what }) => event(`${what} made anew`));
}
