import { invalidOption } from "../../checks/invalid.js";
import type { Connection } from "../../index.js";
import { differingFields, shown } from "./config-difference.js";
import { accessOf, checkWanted, type EnsureOptions, isRefusal, notTaken, refused } from "./ensure-stream.js";
import {
  ApiCode,
  apiCode,
  type ConsumerConfig,
  type ConsumerInfo,
  consumerFailed,
  fieldOf,
  type JetStreamManager,
  loadManager,
  nameProblem,
} from "./jetstream.js";

/** A durable consumer as it is wanted: its name (`durable_name`), and whatever else matters. */
export type WantedConsumer = Partial<ConsumerConfig> & { durable_name: string };

/** What a consumer is made with where nothing else is wanted; never a reason to change one that is there. */
const DEFAULTS: Partial<ConsumerConfig> = {
  ack_policy: "explicit",
  ack_wait: 30_000_000_000,
  deliver_policy: "all",
  replay_policy: "instant",
  // Who gives up messages is `consume()`, after it has put them away.
  max_deliver: -1,
};

/** What no server changes. */
const FIXED = new Set([
  "ack_policy",
  "replay_policy",
  "deliver_group",
  "flow_control",
  "idle_heartbeat",
  "max_waiting",
]);
/** What counts only when the consumer is made. */
const CREATED: ReadonlySet<string> = new Set([
  "deliver_policy",
  "durable_name",
  "name",
  "opt_start_seq",
  "opt_start_time",
  "pause_until",
]);

/**
 * Makes a durable consumer, or changes what differs from what is wanted. It never deletes anything. Where nothing else is said a
 * new consumer begins with the first message, wants explicit acknowledgements within 30 s, and delivers without limit; of a
 * consumer that is there, only what `config` names is compared, and where it began not at all.
 *
 * Rejects as `ensureStream` does; `CONSUMER_FAILED` also when there is no such stream.
 */
export async function ensureConsumer(
  nc: Connection,
  stream: string,
  config: WantedConsumer,
  options: EnsureOptions = {},
): Promise<ConsumerInfo> {
  checkWanted(config, "");
  const wrong = nameProblem(stream);
  if (wrong !== undefined) throw invalidOption("stream", wrong);
  const wrongName = nameProblem(config.durable_name);
  if (wrongName !== undefined) throw invalidOption("durable_name", wrongName);
  const jsm = await loadManager(nc, accessOf(nc, options, "ensureConsumer"), "ensureConsumer");
  return (await makeConsumer(jsm, stream, config, "")).info;
}

/**
 * As {@link ensureConsumer}, with a manager that is there; says whether it was made just now.
 *
 * @param prefix of the fields, in errors: the option that they are part of and a dot
 * @param start where a new one begins, instead of where it is said
 */
export async function makeConsumer(
  jsm: JetStreamManager,
  stream: string,
  config: WantedConsumer,
  prefix: string,
  start: Partial<ConsumerConfig> = {},
): Promise<{ info: ConsumerInfo; made: boolean }> {
  const name = config.durable_name;
  const info = await findConsumer(jsm, stream, name);
  if (info !== undefined) return { info: await adapt(jsm, stream, config, info, prefix), made: false };
  try {
    const made = await jsm.consumers.add(stream, { ...DEFAULTS, ...config, ...start });
    return { info: taken(config, made, prefix), made: true };
  } catch (cause) {
    const code = apiCode(cause);
    // Somebody was faster, and has begun elsewhere.
    if (code === ApiCode.ConsumerExists || code === ApiCode.ConsumerNameInUse) {
      const there = await findConsumer(jsm, stream, name);
      if (there !== undefined) return { info: await adapt(jsm, stream, config, there, prefix), made: false };
    }
    throw (cause as { code?: unknown }).code === "INVALID_OPTION"
      ? cause
      : refused(`consumer "${name}" of stream "${stream}" cannot be made`, prefix, cause);
  }
}

/**
 * Information on a consumer; undefined when there is none.
 *
 * @throws what the API says, also when there is no such stream
 */
export async function findConsumer(
  jsm: JetStreamManager,
  stream: string,
  name: string,
): Promise<ConsumerInfo | undefined> {
  try {
    return await jsm.consumers.info(stream, name);
  } catch (cause) {
    if (apiCode(cause) === ApiCode.ConsumerNotFound) return undefined;
    throw consumerFailed(`JetStream does not tell of consumer "${name}" of stream "${stream}"`, cause);
  }
}

async function adapt(
  jsm: JetStreamManager,
  stream: string,
  config: WantedConsumer,
  info: ConsumerInfo,
  prefix: string,
): Promise<ConsumerInfo> {
  const fields = differingFields<Partial<ConsumerConfig>>(config, info.config, CREATED);
  if (fields.length === 0) return info;
  const fixed = fields.find((field) => FIXED.has(field));
  if (fixed !== undefined) throw unchangeable(config, info, prefix, fixed, "");
  const changes = Object.fromEntries(fields.map((field) => [field, config[field]]));
  try {
    return taken(config, await jsm.consumers.update(stream, config.durable_name, changes), prefix);
  } catch (cause) {
    if ((cause as { code?: unknown }).code === "INVALID_OPTION") throw cause;
    if (fieldOf(cause) === undefined && fields.length === 1 && isRefusal(cause)) {
      throw unchangeable(config, info, prefix, fields[0], `: ${(cause as Error).message}`, cause);
    }
    const what = `consumer "${config.durable_name}" of stream "${stream}" cannot be changed (${fields.join(", ")})`;
    throw refused(what, prefix, cause);
  }
}

/** The server ignores fields that it does not know. */
function taken(config: WantedConsumer, info: ConsumerInfo, prefix: string): ConsumerInfo {
  const [field] = differingFields<Partial<ConsumerConfig>>(config, info.config, CREATED);
  if (field === undefined) return info;
  const what = `consumer "${config.durable_name}"`;
  throw invalidOption(prefix + field, notTaken(what, config[field], info.config[field]));
}

function unchangeable(
  config: WantedConsumer,
  info: ConsumerInfo,
  prefix: string,
  field: keyof ConsumerConfig,
  why: string,
  cause?: unknown,
): Error {
  const text = `cannot be changed: consumer "${config.durable_name}" has ${shown(info.config[field])}, wanted is ${shown(config[field])}${why}`;
  return invalidOption(prefix + field, text, cause);
}
