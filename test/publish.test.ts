import { InvalidArgumentError, InvalidSubjectError } from "@nats-io/nats-core";
import { MsgHdrsImpl } from "@nats-io/nats-core/internal";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Connection, connect, Empty, headers, type Msg, type Payload } from "../src/index.js";
import { NatsServer } from "../src/testing/server.js";
import { expectBalanced } from "./support/books.js";
import { rejection, thrown, until } from "./support/until.js";

const MAX_PAYLOAD = 256 * 1024;
let server: NatsServer;
beforeAll(async () => {
  server = await NatsServer.start({ maxPayload: MAX_PAYLOAD });
});
afterAll(() => server.close());

let nc: Connection;
const got: Msg[] = [];
beforeEach(async () => {
  got.length = 0;
  nc = await connect({ servers: server.url });
  nc.subscribe("in.>", { callback: (_, msg) => got.push(msg) });
});
afterEach(async () => {
  const { accepted, confirmed } = expectBalanced(nc);
  expect(confirmed).toBe(accepted);
  await nc.close();
});

describe("what is published arrives as it was", () => {
  it.each<[string, Payload | undefined, Buffer]>([
    ["a text", "hello", Buffer.from("hello")],
    ["UTF-8", "grüße, мир, 世界, 🎉", Buffer.from("grüße, мир, 世界, 🎉")],
    [
      "bytes of every value",
      Uint8Array.from({ length: 256 }, (_, i) => i),
      Buffer.from([...Array(256).keys()]),
    ],
    ["what looks like the protocol", "\r\nPUB x 5\r\n-ERR\r\n", Buffer.from("\r\nPUB x 5\r\n-ERR\r\n")],
    ["nothing", undefined, Buffer.alloc(0)],
    ["an empty text", "", Buffer.alloc(0)],
    ["Empty", Empty, Buffer.alloc(0)],
    ["a Buffer that is part of another", Buffer.from("abcdef").subarray(2, 4), Buffer.from("cd")],
    ["a lone surrogate", "\ud800", Buffer.from("\ufffd")],
  ])("%s", async (_, payload, bytes) => {
    nc.publish("in.a", payload);
    await nc.flush();
    expect(got).toHaveLength(1);
    expect(Buffer.from(got[0].data)).toEqual(bytes);
    expect(got[0].subject).toBe("in.a");
  });

  it("reply subject, also in UTF-8", async () => {
    nc.publish("in.ä", "x", { reply: "antwort.ö" });
    await nc.flush();
    expect([got[0].subject, got[0].reply]).toEqual(["in.ä", "antwort.ö"]);
  });

  it("headers, with several values and in UTF-8 [parity 197]", async () => {
    const hdrs = headers();
    hdrs.append("Name", "one");
    hdrs.append("Name", "zwei");
    hdrs.set("Other", "größer");
    hdrs.set("Empty", "");
    nc.publish("in.a", "body", { headers: hdrs });
    await nc.flush();
    expect(got[0].headers?.values("Name")).toEqual(["one", "zwei"]);
    expect(got[0].headers?.get("Other")).toBe("größer");
    expect(got[0].headers?.get("Empty")).toBe("");
    expect(got[0].string()).toBe("body");
  });

  it("headers with an empty body, and no headers for a message without", async () => {
    const hdrs = headers();
    hdrs.set("A", "b");
    nc.publish("in.a", "", { headers: hdrs });
    nc.publish("in.a", "plain");
    await nc.flush();
    expect(got[0].headers?.get("A")).toBe("b");
    expect(got[0].data).toHaveLength(0);
    expect(got[1].headers).toBeUndefined();
  });

  it("all of it, by publishMessage() and respondMessage()", async () => {
    const hdrs = headers();
    hdrs.set("A", "b");
    nc.publish("in.a", "body", { headers: hdrs, reply: "in.reply" });
    await nc.flush();
    nc.publishMessage(got[0]);
    expect(nc.respondMessage(got[0])).toBe(true);
    await nc.flush();
    expect(got.map((msg) => msg.subject)).toEqual(["in.a", "in.a", "in.reply"]);
    expect(got.every((msg) => msg.string() === "body" && msg.headers?.get("A") === "b")).toBe(true);
    nc.publish("in.a");
    await nc.flush();
    expect(nc.respondMessage(got[3])).toBe(false);
  });

  it("the changed buffer of the caller does not change what was published", async () => {
    const payload = Buffer.from("before");
    nc.publish("in.a", payload);
    payload.write("after!");
    await nc.flush();
    expect(got[0].string()).toBe("before");
  });

  it("in order, with every size up to max_payload mixed", async () => {
    const sizes = Array.from({ length: 300 }, (_, i) => (i % 7 === 0 ? MAX_PAYLOAD - i : (i * 997) % 9000));
    for (const size of sizes) nc.publish("in.a", Buffer.alloc(size, size));
    await nc.flush();
    expect(got.map((msg) => msg.data.length)).toEqual(sizes);
    expect(got.every((msg) => Buffer.alloc(msg.data.length, msg.data.length).equals(msg.data))).toBe(true);
  });

  it("with a deep subject, up to the longest control line", async () => {
    const subject = `in.${"t.".repeat(1990)}end`;
    nc.publish(subject, "x");
    await nc.flush();
    expect(got[0].subject).toBe(subject);
  });
});

describe("what cannot be sent is refused at the call, with a typed error, and the connection stays", () => {
  afterEach(async () => {
    expect(nc.state).toBe("connected");
    nc.publish("in.after", "x");
    await nc.flush();
    expect(got.map((msg) => msg.subject)).toEqual(["in.after"]);
    expect(nc.stats().reconnects).toBe(0);
  });

  it.each([
    "",
    " ",
    "a b",
    "a\tb",
    "a\r\nPUB b 1\r\n",
    "a\n",
    "a\0",
    ".a",
    "a.",
    "a..b",
    ".",
    5 as unknown as string,
    undefined as unknown as string,
    null as unknown as string,
    {} as string,
  ])("a bad subject: %j [parity 176]", (subject) => {
    const error = thrown(() => nc.publish(subject, "x"));
    expect(error).toBeInstanceOf(InvalidSubjectError);
    expect(error.code).toBe("INVALID_SUBJECT");
  });

  it.each(["a b", "a\r\nb", "a..b", ".a", "\0"])("a bad reply subject: %j", (reply) => {
    expect(thrown(() => nc.publish("in.a", "x", { reply })).code).toBe("INVALID_SUBJECT");
  });

  it.each([5, null, {}, [], true, () => "x", new ArrayBuffer(5), Symbol("x"), 5n])(
    "a bad payload: %s",
    (payload) => {
      const error = thrown(() => nc.publish("in.a", payload as unknown as Payload));
      expect(error).toBeInstanceOf(InvalidArgumentError);
      expect(error.code).toBe("INVALID_PAYLOAD");
    },
  );

  it("a payload over max_payload, and not one byte less [parity 118]", async () => {
    const error = thrown(() => nc.publish("in.a", Buffer.alloc(MAX_PAYLOAD + 1)));
    expect(error).toBeInstanceOf(InvalidArgumentError);
    expect(error.code).toBe("MAX_PAYLOAD_EXCEEDED");
    expect(error.message).toContain(String(MAX_PAYLOAD));
    nc.publish("in.a", Buffer.alloc(MAX_PAYLOAD));
    await nc.flush();
    expect(got.splice(0)).toHaveLength(1);
  });

  it("a text whose UTF-8 is over max_payload, and not one that just fits [parity 118]", async () => {
    expect(thrown(() => nc.publish("in.a", "ß".repeat(MAX_PAYLOAD / 2 + 1))).code).toBe(
      "MAX_PAYLOAD_EXCEEDED",
    );
    nc.publish("in.a", "ß".repeat(MAX_PAYLOAD / 2));
    await nc.flush();
    expect(got.splice(0)).toHaveLength(1);
  });

  it("headers and payload that are together over max_payload [parity 118]", async () => {
    const hdrs = headers();
    hdrs.set("A", "b");
    const size = "NATS/1.0\r\nA: b\r\n\r\n".length;
    const tooLarge = () => nc.publish("in.a", Buffer.alloc(MAX_PAYLOAD - size + 1), { headers: hdrs });
    expect(thrown(tooLarge).code).toBe("MAX_PAYLOAD_EXCEEDED");
    nc.publish("in.a", Buffer.alloc(MAX_PAYLOAD - size), { headers: hdrs });
    await nc.flush();
    expect(got.splice(0)).toHaveLength(1);
  });

  it("a control line over 4,096 bytes: by subject, by reply, by both", () => {
    const long = "s".repeat(4_100);
    const half = "s".repeat(2_100);
    const attempts = [
      () => nc.publish(long, "x"),
      () => nc.publish("in.a", "x", { reply: long }),
      () => nc.publish(half, "x", { reply: half }),
      () => nc.publish(`in.${"ß".repeat(2_050)}`, "x"),
    ];
    for (const attempt of attempts) {
      const error = thrown(attempt);
      expect(error.code).toBe("MAX_CONTROL_LINE_EXCEEDED");
      expect(error).toBeInstanceOf(InvalidArgumentError);
    }
  });

  it.each<[string, Record<string, string[]>]>([
    ["a line break in a name", { "A\r\nB": ["x"] }],
    ["a colon in a name", { "A: b\r\nC": ["x"] }],
    ["white space in a name", { "A B": ["x"] }],
    ["no name", { "": ["x"] }],
    ["a line break in a value", { A: ["x\r\nInjected: y"] }],
    ["a lone line feed in a value", { A: ["x\nInjected: y"] }],
    ["a NUL in a value", { A: ["x\0"] }],
  ])("a bad header that nats-core lets pass: %s", (_, record) => {
    const hdrs = MsgHdrsImpl.fromRecord(record);
    expect(thrown(() => nc.publish("in.a", "x", { headers: hdrs })).code).toBe("INVALID_ARGUMENT");
  });

  it("by publishConfirmed() as a rejection", async () => {
    expect((await rejection(nc.publishConfirmed("a b", "x"))).code).toBe("INVALID_SUBJECT");
    const large = Buffer.alloc(MAX_PAYLOAD + 1);
    expect((await rejection(nc.publishConfirmed("in.a", large))).code).toBe("MAX_PAYLOAD_EXCEEDED");
  });
});

describe("publishConfirmed()", () => {
  it("resolves when the server has the message [B4]", async () => {
    await nc.publishConfirmed("in.a", "x");
    expect(nc.stats()).toMatchObject({ confirmed: 1, pending: 0 });
  });

  it("shares its confirmations: a thousand in one turn cost few round trips", async () => {
    const all = Array.from({ length: 1000 }, (_, i) => nc.publishConfirmed("in.a", String(i)));
    await Promise.all(all);
    await until(() => got.length === 1000, "all messages");
    expect(got.map((msg) => Number(msg.string()))).toEqual([...Array(1000).keys()]);
  });
});
