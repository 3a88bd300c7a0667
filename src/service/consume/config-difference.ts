/** What JetStream takes 0 for: "your own default", whatever that is. */
const DEFAULTED = new Set(["ack_wait", "duplicate_window", "max_ack_pending", "max_waiting", "num_replicas"]);

/**
 * The fields of `wanted` that a stream or consumer has otherwise. What is not wanted may be anything; what the server writes for
 * "none" (left out, 0, -1) is all the same; the order of subjects means nothing.
 *
 * @param created fields that count only when it is made
 */
export function differingFields<C extends object>(
  wanted: C,
  has: C,
  created: ReadonlySet<string>,
): (keyof C & string)[] {
  const names = Object.keys(wanted) as (keyof C & string)[];
  return names.filter((name) => {
    const value = wanted[name];
    if (value === undefined || created.has(name) || (DEFAULTED.has(name) && value === 0)) return false;
    return !alike(value, has[name]);
  });
}

/** Whether the server's value is what is wanted: it may add keys of its own to objects. */
function alike(wanted: unknown, has: unknown): boolean {
  if (isNone(wanted) && isNone(has)) return true;
  if (Array.isArray(wanted)) {
    if (!Array.isArray(has) || has.length !== wanted.length) return false;
    return wanted.every((one) => has.some((other) => alike(one, other)));
  }
  if (typeof wanted === "object" && wanted !== null) {
    if (typeof has !== "object" || has === null) return false;
    return Object.entries(wanted).every(([key, value]) =>
      alike(value, (has as Record<string, unknown>)[key]),
    );
  }
  return wanted === has;
}

function isNone(value: unknown): boolean {
  switch (typeof value) {
    case "undefined":
      return true;
    case "number":
      return value === 0 || value === -1;
    case "object":
      return value === null || Object.keys(value).length === 0;
    default:
      return value === false || value === "" || value === "none";
  }
}

/** A value of a configuration, for the text of an error. */
export function shown(value: unknown): string {
  const text = value === undefined ? "nothing" : (JSON.stringify(value) ?? String(value));
  return text.length > 80 ? `${text.slice(0, 80)}...` : text;
}
