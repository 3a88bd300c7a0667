import { CodedError } from "../errors.js";

/**
 * Checks a timeout given to a call: a number of milliseconds, at least 1; Infinity is one.
 *
 * @throws CodedError `INVALID_ARGUMENT` with the name
 */
export function checkTimeout(name: string, value: unknown): number {
  if (typeof value === "number" && value >= 1) return value;
  const found = typeof value === "number" ? value : typeof value;
  throw new CodedError(
    "INVALID_ARGUMENT",
    `${name} must be a number of milliseconds of at least 1, not ${found}`,
  );
}
