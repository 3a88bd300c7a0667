import { CodedError } from "../../errors.js";

/** What the system, or TLS, calls an error; empty when it has no name there. */
export function systemCode(error: Error): string {
  return codeOf(error instanceof CodedError ? error.detail.cause : error);
}

/** The same for each address of a name that was dialled, each once. */
export function systemCodes(error: Error): string[] {
  const cause = error instanceof CodedError ? error.detail.cause : error;
  const each = cause instanceof AggregateError ? cause.errors.map(codeOf) : [codeOf(cause)];
  return [...new Set(each.filter((code) => code !== ""))];
}

/** What Node says of a connection that the other side has ended in order while something was waited for: it has the code of a reset. */
const ENDED = /^(?:socket hang up$|Client network socket disconnected )/;

/** Whether the other side has ended the connection in order. */
export function isOrderlyEnd(error: Error): boolean {
  const { closedByPeer, cause = error } = error instanceof CodedError ? error.detail : {};
  return closedByPeer === true || (cause instanceof Error && ENDED.test(cause.message));
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === "string" && code.length <= MAX_CODE ? code : "";
}

/** What a dialer of the application throws may call itself anything. */
const MAX_CODE = 64;
