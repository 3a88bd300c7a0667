import { describe, expect, it } from "vitest";
import { CodedError } from "../errors.js";
import { isAuthError, serverError } from "./server-errors.js";

describe("texts of nats-server", () => {
  it.each([
    ["Authorization Violation", "AUTHORIZATION_VIOLATION"],
    ["Authentication Timeout", "AUTHORIZATION_VIOLATION"],
    ["User Authentication Expired", "AUTHENTICATION_EXPIRED"],
    ["User Authentication Revoked", "AUTHENTICATION_EXPIRED"],
    ["Account Authentication Expired", "AUTHENTICATION_EXPIRED"],
    ["Stale Connection", "STALE_CONNECTION"],
    ["Slow Consumer", "SLOW_CONSUMER"],
    ["Maximum Payload Violation", "MAX_PAYLOAD_EXCEEDED"],
    ["maximum control line exceeded", "MAX_CONTROL_LINE_EXCEEDED"],
    ["Unknown Protocol Operation", "PROTOCOL_ERROR"],
    ["Parser Error", "PROTOCOL_ERROR"],
    ["Invalid Client Protocol", "PROTOCOL_ERROR"],
    ["Secure Connection - TLS Required", "TLS_UNSUPPORTED"],
    ["maximum connections exceeded", "SERVER_ERROR"],
    ["maximum account active connections exceeded", "SERVER_ERROR"],
    ["maximum subscriptions exceeded", "SERVER_ERROR"],
    ["Invalid Subject", "SERVER_ERROR"],
    ["Invalid Publish Subject", "SERVER_ERROR"],
    ["message headers not supported", "SERVER_ERROR"],
    ["Server Shutdown", "SERVER_ERROR"],
    ["", "SERVER_ERROR"],
  ])("%s", (text, code) => {
    const error = serverError(text);
    expect(error).toBeInstanceOf(CodedError);
    expect(error.code).toBe(code);
    expect(error.message).toBe(text);
    expect(serverError(text.toUpperCase()).code).toBe(code);
  });

  it.each([
    ['Permissions Violation for Publish to "a.b"', { operation: "publish", subject: "a.b" }],
    ['Permissions Violation for Subscription to "a.>"', { operation: "subscription", subject: "a.>" }],
    [
      'Permissions Violation for Subscription to "a" using queue "q"',
      { operation: "subscription", subject: "a", queue: "q" },
    ],
    ['Permissions Violation for Publish to "héllo.主"', { operation: "publish", subject: "héllo.主" }],
    ['Permissions Violation for Publish to "it\'s"', { operation: "publish", subject: "it's" }],
  ])("%s", (text, detail) => {
    const error = serverError(text);
    expect(error.code).toBe("PERMISSIONS_VIOLATION");
    expect(error.detail).toEqual(detail);
  });

  it.each([
    [
      String.raw`Permissions Violation for Publish to "a\"b\\c"`,
      { operation: "publish", subject: String.raw`a"b\c` },
    ],
    [
      String.raw`Permissions Violation for Subscription to "a\"b" using queue "q\"q"`,
      { operation: "subscription", subject: 'a"b', queue: 'q"q' },
    ],
    [
      String.raw`Permissions Violation for Publish to "tab\u00a0x"`,
      { operation: "publish", subject: "tab\u00a0x" },
    ],
    [
      String.raw`Permissions Violation for Publish to "no.\u200bx"`,
      { operation: "publish", subject: "no.\u200bx" },
    ],
    [
      String.raw`Permissions Violation for Publish to "a\U000e0001"`,
      { operation: "publish", subject: "a\u{e0001}" },
    ],
  ])("names subjects as Go quotes them: %s", (text, detail) => {
    expect(serverError(text).detail).toEqual(detail);
  });

  it("that refuse a reply subject name the reply (server 2.15: the message is not delivered)", () => {
    const error = serverError('Permissions Violation for Publish with Reply of "$JS.ACK.x"');
    expect(error.code).toBe("PERMISSIONS_VIOLATION");
    expect(error.detail).toMatchObject({ operation: "publish", reply: "$JS.ACK.x" });
  });

  it("of hostile length and content are taken quickly", () => {
    const text = `Permissions Violation for Publish to "${"\\".repeat(16_000)}`;
    expect(serverError(text)).toBeInstanceOf(CodedError);
    expect(serverError("x".repeat(16_000)).code).toBe("SERVER_ERROR");
  });
});

describe("who is refused", () => {
  it("is told apart from what is refused", () => {
    expect(isAuthError(serverError("Authorization Violation"))).toBe(true);
    expect(isAuthError(serverError("User Authentication Expired"))).toBe(true);
    expect(isAuthError(serverError('Permissions Violation for Publish to "a"'))).toBe(false);
    expect(isAuthError(serverError("Stale Connection"))).toBe(false);
    expect(isAuthError(new Error("Authorization Violation"))).toBe(false);
    expect(isAuthError(undefined)).toBe(false);
  });
});
