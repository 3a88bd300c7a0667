import { type Check, flag, integer, readOptions, text } from "../../client/option-checks.js";
import { type Address, parseAddress } from "../../core/address.js";
import { FaultProxyError } from "./error.js";

/** What a `FaultProxy` is started with. */
export interface FaultProxyOptions {
  /** Where the server is: `host:port`, or a `nats://` URL. Nobody has to listen there yet. */
  target: string;
  /** The address to listen on. Default `127.0.0.1`. */
  host?: string;
  /** The port to listen on. Default: a free one. */
  port?: number;
  /** An integer from 0: the same seed and traffic get the same choices. Default: drawn by chance, see `FaultProxy.seed`. */
  seed?: number;
  /**
   * Whether it follows the frames of the NATS protocol, from the first byte of each link. The NATS-aware toxics need that.
   * Bytes are passed on untouched in either case, also those of another protocol (TLS too). It costs about a tenth of a
   * microsecond per frame. Default true.
   */
  nats?: boolean;
}

const CHECKS: Record<keyof FaultProxyOptions, Check> = {
  target: text,
  host: (value) => text(value) ?? (value === "" ? "must not be empty" : undefined),
  port: integer(1, 65_535),
  seed: integer(0, Number.MAX_SAFE_INTEGER),
  nats: flag,
};

/**
 * Checks what a proxy is started with, and copies it.
 *
 * @throws FaultProxyError `INVALID_OPTION` with the name of the option, and a suggestion for a misspelling
 */
export function checkProxyOptions(given: unknown): FaultProxyOptions {
  const options = readOptions(given, { checks: CHECKS, refuse }) as unknown as FaultProxyOptions;
  if (options.target === undefined) throw refuse("target", "is missing");
  readTarget(options.target);
  return options;
}

/**
 * Where a proxy's server is.
 *
 * @throws FaultProxyError `INVALID_OPTION`
 */
export function readTarget(target: string): Address {
  try {
    return parseAddress(target);
  } catch (cause) {
    throw new FaultProxyError("INVALID_OPTION", `option "target" must be host:port or a nats:// URL`, {
      option: "target",
      cause,
    });
  }
}

function refuse(option: string, why: string): FaultProxyError {
  const subject = option === "" ? "the options" : `option "${option}"`;
  return new FaultProxyError("INVALID_OPTION", `${subject} ${why}`, { option });
}
