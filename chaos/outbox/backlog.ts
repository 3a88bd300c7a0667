import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Child } from "../../demo/child.js";
import type { Cleanup } from "../../demo/cleanup.js";
import { connect } from "../../src/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { type BacklogDone, type BacklogOrder, numberOf, SIZE, SUBJECT } from "./backlog-protocol.js";

const ACTOR = new URL("actors/backlog.js", import.meta.url);
const PATIENCE = 1_200_000;
const MIB = 1024 ** 2;
/** ms that opening may take, and the part of the speed of live publishing that a replay has at the least. */
export const PROMISED = { opening: 1_000, replay: 0.3 };

/** What was measured. */
export interface BacklogResult {
  readonly messages: number;
  readonly diskBytes: number;
  readonly fill: BacklogDone;
  readonly replay: BacklogDone;
  readonly live: BacklogDone;
  /** Of what the replaying process has sent, at a subscriber. */
  readonly received: Received;
}

/** What a subscriber has got. */
export interface Received {
  readonly messages: number;
  /** Numbers that came after a higher one, or were missing when the next came. */
  readonly outOfOrder: number;
  readonly last: number;
}

/** Fills an outbox, lets another process open and send it, and a third one publish as much; each is read by a subscriber. */
export async function measureBacklog(
  bytes: number,
  cleanup: Cleanup,
  show: (text: string) => void,
): Promise<BacklogResult> {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-backlog-"));
  cleanup.add("the folder", () => rmSync(folder, { recursive: true, force: true }));
  const server = await NatsServer.start({ maxPending: 1024 ** 3 });
  cleanup.add("the server", () => server.close());
  const order = { path: join(folder, "outbox"), url: server.url, messages: Math.ceil(bytes / SIZE) };
  const act = async (what: BacklogOrder["what"]) => {
    show(what);
    const child = new Child<BacklogOrder, BacklogDone>(what, ACTOR);
    const remove = cleanup.add(`the process that is to ${what}`, () => child.stop());
    const done = child.next("done", PATIENCE);
    child.send({ what, ...order });
    const result = await done;
    await child.stop();
    remove();
    return result;
  };
  const fill = await act("fill");
  const diskBytes = readdirSync(order.path).reduce(
    (sum, name) => sum + statSync(join(order.path, name)).size,
    0,
  );
  const subscriber = await connect({ servers: server.url, name: "subscriber" });
  cleanup.add("the subscriber", () => subscriber.close());
  let received: { messages: number; outOfOrder: number; last: number } = {
    messages: 0,
    outOfOrder: 0,
    last: 0,
  };
  subscriber.subscribe(SUBJECT, {
    callback: (_error, { data }) => {
      const number = numberOf(data);
      if (number !== received.last + 1) received.outOfOrder++;
      received.last = number;
      received.messages++;
    },
  });
  await subscriber.flush();
  const replay = await act("replay");
  await subscriber.flush();
  const replayed = received;
  received = { messages: 0, outOfOrder: 0, last: 0 };
  const live = await act("live");
  return { messages: order.messages, diskBytes, fill, replay, live, received: replayed };
}

/** What of it breaks a promise. */
export function brokenByBacklog({ messages, replay, live, received }: BacklogResult): string[] {
  const part = live.seconds / replay.seconds;
  return [
    received.messages !== replay.published &&
      `${received.messages} of ${replay.published} messages have arrived`,
    received.outOfOrder > 0 && `${received.outOfOrder} messages out of order`,
    messages * SIZE <= 1024 ** 3 &&
      replay.opening >= PROMISED.opening &&
      `opening took ${replay.opening.toFixed(0)} ms`,
    part < PROMISED.replay && `the replay has ${part.toFixed(2)} of the speed of live publishing`,
  ].filter((line) => typeof line === "string");
}

/** The result in words. */
export function describeBacklog(result: BacklogResult): string {
  const { messages, diskBytes, fill, replay, live, received } = result;
  const perSecond = (seconds: number) => `${Math.round(messages / seconds)} messages/s`;
  const mib = (bytes: number) => `${Math.round(bytes / MIB)} MiB`;
  return [
    "",
    `backlog    ${messages} messages of ${SIZE} B, ${mib(diskBytes)} on disk; filled in ${fill.seconds.toFixed(0)} s, ${perSecond(fill.seconds)}`,
    `opening    ${replay.opening.toFixed(0)} ms`,
    `replay     ${replay.seconds.toFixed(1)} s, ${perSecond(replay.seconds)}: ${(live.seconds / replay.seconds).toFixed(2)} of live publishing, ${perSecond(live.seconds)}`,
    `memory     ${mib(replay.peakOwn)} of its own at the most, peak RSS ${mib(replay.peakRss)}; live publishing ${mib(live.peakOwn)} and ${mib(live.peakRss)}`,
    `order      ${received.messages} arrived, ${received.messages - messages} of them published meanwhile; ${received.outOfOrder} out of order`,
    "",
  ].join("\n");
}
