import { type Connection, connect, isHoldfastError, type OverflowPolicy } from "../../src/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { atRate } from "./pace.js";
import { MemoryWatch } from "./watch.js";

const MIB = 1024 * 1024;
const MAX_PENDING = 64 * MIB;

/** What one scenario has found. */
export interface Finding {
  readonly scenario: string;
  readonly seconds: number;
  readonly published: number;
  /** Not accepted. */
  readonly rejected: number;
  /** Accepted and dropped by the policy. */
  readonly dropped: number;
  /** MiB of heap and buffers beyond the start, after a collection: the most, and what may be. */
  readonly worst: number;
  readonly allowed: number;
  /** The books of promises.md §1 balance. */
  readonly balanced: boolean;
}

/** Runs for so many seconds. */
export type Scenario = (seconds: number) => Promise<Finding>;

/** The scenarios by name. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  reject: (seconds) => outage("reject", seconds),
  "drop-oldest": (seconds) => outage("drop-oldest", seconds),
  "drop-newest": (seconds) => outage("drop-newest", seconds),
  ttl: (seconds) => outage("reject", seconds, 500),
  unread,
};

/** 20,000 messages a second of 128 B during an outage, with a buffer of 8 MiB. */
async function outage(overflow: OverflowPolicy, seconds: number, ttl?: number): Promise<Finding> {
  const server = await NatsServer.start();
  const nc = await connect({ servers: server.url, overflow });
  const counts = { published: 0, rejected: 0, dropped: 0 };
  nc.on("messageLost", (messages) => {
    counts.dropped += messages.length;
  });
  const gone = new Promise((resolve) => nc.once("disconnect", resolve));
  const payload = new Uint8Array(128);
  const options = ttl === undefined ? undefined : { ttl };
  const publish = () => {
    counts.published++;
    if (!accepted(nc, () => nc.publish("soak.outage", payload, options))) counts.rejected++;
  };
  await nc.flush();
  const memory = new MemoryWatch();
  await server.kill();
  await gone;
  await atRate(20_000, seconds, publish, () => memory.look());
  memory.look();
  const balanced = isBalanced(nc);
  await server.restart();
  await nc.close();
  await server[Symbol.asyncDispose]();
  const scenario = ttl === undefined ? `outage, ${overflow}` : `outage, ttl ${ttl} ms`;
  return {
    scenario,
    seconds,
    ...counts,
    worst: memory.worst,
    allowed: 24,
    balanced: balanced && isBalanced(nc),
  };
}

/** 100 MB a second at a server that does not read, paced by nothing; stall detection is off. */
async function unread(seconds: number): Promise<Finding> {
  const server = await NatsServer.start();
  const nc = await connect({ servers: server.url, stallTimeout: 0, flusherTimeout: 0, closeTimeout: 0 });
  const payload = new Uint8Array(100_000);
  const counts = { published: 0, rejected: 0, dropped: 0 };
  await nc.flush();
  const memory = new MemoryWatch();
  server.stop();
  const publish = () => {
    counts.published++;
    if (!accepted(nc, () => nc.publish("soak.unread", payload))) counts.rejected++;
  };
  await atRate(1000, seconds, publish, () => memory.look());
  memory.look();
  const balanced = isBalanced(nc);
  server.cont();
  await nc.close();
  await server[Symbol.asyncDispose]();
  const allowed = MAX_PENDING / MIB + 32;
  return {
    scenario: "server that does not read",
    seconds,
    ...counts,
    worst: memory.worst,
    allowed,
    balanced,
  };
}

function accepted(nc: Connection, publish: () => void): boolean {
  try {
    publish();
    return true;
  } catch (error) {
    if (isHoldfastError(error) && !nc.isClosed()) return false;
    throw error;
  }
}

function isBalanced(nc: Connection): boolean {
  const { accepted, confirmed, refused, pending, dropped, unconfirmed } = nc.stats();
  return accepted === confirmed + refused + pending + dropped + unconfirmed;
}
