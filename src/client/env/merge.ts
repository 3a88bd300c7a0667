import { describeCause } from "../../errors.js";
import { optionError } from "../option-error.js";
import type { ConnectionOptions } from "../options.js";
import type { TlsOptions } from "../tls-options.js";

/** Options that stand for each other: what the environment says of one replaces what the defaults say of all. */
const TOGETHER: readonly (readonly (keyof ConnectionOptions)[])[] = [
  ["token", "user", "pass", "authenticator"],
  ["servers", "port"],
];

/** Two ways to wait: the one that the environment chooses replaces the other. */
const FIXED_WAIT = ["reconnectTimeWait", "reconnectJitter", "reconnectJitterTLS"] as const;

/** Options with options in them, which are merged one by one. */
const NESTED = ["backoff", "failback", "pendingLimit", "websocket"] as const;

/** What a file in the environment replaces, in `tls`. */
const REPLACED: Readonly<Partial<Record<keyof TlsOptions, keyof TlsOptions>>> = {
  caFile: "ca",
  certFile: "cert",
  keyFile: "key",
};

/**
 * A copy of the options of the program.
 *
 * @throws CodedError `INVALID_OPTION` when they are no object, or cannot be read
 */
export function copyOf(defaults: unknown): ConnectionOptions {
  if (defaults === undefined) return {};
  try {
    if (typeof defaults === "object" && defaults !== null && !Array.isArray(defaults)) {
      const copy: Record<string, unknown> = {};
      for (const name in defaults) copy[name] = (defaults as Record<string, unknown>)[name];
      return copy;
    }
  } catch (cause) {
    throw optionError("", `cannot be read: ${describeCause(cause)}`);
  }
  throw optionError("", "must be an object");
}

/** What the environment says, over what the program does. */
export function merge(defaults: ConnectionOptions, said: ConnectionOptions): ConnectionOptions {
  const base = { ...defaults };
  for (const group of TOGETHER) {
    if (group.some((name) => said[name] !== undefined)) for (const name of group) delete base[name];
  }
  if (FIXED_WAIT.some((name) => said[name] !== undefined)) delete base.backoff;
  if (said.backoff !== undefined) for (const name of FIXED_WAIT) delete base[name];
  const merged: Record<string, unknown> = { ...base, ...said };
  for (const name of NESTED) {
    const [below, above] = [base[name], said[name]];
    if (isObject(below) && isObject(above)) merged[name] = { ...below, ...above };
  }
  if (isObject(base.tls) && isObject(said.tls)) merged.tls = mergeTls(base.tls, said.tls);
  for (const name of Object.keys(merged)) if (merged[name] === undefined) delete merged[name];
  return merged;
}

function mergeTls(defaults: TlsOptions, said: TlsOptions): TlsOptions {
  const base = { ...defaults };
  for (const name of Object.keys(said) as (keyof TlsOptions)[]) {
    const other = REPLACED[name];
    if (other !== undefined) delete base[other];
  }
  return { ...base, ...said };
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
