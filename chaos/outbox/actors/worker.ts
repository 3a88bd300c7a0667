// Loaded with all the rest, before the order comes: else it is what opening consists of.
import "lmdb";
import { headers } from "@nats-io/nats-core";
import { takeRole } from "../../../demo/actors/role.js";
import { type Connection, connect } from "../../../src/index.js";
import { type Outbox, openOutbox } from "../../../src/outbox/index.js";
import { openLmdbStore } from "../../../src/outbox/store/lmdb-store.js";
import { type FromWorker, HEADER, hasHeaders, type Order, payloadOf, SUBJECT } from "../protocol.js";
import { Recorder } from "../record.js";
import { sabotagedStore, spiedStore } from "../spied-store.js";
import { Aimed } from "../trigger.js";

/** ms between two looks at the outbox. */
const LOOK = 2;
/** Numbers that are written down ahead of their messages, so that not each costs a line. */
const AHEAD = 64;
/** Bytes of an outbox: no run comes near. */
const MAX_BYTES = 4 * 1024 ** 3;
/** ms for what is left at the end. */
const DRAIN_PATIENCE = 60_000;
/** ms until those whose message was rejected try the next one: the disk is full. */
const PAUSE = 2;

/** It opens an outbox, publishes or does not, and sends what there is, until it is killed. */
const tell = takeRole<Order, FromWorker>(run);
tell({ type: "ready" });

async function run(order: Order): Promise<void> {
  const record = new Recorder(order.record);
  const aimed = await Aimed.at(order.aim);
  record.write({ is: "opening" });
  aimed.reached("opening");
  const began = performance.now();
  const outbox = await open(order, record, aimed);
  const { recovered } = outbox.facts();
  record.write({ is: "opened", recovered, ms: performance.now() - began });
  const wrong = (text: string) => record.write({ is: "wrong", text });
  outbox.on("parked", ({ reason }) => wrong(`parked: ${reason}`));
  outbox.on("lost", ({ messages, error }) => wrong(`${messages} lost on disk: ${error.message}`));
  outbox.on("expired", ({ messages }) => wrong(`${messages} expired`));
  const nc = await connect({
    servers: order.servers,
    outbox,
    name: `process ${order.process}`,
    retryOnFailedConnect: true,
    backoff: { initial: 10, max: 50 },
  });
  nc.on("messageLost", () => wrong("the connection has lost a message"));
  nc.on("state", ({ to }) => {
    record.write({ is: "link", up: to === "connected" });
    if (to === "connected") aimed.reached("linked");
  });
  if (nc.state === "connected") {
    record.write({ is: "link", up: true });
    aimed.reached("linked");
  }
  const look = setInterval(() => lookAt(outbox, record), LOOK);
  if (order.callers > 0) publish(nc, order, record, aimed);
  else {
    await outbox.empty({ timeout: DRAIN_PATIENCE });
    if (!order.drains) tell({ type: "idle" });
  }
  if (!order.drains) return;
  lookAt(outbox, record);
  clearInterval(look);
  await nc.close();
  await outbox.close();
  process.disconnect();
}

async function open(
  { path, stream, spied, sabotaged }: Order,
  record: Recorder,
  aimed: Aimed,
): Promise<Outbox> {
  const options = { mode: "always", maxBytes: MAX_BYTES, ...(stream !== undefined && { stream }) } as const;
  if (!spied && !sabotaged) return openOutbox({ path, ...options });
  const store = await openLmdbStore(path);
  const spy = {
    begins(stores: number, removes: number) {
      record.write({ is: "commit", stores, removes });
      if (stores > 0) aimed.reached("storing");
      if (removes > 0) aimed.reached("removing");
    },
    ends: (well: boolean) => record.write({ is: "committed", well }),
  };
  return openOutbox({ store: spiedStore(sabotaged ? sabotagedStore(store) : store, spy), ...options });
}

/** The books must balance whenever somebody looks. */
function lookAt(outbox: Outbox, record: Recorder): void {
  const { recovered, stored, confirmed, expired, refused, lost, messages } = outbox.facts();
  record.write({ is: "held", messages, confirmed });
  if (recovered + stored === confirmed + expired + refused + lost + messages) return;
  const sum = `${recovered} + ${stored} are not ${confirmed} + ${expired} + ${refused} + ${lost} + ${messages}`;
  record.write({ is: "wrong", text: `the books do not balance: ${sum}` });
}

/** Everybody publishes one message after the other. */
function publish(nc: Connection, { process: own, callers }: Order, record: Recorder, aimed: Aimed): void {
  let last = 0;
  let announced = 0;
  const caller = async () => {
    for (;;) {
      const number = ++last;
      if (number > announced) {
        announced = number + AHEAD;
        record.write({ is: "trying", upTo: announced });
      }
      try {
        await nc.publishDurable(SUBJECT, payloadOf(own, number), withHeaders(number));
        record.write({ is: "resolved", number });
        aimed.reached("resolved");
      } catch (error) {
        const { code = "none", message } = error as { code?: string; message: string };
        record.write({ is: "rejected", number, code });
        if (code !== "OUTBOX_FAILED") record.write({ is: "wrong", text: `rejected: ${message}` });
        await new Promise((resolve) => setTimeout(resolve, PAUSE));
      }
    }
  };
  for (let i = 0; i < callers; i++) void caller();
}

function withHeaders(number: number) {
  if (!hasHeaders(number)) return undefined;
  const made = headers();
  made.set(HEADER, String(number));
  return { headers: made };
}
