import { describe, expect, it } from "vitest";
import { connect, headers, type Msg } from "../../src/index.js";
import { consume, ensureConsumer, ensureStream, handle } from "../../src/service/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { Cleanup } from "../support/cleanup.js";
import { expectNoProblems } from "../support/problems.js";
import { rejection, until } from "../support/until.js";
import { fill, ORDERS, settled, world } from "./consume-world.js";

expectNoProblems();

const MOST = 4096;

describe("a dead letter of handle() that is too large for the server", () => {
  async function given(cleanup: Cleanup, data: Uint8Array, more = headers()) {
    const server = cleanup.use(await NatsServer.start({ config: `max_payload: ${MOST}` }));
    const nc = cleanup.use(await connect({ servers: server.url }));
    const errors: (Error & { code?: string })[] = [];
    nc.on("error", (error) => errors.push(error));
    const dead: Msg[] = [];
    nc.subscribe("dead", { callback: (_, msg) => dead.push(msg) });
    const fail = () => {
      throw new Error("no");
    };
    const handler = handle(nc, "work", fail, { codec: "bytes", retries: 0, deadLetter: "dead" });
    nc.publish("work", data, { headers: more });
    await until(() => handler.facts().deadLettered === 1 && dead.length === 1, "the dead letter");
    expect(handler.facts().discarded).toBe(0);
    return { letter: dead[0], codes: errors.map(({ code }) => code), texts: errors.map(String) };
  }

  it("goes without the headers of its message", async () => {
    await using cleanup = new Cleanup();
    const more = headers();
    more.set("Trace", "x".repeat(2000));
    const { letter, codes } = await given(cleanup, new Uint8Array(2000), more);
    expect(letter.data).toHaveLength(2000);
    expect(letter.headers?.has("Trace")).toBe(false);
    expect(letter.headers?.get("Dead-Letter-Reason")).toBe("HANDLER_FAILED");
    expect(letter.headers?.has("Dead-Letter-Truncated")).toBe(false);
    expect(codes).toEqual(["HANDLER_FAILED"]);
  });

  it("says why without its payload, and that is told", async () => {
    await using cleanup = new Cleanup();
    const { letter, codes, texts } = await given(cleanup, new Uint8Array(MOST - 100));
    expect(letter.data).toHaveLength(0);
    expect(letter.headers?.get("Dead-Letter-Truncated")).toBe(String(MOST - 100));
    expect(letter.headers?.get("Dead-Letter-Error")).toContain("failed: no");
    expect(codes).toEqual(["HANDLER_FAILED", "DEAD_LETTER_FAILED"]);
    expect(texts[1]).toContain(`${MOST - 100} bytes`);
  });
});

describe("dead letters that lie in the stream of their messages", () => {
  it("do not go round between two consumers", async () => {
    await using cleanup = new Cleanup();
    const { nc, jsm } = await world(cleanup);
    const options = { ...ORDERS, maxDeliver: 1, deadLetter: "orders.dead" };
    const fail = () => {
      throw new Error("no");
    };
    const first = await consume<number>(nc, options, fail);
    await first.ready();
    const second = await consume<number>(nc, { ...options, durable: "other" }, fail);
    await second.ready();
    await fill(nc, 1, 1);
    // The message, and one dead letter of each.
    await settled(jsm, 3);
    await until(() => second.facts().discarded === 2, "the other one");
    expect((await jsm.streams.info("orders")).state.messages).toBe(3);
    for (const consumption of [first, second])
      expect(consumption.facts()).toMatchObject({ deadLettered: 1, discarded: 2, failing: undefined });
  });
});

describe("ensureStream() and ensureConsumer()", () => {
  it.each([
    ["timeout", { timeout: "1 s" }],
    ["timeout", { timeout: -1 }],
    ["timout", { timout: 1 }],
    ["domain", { domain: "a.b" }],
    [undefined, null],
    [undefined, 5],
  ])("refuse wrong options (%s)", async (option, wrong) => {
    await using cleanup = new Cleanup();
    const { nc } = await world(cleanup);
    const refused = { code: "INVALID_OPTION", ...(option === undefined ? {} : { option }) };
    expect(await rejection(ensureStream(nc, { name: "s" }, wrong as never))).toMatchObject(refused);
    const consumer = { durable_name: "d" };
    expect(await rejection(ensureConsumer(nc, "s", consumer, wrong as never))).toMatchObject(refused);
  });

  it("refuse what is no connection", async () => {
    const refused = { code: "INVALID_ARGUMENT" };
    expect(await rejection(ensureStream(undefined as never, { name: "s" }))).toMatchObject(refused);
    expect(await rejection(ensureConsumer({} as never, "s", { durable_name: "d" }))).toMatchObject(refused);
  });
});
