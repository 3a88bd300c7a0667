import { describe, expect, it } from "vitest";
import type { ExportedMessage } from "../../outbox/index.js";
import { jsonLine } from "./json-line.js";

const message = (given: Partial<ExportedMessage> = {}): ExportedMessage => ({
  subject: "orders.new",
  reply: "",
  headers: [],
  payload: Buffer.from("paid"),
  at: Date.UTC(2026, 10, 22, 12),
  expiresAt: Number.POSITIVE_INFINITY,
  messageId: "BOX-1",
  parked: undefined,
  ...given,
});
const read = (given: Partial<ExportedMessage>) => JSON.parse(jsonLine(message(given)));

describe("a message as a line of JSON", () => {
  it("has what there is, and nothing else", () => {
    expect(jsonLine(message())).toBe(
      '{"subject":"orders.new","at":"2026-11-22T12:00:00.000Z","id":"BOX-1","payload":"paid"}\n',
    );
  });

  it("has reply, headers with all values, expiry and the reason why it is parked", () => {
    const headers = [
      ["A", "1"],
      ["__proto__", "x"],
      ["A", "2"],
      ["constructor", "y"],
    ] as const;
    expect(
      jsonLine(message({ reply: "_INBOX.1", headers, expiresAt: 0, parked: "permissions violation" })),
    ).toBe(
      '{"subject":"orders.new","reply":"_INBOX.1","headers":{"A":["1","2"],"__proto__":["x"],"constructor":["y"]},' +
        '"at":"2026-11-22T12:00:00.000Z","expiresAt":"1970-01-01T00:00:00.000Z","id":"BOX-1","parked":"permissions violation","payload":"paid"}\n',
    );
  });

  it.each([
    ["text with a new line", "one\ntwo\r\n"],
    ["an order mark", "\ufeffx"],
    ["nothing", ""],
    ["an emoji", "\u{1f600}"],
  ])("has %s as it is, on one line", (_name, text) => {
    expect(read({ payload: Buffer.from(text) })).toMatchObject({ payload: text });
    expect(jsonLine(message({ payload: Buffer.from(text) })).match(/\n/g)).toHaveLength(1);
  });

  it("has what is no UTF-8 as base64, and says so", () => {
    expect(read({ payload: Uint8Array.of(0xff, 0, 0x80) })).toMatchObject({
      encoding: "base64",
      payload: "/wCA",
    });
  });

  it("has a time that is none as it is", () => {
    expect(read({ at: 1e300 }).at).toBe(1e300);
  });
});
