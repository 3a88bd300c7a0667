import { describe, expect, it } from "vitest";
import { isLeaderGone, isNoResponders } from "./status.js";

function judge(headers: string, payload = "", word = isNoResponders): boolean {
  const buf = Buffer.from(`before${headers}${payload}behind`);
  const start = "before".length;
  const body = start + headers.length;
  return word(buf, start, body, body + payload.length);
}

describe("the word that nobody listens", () => {
  it.each([
    "NATS/1.0 503\r\n\r\n",
    "NATS/1.0 503\r\nNats-Subject: a\r\n\r\n",
    "NATS/1.0 503 No Responders\r\n\r\n",
  ])("is %j", (headers) => expect(judge(headers)).toBe(true));

  it.each([
    ["", ""],
    ["NATS/1.0\r\n\r\n", ""],
    ["NATS/1.0 404\r\n\r\n", ""],
    ["NATS/1.0 503\r\n\r\n", "x"],
    ["", "NATS/1.0 503\r\n\r\n"],
  ])("is not %j with the payload %j", (headers, payload) => expect(judge(headers, payload)).toBe(false));
});

describe("the word that a pull's leader is gone", () => {
  it.each([
    ["NATS/1.0 409 Leadership Change\r\nNats-Pending-Messages: 5\r\n\r\n", "", true],
    ["NATS/1.0 409 Server Shutdown\r\n\r\n", "", true],
    ["NATS/1.0 409 Consumer Deleted\r\n\r\n", "", false],
    ["NATS/1.0 408 Request Timeout\r\n\r\n", "", false],
    ["NATS/1.0 409 Leadership Change\r\n\r\n", "x", false],
    ["", "", false],
  ])("%j with the payload %j: %s", (headers, payload, expected) => {
    expect(judge(headers, payload, isLeaderGone)).toBe(expected);
  });
});
