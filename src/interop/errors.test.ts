import * as nats from "@nats-io/nats-core";
import { describe, expect, it } from "vitest";
import { CodedError, ErrorCode, isHoldfastError, withoutStack } from "../errors.js";
import { type HoldfastError, publicError, requestError, requestManyError, wrappedError } from "./errors.js";

type ErrorClass = new (...args: never[]) => Error;

/** What users of nats.js look for, by our codes. */
const CLASSES: Record<ErrorCode, ErrorClass> = {
  AUTHENTICATION_EXPIRED: nats.UserAuthenticationExpiredError,
  AUTHENTICATION_REVOKED: nats.UserAuthenticationExpiredError,
  AUTHENTICATOR_FAILED: nats.ConnectionError,
  AUTHORIZATION_VIOLATION: nats.AuthorizationError,
  BEFORE_REPLAY_FAILED: nats.ConnectionError,
  BUFFER_FULL: nats.ConnectionError,
  CALLBACK_FAILED: nats.ConnectionError,
  CONNECTION_CLOSED: nats.ClosedConnectionError,
  CONNECTION_DRAINING: nats.DrainingConnectionError,
  CONNECTION_LOST: nats.ConnectionError,
  CONNECTION_REFUSED: nats.ConnectionError,
  CONNECTION_THROTTLED: nats.ConnectionError,
  DISCONNECTED: nats.ConnectionError,
  HEADERS_UNSUPPORTED: nats.InvalidArgumentError,
  INVALID_ARGUMENT: nats.InvalidArgumentError,
  INVALID_OPERATION: nats.InvalidOperationError,
  INVALID_OPTION: nats.InvalidArgumentError,
  INVALID_PAYLOAD: nats.InvalidArgumentError,
  INVALID_SUBJECT: nats.InvalidSubjectError,
  MAX_CONNECTIONS_EXCEEDED: nats.ConnectionError,
  MAX_CONTROL_LINE_EXCEEDED: nats.InvalidArgumentError,
  MAX_PAYLOAD_EXCEEDED: nats.InvalidArgumentError,
  MAX_PENDING_EXCEEDED: nats.ConnectionError,
  MAX_RECONNECT_ATTEMPTS: nats.ConnectionError,
  MAX_SUBSCRIPTIONS_EXCEEDED: nats.ConnectionError,
  MESSAGE_DROPPED: nats.ConnectionError,
  NO_RESPONDERS: nats.RequestError,
  OVERFLOWED: nats.ConnectionError,
  CIRCUIT_OPEN: Error,
  CONSUMER_FAILED: Error,
  DEAD_LETTER_FAILED: Error,
  HANDLER_FAILED: Error,
  HANDLER_TIMEOUT: Error,
  INVALID_MESSAGE: Error,
  OUTBOX_FAILED: Error,
  OUTBOX_FULL: Error,
  OUTBOX_IN_USE: Error,
  OUT_OF_ORDER: Error,
  SERVICE_ERROR: Error,
  PACKAGE_MISSING: Error,
  PERMISSIONS_VIOLATION: nats.PermissionViolationError,
  PROTOCOL_ERROR: nats.ProtocolError,
  SERVER_ERROR: nats.ConnectionError,
  SLOW_CONSUMER: nats.ConnectionError,
  STALE_CONNECTION: nats.ConnectionError,
  STREAM_REFUSED: Error,
  TIMEOUT: nats.TimeoutError,
  TLS_FAILED: nats.ConnectionError,
  TLS_REQUIRED: nats.ConnectionError,
  TLS_UNAVAILABLE: nats.ConnectionError,
  UNCONFIRMED: nats.ConnectionError,
};
/** Thrown per message at times: only what differs from message to message is on them. */
const FREQUENT = new Set<ErrorCode>(["BUFFER_FULL", "DISCONNECTED", "MAX_PENDING_EXCEEDED"]);
/** What users may try again with nothing changed; one line for each code, so that none is forgotten. */
const AGAIN: Record<ErrorCode, boolean> = {
  AUTHENTICATION_EXPIRED: true,
  AUTHENTICATION_REVOKED: false,
  AUTHENTICATOR_FAILED: true,
  AUTHORIZATION_VIOLATION: false,
  BEFORE_REPLAY_FAILED: false,
  BUFFER_FULL: true,
  CALLBACK_FAILED: false,
  CONNECTION_CLOSED: false,
  CONNECTION_DRAINING: false,
  CONNECTION_LOST: true,
  CONNECTION_REFUSED: true,
  CONNECTION_THROTTLED: true,
  DISCONNECTED: true,
  HEADERS_UNSUPPORTED: false,
  INVALID_ARGUMENT: false,
  INVALID_OPERATION: false,
  INVALID_OPTION: false,
  INVALID_PAYLOAD: false,
  INVALID_SUBJECT: false,
  MAX_CONNECTIONS_EXCEEDED: true,
  MAX_CONTROL_LINE_EXCEEDED: false,
  MAX_PAYLOAD_EXCEEDED: false,
  MAX_PENDING_EXCEEDED: true,
  MAX_RECONNECT_ATTEMPTS: true,
  MAX_SUBSCRIPTIONS_EXCEEDED: false,
  MESSAGE_DROPPED: true,
  NO_RESPONDERS: true,
  OVERFLOWED: false,
  CIRCUIT_OPEN: true,
  CONSUMER_FAILED: true,
  DEAD_LETTER_FAILED: false,
  HANDLER_FAILED: false,
  HANDLER_TIMEOUT: true,
  INVALID_MESSAGE: false,
  OUTBOX_FAILED: true,
  OUTBOX_FULL: true,
  OUTBOX_IN_USE: true,
  OUT_OF_ORDER: false,
  SERVICE_ERROR: false,
  PACKAGE_MISSING: false,
  PERMISSIONS_VIOLATION: false,
  PROTOCOL_ERROR: false,
  SERVER_ERROR: false,
  SLOW_CONSUMER: true,
  STALE_CONNECTION: true,
  STREAM_REFUSED: false,
  TIMEOUT: true,
  TLS_FAILED: false,
  TLS_REQUIRED: false,
  TLS_UNAVAILABLE: false,
  UNCONFIRMED: true,
};
/** nats-core's class for it needs the cause for something else. */
const WITHOUT_CAUSE = new Set<ErrorCode>(["NO_RESPONDERS"]);
const ENTRIES = Object.entries(CLASSES) as [ErrorCode, ErrorClass][];

describe("the public error", () => {
  it.each(ENTRIES)(
    "of %s is an instance of nats-core's class, with code, message, facts and cause",
    (code, type) => {
      const cause = new Error("underneath");
      const coded = new CodedError(code, "what happened", {
        cause,
        option: "o",
        subject: "s",
        queue: "q",
        maybeDelivered: true,
        operation: "subscription",
      });
      const error = publicError(coded) as HoldfastError;
      expect(error).toBeInstanceOf(type);
      expect(error).toBeInstanceOf(Error);
      expect(error).not.toBeInstanceOf(CodedError);
      expect(error).toMatchObject({ code, message: "what happened", subject: "s" });
      expect(error.retryable).toBe(AGAIN[code]);
      if (!FREQUENT.has(code)) {
        expect(error).toMatchObject({ option: "o", queue: "q", maybeDelivered: true });
        if (!WITHOUT_CAUSE.has(code)) expect(error.cause).toBe(cause);
      }
      expect(isHoldfastError(error)).toBe(true);
      expect(error.name).toBe(type.name);
    },
  );

  it("has only the facts that are known", () => {
    const error = publicError(new CodedError("CONNECTION_LOST", "x"));
    for (const fact of ["option", "subject", "queue", "maybeDelivered"]) expect(fact in error).toBe(false);
  });

  it("carries the error underneath", () => {
    const cause = new Error("underneath");
    expect(publicError(new CodedError("CONNECTION_LOST", "x", { cause })).cause).toBe(cause);
    expect("cause" in publicError(new CodedError("CONNECTION_LOST", "x"))).toBe(false);
  });

  it("of a refusal says what was refused, as nats.js does", () => {
    const error = publicError(
      new CodedError("PERMISSIONS_VIOLATION", "no", { operation: "subscription", subject: "a", queue: "q" }),
    );
    expect(error).toMatchObject({ operation: "subscription", subject: "a", queue: "q" });
    const publish = publicError(
      new CodedError("PERMISSIONS_VIOLATION", "no", { operation: "publish", subject: "a" }),
    );
    expect(publish).toMatchObject({ operation: "publish", subject: "a" });
  });

  it("of no responders is recognised as nats.js's", () => {
    const error = publicError(
      new CodedError("NO_RESPONDERS", "nobody", { subject: "a" }),
    ) as nats.RequestError;
    expect(error.isNoResponders()).toBe(true);
    expect(error.cause).toBeInstanceOf(nats.NoRespondersError);
    expect((error.cause as nats.NoRespondersError).subject).toBe("a");
  });

  it.each(["BUFFER_FULL", "DISCONNECTED", "MAX_PENDING_EXCEEDED"] as const)(
    "of %s, which can be thrown per message, has no stack lines",
    (code) => {
      const error = publicError(new CodedError(code, "full"));
      expect(error.stack).not.toMatch(/\n\s+at /);
      expect(error.stack).toContain("full");
    },
  );

  it("of others has a stack, also after one without", () => {
    publicError(new CodedError("BUFFER_FULL", "full"));
    expect(publicError(new CodedError("CONNECTION_LOST", "x")).stack).toMatch(/\n\s+at /);
  });

  it("of an error that is not ours is that error, and of anything else an error with its text", () => {
    const error = new TypeError("theirs");
    expect(publicError(error)).toBe(error);
    expect(publicError("text").message).toBe("text");
    for (const odd of [undefined, null, Symbol("s"), Object.create(null), { toString: () => 5n }]) {
      expect(publicError(odd)).toBeInstanceOf(Error);
    }
  });

  it("can be made again from what it made", () => {
    const error = publicError(new CodedError("TIMEOUT", "late"));
    expect(publicError(error)).toBe(error);
  });
});

describe("the error of a request", () => {
  it("whose link was lost is a TimeoutError, so that the official packages retry it", () => {
    const cause = new Error("reset");
    const error = requestError(
      new CodedError("CONNECTION_LOST", "lost", { subject: "a", maybeDelivered: true, cause }),
    );
    expect(error).toBeInstanceOf(nats.TimeoutError);
    expect(error).toMatchObject({ code: "CONNECTION_LOST", maybeDelivered: true, subject: "a", cause });
    expect(isHoldfastError(error)).toBe(true);
  });

  it("that was refused is a RequestError with the refusal as its cause", () => {
    const error = requestError(
      new CodedError("PERMISSIONS_VIOLATION", "no", { operation: "publish", subject: "a" }),
    );
    expect(error).toBeInstanceOf(nats.RequestError);
    expect(error).toMatchObject({ code: "PERMISSIONS_VIOLATION" });
    expect(error.cause).toBeInstanceOf(nats.PermissionViolationError);
    expect((error as nats.RequestError).isNoResponders()).toBe(false);
  });

  it("that was closed under it is a RequestError, as in nats.js, with the class for that as its cause", () => {
    const error = requestError(new CodedError("CONNECTION_CLOSED", "closed", { subject: "a" }));
    expect(error).toBeInstanceOf(nats.RequestError);
    expect(error.cause).toBeInstanceOf(nats.ClosedConnectionError);
    expect(error).toMatchObject({ code: "CONNECTION_CLOSED", retryable: false });
  });

  it("for many answers that nobody hears is a NoRespondersError, as in nats.js", () => {
    const error = requestManyError(new CodedError("NO_RESPONDERS", "nobody", { subject: "a" }));
    expect(error).toBeInstanceOf(nats.NoRespondersError);
    expect(error).toMatchObject({ code: "NO_RESPONDERS", subject: "a", retryable: true });
    expect(requestManyError(new CodedError("TIMEOUT", "x"))).toBeInstanceOf(nats.TimeoutError);
  });

  it("that nats-core has made itself is told what it puts into an error of its own", () => {
    const told = (code: ErrorCode) =>
      wrappedError(new CodedError(code, "x", { subject: "a", operation: "publish" }));
    expect(told("NO_RESPONDERS")).toBeInstanceOf(nats.NoRespondersError);
    expect(told("PERMISSIONS_VIOLATION")).toBeInstanceOf(nats.PermissionViolationError);
    expect(told("CONNECTION_CLOSED")).toBeInstanceOf(nats.ClosedConnectionError);
    expect(told("CONNECTION_LOST")).toBeInstanceOf(nats.TimeoutError);
  });

  it.each(["TIMEOUT", "NO_RESPONDERS"] as const)("of %s is the public error", (code) => {
    const error = requestError(new CodedError(code, "x"));
    expect(error).toBeInstanceOf(CLASSES[code]);
    expect(error).toMatchObject({ code });
  });
});

describe("recognising", () => {
  it("takes only errors of Holdfast, also of another copy of the package", () => {
    expect(isHoldfastError(new CodedError("TIMEOUT", "x"))).toBe(true);
    const other = Object.defineProperty(new Error("x"), Symbol.for("holdfast.error"), { value: true });
    expect(isHoldfastError(other)).toBe(true);
    for (const no of [new Error("x"), null, undefined, "x", {}, new nats.TimeoutError()]) {
      expect(isHoldfastError(no)).toBe(false);
    }
  });

  it("leaves no trace in JSON or in a loop over the error's fields", () => {
    const error = publicError(new CodedError("TIMEOUT", "x"));
    expect(Object.keys(error)).not.toContain("holdfast.error");
    expect(Object.getOwnPropertySymbols({ ...error })).toEqual([]);
  });
});

describe("withoutStack", () => {
  it("makes an error without a stack, and puts the limit back", () => {
    const limit = Error.stackTraceLimit;
    expect(withoutStack(CodedError, "TIMEOUT", "x").stack).not.toContain("    at ");
    expect(Error.stackTraceLimit).toBe(limit);
  });
});

describe("codes", () => {
  it("are what they are called, and each has its class", () => {
    for (const [name, value] of Object.entries(ErrorCode)) expect(value).toBe(name);
    expect(Object.keys(CLASSES).toSorted()).toEqual(Object.keys(ErrorCode).toSorted());
  });
});
