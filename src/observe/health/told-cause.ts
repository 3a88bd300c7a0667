import type { Cause, Connection, Health } from "../../index.js";
import { safeCause, safeText } from "../safe-text.js";
import { Ending } from "./ending.js";

/** Why a connection carries nothing, for programs. */
export interface ToldCause {
  kind: Cause["kind"];
  code: string;
  message: string;
}

/** Texts of systems and servers are cut here. */
const LONGEST = 500;

/** What stands before a host in a URL, with or without a scheme. Rather too much than too little. */
const CREDENTIALS = /\S*@/g;

/**
 * A text as it may be shown. Holdfast itself puts no credentials into errors; what a dialer of the application throws goes through as it is,
 * and may quote a URL.
 */
export function shown(text: string): string {
  const redacted = text.replace(CREDENTIALS, "***@");
  return redacted.length <= LONGEST ? redacted : `${redacted.slice(0, LONGEST)}...`;
}

/** The last error of a connection as it may be shown; null when there was none. */
export function toldError(nc: Connection): string | null {
  const { lastError } = nc;
  return lastError === undefined ? null : shown(safeText(lastError));
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
  return { kind, code, message: shown(text.startsWith(before) ? text.slice(before.length) : text) };
}
