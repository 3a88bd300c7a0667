import { describe, expect, it } from "vitest";
import { type Connection, headers, type PublishOptions } from "../../../src/index.js";
import { expectBalanced } from "../../support/books.js";
import { Outage } from "../../support/outage.js";
import { until } from "../../support/until.js";
import { MemoryOutbox } from "./memory-outbox.js";

/** A real server and a connection with an outbox. */
async function prepare(options: object = {}) {
  const outbox = new MemoryOutbox();
  const outage = await Outage.prepare({ outbox, ...options });
  return { outbox, outage, nc: outage.nc };
}

describe("publishDurable", () => {
  it("resolves when the outbox has stored it, and it is sent", async () => {
    const { outage, nc } = await prepare();
    await using _ = outage;
    await Promise.all([nc.publishDurable("a", "1"), nc.publishDurable("a", "2")]);
    await until(() => outage.got.length === 2, "both");
    expect(outage.got).toEqual(["1", "2"]);
    expect(expectBalanced(nc)).toMatchObject({ accepted: 2, overflowed: 0 });
  });

  it("stores in an outage, too, whatever the buffer holds", async () => {
    const { outage, outbox, nc } = await prepare({ reconnectBufSize: -1 });
    await using _ = outage;
    await outage.begin();
    await nc.publishDurable("a", "1");
    expect(outbox.held).toHaveLength(1);
    await outage.server.restart();
    await until(() => outage.got.length === 1, "it");
  });

  it("hands over all of the message, as it is at the call", async () => {
    const { outage, outbox, nc } = await prepare();
    await using _ = outage;
    await outage.begin();
    const payload = Buffer.from("before");
    const hdrs = headers();
    hdrs.set("A", "b");
    const stored = nc.publishDurable("a.b", payload, { headers: hdrs, reply: "r", ttl: 60_000 });
    payload.fill("x");
    await stored;
    await nc.publishDurable("a.c", undefined, {
      encodedHeaders: Buffer.from("NATS/1.0\r\n\r\n"),
      ttl: Number.POSITIVE_INFINITY,
    });
    const texts = outbox.held.map(({ headers, payload, ...rest }) => ({
      ...rest,
      headers: headers && Buffer.from(headers).toString(),
      payload: Buffer.from(payload).toString(),
    }));
    expect(texts).toEqual([
      { subject: "a.b", reply: "r", headers: "NATS/1.0\r\nA: b\r\n\r\n", payload: "before", ttl: 60_000 },
      { subject: "a.c", reply: "", headers: "NATS/1.0\r\n\r\n", payload: "", ttl: undefined },
    ]);
  });

  const wrong: [string, (nc: Connection) => Promise<void>, object][] = [
    ["a subject with a blank", (nc) => nc.publishDurable("a b"), { code: "INVALID_SUBJECT" }],
    ["no subject", (nc) => nc.publishDurable(""), { code: "INVALID_SUBJECT" }],
    ["a subject that is no text", (nc) => nc.publishDurable(5 as never), { code: "INVALID_SUBJECT" }],
    [
      "a reply with a line end",
      (nc) => nc.publishDurable("a", "", { reply: "r\r\nX" }),
      { code: "INVALID_SUBJECT" },
    ],
    ["a payload that is a number", (nc) => nc.publishDurable("a", 5 as never), { code: "INVALID_PAYLOAD" }],
    [
      "too large a payload",
      (nc) => nc.publishDurable("a", new Uint8Array(2 ** 21)),
      { code: "MAX_PAYLOAD_EXCEEDED" },
    ],
    [
      "too long a reply",
      (nc) => nc.publishDurable("a", "", { reply: "r".repeat(5000) }),
      { code: "MAX_CONTROL_LINE_EXCEEDED" },
    ],
    [
      "a ttl of 0",
      (nc) => nc.publishDurable("a", "", { ttl: 0 }),
      { code: "INVALID_ARGUMENT", option: "ttl" },
    ],
    [
      "options that are null",
      (nc) => nc.publishDurable("a", "", null as never),
      { code: "INVALID_ARGUMENT" },
    ],
    [
      "headers that are none",
      (nc) => nc.publishDurable("a", "", { headers: {} as never }),
      { code: "INVALID_ARGUMENT" },
    ],
    [
      "a critical message",
      (nc) => nc.publishDurable("a", "", { critical: true }),
      { code: "INVALID_OPERATION", subject: "a" },
    ],
    [
      "what must not come twice",
      (nc) => nc.publishDurable("a", "", { replay: false }),
      { code: "INVALID_OPERATION" },
    ],
    [
      "an acknowledgement",
      (nc) => nc.publishDurable("$JS.ACK.s.c.1.1.1.1.0", "+ACK"),
      { code: "INVALID_OPERATION" },
    ],
    [
      "a request to JetStream",
      (nc) => nc.publishDurable("$JS.API.STREAM.DELETE.s"),
      { code: "INVALID_OPERATION" },
    ],
  ];

  it("rejects what it cannot take, and nothing of it is stored", async () => {
    const { outage, outbox, nc } = await prepare();
    await using _ = outage;
    for (const [what, publish, expected] of wrong) {
      const error = await publish(nc).catch((cause: unknown) => cause);
      expect(error, what).toMatchObject(expected);
    }
    expect(outbox.held).toEqual([]);
    expect(nc.stats().accepted).toBe(0);
  });

  it("takes nothing that must not come twice by option delivery, unless it is said to", async () => {
    const { outage, nc } = await prepare({ delivery: "at-most-once" });
    await using _ = outage;
    await expect(nc.publishDurable("a")).rejects.toMatchObject({ code: "INVALID_OPERATION" });
    await nc.publishDurable("a", "1", { replay: true });
    await until(() => outage.got.length === 1, "it");
  });

  it("rejects without an outbox, when the connection is closed, and while it is closing", async () => {
    await using without = await Outage.prepare();
    await expect(without.nc.publishDurable("a")).rejects.toMatchObject({ code: "INVALID_OPERATION" });
    const { outage, outbox, nc } = await prepare();
    await using _ = outage;
    await outage.begin();
    nc.publish("a");
    const closing = nc.close({ timeout: 50 });
    await expect(nc.publishDurable("a")).rejects.toMatchObject({ code: "CONNECTION_DRAINING" });
    await closing;
    await expect(nc.publishDurable("a")).rejects.toMatchObject({ code: "CONNECTION_CLOSED" });
    expect(outbox.kept).toEqual([["a", false]]);
    expect(outbox.held).toHaveLength(1);
  });

  it("rejects with what the outbox says, and the connection goes on", async () => {
    const { outage, outbox, nc } = await prepare();
    await using _ = outage;
    const full = Object.assign(new Error("full"), { code: "OUTBOX_FULL" });
    const answers: (() => unknown)[] = [
      () => Promise.reject(full),
      () => {
        throw full;
      },
      () => true,
    ];
    for (const answer of answers) {
      outbox.store = answer as never;
      const error: unknown = await nc.publishDurable("a", "x").catch((cause: unknown) => cause);
      if (answer === answers[2]) expect(error).toMatchObject({ code: "CALLBACK_FAILED", option: "outbox" });
      else expect(error).toBe(full);
    }
    nc.publish("a", "1");
    await nc.flush();
    await until(() => outage.got.length === 1, "what is published after it");
  });

  it("may reject without anyone waiting for it", async () => {
    const { outage, outbox, nc } = await prepare();
    await using _ = outage;
    outbox.store = () => Promise.reject(new Error("the disk is full"));
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on("unhandledRejection", note);
    const options: PublishOptions = { critical: true };
    void nc.publishDurable("a");
    void nc.publishDurable("a", "", options);
    for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", note);
    expect(unhandled).toEqual([]);
  });
});
