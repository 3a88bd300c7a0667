import { CodedError } from "../errors.js";
import { publicError } from "../interop/errors.js";

/** Levels that are kept; what is deeper becomes one `>`. */
const LEVELS = 16;
/** A level that is longer is no name that somebody has given. */
const LONGEST = 64;
/** A UUID, or letters and digits in a row. */
const PARTS = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![0-9a-z])|[0-9a-z]+/gi;
/** Most levels: there is nothing to look for in them. */
const PLAIN = /^[a-z]*$/;
/** Letters and digits in a NUID. */
const NUID = 22;
/** From here on letters and digits in disorder are an id; shorter ones may be names, such as `k8s`. */
const SHORTEST_ID = 8;
/** The second word of operations of JetStream's API that have a third one. */
const GROUPS: ReadonlySet<string> = new Set(["DURABLE", "LEADER", "MSG", "PEER"]);

/**
 * A name for a subject and all that differ from it only in ids, so that there are few of them: `orders.17.paid` and `orders.18.paid`
 * are `orders.{id}.paid`.
 *
 * - `{uuid}` stands for a UUID, `{nuid}` for a NUID, `{id}` for a number, a hexadecimal id and other ids of letters and digits (ULID, KSUID,
 *   cuid), also as a part of a level: `user-17` is `user-{id}`. Numbers of up to three digits that stick to letters stay: `v1`, `sha256`.
 * - An inbox is `_INBOX.{nuid}`, an acknowledgement `$JS.ACK.` and its stream, a call of JetStream's API `$JS.API.` and its operation; keys and objects
 *   have the name of their bucket.
 * - A level of more than 64 characters is `{id}`, what is behind the 16th level `>`.
 *
 * Ids of other forms stay as they are. The time that it takes is proportional to the length of the subject.
 *
 * @throws an error with code `INVALID_ARGUMENT` when it is no string
 */
export function normalizeSubject(subject: string): string {
  if (typeof subject !== "string") {
    throw publicError(new CodedError("INVALID_ARGUMENT", "normalizeSubject(): the subject must be a string"));
  }
  const levels = firstLevels(subject);
  return (OF_SERVERS[levels[0]]?.(levels) ?? levels).map(normalizeLevel).join(".");
}

/** What is kept of subjects with a meaning for servers and official clients, by their first level. */
const OF_SERVERS: Readonly<Record<string, (levels: string[]) => string[]>> = {
  __proto__: null as never,
  _INBOX: (levels) => (levels.length > 1 ? ["_INBOX", "{nuid}"] : levels),
  $JS: ofJetStream,
  $KV: (levels) => levels.slice(0, 2),
  $O: (levels) => levels.slice(0, 3),
  $SRV: (levels) => levels.slice(0, 2),
};

function ofJetStream(levels: string[]): string[] {
  if (levels[1] === "ACK") {
    // Behind the stream: consumer, four counters and a time. Servers of 2.10 and later may put domain and account in front.
    const stream = levels.length > 10 ? 4 : 2;
    return ["$JS", "ACK", ...levels.slice(stream, stream + 1)];
  }
  // With a domain it is $JS.<domain>.API.
  const api = levels.indexOf("API");
  if (api !== 1 && api !== 2) return levels.slice(0, 2);
  const words = GROUPS.has(levels[api + 2]) ? 3 : 2;
  return levels.slice(0, api + 1 + words);
}

function firstLevels(subject: string): string[] {
  const levels: string[] = [];
  let start = 0;
  while (levels.length < LEVELS) {
    const dot = subject.indexOf(".", start);
    levels.push(subject.slice(start, dot === -1 ? undefined : dot));
    if (dot === -1) return levels;
    start = dot + 1;
  }
  levels.push(">");
  return levels;
}

function normalizeLevel(level: string): string {
  if (level.length > LONGEST) return "{id}";
  return PLAIN.test(level) ? level : level.replace(PARTS, normalizePart);
}

function normalizePart(part: string): string {
  if (part.includes("-")) return "{uuid}";
  if (/^\d+$/.test(part)) return "{id}";
  const hasDigit = /\d/.test(part);
  const isDisordered = changes(part) >= 4;
  if (part.length === NUID && (hasDigit || isDisordered)) return "{nuid}";
  const isHex = hasDigit && /^[0-9a-f]+$/i.test(part);
  if (part.length >= SHORTEST_ID && (isHex || isDisordered)) return "{id}";
  return part.replace(/\d{4,}/g, "{id}");
}

/** How often digits, capitals and small letters follow each other in an order that words do not have. */
function changes(part: string): number {
  let count = 0;
  for (let i = 1; i < part.length; i++) {
    const before = kindOf(part.charCodeAt(i - 1));
    const kind = kindOf(part.charCodeAt(i));
    const beginsWord = before === "capital" && kind === "small";
    if (kind !== before && !beginsWord) count++;
  }
  return count;
}

function kindOf(code: number): "digit" | "capital" | "small" {
  if (code < 58) return "digit";
  return code < 91 ? "capital" : "small";
}
