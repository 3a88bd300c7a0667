import { isIPv6 } from "node:net";
import { redact } from "../../core/address.js";
import { isContents, isSurelyPath } from "../path-text.js";

/** Longest value that is shown, characters. */
const LONGEST = 120;
export const MASK = "***";

const MIB = 1024 * 1024;

/** A duration as a variable may say it. */
export function showDuration(ms: number): string {
  if (ms >= 60_000 && ms % 60_000 === 0) return `${ms / 60_000}m`;
  if (ms >= 1000 && ms % 1000 === 0) return `${ms / 1000}s`;
  return ms === 0 ? "0" : `${ms}ms`;
}

/** A size as a variable may say it. */
export function showSize(bytes: number): string {
  return bytes >= MIB && bytes % MIB === 0 ? `${bytes / MIB}MiB` : `${bytes}`;
}

/** One line of what a variable says. */
export function showText(value: string): string {
  const line = value.replace(/\p{Cc}/gu, "?");
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}...` : line;
}

/** The path of a file, or nothing of it when it is what stands in one. */
export function showPath(value: string): string {
  return isContents(value) ? MASK : showText(value);
}

/** The path of a file with a secret, or nothing of it when it may be the secret itself. */
export function showSecretPath(value: string): string {
  return isSurelyPath(value) ? showText(value) : MASK;
}

/** Servers without anything that may be part of credentials, also where these have commas: rather too little is shown. */
export function showServers(value: string): string {
  const surelyApart = value.split(/,(?=\s*[a-z][a-z0-9+.-]*:\/\/)/i);
  const entries = surelyApart
    .flatMap((piece) => redact(piece.trim()).split(","))
    .map((entry) => withoutPassword(entry.trim()));
  return showText(entries.filter((entry) => entry !== "").join(", "));
}

const IN_BRACKETS = /^(?:[a-z][a-z0-9+.-]*:\/\/)?\[[^\]]*\](?::\d{0,5})?(?:[/?].*)?$/is;
const NO_PORT = /^((?:[a-z][a-z0-9+.-]*:\/\/)?[^:]*:)(?!\d{0,5}(?:[/?]|$)).*$/is;

/** What stands behind a colon and is no port may be a password without its `@`. */
function withoutPassword(entry: string): string {
  return isIPv6(entry) || IN_BRACKETS.test(entry) ? entry : entry.replace(NO_PORT, `$1${MASK}`);
}
