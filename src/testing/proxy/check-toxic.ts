import { nearestName } from "../../client/nearest-name.js";
import {
  type Check,
  integer,
  number,
  type OptionRules,
  readOptions,
  text,
} from "../../client/option-checks.js";
import { FaultProxyError } from "./error.js";
import { DIRECTIONS, type ToxicInfo, type ToxicStream, type ToxicType, VERBS } from "./toxics.js";

const DAY = 86_400_000;
const MAX_BYTES = 2 ** 40;
const MAX_LINE = 1024 * 1024;
const ms = number(0, DAY, "milliseconds");
const wholeMs = integer(0, DAY);
const count: Check = (value) =>
  value === Number.POSITIVE_INFINITY || integer(1, MAX_BYTES)(value) === undefined
    ? undefined
    : `must be an integer from 1 to ${MAX_BYTES}, or Infinity`;

const oneOf = (values: readonly string[]): Check => {
  const list = values.map((value) => `"${value}"`).join(", ");
  return (value) => {
    if (values.includes(value as string)) return undefined;
    const near = typeof value === "string" ? nearestName(value, [...values]) : undefined;
    return near === undefined ? `must be one of ${list}` : `must be one of ${list}; did you mean "${near}"?`;
  };
};

const isDirection = oneOf(DIRECTIONS);

/** @throws FaultProxyError `INVALID_OPTION`; `undefined` is allowed */
export function checkDirection(direction: unknown): void {
  const wrong = direction === undefined ? undefined : isDirection(direction);
  if (wrong === undefined) return;
  throw new FaultProxyError("INVALID_OPTION", `the direction ${wrong}`, { option: "direction" });
}

const line: Check = (value) => {
  if (typeof value !== "string" || value === "") return "must be a string that is not empty";
  if (value.length > MAX_LINE) return `must not be longer than ${MAX_LINE} characters`;
  return /[\r\n]/.test(value) ? "must be one line, without its line end" : undefined;
};

const info: Check = (value) =>
  typeof value === "function" || (typeof value === "object" && value !== null && !Array.isArray(value))
    ? undefined
    : "must be an object of fields, or a function that returns the new INFO";

interface Kind {
  readonly checks: Readonly<Record<string, Check>>;
  /** Attributes that are not here must be given. */
  readonly defaults: Readonly<Record<string, unknown>>;
  readonly streams: readonly ToxicStream[];
}

const ANY: readonly ToxicStream[] = ["both", "upstream", "downstream"];

function kind(
  checks: Record<string, Check> = {},
  defaults: Record<string, unknown> = {},
  streams: readonly ToxicStream[] = ANY,
): Kind {
  return { checks, defaults, streams };
}

/** Every type of toxic; the first of its streams is the default. */
const KINDS: Readonly<Record<ToxicType, Kind>> = {
  latency: kind({ latency: ms, jitter: ms }, { jitter: 0 }),
  bandwidth: kind({ rate: number(1, MAX_BYTES, "bytes per second") }),
  slow_close: kind({ delay: ms }),
  timeout: kind({ timeout: wholeMs }, { timeout: 0 }),
  reset_peer: kind({ timeout: wholeMs }, { timeout: 0 }),
  slicer: kind(
    { averageSize: integer(1, MAX_BYTES), sizeVariation: integer(0, MAX_BYTES), delay: ms },
    { sizeVariation: 0, delay: 0 },
  ),
  limit_data: kind({ bytes: integer(0, MAX_BYTES) }),
  half_open: kind({}, {}, ["both"]),
  blackhole: kind(),
  freeze: kind(),
  corrupt: kind(
    { probability: number(0, 1, "parts"), every: integer(1, MAX_BYTES) },
    { probability: undefined, every: undefined },
  ),
  inject: kind(
    { line, at: oneOf(["next-frame-boundary"]), count },
    { at: "next-frame-boundary", count: Number.POSITIVE_INFINITY },
    ["downstream", "upstream", "both"],
  ),
  drop_line: kind({ verb: oneOf(VERBS), count }, { count: Number.POSITIVE_INFINITY }),
  delay_pong: kind({ delay: ms }),
  rewrite_info: kind({ info }, {}, ["downstream"]),
};
const TYPES = Object.keys(KINDS) as ToxicType[];

const name: Check = (value) => text(value) ?? (value === "" ? "must not be empty" : undefined);
const toxicity = number(0, 1, "parts");

/**
 * Checks what a toxic is made of; returns it complete, with its defaults.
 *
 * @throws FaultProxyError `INVALID_TOXIC` with the names of toxic and attribute, the nearest known name, and what is allowed
 */
export function checkToxic(given: unknown): ToxicInfo {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw new FaultProxyError("INVALID_TOXIC", 'a toxic must be an object with a "type"');
  }
  const type = typeOf(given);
  const { checks, defaults, streams } = KINDS[type];
  const all = { type: () => undefined, name, stream: oneOf(streams), toxicity, ...checks };
  const { type: _, ...rest } = read(type, type, given, all);
  const common = rest as { name?: string; stream?: ToxicStream; toxicity?: number };
  const { name: given_name, stream = streams[0], toxicity: share = 1, ...attributes } = common;
  for (const needed of Object.keys(checks)) {
    if (!(needed in defaults) && !(needed in attributes)) throw refusal(type, needed, "is missing");
  }
  const complete = { ...defaults, ...attributes };
  checkTogether(type, type, complete);
  return {
    name: given_name ?? `${type}_${stream}`,
    type,
    stream,
    toxicity: share,
    attributes: complete as never,
  };
}

/**
 * Checks what is changed of a toxic; returns it as it is then.
 *
 * @throws FaultProxyError `INVALID_TOXIC`
 */
export function checkUpdate(toxic: ToxicInfo, change: unknown): ToxicInfo {
  const { checks } = KINDS[toxic.type];
  const fixed = (option: string) =>
    option === "type" || option === "name" || option === "stream"
      ? "stays as it is; remove the toxic and add another one"
      : undefined;
  const { toxicity: share = toxic.toxicity, ...attributes } = read(
    toxic.name,
    toxic.type,
    change,
    { toxicity, ...checks },
    fixed,
  ) as { toxicity?: number };
  // Of these two there is one: whoever gives the other means it instead.
  const kept = toxic.type === "corrupt" && Object.keys(attributes).length > 0 ? {} : toxic.attributes;
  const complete = { ...KINDS[toxic.type].defaults, ...kept, ...attributes };
  checkTogether(toxic.name, toxic.type, complete);
  return { ...toxic, toxicity: share, attributes: complete as never };
}

function typeOf(given: object): ToxicType {
  const { type } = given as { type?: unknown };
  if (TYPES.includes(type as ToxicType)) return type as ToxicType;
  const allowed = `known are ${TYPES.join(", ")}`;
  const refuse = (why: string) =>
    new FaultProxyError("INVALID_TOXIC", `${why}; ${allowed}`, {
      option: "type",
      toxic: typeof type === "string" ? type : undefined,
    });
  if (type === undefined) throw refuse('option "type" of a toxic is missing');
  if (typeof type !== "string") throw refuse('option "type" of a toxic must be a string');
  if (type === "down") throw refuse('"down" is no toxic but a state of the proxy: call down() and up()');
  const near = nearestName(type, TYPES);
  throw refuse(`toxic "${type}" is unknown${near === undefined ? "" : `; did you mean "${near}"?`}`);
}

function read(
  toxic: string,
  type: ToxicType,
  given: unknown,
  checks: OptionRules["checks"],
  fixed: (option: string) => string | undefined = () => undefined,
): Record<string, unknown> {
  const names = Object.keys(checks);
  const known = (option: string): string => {
    const near = nearestName(option, names);
    const hint = near === undefined ? "" : `; did you mean "${near}"?`;
    return fixed(option) ?? `is unknown to type "${type}"${hint}; it takes ${names.join(", ")}`;
  };
  return readOptions(given, { checks, known, refuse: (option, why) => refusal(toxic, option, why) });
}

function checkTogether(toxic: string, type: ToxicType, attributes: Record<string, unknown>): void {
  if (type === "corrupt") {
    const { probability, every } = attributes;
    if (probability !== undefined && every !== undefined) {
      throw refusal(toxic, "probability", 'and option "every" exclude each other');
    }
    if (probability === undefined && every === undefined) {
      throw refusal(toxic, "probability", 'or option "every" is needed');
    }
  }
  if (type === "slicer" && (attributes.sizeVariation as number) >= (attributes.averageSize as number)) {
    throw refusal(toxic, "sizeVariation", "must be less than averageSize");
  }
}

function refusal(toxic: string, option: string, why: string): FaultProxyError {
  const subject = option === "" ? "the attributes" : `option "${option}"`;
  return new FaultProxyError("INVALID_TOXIC", `${subject} of toxic "${toxic}" ${why}`, { toxic, option });
}
