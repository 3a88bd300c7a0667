import { CodedError } from "../errors.js";
import type { Link } from "./link.js";

/** The server shows no sign of life. */
export function stale(text: string): CodedError {
  return new CodedError("STALE_CONNECTION", text);
}

/** The server closed the link, with no word why. */
export function closedByServer(link: Link): CodedError {
  const { listen } = link.server.address;
  return link.phase === "live"
    ? new CodedError("CONNECTION_LOST", `${listen} closed the connection`, { closedByPeer: true })
    : new CodedError("CONNECTION_REFUSED", `${listen} closed the connection during the handshake`, {
        closedByPeer: true,
      });
}

/** An attempt took longer than `timeout` ms; tells how far it came. */
export function attemptTimeout(link: Link, timeout: number): CodedError {
  const waiting: Record<string, string> = {
    dialing: "could not be reached",
    info: "accepted the connection and sent no INFO",
    authenticating: "was reached, but the authenticator did not answer",
    handshake: "did not answer CONNECT",
    restoring: "did not answer the PING behind the subscriptions",
  };
  const { listen } = link.server.address;
  return new CodedError(
    "TIMEOUT",
    `${listen} ${waiting[link.phase] ?? "did not answer"} within ${timeout} ms`,
  );
}

/** The application did not let the replay go on in time. */
export function holdExpired(timeout: number): CodedError {
  return new CodedError(
    "BEFORE_REPLAY_FAILED",
    `beforeReplay has not settled within ${timeout} ms (option "beforeReplayTimeout"): the replay goes on`,
  );
}

/** More PONGs than PINGs have come. */
export function surplusPong({ server }: Link): CodedError {
  return new CodedError(
    "PROTOCOL_ERROR",
    `${server.address.listen} has sent a PONG that nobody had asked for: confirmations of this link may have come too early`,
  );
}
