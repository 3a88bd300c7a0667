import type { Random } from "../core/backoff.js";
import { DEFAULT_DIAL, type DialOptions } from "../io/dial.js";
import { describeServer } from "./facts.js";
import type { ConnectionOptions } from "./options.js";

/** How the sockets of a connection are made. */
export function toDial(options: ConnectionOptions, random: Random): DialOptions {
  const { dialer, localAddress, localPort, keepAlive = true } = options;
  return {
    resolve: options.resolve ?? DEFAULT_DIAL.resolve,
    shuffle: options.noRandomize === true ? undefined : random,
    dialer: dialer === undefined ? undefined : (server) => dialer(describeServer(server)),
    localAddress,
    localPort,
    keepAlive: keepAlive === true ? DEFAULT_DIAL.keepAlive : keepAlive === false ? undefined : keepAlive,
    noDelay: options.noDelay ?? DEFAULT_DIAL.noDelay,
    patience: DEFAULT_DIAL.patience,
  };
}
