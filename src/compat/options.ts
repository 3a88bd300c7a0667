import { connectionOptionNames, type ConnectionOptions as HoldfastOptions } from "../index.js";

/** Options of `connect()`: those of `nats` 2, and all of Holdfast's. */
export type ConnectionOptions = HoldfastOptions;

/** `nats` 2 waits so long, ms; for programs that set a jitter alone. */
const TIME_WAIT = 2_000;

/** Options without a meaning here: of `nats` 1, and those that NestJS hands through to `connect()`. */
const WITHOUT_MEANING = new Set([
  "deserializer",
  "encoding",
  "gracePeriod",
  "gracefulShutdown",
  "headers",
  "preserveBuffers",
  "queue",
  "serializer",
  "useOldRequestStyle",
  "yieldTime",
]);

/** Names that were warned about. */
const warned = new Set<string>();

/**
 * The options as Holdfast takes them. `nats` 2 ignores names that it does not know, and null; here a name that is
 * not known is ignored with a warning of the process, once.
 */
export function toHoldfastOptions(given: ConnectionOptions = {}): HoldfastOptions {
  const known: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || (value === null && name !== "tls")) continue;
    if (connectionOptionNames.has(name)) known[name] = value;
    else if (!WITHOUT_MEANING.has(name)) warn(name);
  }
  return withoutContradictions(known);
}

/** What Holdfast refuses as contradictory and `nats` 2 bears. */
function withoutContradictions(options: HoldfastOptions): HoldfastOptions {
  if (Array.isArray(options.servers) && options.servers.length === 0) delete options.servers;
  if (options.reconnectDelayHandler !== undefined) {
    delete options.reconnectTimeWait;
    delete options.reconnectJitter;
    delete options.reconnectJitterTLS;
  } else if (options.reconnectJitter !== undefined || options.reconnectJitterTLS !== undefined) {
    options.reconnectTimeWait ??= TIME_WAIT;
  }
  if (options.pass !== undefined && options.user === undefined) delete options.pass;
  return options;
}

function warn(name: string): void {
  if (warned.has(name)) return;
  warned.add(name);
  process.emitWarning(`option "${name}" of the NATS connection is unknown, and ignored`, {
    code: "HOLDFAST_COMPAT_OPTION",
  });
}
