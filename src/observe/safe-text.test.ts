import { describe, expect, it } from "vitest";
import { serverError } from "../core/server-errors.js";
import { CodedError, type ErrorCode, type ErrorDetail } from "../errors.js";
import { publicError } from "../interop/errors.js";
import { storeError } from "../outbox/errors.js";
import { codeOf, cut, safeAdvice, safeCause, safeEvidence, safeText, shown } from "./safe-text.js";

function coded(code: ErrorCode, message: string, detail: ErrorDetail = {}): Error {
  return publicError(new CodedError(code, message, detail));
}

describe("what may be shown of an error", () => {
  it("is its code and text", () => {
    const error = coded("STALE_CONNECTION", "no sign of life of a:1 for 60 s");
    expect(codeOf(error)).toBe("STALE_CONNECTION");
    expect(safeText(error)).toBe("STALE_CONNECTION: no sign of life of a:1 for 60 s");
  });

  it("is without the bytes that made no sense: they may be somebody's message", () => {
    const error = coded("PROTOCOL_ERROR", 'the server sent what is no frame: "orders.canary 1 5\\r\\nhel"');
    expect(safeText(error)).not.toContain("canary");
    expect(safeText(error)).toMatch(/^PROTOCOL_ERROR: the server sent/);
  });

  it("is only UNKNOWN when it is not ours", () => {
    expect(codeOf(new Error("canary"))).toBe("UNKNOWN");
    expect(safeText(new Error("canary"))).toBe("UNKNOWN");
    expect(safeText(Object.assign(new Error("canary"), { code: "ECONNREFUSED" }))).toBe("UNKNOWN");
  });

  it("says what an outbox could not do, and nothing of its path, its store and its hooks", () => {
    const failed = (operation: unknown, cause: unknown) =>
      safeText(storeError(operation as "commit", "/srv/canary/outbox", cause));
    expect(failed("commit", Object.assign(new Error("canary"), { code: "ENOSPC" }))).toBe(
      "OUTBOX_FAILED: commit failed (ENOSPC)",
    );
    expect(failed("encrypt", new Error("canary"))).toBe("OUTBOX_FAILED: encrypt failed");
    for (const code of ["canary", "CANARY ", 7, {}])
      expect(failed("decrypt", { code })).toBe("OUTBOX_FAILED: decrypt failed");
    for (const operation of ["of canary", undefined, 7])
      expect(failed(operation, null)).toBe("OUTBOX_FAILED: an operation failed");
  });

  it.each([
    "CALLBACK_FAILED",
    "BEFORE_REPLAY_FAILED",
    "HANDLER_FAILED",
    "INVALID_MESSAGE",
    "SERVICE_ERROR",
  ] as const)("is only %s of what the application threw, a validator or another service said", (code) => {
    expect(safeText(coded(code, "canary"))).toBe(code);
    expect(safeCause({ kind: "unknown", code, message: "canary", evidence: [], advice: [], docs: "" })).toBe(
      code,
    );
  });

  it.each([
    ['Permissions Violation for Publish to "orders.canary"'],
    ['Permissions Violation for Publish to "orders.\\"canary\\".x"'],
    ['Permissions Violation for Subscription to "orders.canary" using queue "canary-queue"'],
    ['Permissions Violation for Publish with Reply of "canary"'],
    ['Permissions Violation for Publish to "a canary that was cut'],
    ['Something new about "canary"'],
  ])("names nothing that a server names: %s", (text) => {
    const error = publicError(serverError(text));
    expect(safeText(error)).not.toContain("canary");
    expect(safeText(error)).toContain("{subject}");
  });

  it("names neither subject of a dead letter", () => {
    const text = 'the dead letter of a message on "canary.17" could not be put to "dead.canary": no stream';
    const error = coded("DEAD_LETTER_FAILED", text, { subject: "dead.canary" });
    expect(safeText(error)).toBe(
      'DEAD_LETTER_FAILED: the dead letter of a message on "{subject}" could not be put to "{subject}": no stream',
    );
  });

  it("does not name the subject that it is about", () => {
    const about = (subject: string, text: string) => safeText(coded("TIMEOUT", text, { subject }));
    expect(about("canary.>", "nothing came on canary.> in time")).toBe(
      "TIMEOUT: nothing came on {subject} in time",
    );
    expect(about("canary.*.(x)", "on canary.*.(x)")).toBe("TIMEOUT: on {subject}");
    expect(about('a"canary"', `on ${JSON.stringify('a"canary"')}`)).toBe('TIMEOUT: on "{subject}"');
  });

  it("keeps the words that a short subject is part of", () => {
    const error = coded("TIMEOUT", "timeout: a message of data was late", { subject: "a" });
    expect(safeText(error)).toBe("TIMEOUT: timeout: {subject} message of data was late");
  });

  it("keeps its text when it is about no subject", () => {
    expect(safeText(coded("TIMEOUT", "too late", { subject: "" }))).toBe("TIMEOUT: too late");
  });

  it("keeps what Holdfast itself puts into quotation marks", () => {
    expect(safeText(coded("TLS_REQUIRED", 'option "tls" is null'))).toBe(
      'TLS_REQUIRED: option "tls" is null',
    );
  });
});

describe("what may be shown of a cause", () => {
  it("hides what a server has named, also in the evidence", () => {
    const text = 'Something about "canary"';
    const cause = {
      kind: "unknown",
      code: "SERVER_ERROR",
      message: text,
      evidence: [`the server sent -ERR '${text}'`, 'option "tls" is null', "the link stood for 5 ms"],
    } as const;
    const advice = ["look at a:1, or at nats://canary@b:2"];
    const all = { ...cause, evidence: [...cause.evidence], advice, docs: "" };
    expect(safeAdvice(all)).toEqual(["look at a:1, or at ***@b:2"]);
    expect(safeCause(all)).toBe('SERVER_ERROR: Something about "{subject}"');
    expect(safeEvidence(all)).toEqual([
      "the server sent -ERR 'Something about \"{subject}\"'",
      'option "tls" is null',
      "the link stood for 5 ms",
    ]);
  });
});

describe("a text that is shown", () => {
  it("has no credentials of a URL in it", () => {
    for (const url of [
      "nats://user:canary@host:4222",
      "canary@host",
      "(tls://canary@b:1),wss://x:canary@c:2",
      "nats://us@er:can@ary@host",
    ]) {
      const text = shown(`cannot dial ${url} now`);
      expect(text).not.toMatch(/canary|can@ary|user/);
      expect(text).toMatch(/^cannot dial \*\*\*@\S+ now$/);
    }
  });

  it("has no part of credentials that are far behind its end", () => {
    expect(shown(`${"x".repeat(499)}canary${"y".repeat(5_000)}@host`)).toBe("***@host");
  });

  it("is bounded, in a time that does not grow faster than its length", () => {
    expect(shown("x".repeat(501))).toBe(`${"x".repeat(500)}...`);
    expect(cut("x".repeat(500))).toHaveLength(500);
    // Else these would take minutes.
    shown(`${"x".repeat(1_000_000)} @`);
    shown("@ ".repeat(500_000));
  });
});
