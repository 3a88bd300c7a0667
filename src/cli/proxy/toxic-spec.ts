import type { ToxicOptions } from "../../testing/fault-proxy.js";
import { parseAge } from "../outbox/age.js";
import { WrongUse } from "../outbox/ended.js";
import { parseSize } from "../values.js";

/** The attribute that may stand for itself: `latency=200` is `latency,latency=200`. */
const FIRST: Readonly<Record<string, string>> = {
  latency: "latency",
  bandwidth: "rate",
  slow_close: "delay",
  timeout: "timeout",
  reset_peer: "timeout",
  slicer: "averageSize",
  limit_data: "bytes",
  corrupt: "probability",
  inject: "line",
  drop_line: "verb",
  delay_pong: "delay",
};
/** Types without attributes of their own. */
const ALONE = new Set(["blackhole", "freeze", "half_open"]);
/** Attributes that are text. */
const TEXTS = new Set(["line", "verb", "name", "stream", "at"]);

/**
 * Reads a toxic as it stands on a command line: `latency=200,jitter=50,stream=upstream`. What it is made of is checked by the proxy. A comma
 * in a value has a backslash before it.
 *
 * @throws WrongUse
 */
export function parseToxic(text: string): ToxicOptions {
  const [head, ...rest] = text.split(/(?<!\\),/).map((part) => part.replaceAll("\\,", ","));
  const [type, value] = pair(head);
  if (type === "") throw new WrongUse(`toxic "${text}" has no type; such as latency=200,jitter=50`);
  if (type === "rewrite_info") {
    throw new WrongUse("toxic rewrite_info wants a function: it is for programs (holdfast/testing)");
  }
  const options: Record<string, unknown> = { type };
  if (value !== undefined) {
    const name = FIRST[type];
    if (name === undefined && ALONE.has(type))
      throw new WrongUse(`toxic "${type}" takes no value of its own: "${head}"`);
    // An unknown type is told by the proxy, with the nearest one.
    if (name !== undefined) options[name] = readValue(name, value);
  }
  for (const part of rest) {
    const [name, given] = pair(part);
    if (name === "" || given === undefined) {
      throw new WrongUse(`"${part}" in toxic "${text}" must be name=value, such as jitter=50`);
    }
    if (name === "type" || name in options) throw new WrongUse(`"${name}" in toxic "${text}" is there twice`);
    options[name] = readValue(name, given);
  }
  return options as unknown as ToxicOptions;
}

function pair(part: string): [string, string | undefined] {
  const at = part.indexOf("=");
  return at === -1 ? [part.trim(), undefined] : [part.slice(0, at).trim(), part.slice(at + 1).trim()];
}

/** A number where it is one, also `5s` and `64KiB`; else the text, which the proxy refuses by name. */
function readValue(name: string, text: string): unknown {
  if (TEXTS.has(name)) return text;
  if (/^-?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text)) return Number(text);
  if (text === "Infinity") return Number.POSITIVE_INFINITY;
  return parseAge(text) ?? parseSize(text) ?? text;
}
