import { CodedError } from "../errors.js";

/** A server, or a gateway before it, has answered the upgrade with something else than a websocket. */
export function refused(status: number): CodedError {
  const text = `the server answered the websocket upgrade with HTTP ${status}`;
  if (status === 401 || status === 403 || status === 407) {
    return new CodedError(
      "AUTHORIZATION_VIOLATION",
      `${text}: it wants other headers (option "websocket.headers")`,
    );
  }
  // A gateway whose server is down, or busy: as if nobody listened.
  if (status >= 500 || status === 429) return new CodedError("CONNECTION_REFUSED", text);
  return new CodedError("PROTOCOL_ERROR", `${text}: is there a websocket at this port and path?`);
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
