import type { Cause, Connection, Health } from "../../index.js";
import { safeAdvice, safeCause, safeText } from "../safe-text.js";
import { Ending } from "./ending.js";

/** Why a connection carries nothing, for programs. */
export interface ToldCause {
  kind: Cause["kind"];
  code: string;
  message: string;
  /** What to do, the most likely first; empty where the application has done what it wanted. */
  advice: string[];
  /** The page of the guide about this kind, in the package. */
  docs: string;
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
      return {
        kind: "client",
        code: "CLOSE",
        message: "the application closed the connection",
        advice: [],
        docs: "docs/causes/client.md",
      };
  }
  if (lastCause === undefined) return undefined;
  const { kind, code, docs } = lastCause;
  const text = safeCause(lastCause);
  const before = `${code}: `;
  return {
    kind,
    code,
    message: text.startsWith(before) ? text.slice(before.length) : text,
    advice: safeAdvice(lastCause),
    docs,
  };
}
