import { type Address, parseAddress } from "../../core/address.js";
import { CodedError } from "../../errors.js";
import { type Check, callable, flag, integer, number, readOptions } from "../option-checks.js";
import { optionError } from "../option-error.js";
import { type Settings, toSettings } from "../settings.js";
import type { ProbeOptions } from "./options.js";

/** ms that a step may take if nothing else is said. */
const TIMEOUT = 2000;
/** ms that a probe may take if nothing else is said. */
const DEADLINE = 10_000;
/** PINGs if nothing else is said. */
const PINGS = 10;
/** The largest `max_payload` that a server can have. */
const MAX_PAYLOAD = 64 * 1024 * 1024;

/** What a probe is told, checked and completed. */
export interface ProbeSettings {
  readonly address: Address;
  /** Whose name the certificate has where `address` is a number; `""`: the address itself. */
  readonly tlsName: string;
  /** What a connection with these options would have: credentials, TLS, websocket, CONNECT. */
  readonly connection: Settings;
  readonly timeout: number;
  readonly deadline: number;
  readonly pings: number;
  readonly payload: number | undefined;
  readonly publish: boolean;
  /** It must answer. */
  readonly jetstreamNeeded: boolean;
  /** The subject that is asked; undefined: none. */
  readonly jetstream: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onStep: ProbeOptions["onStep"];
}

/** What `connect()` has as well: checked there. */
const anything: Check = () => undefined;

const CHECKS: Record<keyof ProbeOptions, Check> = {
  user: anything,
  pass: anything,
  token: anything,
  authenticator: anything,
  tls: anything,
  websocket: anything,
  name: anything,
  inboxPrefix: anything,
  tlsName: (value) =>
    typeof value === "string" && value.length > 0 && value.length <= 253 && !/[\s\p{Cc}]/u.test(value)
      ? undefined
      : "must be a host name",
  timeout: number(1, 60_000, "milliseconds"),
  deadline: number(1, 600_000, "milliseconds"),
  pings: integer(0, 100),
  payload: integer(0, MAX_PAYLOAD),
  publish: flag,
  jetstream: (value) =>
    typeof value === "boolean" || (typeof value === "object" && value !== null && !Array.isArray(value))
      ? undefined
      : "must be true, false or an object",
  signal: (value) => (value instanceof AbortSignal ? undefined : "must be an AbortSignal"),
  onStep: callable,
};

/** A token of a subject. */
const DOMAIN = /^[^\s\p{Cc}.*>]{1,255}$/u;

const JETSTREAM_CHECKS: Record<string, Check> = {
  domain: (value) =>
    typeof value === "string" && DOMAIN.test(value) ? undefined : "must be one token of a subject",
};

/**
 * Checks what a probe is told.
 *
 * @throws CodedError `INVALID_ARGUMENT` for the URL, `INVALID_OPTION` with the name of the option
 */
export function toProbeSettings(url: unknown, given: unknown): ProbeSettings {
  const address = toAddress(url);
  const known = (name: string) =>
    name === "servers" ? "is unknown: the server is the first argument" : undefined;
  const options: ProbeOptions = readOptions(given, { checks: CHECKS, refuse: optionError, known });
  const { user, pass, token, authenticator, tls, websocket, inboxPrefix, name = "holdfast-probe" } = options;
  const { jetstream = true, payload, publish = false } = options;
  if (publish && payload === undefined) throw optionError("publish", 'needs option "payload"');
  const servers = `${address.scheme}://${address.listen}`;
  const same = { user, pass, token, authenticator, tls, websocket, inboxPrefix, name };
  const nobody = { lastError: () => undefined, info: () => undefined, report: () => {} };
  const connection = toSettings({ ...same, servers, ignoreClusterUpdates: true }, Math.random, nobody);
  return {
    address,
    tlsName: options.tlsName ?? "",
    connection,
    timeout: options.timeout ?? TIMEOUT,
    deadline: options.deadline ?? DEADLINE,
    pings: options.pings ?? PINGS,
    payload,
    publish,
    jetstreamNeeded: options.jetstream !== undefined && jetstream !== false,
    jetstream: toSubject(jetstream),
    signal: options.signal,
    onStep: options.onStep,
  };
}

function toAddress(url: unknown): Address {
  if (typeof url !== "string" || url.trim() === "")
    throw new CodedError("INVALID_ARGUMENT", "url must be the URL of a server");
  try {
    return parseAddress(url);
  } catch (error) {
    const { message } = error as CodedError;
    throw new CodedError("INVALID_ARGUMENT", message.replace(/^option "servers"/, "url"));
  }
}

function toSubject(jetstream: boolean | { domain?: string }): string | undefined {
  if (jetstream === false) return undefined;
  if (jetstream === true) return "$JS.API.INFO";
  const rules = { checks: JETSTREAM_CHECKS, refuse: optionError, prefix: "jetstream." };
  const { domain }: { domain?: string } = readOptions(jetstream, rules);
  return domain === undefined ? "$JS.API.INFO" : `$JS.${domain}.API.INFO`;
}
