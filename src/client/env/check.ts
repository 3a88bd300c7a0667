import { CodedError } from "../../errors.js";
import type { ConnectionOptions } from "../options.js";
import { toSettings } from "../settings.js";
import { refuse } from "./environment.js";

const CONTEXT = { lastError: () => undefined, info: () => undefined, report: () => {} };

/**
 * Checks options as `connect()` does, files too; an error names the variable where the option is from the environment.
 *
 * @param origins the variable of each option that is
 * @throws CodedError `INVALID_OPTION` with the name of the variable or of the option, and no secret
 */
export function checkAll(options: ConnectionOptions, origins: ReadonlyMap<string, string>): void {
  checkPair(options, origins);
  try {
    toSettings(options, Math.random, CONTEXT);
  } catch (error) {
    throw translated(error, origins);
  }
}

/** Certificate and key come by two variables: who has set one wants to hear of the other, and not of options. */
function checkPair({ tls }: ConnectionOptions, origins: ReadonlyMap<string, string>): void {
  if (typeof tls !== "object" || tls === null) return;
  const [cert, key] = [origins.get("tls.certFile"), origins.get("tls.keyFile")];
  if (cert !== undefined && tls.keyFile === undefined && tls.key === undefined)
    throw refuse(cert, "needs NATS_KEY");
  if (key !== undefined && tls.certFile === undefined && tls.cert === undefined)
    throw refuse(key, "needs NATS_CERT");
}

function translated(error: unknown, origins: ReadonlyMap<string, string>): unknown {
  if (!(error instanceof CodedError)) return error;
  const { message, detail } = error;
  const mine = originOf(detail.option, origins);
  const text = message.replace(
    /option "([^"]+)"/g,
    (words, option: string) => originOf(option, origins) ?? words,
  );
  if (mine !== undefined) {
    const rest = text.startsWith(mine) ? text.slice(mine.length).trim() : `is wrong: ${text}`;
    return refuse(mine, rest.startsWith(":") ? `is wrong${rest}` : rest, detail.cause);
  }
  // Of two that exclude each other the error names the program's; it is the environment that has brought the contradiction.
  return new CodedError(error.code, text, detail);
}

function originOf(option: string | undefined, origins: ReadonlyMap<string, string>): string | undefined {
  if (option === undefined) return undefined;
  // As a whole it is from several: `backoff` of `backoff.initial`.
  return origins.get(option) ?? [...origins].find(([path]) => path.startsWith(`${option}.`))?.[1];
}
