import type { Cause, Connection, Health } from "../../index.js";
import { safeCause, safeText } from "../safe-text.js";
import { Ending } from "./ending.js";

/** Why a connection carries nothing, for programs. */
export interface ToldCause {
  kind: Cause["kind"];
  code: string;
  message: string;
}

/** The last error of a connection as it may be shown; null when there was none. */
export function toldError(nc: Connection): string | null {
  const { lastError } = nc;
  return lastError === undefined ? null : safeText(lastError);
}

/** Why a connection has no link; undefined when it has one, and when it is not known. */
export function toldCause(nc: Connection, { state, connected, lastCause }: Health): ToldCause | undefined {
  if (connected) return undefined;
  if (state === "closed") {
    const { over, error } = Ending.of(nc);
    if (over && error === undefined)
      return { kind: "client", code: "CLOSE", message: "the application closed the connection" };
  }
  if (lastCause === undefined) return undefined;
  const { kind, code } = lastCause;
  const text = safeCause(lastCause);
  const before = `${code}: `;
  return { kind, code, message: text.startsWith(before) ? text.slice(before.length) : text };
}
