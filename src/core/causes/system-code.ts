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

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === "string" && code.length <= MAX_CODE ? code : "";
}

/** What a dialer of the application throws may call itself anything. */
const MAX_CODE = 64;
