import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Connection, connect, type NatsConnection } from "../../src/index.js";
import { until } from "../support/until.js";
import { expectOutboxBalanced, OutboxWorld } from "./world.js";

const LIMIT = 1024;
const LARGE = "x".repeat(2048);

let world: OutboxWorld;
let jsm: JetStreamManager;
beforeEach(async () => {
  world = await OutboxWorld.make({ jetstream: true });
  const watcher = world.cleanup.use(await connect({ servers: world.server.url, reconnectTimeWait: 5 }));
  jsm = await jetstreamManager(watcher as NatsConnection);
  await jsm.streams.add({ name: "S", subjects: ["s.>"], max_msg_size: LIMIT, allow_direct: true });
});
afterEach(async () => {
  await world[Symbol.asyncDispose]();
});

async function inStream(): Promise<string[]> {
  const { state } = await jsm.streams.info("S");
  const found: string[] = [];
  if (state.messages === 0) return found;
  const all = await jsm.direct.getBatch("S", { seq: state.first_seq, batch: state.messages });
  for await (const message of all) found.push(message.string());
  return found;
}

/** Large messages that go out, and questions to the stream. */
function counted(nc: Connection) {
  const sent = { large: 0, questions: 0 };
  const request = nc.request.bind(nc);
  nc.request = (subject, payload, options) => {
    if (subject.startsWith("$JS.API.")) sent.questions++;
    if ((payload?.length ?? 0) >= LARGE.length) sent.large++;
    return request(subject, payload, options);
  };
  return sent;
}

describe("a backlog with messages that the stream finds too large", () => {
  it("is sent without them: they are parked, and told, and cost the server nothing", async () => {
    const outbox = await world.open({ mode: "always", stream: "S" });
    const parked: string[] = [];
    outbox.on("parked", ({ reason }) => parked.push(reason));
    const nc = await world.connect(outbox);
    const sent = counted(nc);
    await nc.publishDurable("s.a", "0");
    await outbox.empty({ timeout: 10_000 });
    await world.cut(nc);
    const wanted = Array.from({ length: 300 }, (_, index) => String(index + 1));
    const all = wanted.flatMap((text) => (Number(text) % 3 === 0 ? [LARGE, text] : [text]));
    await Promise.all(all.map((payload) => nc.publishDurable("s.a", payload)));
    sent.questions = 0;
    await world.mend(nc);
    await outbox.empty({ timeout: 20_000 });
    expect(await inStream()).toEqual(["0", ...wanted]);
    await until(() => parked.length === 100, "the parked ones");
    expect(parked.filter((reason) => !reason.includes(`max_msg_size is ${LIMIT}`))).toEqual([]);
    expect(outbox.stats()).toMatchObject({ refused: 100, parked: 100, confirmed: 301, messages: 0 });
    expect(sent.large).toBe(0);
    expect(sent.questions).toBeLessThanOrEqual(100);
    expectOutboxBalanced(outbox);
  });

  it("is sent whole when the stream takes larger ones by then", async () => {
    const outbox = await world.open({ mode: "always", stream: "S" });
    const nc = await world.connect(outbox);
    await nc.publishDurable("s.a", LARGE);
    await outbox.empty({ timeout: 10_000 });
    expect(outbox.stats()).toMatchObject({ parked: 1 });
    await world.cut(nc);
    for (const text of ["0", LARGE, "1"]) await nc.publishDurable("s.a", text);
    await jsm.streams.update("S", { max_msg_size: -1 });
    await world.mend(nc);
    await outbox.empty({ timeout: 10_000 });
    expect(await inStream()).toEqual(["0", LARGE, "1"]);
    // Without an outage as well.
    await jsm.streams.update("S", { max_msg_size: LIMIT });
    await nc.publishDurable("s.a", LARGE);
    await outbox.empty({ timeout: 10_000 });
    expect(outbox.stats()).toMatchObject({ parked: 2 });
    await jsm.streams.update("S", { max_msg_size: 2 * LARGE.length });
    await nc.publishDurable("s.a", LARGE);
    await outbox.empty({ timeout: 10_000 });
    expect(await inStream()).toEqual(["0", LARGE, "1", LARGE]);
    expectOutboxBalanced(outbox);
  });
});
