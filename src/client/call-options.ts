import { CodedError } from "../errors.js";
import { publicError } from "../interop/errors.js";
import type { Msg } from "../interop/nats-core.js";
import { record } from "./option-checks.js";

/**
 * The options of a call, which may have been left out.
 *
 * @throws CodedError `INVALID_ARGUMENT` when they are no object
 */
export function callOptions<T extends object>(options: T | undefined): Partial<T> {
  if (options === undefined) return {};
  const wrong = record(options);
  if (wrong === undefined) return options;
  throw new CodedError("INVALID_ARGUMENT", `the options of a call: ${wrong}`);
}

/** The message that a call was given. @throws the public error `INVALID_ARGUMENT` when it is none */
export function givenMessage(msg: Msg): Msg {
  if (record(msg) === undefined) return msg;
  throw publicError(new CodedError("INVALID_ARGUMENT", "a message must be given"));
}
