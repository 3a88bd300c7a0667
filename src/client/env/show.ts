import { redact } from "../../core/address.js";
import { isContents } from "../path-text.js";

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

/** Servers without their credentials. */
export function showServers(value: string): string {
  return showText(
    value
      .split(",")
      .map((entry) => redact(entry.trim()))
      .join(", "),
  );
}
