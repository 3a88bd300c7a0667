import { describe, expect, it } from "vitest";
import { CodedError } from "../errors.js";
import { refused, webSocketError } from "./websocket-errors.js";

describe("an upgrade that is answered with something else", () => {
  it.each([
    [401, "AUTHORIZATION_VIOLATION"],
    [403, "AUTHORIZATION_VIOLATION"],
    [407, "AUTHORIZATION_VIOLATION"],
    [400, "PROTOCOL_ERROR"],
    [200, "PROTOCOL_ERROR"],
    [302, "PROTOCOL_ERROR"],
    [429, "CONNECTION_THROTTLED"],
    [500, "CONNECTION_REFUSED"],
    [503, "CONNECTION_REFUSED"],
  ])("%i is %s", (status, code) => {
    expect(refused(status)).toMatchObject({ code });
    expect(refused(status).message).toContain(`HTTP ${status}`);
  });

  it("503 that says when to ask again is a gateway without room, and not one without a server", () => {
    expect(refused(503, "30")).toMatchObject({
      code: "CONNECTION_THROTTLED",
      cause: { status: 503, retryAfter: "30" },
    });
    expect(refused(500, "30").code).toBe("CONNECTION_REFUSED");
  });
});

describe("an error of the websocket library", () => {
  it.each(["HPE_INVALID_CONSTANT", "WS_ERR_INVALID_OPCODE", "Z_DATA_ERROR", undefined])(
    "%s: the other side speaks no websocket",
    (code) => {
      const cause = Object.assign(new Error("what it says"), code === undefined ? {} : { code });
      const error = webSocketError(cause);
      expect(error).toMatchObject({ code: "PROTOCOL_ERROR", cause });
      expect(error.message).toContain("what it says");
    },
  );

  it("of the system, or with a code of ours, stays as it is", () => {
    for (const code of ["ECONNREFUSED", "ECONNRESET", "DEPTH_ZERO_SELF_SIGNED_CERT"]) {
      const error = Object.assign(new Error("x"), { code });
      expect(webSocketError(error)).toBe(error);
    }
    const ours = new CodedError("TLS_FAILED", "x");
    expect(webSocketError(ours)).toBe(ours);
  });
});
