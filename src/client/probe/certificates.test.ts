import { expect, it } from "vitest";
import { CodedError } from "../../errors.js";
import { tlsFailure, whyOf } from "./certificates.js";

it.each([
  ["CERT_HAS_EXPIRED", "expired"],
  ["CERT_NOT_YET_VALID", "not-yet-valid"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "wrong-name"],
  ["HOSTNAME_MISMATCH", "wrong-name"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "self-signed"],
  ["SELF_SIGNED_CERT_IN_CHAIN", "unknown-authority"],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "unknown-authority"],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "unknown-authority"],
  ["CERT_REVOKED", "revoked"],
  ["ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "client-certificate"],
  ["ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE", "client-certificate"],
  ["ERR_SSL_TLSV1_ALERT_UNKNOWN_CA", "client-certificate"],
  ["ERR_SSL_WRONG_VERSION_NUMBER", "no-tls"],
  ["ERR_SSL_NO_CIPHERS_AVAILABLE", "other"],
])("%s is: %s", (code, why) => {
  expect(whyOf(code)).toBe(why);
  const cause = Object.assign(new Error("x"), { code });
  expect(tlsFailure(new CodedError("TLS_FAILED", "x", { cause }))).toEqual({ why, code });
});

it("what has no code of its own", () => {
  expect(tlsFailure(new CodedError("TIMEOUT", "x"))).toEqual({ why: "timeout" });
  expect(tlsFailure(new CodedError("TLS_UNAVAILABLE", "x"))).toEqual({ why: "no-tls" });
  expect(tlsFailure(new CodedError("TLS_FAILED", "x"))).toEqual({ why: "other" });
});

it("TLS to who speaks none is that also where a write has met it", () => {
  const cause = Object.assign(
    new Error("write EPROTO 80:error:0A00010B:SSL routines::wrong version number:x"),
    {
      code: "EPROTO",
    },
  );
  const error = new CodedError("TLS_FAILED", "TLS failed", { cause });
  expect(tlsFailure(error)).toEqual({ why: "no-tls", code: "EPROTO" });
});
