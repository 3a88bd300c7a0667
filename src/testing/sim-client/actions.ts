import type { Connection } from "../../client/connection.js";
import type { Cluster } from "../sim/cluster.js";
import { demand } from "../sim/violation.js";
import type { Desk, RandomApplication } from "./application.js";
import type { ClientAction } from "./client-profile.js";
import { fence, flush, readStatus, rtt } from "./waiting.js";

/** Calls that must be refused, and with which code. */
const BAD_CALLS: readonly (readonly [code: string, call: (nc: Connection) => unknown])[] = [
  ["INVALID_SUBJECT", (nc) => nc.publish("", "x")],
  ["INVALID_SUBJECT", (nc) => nc.publish("a b", "x")],
  ["INVALID_SUBJECT", (nc) => nc.publish("a\r\nPING", "x")],
  ["INVALID_SUBJECT", (nc) => nc.publish("a", "x", { reply: "in box" })],
  ["INVALID_PAYLOAD", (nc) => nc.publish("a", 5 as never)],
  ["INVALID_ARGUMENT", (nc) => nc.publish("a", "x", { ttl: -1 })],
  ["INVALID_SUBJECT", (nc) => nc.publishConfirmed("a b", "x")],
  ["INVALID_SUBJECT", (nc) => nc.request("a b", "x")],
  ["INVALID_ARGUMENT", (nc) => nc.request("a", "x", { timeout: 0 })],
  ["INVALID_SUBJECT", (nc) => nc.requestMany("a b", "x")],
  ["INVALID_ARGUMENT", (nc) => nc.flush({ timeout: -1 })],
  ["INVALID_SUBJECT", (nc) => nc.subscribe("a.>.b")],
  ["INVALID_ARGUMENT", (nc) => nc.subscribe("a", { max: -1 })],
  ["INVALID_OPTION", (nc) => nc.setServers([])],
];

/** What a connection says instead that takes nothing any more. */
const ENDED = ["CONNECTION_CLOSED", "CONNECTION_DRAINING"];

/** Lets the application do something. */
export function perform(action: ClientAction, app: RandomApplication, cluster: Cluster, desk: Desk): void {
  const { random, nc } = app;
  desk.coverage.count("action", action);
  desk.world.trace.note(action);
  switch (action) {
    case "publish":
      for (let i = random.int(5); i >= 0; i--) app.publish();
      return;
    case "burst":
      return app.burst();
    case "publish-confirmed":
      return app.publishConfirmed();
    case "request":
      return app.request();
    case "request-many":
      return app.requestMany();
    case "subscribe":
      return app.subscribe(false);
    case "subscribe-iterator":
      return app.subscribe(true);
    case "unsubscribe":
      return app.withReader(({ subscription }) => subscription.unsubscribe());
    case "unsubscribe-max":
      return app.withReader((reader) => reader.end(1 + random.int(10)));
    case "move-subscription":
      return app.moveReader();
    case "drain-subscription":
      return app.drainReader();
    case "flush":
      return flush(nc, desk, random);
    case "fence":
      return fence(nc, desk);
    case "rtt":
      return rtt(nc, desk);
    case "writable":
      return app.awaitWritable();
    case "status":
      return readStatus(nc, desk, random);
    case "look":
      JSON.stringify([nc.health(), nc.stats(), nc.history, nc.getServers(), nc.info]);
      return;
    case "outside":
      if (app.isBusy) return;
      for (let i = random.int(20); i >= 0; i--)
        cluster.publishFromOutside(`ext.${random.int(3)}`, Math.floor(random.scale(16, 5000)));
      return;
    case "bad-call":
      void refuse(nc, random.int(BAD_CALLS.length), desk);
  }
}

async function refuse(nc: Connection, which: number, desk: Desk): Promise<void> {
  const [code, call] = BAD_CALLS[which];
  const before = nc.stats().accepted - desk.posts.accepted;
  let found = "nothing";
  let answer: unknown;
  try {
    answer = call(nc);
  } catch (error) {
    found = String((error as { code?: string }).code);
  }
  const taken = nc.stats().accepted - desk.posts.accepted - before;
  if (answer instanceof Promise)
    await answer.catch((error: { code?: string }) => {
      found = String(error.code);
    });
  desk.findings.guard(() => {
    const isRight = taken === 0 && (found === code || ENDED.includes(found));
    demand(isRight, "bad-call", () => `bad call ${which} threw ${found} instead of ${code}`);
  });
}
