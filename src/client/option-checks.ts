import { describeCause } from "../errors.js";
import { nearestName } from "./nearest-name.js";

/** Says what is wrong with a value ("must be a string"); undefined when nothing is. */
export type Check = (value: unknown) => string | undefined;

export const text: Check = (value) => (typeof value === "string" ? undefined : "must be a string");
export const flag: Check = (value) => (typeof value === "boolean" ? undefined : "must be true or false");
export const callable: Check = (value) => (typeof value === "function" ? undefined : "must be a function");
export const record: Check = (value) => (isRecord(value) ? undefined : "must be an object");

function isRecord(value: unknown): boolean {
  try {
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false; // a proxy that was revoked
  }
}

export function number(min: number, max: number, unit: string): Check {
  return (value) =>
    typeof value === "number" && value >= min && value <= max
      ? undefined
      : `must be a number of ${unit} from ${min} to ${max}`;
}

export function integer(min: number, max: number): Check {
  return (value) =>
    Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max
      ? undefined
      : `must be an integer from ${min} to ${max}`;
}

/** How options are checked. */
export interface OptionRules {
  /** The options that there are, each with its check. */
  readonly checks: Readonly<Record<string, Check>>;
  /** Makes the error that names the option; `""` stands for all of them together. */
  readonly refuse: (option: string, why: string) => Error;
  /** What stands before the name in an error, such as `backoff.`. Default: nothing. */
  readonly prefix?: string;
  /** Why an option without a check is refused, where there is more to say than that it is unknown. Default: nothing more. */
  readonly known?: (name: string) => string | undefined;
}

/**
 * Refuses what is no object, unknown names (with a suggestion for a misspelling), and wrong values. `undefined` counts as
 * absent. Reads each option once, inherited ones too, and returns a copy of what it has checked.
 *
 * @throws what `rules.refuse` makes
 */
export function readOptions(given: unknown, rules: OptionRules): Record<string, unknown> {
  const { checks, refuse, prefix = "" } = rules;
  const wrong = record(given);
  if (wrong !== undefined) throw refuse(prefix.slice(0, -1), wrong);
  const options = given as Record<string, unknown>;
  const checked: Record<string, unknown> = {};
  for (const name of namesOf(options, rules)) {
    if (!Object.hasOwn(checks, name)) {
      if (isAbsent(options, name)) continue;
      throw refuse(prefix + name, rules.known?.(name) ?? unknown(name, rules));
    }
    const { value, wrong } = look(options, name, checks[name]);
    if (wrong !== undefined) throw refuse(prefix + name, wrong);
    if (value !== undefined) checked[name] = value;
  }
  return checked;
}

/** Names of the options that are given, inherited ones too. */
function namesOf(given: object, { refuse, prefix = "" }: OptionRules): string[] {
  const names: string[] = [];
  try {
    for (const name in given) names.push(name);
  } catch (cause) {
    throw refuse(prefix.slice(0, -1), `cannot be read: ${describeCause(cause)}`);
  }
  return names;
}

function isAbsent(given: Record<string, unknown>, name: string): boolean {
  try {
    return given[name] === undefined;
  } catch {
    return false;
  }
}

/** Reads an option and checks it. What throws when it is looked at is wrong. */
function look(
  given: Record<string, unknown>,
  name: string,
  check: Check,
): { value: unknown; wrong: string | undefined } {
  try {
    const found = given[name];
    const value = Array.isArray(found) ? [...found] : found;
    return { value, wrong: value === undefined ? undefined : check(value) };
  } catch (cause) {
    return { value: undefined, wrong: `cannot be read: ${describeCause(cause)}` };
  }
}

function unknown(name: string, { checks, prefix = "" }: OptionRules): string {
  const near = nearestName(name, Object.keys(checks));
  return near === undefined ? "is unknown" : `is unknown; did you mean "${prefix}${near}"?`;
}
