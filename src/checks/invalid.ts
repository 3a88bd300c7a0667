import { brand } from "../errors.js";
import { type HoldfastError, InvalidArgumentError } from "../index.js";

/** An `INVALID_OPTION` error that names the option; `""` stands for all of them. */
export function invalidOption(option: string, why: string, cause?: unknown): HoldfastError {
  const subject = option === "" ? "the options" : `option "${option}"`;
  return coded("INVALID_OPTION", `${subject} ${why}`, cause, { option });
}

/** An `INVALID_ARGUMENT` error: what is wrong with an argument of a call. */
export function invalidArgument(why: string): HoldfastError {
  return coded("INVALID_ARGUMENT", why, undefined, {});
}

function coded(
  code: "INVALID_OPTION" | "INVALID_ARGUMENT",
  message: string,
  cause: unknown,
  facts: { option?: string },
): HoldfastError {
  const error = new InvalidArgumentError(message, cause === undefined ? undefined : { cause });
  return brand(Object.assign(error, { code, retryable: false, ...facts }));
}
