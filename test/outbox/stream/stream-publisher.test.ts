import { headers } from "@nats-io/nats-core";
import { afterEach, describe, expect, test } from "vitest";
import type { Msg } from "../../../src/index.js";
import { streamPublisher } from "../../../src/outbox/stream/stream-publisher.js";
import { NatsServer } from "../../../src/testing/index.js";
import { Cleanup } from "../../support/cleanup.js";
import { rejection, until } from "../../support/until.js";
import { addStream, connected, oneServer, stored, texts } from "./world.js";

let cleanup = new Cleanup();
afterEach(async () => {
  await cleanup[Symbol.asyncDispose]();
  cleanup = new Cleanup();
});

const DIRECT = { allow_direct: true };

describe("one message", () => {
  test("is stored, and its PubAck says where", async () => {
    const { nc, jsm } = await oneServer(cleanup, DIRECT);
    const publisher = streamPublisher(nc, { stream: "S" });
    expect(await publisher.publish("s.a", "one")).toEqual({ stream: "S", seq: 1, duplicate: false });
    expect(await publisher.publish("s.b", new TextEncoder().encode("two"), { msgID: "x" })).toMatchObject({
      seq: 2,
    });
    expect(await publisher.publish("s.b", "two again", { msgID: "x" })).toEqual({
      stream: "S",
      seq: 2,
      duplicate: true,
    });
    expect(await stored(jsm)).toEqual(["one", "two"]);
    expect(publisher.stats()).toMatchObject({
      published: 3,
      acked: 3,
      duplicates: 1,
      retried: 0,
      pending: 0,
      pendingBytes: 0,
    });
  });

  test("has the headers that were given, an id, and no expectation of ours", async () => {
    const { nc, jsm } = await oneServer(cleanup, DIRECT);
    const publisher = streamPublisher(nc, { stream: "S" });
    const given = headers();
    given.append("X-Two", "1");
    given.append("X-Two", "2");
    const first = publisher.publish("s.a", "", { headers: given });
    given.set("X-Two", "changed");
    await first;
    const encoded = new TextEncoder().encode("NATS/1.0\r\nx-odd: a b\r\nNats-Msg-Id: mine\r\n\r\n");
    await publisher.publish("s.a", "", { encodedHeaders: encoded });
    const [one, two] = [
      await jsm.streams.getMessage("S", { seq: 1 }),
      await jsm.streams.getMessage("S", { seq: 2 }),
    ];
    expect(one?.header.values("X-Two")).toEqual(["1", "2"]);
    expect(one?.header.get("Nats-Msg-Id")).not.toBe("");
    expect(one?.header.has("Nats-Expected-Last-Sequence")).toBe(false);
    expect(given.has("Nats-Msg-Id")).toBe(false);
    expect(two?.header.get("Nats-Msg-Id")).toBe("mine");
    expect(two?.header.values("x-odd")).toEqual(["a b"]);
  });

  test("keeps what the payload was at the call", async () => {
    const { nc, jsm } = await oneServer(cleanup, DIRECT);
    const publisher = streamPublisher(nc);
    const buffer = Buffer.from("right");
    const all = [publisher.publish("s.a", "first"), publisher.publish("s.a", buffer)];
    buffer.fill("x");
    await Promise.all(all);
    expect(await stored(jsm)).toEqual(["first", "right"]);
  });
});

describe("order and window", () => {
  test.each([true, false])("a burst over a window of 8 is stored whole (ordered: %s)", async (ordered) => {
    const { nc, jsm } = await oneServer(cleanup, DIRECT);
    const publisher = streamPublisher(nc, { stream: "S", window: 8, ordered });
    const wanted = texts(1, 500);
    let most = 0;
    const acks = await Promise.all(
      wanted.map((text) =>
        publisher.publish("s.a", text).then((ack) => {
          most = Math.max(most, publisher.facts().inFlight);
          return ack.seq;
        }),
      ),
    );
    expect(most).toBeLessThanOrEqual(8);
    expect(most).toBeGreaterThan(1);
    expect(await stored(jsm)).toEqual(wanted);
    expect(acks).toEqual(wanted.map(Number));
    expect(publisher.stats()).toMatchObject({ acked: 500, retried: 0, outOfOrder: 0 });
  });

  test("one that is refused for good does not hold up or disorder the others", async () => {
    const { nc, jsm } = await oneServer(cleanup, { ...DIRECT, max_msg_size: 300 });
    const publisher = streamPublisher(nc, { stream: "S" });
    const all = texts(1, 100).map((text) =>
      publisher.publish("s.a", Number(text) % 10 === 0 ? "x".repeat(500) : text).then(
        () => text,
        (error) => error,
      ),
    );
    const outcomes = await Promise.all(all);
    const wanted = texts(1, 100).filter((text) => Number(text) % 10 !== 0);
    expect(await stored(jsm)).toEqual(wanted);
    expect(outcomes.filter((outcome) => typeof outcome === "string")).toEqual(wanted);
    expect(outcomes[9]).toMatchObject({
      code: "STREAM_REFUSED",
      apiCode: 10054,
      retryable: false,
      maybeDelivered: false,
      tries: 1,
    });
  });

  test("the header that binds a message to the one before it makes none too large", async () => {
    const { nc, jsm } = await oneServer(cleanup, { ...DIRECT, max_msg_size: 150 });
    const publisher = streamPublisher(nc, { stream: "S" });
    const wanted = texts(10, 40).map((text) => text.repeat(20));
    await Promise.all(wanted.map((text) => publisher.publish("s.a", text)));
    expect(await stored(jsm)).toEqual(wanted);
    expect(publisher.stats()).toMatchObject({ retried: 0, failed: 0 });
  });

  test("messages with expectations of their own are judged by the stream alone", async () => {
    const { nc, jsm } = await oneServer(cleanup, DIRECT);
    const publisher = streamPublisher(nc, { stream: "S" });
    const all = Promise.allSettled([
      publisher.publish("s.a", "1"),
      publisher.publish("s.a", "2"),
      publisher.publish("s.a", "3", { expect: { lastSequence: 2 } }),
      publisher.publish("s.a", "no", { expect: { lastSequence: 2 } }),
      publisher.publish("s.b", "4", { expect: { lastSubjectSequence: 0 } }),
      publisher.publish("s.a", "no", { expect: { streamName: "other" } }),
      publisher.publish("s.a", "5"),
    ]);
    const outcomes = await all;
    expect(outcomes.map(({ status }) => status === "fulfilled")).toEqual([
      true,
      true,
      true,
      false,
      true,
      false,
      true,
    ]);
    expect(outcomes[3]).toMatchObject({ reason: { apiCode: 10071, retryable: false, tries: 1 } });
    expect(outcomes[5]).toMatchObject({ reason: { apiCode: 10060, retryable: false, tries: 1 } });
    expect(await stored(jsm)).toEqual(["1", "2", "3", "4", "5"]);
  });

  test("beside another writer everything is stored, and what is awaited one by one is in order", async () => {
    const { nc, jsm, server } = await oneServer(cleanup, DIRECT);
    const other = (await connected(cleanup, { servers: server.url })).nc;
    const publisher = streamPublisher(nc, { stream: "S" });
    const strange = streamPublisher(other, { stream: "S", ordered: false, window: 4 });
    let isOver = false;
    const writing = (async () => {
      while (!isOver) await strange.publish("s.other", "other");
    })();
    const wanted = texts(1, 1_000);
    await Promise.all(wanted.map((text) => publisher.publish("s.a", text)));
    isOver = true;
    await writing;
    const mine = (await stored(jsm)).filter((text) => text !== "other");
    expect([...mine].sort((a, b) => Number(a) - Number(b))).toEqual(wanted);
    const { outOfOrder, retried } = publisher.stats();
    // It is told when the order could not be kept.
    const swapped = mine.filter(
      (text, index) => index > 0 && Number(text) < Math.max(...mine.slice(0, index).map(Number)),
    );
    expect(outOfOrder).toBeLessThanOrEqual(20);
    expect(outOfOrder > 0).toBe(swapped.length > 0);
    expect(retried).toBe(0);
  });
});

describe("what is refused", () => {
  test("no permission: at once, for good", async () => {
    const config = `authorization { users: [{ user: a, password: b, permissions: { publish: { deny: ["s.secret"] } } }] }`;
    const server = cleanup.use(await NatsServer.start({ jetstream: true, config }));
    const { nc, jsm } = await connected(cleanup, { servers: server.url, user: "a", pass: "b" });
    await addStream(jsm, DIRECT);
    const publisher = streamPublisher(nc, { stream: "S" });
    const all = [
      publisher.publish("s.a", "1"),
      publisher.publish("s.secret", "no"),
      publisher.publish("s.a", "2"),
    ];
    expect(await rejection(all[1])).toMatchObject({
      code: "PERMISSIONS_VIOLATION",
      retryable: false,
      maybeDelivered: false,
    });
    await Promise.all([all[0], all[2]]);
    expect(await stored(jsm)).toEqual(["1", "2"]);
  });

  test("a subject that no stream has: as soon as the stream has said so", async () => {
    const { nc } = await oneServer(cleanup, DIRECT);
    const publisher = streamPublisher(nc, {
      stream: "S",
      retries: Number.POSITIVE_INFINITY,
      backoff: { max: 20 },
    });
    const error = await rejection(publisher.publish("t.a", "x"));
    expect(error).toMatchObject({ code: "NO_RESPONDERS", retryable: false, maybeDelivered: false });
    expect(error.message).toContain('does not have the subject "t.a"');
    const unnamed = streamPublisher(nc, { retries: 2, backoff: { initial: 1, max: 1 } });
    expect(await rejection(unnamed.publish("t.a", "x"))).toMatchObject({
      code: "NO_RESPONDERS",
      retryable: true,
      tries: 3,
    });
    expect(unnamed.stats()).toMatchObject({ retried: 2, failed: 1, pending: 0 });
  });

  test("a full stream: tried again until there is room, or no try is left", async () => {
    const { nc, jsm } = await oneServer(cleanup, { ...DIRECT, max_msgs: 2, discard: "new" as never });
    const publisher = streamPublisher(nc, { stream: "S", backoff: { initial: 5, max: 20 }, retries: 1_000 });
    const all = texts(1, 4).map((text) => publisher.publish("s.a", text));
    await Promise.all(all.slice(0, 2));
    await until(() => publisher.stats().retried > 3, "tries");
    expect(publisher.facts()).toMatchObject({
      state: "recovering",
      failing: expect.stringContaining("maximum messages"),
    });
    await jsm.streams.purge("S");
    await Promise.all(all);
    expect(await stored(jsm)).toEqual(["3", "4"]);
    expect(publisher.facts()).toMatchObject({ state: "running" });
    expect(publisher.facts().failing).toBeUndefined();
    const last = publisher.publish("s.a", "5", { retries: 1 });
    expect(await rejection(last)).toMatchObject({
      code: "STREAM_REFUSED",
      apiCode: 10077,
      retryable: true,
      tries: 2,
    });
  });

  test("an answer that is no PubAck is none", async () => {
    const { nc } = await oneServer(cleanup, DIRECT);
    const answers = [
      "",
      "no JSON",
      "null",
      "{}",
      '{"stream":"S","seq":-1}',
      '{"stream":"","seq":1}',
      '{"error":{}}',
      '{"error":7}',
    ];
    nc.subscribe("odd.*", { callback: (_, msg) => msg.respond(answers[Number(msg.subject.split(".")[1])]) });
    const publisher = streamPublisher(nc, { retries: 1, backoff: { initial: 1 } });
    for (const index of answers.keys()) {
      const error = await rejection(publisher.publish(`odd.${index}`, "x"));
      expect(error).toMatchObject({
        code: index === 6 ? "STREAM_REFUSED" : "PROTOCOL_ERROR",
        retryable: true,
        tries: 2,
      });
    }
  });

  test("a message that a stream has stored behind a later one is counted, and told", async () => {
    const { nc, errors } = await oneServer(cleanup, DIRECT);
    const held: (() => void)[] = [];
    const answer = (msg: Msg, seq: number) => msg.respond(JSON.stringify({ stream: "X", seq }));
    nc.subscribe("odd", {
      callback: (_, msg) => {
        const text = msg.string();
        if (text === "2") held.push(() => answer(msg, 4));
        else answer(msg, Number(text));
        if (text === "3") for (const late of held) late();
      },
    });
    const publisher = streamPublisher(nc);
    await Promise.all(texts(1, 3).map((text) => publisher.publish("odd", text)));
    expect(publisher.stats()).toMatchObject({ acked: 3, outOfOrder: 1 });
    expect(errors).toEqual([expect.objectContaining({ code: "OUT_OF_ORDER", subject: "odd" })]);
  });

  test("a subject of another stream than the named one is refused at once, and both are named", async () => {
    const { nc } = await oneServer(cleanup, DIRECT);
    const publisher = streamPublisher(nc, { stream: "OTHER" });
    const error = await rejection(publisher.publish("s.a", "x"));
    expect(error).toMatchObject({ code: "STREAM_REFUSED", apiCode: 10060, retryable: false, tries: 1 });
    expect(error.message).toContain('"s.a"');
    expect(error.message).toContain('not of stream "OTHER"');
  });

  test("wrong options and arguments, by name", async () => {
    const { nc } = await oneServer(cleanup);
    const wrong: [object, string][] = [
      [{ windw: 1 }, "windw"],
      [{ window: 0 }, "window"],
      [{ window: 1.5 }, "window"],
      [{ retries: -1 }, "retries"],
      [{ retries: Number.NaN }, "retries"],
      [{ timeout: 0 }, "timeout"],
      [{ stream: "a.b" }, "stream"],
      [{ stream: "" }, "stream"],
      [{ ordered: 1 }, "ordered"],
      [{ backoff: { max: -1 } }, "backoff.max"],
      [{ maxPending: "1" }, "maxPending"],
    ];
    for (const [options, option] of wrong) {
      expect(() => streamPublisher(nc, options as never)).toThrow(
        expect.objectContaining({ code: "INVALID_OPTION", option }),
      );
    }
    expect(() => streamPublisher(undefined as never)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
    const publisher = streamPublisher(nc);
    const refused: [unknown[], string][] = [
      [["", "x"], "INVALID_ARGUMENT"],
      [[7, "x"], "INVALID_ARGUMENT"],
      [["s.a", {}], "INVALID_ARGUMENT"],
      [["s.a", "x", { msgID: "" }], "INVALID_OPTION"],
      [["s.a", "x", { msgID: "a\r\nb" }], "INVALID_OPTION"],
      [["s.a", "x", { msgID: " a" }], "INVALID_OPTION"],
      [["s.a", "x", { headers: {} }], "INVALID_OPTION"],
      [["s.a", "x", { expect: { lastSequence: -1 } }], "INVALID_OPTION"],
      [["s.a", "x", { expect: { lastMsgID: "x" } }], "INVALID_OPTION"],
      [["s.a", "x", null], "INVALID_OPTION"],
      [["s a", "x"], "INVALID_SUBJECT"],
    ];
    for (const [args, code] of refused) {
      const call = publisher.publish(...(args as Parameters<typeof publisher.publish>));
      expect(await rejection(call), String(args)).toMatchObject({ code });
    }
    expect(publisher.stats()).toMatchObject({ acked: 0, pending: 0, pendingBytes: 0 });
  });
});
