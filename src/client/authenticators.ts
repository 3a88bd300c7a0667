import { NONE } from "../core/none.js";
import { CodedError } from "../errors.js";
import type { NamedAuthenticator } from "../interop/auth.js";
import { tokenAuthenticator, usernamePasswordAuthenticator } from "../interop/nats-core.js";
import { checkCredsFile } from "./creds-file.js";
import type { ConnectionOptions } from "./options.js";

/**
 * Who is asked for credentials at every attempt: what the options say, then their authenticators, which win. Their files are
 * checked.
 *
 * @throws CodedError `INVALID_OPTION` with the name of the option and of the file
 */
export function toAuthenticators(options: ConnectionOptions): NamedAuthenticator[] {
  const list: NamedAuthenticator[] = [];
  const { token, user, pass, authenticator = [] } = options;
  if (token !== undefined) list.push({ option: "token", ask: tokenAuthenticator(token) });
  if (user !== undefined) list.push({ option: "user", ask: usernamePasswordAuthenticator(user, pass) });
  if (!Array.isArray(authenticator)) list.push({ option: "authenticator", ask: authenticator });
  else list.push(...authenticator.map((ask, index) => ({ option: `authenticator[${index}]`, ask })));
  for (const { option, ask } of list) checkFile(option, ask);
  return list.length === 0 ? NONE : list;
}

function checkFile(option: string, authenticator: object): void {
  try {
    checkCredsFile(authenticator);
  } catch (cause) {
    const { message, detail } = cause as CodedError;
    throw new CodedError("INVALID_OPTION", `option "${option}": ${message}`, { option, cause: detail.cause });
  }
}
