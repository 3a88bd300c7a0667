import { describe, expect, it } from "vitest";
import { messageIdIn } from "./message-id.js";

const idIn = (text: string) => messageIdIn(Buffer.from(text));

describe("messageIdIn", () => {
  it.each([
    ["NATS/1.0\r\nNats-Msg-Id: a\r\n\r\n", "a"],
    ["NATS/1.0\r\nX: 1\r\nNats-Msg-Id:a\r\nY: 2\r\n\r\n", "a"],
    ["NATS/1.0\r\nNats-Msg-Id:   a b  \r\n\r\n", "a b"],
    ["NATS/1.0\r\nNats-Msg-Id: größer\r\n\r\n", "größer"],
    // Of two the server reads the first.
    ["NATS/1.0\r\nNats-Msg-Id: a\r\nNats-Msg-Id: b\r\n\r\n", "a"],
    ["NATS/1.0\r\nNats-Msg-Id: a", "a"],
  ])("reads %j", (text, id) => {
    expect(idIn(text)).toBe(id);
  });

  it.each([
    "NATS/1.0\r\n\r\n",
    "NATS/1.0\r\nNats-Msg-Id:\r\n\r\n",
    "NATS/1.0\r\nNats-Msg-Id: \r\n\r\n",
    "NATS/1.0\r\nNats-Msg-Id: \r\nNats-Msg-Id: b\r\n\r\n",
    "NATS/1.0\r\nnats-msg-id: a\r\n\r\n",
    "NATS/1.0\r\nX-Nats-Msg-Id: a\r\n\r\n",
    "NATS/1.0\r\nNats-Msg-Id : a\r\n\r\n",
    "NATS/1.0\r\nX: Nats-Msg-Id: a\r\n\r\n",
    "NATS/1.0\r\nNats-Msg-Id:",
    "",
  ])("finds none in %j", (text) => {
    expect(idIn(text)).toBeUndefined();
  });

  it("reads a part of a larger buffer, and no headers", () => {
    const whole = Buffer.from("xxNATS/1.0\r\nNats-Msg-Id: a\r\n\r\nNats-Msg-Id: b");
    expect(messageIdIn(new Uint8Array(whole.buffer, whole.byteOffset + 2, 30))).toBe("a");
    expect(messageIdIn(undefined)).toBeUndefined();
  });
});
