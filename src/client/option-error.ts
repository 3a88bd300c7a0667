import { CodedError } from "../errors.js";

/** An error that names the option; `""` stands for all of them. */
export function optionError(option: string, why: string, cause?: unknown): CodedError {
  const subject = option === "" ? "the options" : `option "${option}"`;
  return new CodedError("INVALID_OPTION", `${subject} ${why}`, { option, cause });
}
