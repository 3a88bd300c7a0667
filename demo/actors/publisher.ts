import { setImmediate } from "node:timers/promises";
import { now, sleep } from "../clock.js";
import { isSampled, TimeSamples } from "../ledger/samples.js";
import { DATA_SUBJECT, PayloadMaker } from "../payload.js";
import { type Books, balanced, type FromPublisher, type Rate, TICK, type ToPublisher } from "../protocol.js";
import { type DemoClient, messageOf } from "./client.js";
import { connectClient } from "./connect.js";
import { Pace } from "./pace.js";
import { takeRole } from "./role.js";

/** As fast as it goes: how many messages between two turns of the event loop. */
const BURST = 500;
/** After a refused message. */
const AFTER_REJECTION = 5;
const KEPT_ERRORS = 20;

const sendTimes = new TimeSamples();
const errors: string[] = [];
let client: DemoClient;
let payloads: PayloadMaker;
let rate: Rate = 1;
/** Accepted messages so far, and so the sequence of the next one. */
let accepted = 0;
let rejected = 0;
let pauses = 0;
let unbalanced = 0;
let firstUnbalanced: Books | undefined;
let stopping = false;
let running: Promise<void> | undefined;

const tell = takeRole<ToPublisher, FromPublisher>(async (order) => {
  switch (order.type) {
    case "connect":
      rate = order.rate;
      payloads = new PayloadMaker(order.size);
      client = await connectClient(
        {
          kind: order.client,
          name: "demo publisher",
          servers: order.servers,
          replayMargin: order.replayMargin,
          awaitSubscriber: true,
          dashboard: { peers: order.peers },
        },
        {
          up: (server, detail) => {
            tell({ type: "link", up: true, at: now(), server, sequence: accepted, detail });
          },
          down: (detail, cause) => {
            tell({ type: "link", up: false, at: now(), sequence: accepted, detail, cause });
          },
          error: (message) => {
            if (errors.length < KEPT_ERRORS) errors.push(message);
          },
        },
      );
      tell({ type: "connected", server: client.server(), dashboard: client.dashboard });
      break;
    case "go":
      setInterval(tick, TICK);
      running = rate === "max" ? publishUnpaced() : publishSteadily(rate);
      await running;
      break;
    case "stop":
      await finish();
      break;
    case "close":
      await client.close();
      tell({ type: "closed" });
      break;
  }
});

async function publishSteadily(perSecond: number): Promise<void> {
  const pace = new Pace(perSecond, now(), accepted);
  while (!stopping) {
    const at = now();
    if (await publishSome(pace.due(at, accepted), at)) pace.restart(now(), accepted);
    else await sleep(1);
  }
}

async function publishUnpaced(): Promise<void> {
  while (!stopping) {
    await publishSome(BURST, now());
    await setImmediate();
  }
}

/**
 * Publishes up to `count` messages; true if there was a pause in between, which is over by then. Only a publisher
 * without a rate of its own heeds the client's advice to pause: what comes in at a steady rate, from outside as
 * it were, cannot be put off, and has to be buffered until the client refuses it.
 */
async function publishSome(count: number, at: number): Promise<boolean> {
  for (let i = 0; i < count; i++) {
    let free = true;
    try {
      free = client.publish(DATA_SUBJECT, payloads.make(accepted, at));
    } catch (error) {
      // Not accepted: the same sequence is offered again, later.
      rejected++;
      if (errors.length < KEPT_ERRORS) errors.push(messageOf(error));
      await Promise.race([client.room(), sleep(1000)]);
      await sleep(AFTER_REJECTION);
      return true;
    }
    if (isSampled(accepted)) sendTimes.note(accepted, at);
    accepted++;
    if (!free && rate === "max") {
      pauses++;
      await client.room();
      return true;
    }
  }
  return false;
}

function tick(): void {
  const books = pick(client.books());
  if (books !== undefined && !balanced(books)) {
    unbalanced++;
    firstUnbalanced ??= books;
  }
  tell({ type: "tick", at: now(), accepted, rejected, buffer: client.buffer(), books });
}

async function finish(): Promise<void> {
  stopping = true;
  await running;
  let flushError: string | undefined;
  try {
    await client.flush();
  } catch (error) {
    flushError = messageOf(error);
  }
  tick();
  tell({
    type: "report",
    accepted,
    rejected,
    pauses,
    probes: client.probes,
    flushError,
    books: pick(client.books()),
    unbalanced,
    firstUnbalanced,
    reportedLost: client.reportedLost,
    unconfirmedAtDisconnect: client.unconfirmedAtDisconnect,
    errors,
    sendTimes: sendTimes.values(),
  });
}

/** The figures of the books without whatever else the client counts. */
function pick(stats: Books | undefined): Books | undefined {
  if (stats === undefined) return undefined;
  const { accepted, confirmed, refused, dropped, unconfirmed, pending, replayed } = stats;
  return { accepted, confirmed, refused, dropped, unconfirmed, pending, replayed };
}
