import { type DemoClient, messageOf } from "../../demo/actors/client.js";
import { connectClient } from "../../demo/actors/connect.js";
import { Pace } from "../../demo/actors/pace.js";
import { takeRole } from "../../demo/actors/role.js";
import { now, sleep } from "../../demo/clock.js";
import { Receipts } from "../../demo/ledger/receipts.js";
import { isSampled, TimeSamples } from "../../demo/ledger/samples.js";
import { DATA_SUBJECT } from "../../demo/payload.js";
import { type Books, balanced } from "../../demo/protocol.js";
import { APP, type FromPublisher, type LinkWord, PUBLISHER, TICK, type ToPublisher } from "../protocol.js";
import { Seal } from "../seal.js";
import { Outcomes } from "./outcomes.js";

/** After a refused message. */
const AFTER_REJECTION = 5;
/** How long the last flush may take, for a client that sets itself no limit. */
const FLUSH_PATIENCE = 25_000;
const KEPT_ERRORS = 20;

const sendTimes = new TimeSamples();
const heard = new Receipts();
const outcomes = new Outcomes();
const errors: string[] = [];
let heardDamaged = 0;
let client: DemoClient;
let seal: Seal;
let rate = 1;
/** Accepted messages so far, and so the id of the next one. */
let accepted = 0;
let rejected = 0;
let elapsed = 0;
let unbalanced = 0;
let firstUnbalanced: Books | undefined;
let flushError: string | undefined;
let stopping = false;
let running: Promise<void> | undefined;

const tell = takeRole<ToPublisher, FromPublisher>(async (order) => {
  switch (order.type) {
    case "connect":
      await connect(order);
      break;
    case "go":
      setInterval(tick, TICK);
      running = publish();
      await running;
      break;
    case "block":
      block(order.ms);
      break;
    case "stop":
      stopping = true;
      await running;
      await flush();
      tell({ type: "stopped" });
      break;
    case "collect":
      report();
      break;
    case "close":
      await client.close();
      tell({ type: "closed" });
      break;
  }
});

async function connect(order: Extract<ToPublisher, { type: "connect" }>): Promise<void> {
  rate = order.rate;
  seal = new Seal(order.size);
  client = await connectClient(
    {
      kind: order.client,
      name: PUBLISHER,
      servers: [...order.servers],
      tls: order.tls,
      delivery: order.delivery,
      replayMargin: 0,
      awaitSubscriber: false,
      // What servers tell of each other would lead past the proxies.
      ignoreClusterUpdates: true,
      // A fault changes the password for a moment.
      ignoreAuthErrorAbort: true,
      ...APP,
    },
    {
      up: (server, detail) => tellWord({ word: "up", server, detail }),
      down: (detail, cause, code) => tellWord({ word: "down", detail, cause, code }),
      attemptFailed: (detail) => tellWord({ word: "failed", detail }),
      closed: (detail) => tellWord({ word: "closed", detail }),
      error: (message) => {
        if (errors.length < KEPT_ERRORS) errors.push(message);
      },
      lost: (messages) => {
        for (const { data, reason } of messages) outcomes.drop(data ? seal.read(data) : -1, reason);
      },
    },
  );
  client.subscribe(DATA_SUBJECT, (payload) => {
    const id = seal.read(payload);
    if (id < 0) heardDamaged++;
    else heard.add(id);
  });
  await client.flush();
  tell({ type: "connected", server: client.server() });
}

function tellWord(word: Pick<LinkWord, "word" | "server" | "detail" | "cause" | "code">): void {
  const settled = outcomes.look(client?.books());
  tell({ type: "link", at: now(), accepted, settled, ...word });
}

async function publish(): Promise<void> {
  const began = now();
  const pace = new Pace(rate, began, 0);
  while (!stopping) {
    const at = now();
    if (!publishSome(pace.due(at, accepted), at)) {
      await sleep(AFTER_REJECTION);
      pace.restart(now(), accepted);
    } else await sleep(1);
  }
  elapsed = now() - began;
}

/** Publishes so many messages; false if one of them was not accepted: it is offered again, later. */
function publishSome(count: number, at: number): boolean {
  for (let i = 0; i < count; i++) {
    try {
      client.publish(DATA_SUBJECT, seal.make(accepted, at));
    } catch (error) {
      rejected++;
      if (errors.length < KEPT_ERRORS) errors.push(messageOf(error));
      return false;
    }
    if (isSampled(accepted)) sendTimes.note(accepted, at);
    accepted++;
  }
  return true;
}

/** Computes for so long: nothing else runs in this process. */
function block(ms: number): void {
  const until = now() + ms;
  while (now() < until);
}

async function flush(): Promise<void> {
  const late = sleep(FLUSH_PATIENCE).then(() => {
    throw new Error(`not within ${FLUSH_PATIENCE / 1000} s`);
  });
  late.catch(() => {});
  try {
    await Promise.race([client.flush(), late]);
  } catch (error) {
    flushError = messageOf(error);
  }
}

function tick(): void {
  const books = client.books();
  if (books !== undefined && !balanced(books)) {
    unbalanced++;
    firstUnbalanced ??= books;
  }
  const { heapUsed, external } = process.memoryUsage();
  tell({ type: "tick", accepted, rejected, held: heapUsed + external });
}

function report(): void {
  tick();
  const books = client.books();
  outcomes.look(books);
  tell({
    type: "report",
    accepted,
    rejected,
    elapsed,
    unconfirmed: outcomes.unconfirmed,
    dropped: outcomes.dropped,
    books,
    unbalanced,
    firstUnbalanced,
    flushError,
    errors,
    sendTimes: sendTimes.values(),
    heard: heard.counts(),
    heardDamaged,
  });
}
