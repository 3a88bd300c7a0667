import { HttpRefusal } from "../core/causes/http-refusal.js";
import { CodedError } from "../errors.js";

/**
 * A server, or a gateway before it, has answered the upgrade with something else than a websocket.
 *
 * @param retryAfter its header `Retry-After`, if it has one
 */
export function refused(status: number, retryAfter?: string): CodedError {
  const text = `the server answered the websocket upgrade with HTTP ${status}`;
  const cause = new HttpRefusal(status, retryAfter);
  if (status === 401 || status === 403 || status === 407) {
    return new CodedError(
      "AUTHORIZATION_VIOLATION",
      `${text}: it wants other headers (option "websocket.headers")`,
      { cause },
    );
  }
  // It has no room now, and says so: RFC 6585 has 429, RFC 9110 has 503 with the time after which to ask again.
  if (status === 429 || (status === 503 && retryAfter !== undefined)) {
    return new CodedError("CONNECTION_THROTTLED", text, { cause });
  }
  // A gateway whose server is down: as if nobody listened.
  if (status >= 500) return new CodedError("CONNECTION_REFUSED", text, { cause });
  return new CodedError("PROTOCOL_ERROR", `${text}: is there a websocket at this port and path?`, { cause });
}

/** Codes of what is neither HTTP, nor a websocket, nor well compressed. */
const GARBAGE = /^(?:HPE_|WS_ERR_|Z_)/;

/**
 * What the websocket library says has gone wrong: what the other side sends is no websocket, which it says without a code during
 * the upgrade; anything else is an error of the system, and stays as it is.
 */
export function webSocketError(error: Error): Error {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== undefined && !GARBAGE.test(code)) return error;
  return new CodedError("PROTOCOL_ERROR", `the server does not speak websocket: ${error.message}`, {
    cause: error,
  });
}
