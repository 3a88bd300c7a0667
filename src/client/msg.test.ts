import { headers } from "@nats-io/nats-core";
import { describe, expect, it } from "vitest";
import { encodeHeaders } from "../interop/headers.js";
import { HoldfastMsg, type Responder } from "./msg.js";

interface Parts {
  subject?: string;
  reply?: string;
  headers?: string | Uint8Array;
  payload?: string | Uint8Array;
}

function make(parts: Parts, publisher: Responder = { publish: () => true }): HoldfastMsg {
  const { subject = "a.b", reply = "", headers: head = "", payload = "" } = parts;
  const pieces = ["noise", subject, reply, head, payload, "noise"].map((part) => Buffer.from(part as string));
  const buf = Buffer.concat(pieces);
  const at = pieces.map((_, i) => Buffer.concat(pieces.slice(0, i)).length);
  return new HoldfastMsg(publisher, 7, buf, at[1], at[2], at[2], at[3], at[3], at[4], at[5]);
}

describe("a message", () => {
  it("has the parts that came in", () => {
    const msg = make({ subject: "a.é", reply: "_INBOX.1", payload: "zażółć" });
    expect(msg.subject).toBe("a.é");
    expect(msg.reply).toBe("_INBOX.1");
    expect(msg.string()).toBe("zażółć");
    expect(Buffer.from(msg.data).toString()).toBe("zażółć");
    expect(msg.sid).toBe(7);
    expect(msg.headers).toBeUndefined();
  });

  it("has an empty reply and no data where there are none", () => {
    const msg = make({});
    expect(msg.reply).toBe("");
    expect(msg.data).toHaveLength(0);
    expect(msg.string()).toBe("");
  });

  it("does not copy its data", () => {
    const buf = Buffer.from("a.bxyz");
    const msg = new HoldfastMsg({ publish: () => true }, 1, buf, 0, 3, 3, 3, 3, 3, 6);
    expect(msg.data.buffer).toBe(buf.buffer);
    expect(Buffer.from(msg.data).toString()).toBe("xyz");
  });

  it("parses its headers when they are asked for, once", () => {
    const given = headers();
    given.append("A", "1");
    given.append("A", "2");
    const msg = make({ headers: encodeHeaders(given), payload: "x" });
    expect(msg.headers?.values("A")).toEqual(["1", "2"]);
    expect(msg.headers).toBe(msg.headers);
    expect(msg.string()).toBe("x");
  });

  it("parses JSON, and throws a SyntaxError where there is none", () => {
    expect(make({ payload: '{"a":[1]}' }).json()).toEqual({ a: [1] });
    expect(make({ payload: '{"a":1}' }).json((_key, value) => (value === 1 ? 2 : value))).toEqual({ a: 2 });
    expect(() => make({ payload: "{" }).json()).toThrow(SyntaxError);
    expect(() => make({}).json()).toThrow(SyntaxError);
  });

  it("counts the bytes of all its parts", () => {
    expect(make({ subject: "é", reply: "rr", headers: "NATS/1.0\r\n\r\n", payload: "12345" }).size()).toBe(
      2 + 2 + 12 + 5,
    );
  });
});

describe("an answer", () => {
  it("goes to the reply subject, with its options [parity 192]", () => {
    const sent: unknown[] = [];
    const publisher = {
      publish: (...args: unknown[]) => {
        sent.push(args);
        return false;
      },
    };
    const options = { headers: headers() };
    expect(make({ reply: "_INBOX.1" }, publisher).respond("yes", options)).toBe(true);
    expect(sent).toEqual([["_INBOX.1", "yes", options]]);
  });

  it("is not sent where none is wanted [parity 192]", () => {
    const sent: unknown[] = [];
    expect(make({}, { publish: () => sent.push(1) > 0 }).respond("yes")).toBe(false);
    expect(sent).toEqual([]);
  });
});

describe("no responders", () => {
  it.each([
    ["NATS/1.0 503\r\n\r\n", "", true],
    ["NATS/1.0 503 No Responders\r\n\r\n", "", true],
    ["NATS/1.0 503\r\n\r\n", "x", false],
    ["NATS/1.0 404 No Messages\r\n\r\n", "", false],
    ["NATS/1.0\r\nA: 503\r\n\r\n", "", false],
    ["", "", false],
    ["", "NATS/1.0 503", false],
    ["NATS/1.0", "", false],
  ])("%j with payload %j: %s", (head, payload, wanted) => {
    expect(make({ headers: head, payload }).isNoResponders).toBe(wanted);
  });
});
