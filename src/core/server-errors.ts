import { CodedError, type ErrorCode, type ErrorDetail } from "../errors.js";

/** A subject as nats-server writes it: with Go's `%q`. */
const QUOTED = String.raw`"((?:[^"\\]|\\.)*)"`;
const REPLY_PERMISSION = new RegExp(`^permissions violation for publish with reply of ${QUOTED}`, "i");
const PERMISSION = new RegExp(
  `^permissions violation for (publish|subscription) to ${QUOTED}(?: using queue ${QUOTED})?`,
  "i",
);

/** Undoes what Go's `%q` does to those characters that can be in a subject. */
function unquote(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))/g, (whole, short, long, other) => {
    if (other !== undefined) return other;
    const point = Number.parseInt(short ?? long, 16);
    return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
  });
}

/** Texts of nats-server's `-ERR` (2.10 to 2.15) by how they begin, in lower case. */
const TABLE: readonly (readonly [prefix: string, code: ErrorCode])[] = [
  ["authorization violation", "AUTHORIZATION_VIOLATION"],
  ["authentication timeout", "AUTHORIZATION_VIOLATION"],
  ["user authentication expired", "AUTHENTICATION_EXPIRED"],
  ["user authentication revoked", "AUTHENTICATION_EXPIRED"],
  ["account authentication expired", "AUTHENTICATION_EXPIRED"],
  ["stale connection", "STALE_CONNECTION"],
  ["slow consumer", "SLOW_CONSUMER"],
  ["maximum payload", "MAX_PAYLOAD_EXCEEDED"],
  ["maximum control line", "MAX_CONTROL_LINE_EXCEEDED"],
  ["unknown protocol operation", "PROTOCOL_ERROR"],
  ["parser error", "PROTOCOL_ERROR"],
  ["invalid client protocol", "PROTOCOL_ERROR"],
  ["secure connection - tls required", "TLS_UNSUPPORTED"],
];

/** Makes an error of the text of an `-ERR`. */
export function serverError(text: string): CodedError {
  const reply = REPLY_PERMISSION.exec(text);
  if (reply !== null) {
    return new CodedError("PERMISSIONS_VIOLATION", text, { operation: "publish", reply: unquote(reply[1]) });
  }
  const permission = PERMISSION.exec(text);
  if (permission !== null) {
    const operation = permission[1].toLowerCase() as "publish" | "subscription";
    const detail: ErrorDetail = { operation, subject: unquote(permission[2]) };
    if (permission[3] !== undefined) detail.queue = unquote(permission[3]);
    return new CodedError("PERMISSIONS_VIOLATION", text, detail);
  }
  const lower = text.toLowerCase();
  const known = TABLE.find(([prefix]) => lower.startsWith(prefix));
  return new CodedError(known === undefined ? "SERVER_ERROR" : known[1], text);
}

/** Whether the server has refused who we are, rather than what we did. */
export function isAuthError(error: Error | undefined): boolean {
  const code = error instanceof CodedError ? error.code : undefined;
  return code === "AUTHORIZATION_VIOLATION" || code === "AUTHENTICATION_EXPIRED";
}
