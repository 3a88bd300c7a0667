import { closest, distance } from "fastest-levenshtein";
import { describeCause } from "../errors.js";
import { invalidOption } from "./invalid.js";

/** Says what is wrong with a value ("must be a string"); undefined when nothing is. */
export type Check = (value: unknown) => string | undefined;

/** Names that options have elsewhere, and what they are called here: `{ queueGroup: "queue" }`. */
export type OtherNames<T> = Readonly<Record<string, keyof T & string>>;

/** Further apart than this, two names are no misspelling of each other. */
const MISSPELT = 4;

/** One of these strings. */
export function oneOf(...values: readonly string[]): Check {
  const quoted = values.map((value) => `"${value}"`);
  const wrong = `must be ${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}`;
  return (value) => (values.includes(value as string) ? undefined : wrong);
}

/** A number from `min` to `max`; `of` says what is counted, such as "milliseconds". */
export function numberOf(of: string, min: number, max: number): Check {
  return (value) =>
    typeof value === "number" && value >= min && value <= max
      ? undefined
      : `must be a number of ${of} from ${min} to ${max}`;
}

/** An object that is no array. */
export const anObject: Check = (value) =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? undefined : "must be an object";

/**
 * Reads the options that `checks` knows. Refuses what is no object, unknown names (with a suggestion for a misspelling) and wrong
 * values. `undefined` counts as absent. Each option is read once, inherited ones too: what happens to the user's object
 * afterwards changes nothing.
 *
 * @param inside the option that these are part of, such as `readiness`; default: none
 * @param others what an unknown name stands for; it goes before what is spelt alike
 * @throws an error with code `INVALID_OPTION` and the option's name
 */
export function readOptions<T>(
  given: unknown,
  checks: Readonly<Record<keyof T & string, Check>>,
  inside = "",
  others: OtherNames<T> = {},
): T {
  if (given === undefined) return {} as T;
  const prefix = inside === "" ? "" : `${inside}.`;
  const read: Record<string, unknown> = {};
  for (const name of namesOf(given, inside)) {
    const value = readOne(given as object, name, prefix);
    if (value === undefined) continue;
    const check = Object.hasOwn(checks, name) ? checks[name as keyof T & string] : undefined;
    const wrong = check === undefined ? unknown(name, checks, prefix, others) : judge(check, value);
    if (wrong !== undefined) throw invalidOption(prefix + name, wrong);
    read[name] = value;
  }
  return read as T;
}

/** A value that throws when it is looked at is wrong, whatever it is. */
function judge(check: Check, value: unknown): string | undefined {
  try {
    return check(value);
  } catch (cause) {
    return `cannot be read: ${describeCause(cause)}`;
  }
}

function namesOf(given: unknown, inside: string): string[] {
  const wrong = judge(anObject, given);
  if (wrong !== undefined) throw invalidOption(inside, wrong);
  const names: string[] = [];
  try {
    for (const name in given as object) names.push(name);
  } catch (cause) {
    throw invalidOption(inside, `cannot be read: ${describeCause(cause)}`);
  }
  return names;
}

function readOne(given: object, name: string, prefix: string): unknown {
  try {
    return (given as Record<string, unknown>)[name];
  } catch (cause) {
    throw invalidOption(prefix + name, `cannot be read: ${describeCause(cause)}`);
  }
}

function unknown(
  name: string,
  checks: object,
  prefix: string,
  others: Readonly<Record<string, string>>,
): string {
  const meant = Object.hasOwn(others, name) ? others[name] : closestName(name, Object.keys(checks));
  return meant === undefined ? "is unknown" : `is unknown; did you mean "${prefix}${meant}"?`;
}

function closestName(name: string, known: readonly string[]): string | undefined {
  const lower = name.toLowerCase();
  const near = closest(
    lower,
    known.map((other) => other.toLowerCase()),
  );
  if (distance(lower, near) > Math.min(MISSPELT, name.length / 2)) return undefined;
  return known.find((other) => other.toLowerCase() === near);
}
