import { hostname } from "node:os";
import { basename } from "node:path";
import type { Environment } from "./environment.js";

/** Longest, characters: it goes with every connect, whose line has 4 KiB for all that a client says of itself. */
const LONGEST = 128;
/** Of the host: its first label may have as many. */
const LONGEST_HOST = 63;

/** What a server's monitoring shows of us when nobody has said a name: the service and the host, `orders-host7`. */
export function defaultName(environment: Environment): string {
  const program = basename(process.argv[1] ?? process.execPath).replace(/\.[cm]?[jt]s$/, "");
  const service = environment.get("OTEL_SERVICE_NAME") ?? environment.get("npm_package_name") ?? program;
  const host = upTo(LONGEST_HOST, hostname());
  return `${upTo(LONGEST - host.length - 1, service)}-${host}`;
}

/** The beginning of a text, without half a character at its end. */
function upTo(length: number, text: string): string {
  return text.length > length ? text.slice(0, length).replace(/[\uD800-\uDBFF]$/, "") : text;
}
