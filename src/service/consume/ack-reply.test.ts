import { describe, expect, test } from "vitest";
import { readAckReply } from "./ack-reply.js";

describe("readAckReply", () => {
  const facts = {
    stream: "S",
    consumer: "c",
    deliveryCount: 2,
    sequence: 10,
    consumerSequence: 12,
    stored: "1700000000123456789",
    pending: 3,
  };

  test("reads the short form, and the long one with domain, hash and token", () => {
    const short = "$JS.ACK.S.c.2.10.12.1700000000123456789.3";
    expect(readAckReply(short)).toEqual({ ...facts, domain: "", accountHash: "" });
    const long = "$JS.ACK.hub.ABC.S.c.2.10.12.1700000000123456789.3";
    expect(readAckReply(long)).toEqual({ ...facts, domain: "hub", accountHash: "ABC" });
    expect(readAckReply(`${long}.x1y2`)).toEqual({ ...facts, domain: "hub", accountHash: "ABC" });
    expect(readAckReply(long.replace("hub", "_"))?.domain).toBe("");
  });

  test.each([
    undefined,
    "",
    "_INBOX.a.b",
    "$JS.ACK.S.c.2.10.12.17",
    "$JS.ACK.S.c.2.10.12.17.3.4",
    "$JS.ACK.S.c.x.10.12.17.3",
    "$JS.ACK.S.c.2.-1.12.17.3",
    "$JS.ACK..c.2.10.12.17.3",
    `$JS.ACK.S.c.2.10.12.${"1".repeat(50)}.3`,
  ])("is no reply of a delivery: %s", (reply) => expect(readAckReply(reply)).toBeUndefined());
});
