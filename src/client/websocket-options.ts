import { validateHeaderName, validateHeaderValue } from "node:http";
import { CodedError, describeCause } from "../errors.js";
import type { WebSocketSettings } from "../io/websocket-upgrade.js";
import { dismissPromise } from "./handled.js";
import { type Check, flag, readOptions } from "./option-checks.js";
import { optionError } from "./option-error.js";

/** Headers of an HTTP request. */
export type WebSocketHeaders = Record<string, string>;

/** How servers with scheme `ws` and `wss` are asked for a websocket. */
export interface WebSocketOptions {
  /**
   * Headers of the request, such as a gateway wants to see; a function is called for each attempt, and what it throws ends the
   * attempt. Default: none besides those of the websocket itself.
   */
  headers?: WebSocketHeaders | (() => WebSocketHeaders);
  /** Offer to compress (`permessage-deflate`). Costs both sides time and memory. Default false. */
  compression?: boolean;
}

const PLAIN: WebSocketSettings = { headers: () => ({}), compression: false };

/** Headers that belong to the upgrade itself. */
const OWN = /^(?:connection|upgrade|host|content-length|transfer-encoding|sec-websocket-.*)$/i;

const CHECKS: Record<keyof WebSocketOptions, Check> = {
  headers: (value) => (typeof value === "function" ? undefined : wrongHeaders(value)),
  compression: flag,
};

function wrongHeaders(value: unknown): string | undefined {
  const entries = entriesOf(value);
  if (entries === undefined) return "must be an object of strings, or a function that returns one";
  for (const [name, text] of entries) {
    if (OWN.test(name)) return `must not have "${name}": it belongs to the websocket itself`;
    try {
      validateHeaderName(name);
    } catch {
      return `has a name that no header can have: ${JSON.stringify(name)}`;
    }
    try {
      validateHeaderValue(name, typeof text === "string" ? text : (undefined as unknown as string));
    } catch {
      return `must have a string as value of "${name}", without control characters`;
    }
  }
  return undefined;
}

/** What is in a plain object; a promise, a `Map` or `Headers` has its own where nobody would look. */
function entriesOf(value: unknown): [string, unknown][] | undefined {
  try {
    const prototype = Object.getPrototypeOf(value);
    return prototype === Object.prototype || prototype === null ? Object.entries(value as object) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Checks option `websocket`.
 *
 * @throws CodedError `INVALID_OPTION` with the name of the option; never with the value of a header
 */
export function toWebSocket(given: unknown): WebSocketSettings {
  if (given === undefined) return PLAIN;
  const rules = { checks: CHECKS, refuse: optionError, prefix: "websocket." };
  const { headers = {}, compression = false }: WebSocketOptions = readOptions(given, rules);
  if (typeof headers === "function") return { headers: () => called(headers), compression };
  const copy = { ...headers };
  return { headers: () => copy, compression };
}

function called(headers: () => WebSocketHeaders): WebSocketHeaders {
  let made: unknown;
  try {
    made = headers();
  } catch (cause) {
    throw failed(`has thrown: ${describeCause(cause)}`, cause);
  }
  dismissPromise(made);
  const wrong = wrongHeaders(made);
  if (wrong !== undefined) throw failed(`has returned what ${wrong}`);
  return made as WebSocketHeaders;
}

function failed(why: string, cause?: unknown): CodedError {
  const option = "websocket.headers";
  return new CodedError("CALLBACK_FAILED", `option "${option}" ${why}`, { option, cause });
}
