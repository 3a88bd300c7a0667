import { invalidArgument, invalidOption } from "../../checks/invalid.js";
import { anObject, type Check, numberOf, readOptions } from "../../checks/read-options.js";
import type { Connection } from "../../index.js";
import { LONGEST_WAIT } from "../work/retry-delays.js";
import { differingFields, shown } from "./config-difference.js";
import {
  ApiCode,
  apiCode,
  consumerFailed,
  fieldOf,
  type JetStreamAccess,
  type JetStreamManager,
  loadManager,
  nameProblem,
  type StreamConfig,
  type StreamInfo,
} from "./jetstream.js";

/** A stream as it is wanted: its `name`, and whatever else matters. */
export type WantedStream = Partial<StreamConfig> & { name: string };

/** What a call to JetStream's API needs. */
export interface EnsureOptions {
  /** JetStream domain. Default: the account's own. */
  domain?: string;
  /** ms that each call to JetStream's API may take. Default 5,000. */
  timeout?: number;
}

/** What a stream is made with where nothing else is wanted; never a reason to change one that is there. */
const DEFAULTS: Partial<StreamConfig> = {
  retention: "limits",
  storage: "file",
  discard: "old",
  max_msgs: 100_000,
  max_bytes: 100 * 1024 * 1024,
};

/** What no server changes. */
const FIXED = new Set([
  "storage",
  "max_consumers",
  "first_seq",
  "persist_mode",
  "allow_msg_counter",
  "mirror",
]);
/** What counts only when the stream is made. */
const CREATED: ReadonlySet<string> = new Set(["name", "first_seq"]);

/**
 * Makes a stream, or changes what differs from what is wanted. It never deletes anything. Where nothing else is said a new stream
 * has retention `limits`, file storage, and keeps at most 100,000 messages and 100 MiB; of a stream that is there, only what
 * `config` names is compared.
 *
 * Rejects with `INVALID_ARGUMENT` (no connection), `INVALID_OPTION` (the option is the field: of a wrong type, or wanted otherwise and not to be changed),
 * `CONSUMER_FAILED` (JetStream is not there or does not do it; `cause` has why) and `PACKAGE_MISSING` (`@nats-io/jetstream`).
 */
export async function ensureStream(
  nc: Connection,
  config: WantedStream,
  options: EnsureOptions = {},
): Promise<StreamInfo> {
  checkWanted(config, "");
  const wrong = nameProblem(config.name);
  if (wrong !== undefined) throw invalidOption("name", wrong);
  const access = accessOf(nc, options, "ensureStream");
  return makeStream(await loadManager(nc, access, "ensureStream"), config, "");
}

const ENSURE_CHECKS: Readonly<Record<keyof EnsureOptions, Check>> = {
  domain: nameProblem,
  timeout: numberOf("milliseconds", 1, LONGEST_WAIT),
};

/** How JetStream is reached for a call. @throws an error with code `INVALID_ARGUMENT`, `INVALID_OPTION` */
export function accessOf(nc: Connection, options: EnsureOptions, who: string): JetStreamAccess {
  if (typeof nc?.addComponent !== "function")
    throw invalidArgument(`${who}(): nc is no connection of holdfast`);
  const { domain, timeout = 5_000 } = readOptions<EnsureOptions>(options, ENSURE_CHECKS);
  return { domain, timeout };
}

/** @throws an error with code `INVALID_OPTION` */
export function checkWanted(config: unknown, option: string): void {
  const wrong = anObject(config);
  if (wrong !== undefined) throw invalidOption(option, wrong);
}

/**
 * As {@link ensureStream}, with a manager that is there.
 *
 * @param prefix of the fields, in errors: the option that they are part of and a dot
 * @param defaults what a new stream has, where nothing else is wanted
 */
export async function makeStream(
  jsm: JetStreamManager,
  config: WantedStream,
  prefix: string,
  defaults: Partial<StreamConfig> = DEFAULTS,
): Promise<StreamInfo> {
  const { name } = config;
  const info = await findStream(jsm, name);
  if (info !== undefined) return adapt(jsm, config, info, prefix);
  try {
    const made = await jsm.streams.add({ ...limitsOf(config, defaults), ...config });
    return taken(config, made, prefix);
  } catch (cause) {
    // Somebody was faster.
    if (apiCode(cause) === ApiCode.StreamNameInUse) {
      const there = await findStream(jsm, name);
      if (there !== undefined) return adapt(jsm, config, there, prefix);
    }
    throw isOurs(cause) ? cause : refused(`stream "${name}" cannot be made`, prefix, cause);
  }
}

/** A mirror takes its limits from nobody, but must not have subjects or first_seq: the defaults suit all kinds. */
function limitsOf(config: WantedStream, defaults: Partial<StreamConfig>): Partial<StreamConfig> {
  return Object.fromEntries(
    Object.entries(defaults).filter(([name]) => config[name as keyof StreamConfig] === undefined),
  );
}

/** Information on a stream; undefined when there is none. */
export async function findStream(jsm: JetStreamManager, name: string): Promise<StreamInfo | undefined> {
  try {
    return await jsm.streams.info(name);
  } catch (cause) {
    if (apiCode(cause) === ApiCode.StreamNotFound) return undefined;
    throw consumerFailed(`JetStream does not tell of stream "${name}"`, cause);
  }
}

async function adapt(
  jsm: JetStreamManager,
  config: WantedStream,
  info: StreamInfo,
  prefix: string,
): Promise<StreamInfo> {
  const fields = differingFields<Partial<StreamConfig>>(config, info.config, CREATED);
  if (fields.length === 0) return info;
  const fixed = fields.find((field) => FIXED.has(field));
  if (fixed !== undefined) throw unchangeable(config, info, prefix, fixed, "");
  const changes = Object.fromEntries(fields.map((field) => [field, config[field]]));
  try {
    return taken(config, await jsm.streams.update(config.name, changes), prefix);
  } catch (cause) {
    if (isOurs(cause)) throw cause;
    // Of what the server refuses to change, it says why.
    if (fieldOf(cause) === undefined && fields.length === 1 && isRefusal(cause)) {
      throw unchangeable(config, info, prefix, fields[0], `: ${(cause as Error).message}`, cause);
    }
    throw refused(`stream "${config.name}" cannot be changed (${fields.join(", ")})`, prefix, cause);
  }
}

/** The server ignores fields that it does not know. */
function taken(config: WantedStream, info: StreamInfo, prefix: string): StreamInfo {
  const [field] = differingFields<Partial<StreamConfig>>(config, info.config, CREATED);
  if (field === undefined) return info;
  throw invalidOption(prefix + field, notTaken(`stream "${config.name}"`, config[field], info.config[field]));
}

/** @internal */
export function notTaken(what: string, wanted: unknown, has: unknown): string {
  return `was not taken by the server: ${what} has ${shown(has)}, wanted was ${shown(wanted)}; is the name right, and the server new enough?`;
}

/** The error for what the server does not do: that of an option, when it names the field. */
export function refused(what: string, prefix: string, cause: unknown): Error {
  const field = fieldOf(cause);
  if (field === undefined) return consumerFailed(what, cause);
  return invalidOption(prefix + field, `is not what the server takes: ${(cause as Error).message}`, cause);
}

/** Whether the server has looked at a change and does not make it, whatever time it is. */
export function isRefusal(cause: unknown): boolean {
  if (apiCode(cause) === undefined) return false;
  const { status } = cause as { status?: number };
  return status === 400 || (status === 500 && /update|can not|cannot/i.test((cause as Error).message));
}

function isOurs(error: unknown): boolean {
  return (
    (error as { code?: unknown }).code === "INVALID_OPTION" ||
    (error as { code?: unknown }).code === "CONSUMER_FAILED"
  );
}

function unchangeable(
  config: WantedStream,
  info: StreamInfo,
  prefix: string,
  field: keyof StreamConfig,
  why: string,
  cause?: unknown,
): Error {
  const text = `cannot be changed: stream "${config.name}" has ${shown(info.config[field])}, wanted is ${shown(config[field])}${why}`;
  return invalidOption(prefix + field, text, cause);
}
