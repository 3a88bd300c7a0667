import { describe, expect, it } from "vitest";
import { isNoResponders } from "./status.js";

function judge(headers: string, payload = ""): boolean {
  const buf = Buffer.from(`before${headers}${payload}behind`);
  const start = "before".length;
  const body = start + headers.length;
  return isNoResponders(buf, start, body, body + payload.length);
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
