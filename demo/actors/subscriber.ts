import { now } from "../clock.js";
import { type Arrival, ArrivalWatch } from "../ledger/arrivals.js";
import { Receipts } from "../ledger/receipts.js";
import { DATA_SUBJECT, READY_SUBJECT, sentAt, sequenceAt } from "../payload.js";
import { type FromSubscriber, TICK, type ToSubscriber } from "../protocol.js";
import type { DemoClient } from "./client.js";
import { connectClient } from "./connect.js";
import { takeRole } from "./role.js";
import { Slowness } from "./slowness.js";

const KEPT_ERRORS = 20;

const receipts = new Receipts();
const errors: string[] = [];
const arrivals: Arrival[] = [];
const watch = new ArrivalWatch((arrival) => arrivals.push(arrival));
const slowness = new Slowness();
let strangers = 0;
let client: DemoClient;

const tell = takeRole<ToSubscriber, FromSubscriber>(async (order) => {
  switch (order.type) {
    case "connect":
      client = await connectClient(
        {
          kind: order.client,
          name: "demo subscriber",
          servers: order.servers,
          replayMargin: 0,
          awaitSubscriber: false,
          dashboard: { peers: [] },
        },
        {
          up: (server, detail) => {
            tell({ type: "link", up: true, at: now(), server, sequence: receipts.newest, detail });
          },
          down: (detail, cause) => {
            tell({ type: "link", up: false, at: now(), sequence: receipts.newest, detail, cause });
          },
          error: (message) => {
            if (errors.length < KEPT_ERRORS) errors.push(message);
          },
        },
      );
      // In this order: whoever gets an answer knows that the first subscription is in place as well.
      client.subscribe(DATA_SUBJECT, hear);
      client.subscribe(READY_SUBJECT, (_payload, respond) => respond());
      await client.flush();
      setInterval(tick, TICK);
      tell({ type: "connected", server: client.server(), dashboard: client.dashboard });
      break;
    case "arm":
      watch.arm(order.outage);
      break;
    case "dead":
      watch.dead(order.outage, order.at);
      break;
    case "slow":
      slowness.begin(order.ms, order.each);
      break;
    case "collect":
      tick();
      tell({
        type: "report",
        received: receipts.received,
        distinct: receipts.distinct,
        outOfOrder: receipts.outOfOrder,
        strangers,
        counts: receipts.counts(),
        arrivals,
        errors,
      });
      break;
    case "close":
      await client.close();
      tell({ type: "closed" });
      break;
  }
});

function hear(payload: Uint8Array): void {
  const sequence = sequenceAt(payload, 0);
  if (sequence < 0) {
    strangers++;
    return;
  }
  receipts.add(sequence);
  if (watch.watching) watch.note(sentAt(payload, 0), now());
  slowness.endure();
}

function tick(): void {
  const { received, distinct, outOfOrder } = receipts;
  tell({ type: "tick", at: now(), received, distinct, outOfOrder });
}
