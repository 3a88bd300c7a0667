import type { Random } from "../core/backoff.js";
import { rememberLast } from "../core/remember-last.js";
import { DEFAULT_DIAL, type DialOptions } from "../io/dial.js";
import { describeServer } from "./facts.js";
import type { ConnectionOptions } from "./options.js";

/** How the sockets of a connection are made. */
export function toDial(options: ConnectionOptions, random: Random): DialOptions {
  const { dialer, localAddress, localPort, keepAlive = true } = options;
  const shuffle = options.noRandomize === true ? undefined : random;
  const { resolve = DEFAULT_DIAL.resolve, noDelay = DEFAULT_DIAL.noDelay } = options;
  const probes = keepAlive === true ? DEFAULT_DIAL.keepAlive : keepAlive === false ? undefined : keepAlive;
  const settings = toSettings(resolve, shuffle, localAddress, localPort, probes, noDelay);
  return dialer === undefined
    ? settings
    : { ...settings, dialer: (server) => dialer(describeServer(server)) };
}

const toSettings = rememberLast(
  (
    resolve: boolean,
    shuffle: Random | undefined,
    localAddress: string | undefined,
    localPort: number | undefined,
    keepAlive: number | undefined,
    noDelay: boolean,
  ): DialOptions => {
    const { patience } = DEFAULT_DIAL;
    return { resolve, shuffle, dialer: undefined, localAddress, localPort, keepAlive, noDelay, patience };
  },
);
