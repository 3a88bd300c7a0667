import type { Connection, ConnectionOptions } from "../../src/index.js";
import { type Connect, loadHoldfast } from "../clients/holdfast.js";
import { REQUESTS, SUBJECT, type WorkerJob } from "../processes/messages.js";
import { Sockets } from "../processes/sockets.js";

/** An operation gets things ready for so many, and returns what is to be timed. */
export type Operation = (count: number) => Promise<() => unknown>;

/** Something that is done with so many of something. */
export interface Doubled {
  /** Of a usual measurement. */
  readonly amount: number;
  prepare(job: WorkerJob): Promise<Operation>;
}

const PAYLOAD = new Uint8Array(128).fill(120);
const TIMEOUT = 20_000;
const MIB = 1024 * 1024;

/** Everything that an application may do many times over, by name, with an amount that takes some 10 ms. */
export const OPERATIONS: ReadonlyMap<string, Doubled> = new Map([
  ["publish", connected(20_000, publish)],
  ["publish to as many subjects", connected(10_000, publishToMany)],
  ["publish with a ttl", connected(10_000, publishWithTtl)],
  ["publishConfirmed, all in flight", connected(10_000, confirm)],
  ["flush, all in flight", connected(10_000, flush)],
  ["request, all in flight", connected(1_000, request)],
  ["subscribe", connected(5_000, subscribe)],
  ["unsubscribe", connected(5_000, unsubscribe)],
  ["read a backlog with for await", connected(20_000, iterate)],
  ["subscribe again after a reconnect", losing(5_000, resubscribe)],
  ["write again what was published in an outage", losing(20_000, replay, { reconnectBufSize: 64 * MIB })],
  [
    "drop the oldest in an outage",
    losing(20_000, overflow, { overflow: "drop-oldest", maxBufferedMessages: 1000 }),
  ],
  ["drain as many subscriptions", { amount: 2_000, prepare: drain }],
  ["connect and close", { amount: 20, prepare: connectMany }],
]);

/** An operation on a connection that is made once. */
function connected(amount: number, operation: (nc: Connection) => Operation): Doubled {
  return { amount, prepare: async (job) => operation(await (await connector(job))()) };
}

/** The same on one whose link is cut. */
function losing(
  amount: number,
  operation: (nc: Connection, sockets: Sockets) => Operation,
  options: ConnectionOptions = {},
): Doubled {
  return {
    amount,
    async prepare(job) {
      const sockets = new Sockets(job);
      const connect = await connector(job);
      return operation(await connect(options), sockets);
    },
  };
}

async function connector({ where, library, opened }: WorkerJob): Promise<Connect> {
  const connect = await loadHoldfast(where, library);
  return async (options) => {
    const nc = await connect(options);
    opened?.(() => nc.close());
    return nc;
  };
}

function publish(nc: Connection): Operation {
  return async (count) => async () => {
    for (let i = 0; i < count; i++) if (!nc.publish(SUBJECT, PAYLOAD)) await nc.writable();
    await nc.flush();
  };
}

function publishToMany(nc: Connection): Operation {
  return async (count) => {
    const subjects = Array.from({ length: count }, (_, number) => `${SUBJECT}.${number}`);
    return async () => {
      for (const subject of subjects) if (!nc.publish(subject, PAYLOAD)) await nc.writable();
      await nc.flush();
    };
  };
}

function publishWithTtl(nc: Connection): Operation {
  const options = { ttl: TIMEOUT };
  return async (count) => async () => {
    for (let i = 0; i < count; i++) if (!nc.publish(SUBJECT, PAYLOAD, options)) await nc.writable();
    await nc.flush();
  };
}

function confirm(nc: Connection): Operation {
  return async (count) => () =>
    Promise.all(Array.from({ length: count }, () => nc.publishConfirmed(SUBJECT, PAYLOAD)));
}

function flush(nc: Connection): Operation {
  return async (count) => () =>
    Promise.all(
      Array.from({ length: count }, () => {
        nc.publish(SUBJECT, PAYLOAD);
        return nc.flush();
      }),
    );
}

function request(nc: Connection): Operation {
  return async (count) => () =>
    Promise.all(Array.from({ length: count }, () => nc.request(REQUESTS, PAYLOAD, { timeout: TIMEOUT })));
}

function subscribeTo(nc: Connection, count: number) {
  const callback = () => {};
  return Array.from({ length: count }, (_, number) => nc.subscribe(`${SUBJECT}.${number}`, { callback }));
}

function subscribe(nc: Connection): Operation {
  let last: { unsubscribe(): void }[] = [];
  return async (count) => {
    for (const one of last) one.unsubscribe();
    await nc.flush();
    return async () => {
      last = subscribeTo(nc, count);
      await nc.flush();
    };
  };
}

function unsubscribe(nc: Connection): Operation {
  return async (count) => {
    const all = subscribeTo(nc, count);
    await nc.flush();
    return async () => {
      for (const one of all) one.unsubscribe();
      await nc.flush();
    };
  };
}

function iterate(nc: Connection): Operation {
  return async (count) => {
    const subscription = nc.subscribe(SUBJECT);
    await publish(nc)(count).then((act) => act());
    let read = 0;
    return async () => {
      for await (const msg of subscription) if (msg.data.length > 0 && ++read === count) break;
    };
  };
}

/** Resolves when the connection has lost its link. */
function cut(nc: Connection, sockets: Sockets): Promise<void> {
  const lost = new Promise<void>((resolve) => nc.once("disconnect", () => resolve()));
  sockets.cut();
  return lost;
}

function resubscribe(nc: Connection, sockets: Sockets): Operation {
  let last: { unsubscribe(): void }[] = [];
  return async (count) => {
    for (const one of last) one.unsubscribe();
    last = subscribeTo(nc, count);
    await nc.flush();
    return async () => {
      await cut(nc, sockets);
      await nc.flush();
    };
  };
}

function replay(nc: Connection, sockets: Sockets): Operation {
  return async (count) => {
    await nc.flush();
    await cut(nc, sockets);
    // All in one turn: the link cannot be back before it ends.
    for (let i = 0; i < count; i++) nc.publish(SUBJECT, PAYLOAD);
    return () => nc.flush();
  };
}

function overflow(nc: Connection, sockets: Sockets): Operation {
  return async (count) => {
    await nc.flush();
    await cut(nc, sockets);
    return () => {
      for (let i = 0; i < count; i++) nc.publish(SUBJECT, PAYLOAD);
    };
  };
}

async function drain(job: WorkerJob): Promise<Operation> {
  const connect = await connector(job);
  return async (count) => {
    const nc = await connect();
    subscribeTo(nc, count);
    await nc.flush();
    return () => nc.drain();
  };
}

async function connectMany(job: WorkerJob): Promise<Operation> {
  const connect = await connector(job);
  return async (count) => async () => {
    const all = await Promise.all(Array.from({ length: count }, () => connect()));
    await Promise.all(all.map((nc) => nc.close()));
  };
}
