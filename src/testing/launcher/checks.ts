import { type Check, integer } from "../../client/option-checks.js";
import { NatsServerError } from "./error.js";

export const filled: Check = (value) =>
  typeof value === "string" && value !== "" ? undefined : "must be a string that is not empty";
/** nats-server refuses a name with white space, after it has started half-way. */
export const word: Check = (value) =>
  typeof value === "string" && /^\S+$/.test(value) ? undefined : "must be a name without white space";
export const isPort = integer(1, 65_535);
export const port: Check = (value) => {
  const wrong = isPort(value);
  return wrong && `${wrong}; leave it out for a free one`;
};
export const bytes = integer(1, 2 ** 31 - 1);

/** The error that names an option; `""` stands for all of them. */
export function refuse(option: string, why: string): NatsServerError {
  const subject = option === "" ? "the options" : `option "${option}"`;
  return new NatsServerError("INVALID_OPTION", `${subject} ${why}`, "", option);
}
