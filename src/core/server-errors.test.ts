import { describe, expect, it } from "vitest";
import { CodedError, type ErrorCode } from "../errors.js";
import type { CauseKind } from "./cause.js";
import {
  blameOf,
  findServerError,
  isAuthError,
  isFatal,
  isFull,
  SERVER_ERRORS,
  type ServerErrorAction,
  serverError,
} from "./server-errors.js";

/** Every row, with a text as a server sends it: code, kind, what becomes of the link, whether it blames a frame. */
const TEXTS: [string, ErrorCode, CauseKind, ServerErrorAction, "blames"?][] = [
  ["Authorization Violation", "AUTHORIZATION_VIOLATION", "authentication", "fatal"],
  // Retried: found by the chaos suite, fault blackhole-up, seed 1.
  ["Authentication Timeout", "STALE_CONNECTION", "stale", "retry"],
  ["authorization timeout", "STALE_CONNECTION", "stale", "retry"],
  ["User Authentication Expired", "AUTHENTICATION_EXPIRED", "authentication", "fatal"],
  ["User Authentication Revoked", "AUTHENTICATION_REVOKED", "authentication", "fatal"],
  ["Account Authentication Expired", "AUTHENTICATION_EXPIRED", "authentication", "fatal"],
  ["Failed Account Registration", "SERVER_ERROR", "authentication", "retry"],
  ["maximum connections exceeded", "MAX_CONNECTIONS_EXCEEDED", "overload", "retry"],
  ["maximum account active connections exceeded", "MAX_CONNECTIONS_EXCEEDED", "overload", "retry"],
  ["Connection throttling is active. Please try again later.", "CONNECTION_THROTTLED", "overload", "retry"],
  ["maximum subscriptions exceeded", "MAX_SUBSCRIPTIONS_EXCEEDED", "overload", "ignore"],
  ['Permissions Violation for Publish to "a"', "PERMISSIONS_VIOLATION", "authentication", "ignore"],
  ["Invalid Subject", "INVALID_SUBJECT", "protocol", "ignore"],
  ["Invalid Publish Subject", "INVALID_SUBJECT", "protocol", "ignore"],
  ["Stale Connection", "STALE_CONNECTION", "stale", "retry"],
  ["Slow Consumer", "SLOW_CONSUMER", "slow-consumer", "retry"],
  ["Maximum Payload Violation", "MAX_PAYLOAD_EXCEEDED", "payload", "retry", "blames"],
  ["maximum control line exceeded", "MAX_CONTROL_LINE_EXCEEDED", "protocol", "retry", "blames"],
  ["Unknown Protocol Operation", "PROTOCOL_ERROR", "protocol", "retry", "blames"],
  ["Parser Error", "PROTOCOL_ERROR", "protocol", "retry", "blames"],
  ["Invalid Client Protocol", "PROTOCOL_ERROR", "protocol", "fatal"],
  ["no responders requires headers support", "PROTOCOL_ERROR", "protocol", "fatal"],
  ["Attempted To Connect To Route Port", "PROTOCOL_ERROR", "protocol", "fatal"],
  ["Secure Connection - TLS Required", "TLS_REQUIRED", "tls", "fatal"],
];

describe("texts of nats-server", () => {
  it.each(TEXTS)("%s: %s [parity 130]", (text, code, kind, action, blames) => {
    for (const cased of [text, text.toUpperCase(), text.toLowerCase()]) {
      const error = serverError(cased);
      expect(error).toBeInstanceOf(CodedError);
      expect(error).toMatchObject({ code, message: cased, detail: { serverText: cased } });
      expect(findServerError(cased)).toMatchObject({ kind, action });
      expect(isFatal(error)).toBe(action === "fatal");
      expect(isAuthError(error)).toBe(action === "fatal" && kind === "authentication");
      expect(isFull(error)).toBe(action === "retry" && kind === "overload");
      expect(blameOf(error)).toBe(blames === undefined ? undefined : "certain");
    }
  });

  it("are all that the table has, each found by its own row", () => {
    const found = TEXTS.map(([text]) => findServerError(text)?.prefix);
    expect(found).toEqual(SERVER_ERRORS.map(({ prefix }) => prefix));
    for (const { prefix } of SERVER_ERRORS) expect(prefix).toBe(prefix.toLowerCase());
  });

  it.each(["message headers not supported", "Server Shutdown", "", "x Authorization Violation"])(
    "%j is not known: the link may have ended for what we wrote, and another may stand",
    (text) => {
      const error = serverError(text);
      expect(error).toMatchObject({ code: "SERVER_ERROR", message: text });
      expect(findServerError(text)).toBeUndefined();
      expect(blameOf(error)).toBe("possible");
      expect(isFatal(error)).toBe(false);
      expect(isAuthError(error)).toBe(false);
    },
  );

  it("are looked at only when they are a server's: errors of our own mean nothing here", () => {
    const own = new CodedError("PROTOCOL_ERROR", "Unknown Protocol Operation");
    for (const error of [own, new Error("Authorization Violation"), undefined]) {
      expect(blameOf(error)).toBeUndefined();
      expect(isFatal(error)).toBe(false);
      expect(isAuthError(error)).toBe(false);
    }
  });
});

describe("permissions violations", () => {
  it.each([
    ['Permissions Violation for Publish to "a.b"', { operation: "publish", subject: "a.b" }],
    ['Permissions Violation for Subscription to "a.>"', { operation: "subscription", subject: "a.>" }],
    [
      'Permissions Violation for Subscription to "a" using queue "q"',
      { operation: "subscription", subject: "a", queue: "q" },
    ],
    // As a reload of the server's configuration tells it.
    [
      'Permissions Violation for Subscription to "a" using queue "q" (sid "3")',
      { operation: "subscription", subject: "a", queue: "q" },
    ],
    ['Permissions Violation for Publish to "héllo.主"', { operation: "publish", subject: "héllo.主" }],
    ['Permissions Violation for Publish to "it\'s"', { operation: "publish", subject: "it's" }],
  ])("%s", (text, detail) => {
    const error = serverError(text);
    expect(error.code).toBe("PERMISSIONS_VIOLATION");
    expect(error.detail).toEqual({ ...detail, serverText: text });
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
  ])("names subjects as Go quotes them: %s [parity 130]", (text, detail) => {
    expect(serverError(text).detail).toEqual({ ...detail, serverText: text });
  });

  it("that refuse a reply subject name the reply (server 2.15: the message is not delivered)", () => {
    const error = serverError('Permissions Violation for Publish with Reply of "$JS.ACK.x"');
    expect(error.code).toBe("PERMISSIONS_VIOLATION");
    expect(error.detail).toMatchObject({ operation: "publish", reply: "$JS.ACK.x" });
  });

  it("have nothing in their message that a terminal obeys, and are kept as they came", () => {
    const text = 'Permissions Violation for Publish to "a\u009b31m\u202eb\u001b[2J"';
    const { message, detail } = serverError(text);
    expect(message).toBe('Permissions Violation for Publish to "a?31m?b?[2J"');
    expect(detail.serverText).toBe(text);
    expect(serverError("what\u0007 is\u2028 this").message).toBe("what? is? this");
  });

  it("of hostile length and content are taken quickly", () => {
    const text = `Permissions Violation for Publish to "${"\\".repeat(16_000)}`;
    expect(serverError(text)).toBeInstanceOf(CodedError);
    expect(serverError("x".repeat(16_000)).code).toBe("SERVER_ERROR");
  });
});
