import { CodedError } from "../../errors.js";
import type { RandomApplication } from "./application.js";
import type { Client } from "./client.js";
import type { Cluster } from "./cluster.js";
import type { Action } from "./profile.js";
import { demand } from "./violation.js";

/** Where an action happens. */
export interface Stage {
  readonly client: Client;
  readonly cluster: Cluster;
  readonly app: RandomApplication;
}

/** Times that a network may be filled with what waits. */
const MAX_ROUNDS = 400;
/** Messages of a run: from there on a burst is a short one. */
const MANY_MESSAGES = 1500;
const SHORT_BURST = 12;

/** Calls that must be refused, and with which code. */
const BAD_CALLS: readonly (readonly [code: string, call: (client: Client) => void])[] = [
  ["INVALID_SUBJECT", ({ engine }) => engine.publish("", "x", "", undefined, undefined)],
  ["INVALID_SUBJECT", ({ engine }) => engine.publish("a b", "x", "", undefined, undefined)],
  ["INVALID_SUBJECT", ({ engine }) => engine.publish("a\r\nPING", "x", "", undefined, undefined)],
  ["INVALID_SUBJECT", ({ engine }) => engine.publish("a", "x", "in box", undefined, undefined)],
  ["INVALID_SUBJECT", ({ engine }) => engine.publish("a..b", "x", "", undefined, undefined)],
  [
    "MAX_CONTROL_LINE_EXCEEDED",
    ({ engine }) => engine.publish("a".repeat(4090), "x", "", undefined, undefined),
  ],
  [
    "MAX_PAYLOAD_EXCEEDED",
    ({ engine, maxPayload }) => engine.publish("a", Buffer.alloc(maxPayload + 1), "", undefined, undefined),
  ],
  [
    "INVALID_ARGUMENT",
    ({ engine }) => engine.subscribe("a", "q\r\n", undefined, { onMessage() {}, onEnd() {} }),
  ],
  [
    "INVALID_SUBJECT",
    ({ engine }) => engine.subscribe("a.>.b", undefined, undefined, { onMessage() {}, onEnd() {} }),
  ],
];

/** Lets the application do something. */
export function perform(action: Action, { client, cluster, app }: Stage): void {
  const { random } = app;
  client.coverage.count("action", action);
  client.world.trace.note(action);
  switch (action) {
    case "publish":
      for (let i = random.int(5); i >= 0; i--) client.publish(client.drafts.publication(client.now));
      break;
    case "burst": {
      // What a narrow network would be busy with for hours says nothing new.
      if (client.engine.pendingBytes > client.profile.conditions.capacity * MAX_ROUNDS) return;
      const wanted = Math.floor(random.scale(10, 300));
      const count = client.ledger.messages.length < MANY_MESSAGES ? wanted : Math.min(wanted, SHORT_BURST);
      for (let i = 0; i < count; i++)
        client.publish(client.drafts.plain("data.1", Math.floor(random.scale(1, 300))));
      if (random.chance(0.5)) client.awaitWritable();
      break;
    }
    case "publish-confirmed":
      client.publishConfirmed(client.drafts.publication(client.now));
      break;
    case "request":
      app.request();
      break;
    case "fence":
      client.fence();
      break;
    case "ping":
      client.engine.ping((rtt) => demand(rtt >= 0, "rtt", () => `${rtt}`), client.now);
      break;
    case "subscribe":
      app.subscribe();
      break;
    case "unsubscribe":
      app.withSubscriber((one) => client.unsubscribe(one));
      break;
    case "unsubscribe-max":
      app.withSubscriber((one) => client.limit(one, 1 + random.int(5)));
      break;
    case "drain-subscription":
      app.withSubscriber((one) => client.drain(one));
      break;
    case "move-subscription":
      app.moveSubscription();
      break;
    case "outside":
      for (let i = random.int(20); i >= 0; i--)
        cluster.publishFromOutside(`ext.${random.int(3)}`, Math.floor(random.scale(16, 5000)));
      if (random.chance(0.3)) {
        const peer = cluster.peers.find((one) => one.connected);
        for (let i = random.int(30); i >= 0; i--) peer?.askPing();
      }
      break;
    case "bad-call":
      refuse(client, random.int(BAD_CALLS.length));
      break;
  }
}

function refuse(client: Client, which: number): void {
  const [code, call] = BAD_CALLS[which];
  let found = "nothing";
  try {
    call(client);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    found = error.code;
  }
  const closed = found === "CONNECTION_CLOSED" && client.closed;
  demand(found === code || closed, "bad-call", () => `bad call ${which} threw ${found} instead of ${code}`);
}
