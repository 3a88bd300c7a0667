import { describe, expect, it } from "vitest";
import { parseAddress } from "../core/address.js";
import { ServerPool } from "../core/pool.js";
import { certificateName, isTlsError, tlsError } from "./tls.js";

function server(url: string, tlsName = "") {
  const [entry] = new ServerPool([parseAddress(url)], undefined).all;
  return { ...entry, tlsName };
}

const failed = (code: string, fields: object = {}) =>
  Object.assign(new Error("what Node says"), { code, ...fields });

describe("a certificate must be for", () => {
  it.each([
    ["nats.example", "", { host: "nats.example", servername: "nats.example" }],
    ["nats.example", "other.example", { host: "nats.example", servername: "nats.example" }],
    ["10.0.0.1", "", { host: "10.0.0.1" }],
    ["[::1]:4222", "", { host: "::1" }],
    ["10.0.0.1", "nats.example", { host: "nats.example", servername: "nats.example" }],
    ["[::1]:4222", "nats.example", { host: "nats.example", servername: "nats.example" }],
    ["10.0.0.1", "10.0.0.2", { host: "10.0.0.2" }],
  ])("of %s, first reached as %j: %o", (url, tlsName, name) => {
    expect(certificateName(server(url, tlsName))).toEqual(name);
  });
});

describe("an error of TLS", () => {
  it.each(["ERR_SSL_WRONG_VERSION_NUMBER", "ERR_TLS_CERT_ALTNAME_INVALID", "CERT_HAS_EXPIRED", "EPROTO"])(
    "is known by its code %s",
    (code) => {
      expect(isTlsError(failed(code))).toBe(true);
    },
  );

  it.each(["ECONNRESET", "ETIMEDOUT", "EPIPE"])("is not %s", (code) => {
    expect(isTlsError(failed(code))).toBe(false);
    expect(isTlsError(new Error("none"))).toBe(false);
  });

  it("says what it was, and what to do where that is known", () => {
    const error = failed("UNABLE_TO_VERIFY_LEAF_SIGNATURE");
    expect(tlsError(error)).toMatchObject({ code: "TLS_FAILED", cause: error });
    expect(tlsError(error).message).toMatch(/^TLS failed: what Node says; give .*tls\.caFile/);
    expect(tlsError(failed("ECONNRESET")).message).toBe("TLS failed: what Node says");
  });

  it("leaves out OpenSSL's numbers and file names", () => {
    const message = "802C:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../deps/x.c:350:";
    const error = Object.assign(failed("ERR_SSL_WRONG_VERSION_NUMBER", { reason: "wrong version number" }), {
      message,
    });
    expect(tlsError(error).message).toMatch(/^TLS failed: wrong version number; it does not begin with TLS/);
  });
});
