import { invalidOption } from "../../checks/invalid.js";
import { anObject, type Check, readOptions } from "../../checks/read-options.js";
import { describeCause } from "../../errors.js";
import { normalizeSubject } from "../../index.js";
import { FAMILIES } from "./families.js";
import { LONGEST_LABEL, labelText } from "./label-text.js";
import { isRegister, type PrometheusRegister } from "./register.js";

/** How subjects become a label. */
export interface SubjectLabelOptions {
  /**
   * The name of a subject. It is called once for each subject that was published to since the last scrape, when metrics are collected. What it cannot name (it
   * throws, or returns anything but a string of 1 to 256 characters) is counted as `other`. Default {@link normalizeSubject}.
   */
  normalize?: (subject: string) => string;
  /** Names at most, 1 to 10,000 for each connection; what comes later is counted as `other`. Default 100. */
  limit?: number;
}

/** Options of {@link registerMetrics}. */
export interface MetricsOptions {
  /** A `Registry` of prom-client 15. Default: the one that prom-client has itself, `register`. */
  register?: PrometheusRegister;
  /** What stands before all names, such as `shop_`: letters, digits and underscores. Default: nothing. */
  prefix?: string;
  /** Labels for all series of these connections, such as `{ service: "orders" }`. Default: none. */
  labels?: Readonly<Record<string, string>>;
  /** Whether `nats_messages_published_total` has the label `subject`, and how. Default false. */
  subjects?: boolean | SubjectLabelOptions;
}

/** Options with their defaults. */
export interface MetricsSettings {
  /** Undefined: that of prom-client. */
  readonly register: PrometheusRegister | undefined;
  readonly prefix: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The name of a subject, `other` for what has none; undefined when subjects are not to be shown. */
  readonly nameOf: ((subject: string) => string) | undefined;
  readonly limit: number;
}

/** The name of what has none of its own. */
const OTHER = "other";
const MOST_NAMES = 10_000;

/** Labels that metrics have themselves, or that mean something to Prometheus. */
const RESERVED: ReadonlySet<string> = new Set([
  "connection",
  "le",
  "quantile",
  ...FAMILIES.flatMap(({ labels }) => labels),
]);

const CHECKS: Record<keyof MetricsOptions, Check> = {
  register: (value) => (isRegister(value) ? undefined : "must be a Registry of prom-client"),
  prefix: (value) =>
    typeof value === "string" && /^(?:[a-zA-Z_][a-zA-Z0-9_]*)?$/.test(value)
      ? undefined
      : "must be a string of letters, digits and underscores that does not begin with a digit",
  labels: anObject,
  subjects: (value) =>
    typeof value === "boolean" || anObject(value) === undefined
      ? undefined
      : "must be true, false or an object { normalize, limit }",
};

const SUBJECT_CHECKS: Record<keyof SubjectLabelOptions, Check> = {
  normalize: (value) =>
    typeof value === "function" ? undefined : "must be a function from a subject to its name",
  limit: (value) =>
    Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MOST_NAMES
      ? undefined
      : `must be an integer from 1 to ${MOST_NAMES}`,
};

/**
 * Checks the options of {@link registerMetrics} and fills in the defaults.
 *
 * @throws an error with code `INVALID_OPTION` and the option's name
 */
export function toMetricsSettings(given: unknown): MetricsSettings {
  const { register, prefix = "", labels, subjects = false } = readOptions<MetricsOptions>(given, CHECKS);
  const wanted = typeof subjects === "boolean" ? undefined : subjects;
  const { normalize = normalizeSubject, limit = 100 } = readOptions<SubjectLabelOptions>(
    wanted,
    SUBJECT_CHECKS,
    "subjects",
  );
  return {
    register,
    prefix,
    labels: readLabels(labels ?? {}),
    nameOf: subjects === false ? undefined : (subject) => nameBy(normalize, subject),
    limit,
  };
}

function readLabels(given: object): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [name, value] of entriesOf(given)) {
    if (value === undefined) continue;
    const wrong = wrongWithName(name) ?? (typeof value === "string" ? undefined : "must be a string");
    if (wrong !== undefined) throw invalidOption(`labels.${name}`, wrong);
    labels[name] = (value as string).toWellFormed();
  }
  return labels;
}

function entriesOf(given: object): [string, unknown][] {
  try {
    return Object.entries(given);
  } catch (cause) {
    throw invalidOption("labels", `cannot be read: ${describeCause(cause)}`, cause);
  }
}

function wrongWithName(name: string): string | undefined {
  if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name))
    return "is no name of a label: letters, digits and underscores, not beginning with a digit";
  if (name.startsWith("__")) return "begins with two underscores, which Prometheus keeps for itself";
  return RESERVED.has(name) ? "is the name of a label that these metrics have themselves" : undefined;
}

/** Users' functions return anything; a promise of one that fails must not end the process. */
function nameBy(normalize: (subject: string) => string, subject: string): string {
  let name: unknown;
  try {
    name = normalize(subject);
  } catch {
    return OTHER;
  }
  if (name instanceof Promise) name.catch(() => {});
  return typeof name === "string" && name !== "" && name.length <= LONGEST_LABEL ? labelText(name) : OTHER;
}
