import {
  ClosedConnectionError,
  NoRespondersError,
  errors as official,
  PermissionViolationError,
  RequestError,
  TimeoutError,
} from "@nats-io/nats-core";
import { describe, expect, it } from "vitest";
import { CodedError, type ErrorCode as HoldfastCode } from "../errors.js";
import { publicError, requestError } from "../interop/errors.js";
import { ErrorCode } from "./error-codes.js";
import { asNatsError, ofStatus, toNatsError } from "./errors.js";
import { NatsError } from "./nats-error.js";

const CODES: [HoldfastCode, string][] = [
  ["AUTHENTICATION_EXPIRED", ErrorCode.AuthenticationExpired],
  ["AUTHENTICATION_REVOKED", ErrorCode.AuthenticationExpired],
  ["AUTHENTICATOR_FAILED", ErrorCode.BadAuthentication],
  ["AUTHORIZATION_VIOLATION", ErrorCode.AuthorizationViolation],
  ["CONNECTION_CLOSED", ErrorCode.ConnectionClosed],
  ["CONNECTION_DRAINING", ErrorCode.ConnectionDraining],
  ["CONNECTION_REFUSED", ErrorCode.ConnectionRefused],
  ["DISCONNECTED", ErrorCode.Disconnect],
  ["HEADERS_UNSUPPORTED", ErrorCode.ServerOptionNotAvailable],
  ["INVALID_ARGUMENT", ErrorCode.InvalidOption],
  ["INVALID_OPERATION", ErrorCode.ApiError],
  ["INVALID_OPTION", ErrorCode.InvalidOption],
  ["INVALID_PAYLOAD", ErrorCode.BadPayload],
  ["INVALID_SUBJECT", ErrorCode.BadSubject],
  ["MAX_PAYLOAD_EXCEEDED", ErrorCode.MaxPayloadExceeded],
  ["NO_RESPONDERS", ErrorCode.NoResponders],
  ["PERMISSIONS_VIOLATION", ErrorCode.PermissionsViolation],
  ["PROTOCOL_ERROR", ErrorCode.ProtocolError],
  ["SERVER_ERROR", ErrorCode.ProtocolError],
  ["TIMEOUT", ErrorCode.Timeout],
  ["BUFFER_FULL", "BUFFER_FULL"],
];

describe("the NatsError of", () => {
  it.each(CODES)("Holdfast's %s has code %s, and Holdfast's error underneath", (code, wanted) => {
    const cause = publicError(new CodedError(code, "what happened", { subject: "a" }));
    const error = asNatsError(cause);
    expect(error).toBeInstanceOf(NatsError);
    expect(error.code).toBe(wanted);
    expect(error.chainedError).toBe(cause);
    expect(error.cause).toBe(cause);
  });

  it("a lost link is a time-out that says whether it may have been delivered", () => {
    const lost = requestError(new CodedError("CONNECTION_LOST", "lost", { maybeDelivered: true }));
    expect(asNatsError(lost)).toMatchObject({ code: "TIMEOUT", message: "TIMEOUT", maybeDelivered: true });
  });

  it("has the text that nats 2 has where programs compare it, and what happened where they do not", () => {
    const text = (code: HoldfastCode) =>
      asNatsError(publicError(new CodedError(code, "what happened"))).message;
    expect([text("TIMEOUT"), text("CONNECTION_CLOSED"), text("NO_RESPONDERS")]).toEqual([
      "TIMEOUT",
      "CONNECTION_CLOSED",
      "503",
    ]);
    expect([text("INVALID_OPTION"), text("BUFFER_FULL")]).toEqual(["what happened", "what happened"]);
  });

  it("nats-core's own errors", () => {
    const nobody = new RequestError("no responders", { cause: new NoRespondersError("a") });
    const codes = [new TimeoutError(), new ClosedConnectionError(), nobody, new RequestError("other")];
    expect(codes.map((error) => asNatsError(error).code)).toEqual([
      "TIMEOUT",
      "CONNECTION_CLOSED",
      "503",
      "REQUEST_ERROR",
    ]);
    expect(asNatsError(new official.InvalidArgumentError("x")).code).toBe("INVALID_OPTION");
  });

  it("a violation of permissions says what was not permitted", () => {
    const denied = new PermissionViolationError("denied", "subscription", "a.b", "q");
    const error = asNatsError(denied);
    expect(error.permissionContext).toEqual({ operation: "subscription", subject: "a.b", queue: "q" });
    expect([error.isPermissionError(), error.isAuthError(), error.isProtocolError()]).toEqual([
      true,
      false,
      false,
    ]);
    const inside = asNatsError(
      requestError(new CodedError("PERMISSIONS_VIOLATION", "denied", { operation: "publish", subject: "a" })),
    );
    expect(inside.permissionContext).toEqual({ operation: "publish", subject: "a" });
  });

  it("an answer of a JetStream API has its status as the code, and the answer", () => {
    const answer = { code: 404, err_code: 10014, description: "consumer not found" };
    const theirs = Object.assign(new Error("consumer not found"), { apiError: () => answer });
    const error = asNatsError(theirs);
    expect(error).toMatchObject({ code: "404", message: "consumer not found", api_error: answer });
    expect([error.isJetStreamError(), error.jsError()]).toEqual([true, answer]);
  });

  it("what is no error of NATS stays what it is", () => {
    const own = new TypeError("mine");
    const made = new NatsError("x", "Y");
    expect(toNatsError(own)).toBe(own);
    expect(toNatsError(made)).toBe(made);
    expect(toNatsError("text")).toBe("text");
  });
});

describe("a status of JetStream", () => {
  it.each([
    [100, "Idle Heartbeat", undefined, undefined],
    [404, "No Messages", "404", "no messages"],
    [408, "Request Timeout", "408", "request timeout"],
    [409, "Exceeded MaxWaiting", "409", "exceeded maxwaiting"],
    [409, "Idle Heartbeats Missed: 2", "IDLE_HEARTBEAT", "idle heartbeats missed: 2"],
    [503, "", "503", "503"],
    [500, "", "500", "UNKNOWN_ERROR"],
  ])("%d %s", (status, text, code, message) => {
    const error = ofStatus(status, text);
    expect([error?.code, error?.message]).toEqual([code, message]);
  });
});
