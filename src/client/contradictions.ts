import { optionError } from "./option-error.js";
import type { ConnectionOptions } from "./options.js";

/**
 * Refuses options that exclude each other, or that mean nothing without another.
 *
 * @throws CodedError `INVALID_OPTION` with the name of one of them
 */
export function checkContradictions(given: ConnectionOptions): void {
  const both = (a: keyof ConnectionOptions, b: keyof ConnectionOptions) => {
    if (given[a] !== undefined && given[b] !== undefined)
      throw optionError(a, `and option "${b}" exclude each other`);
  };
  both("servers", "port");
  both("backoff", "reconnectTimeWait");
  both("backoff", "reconnectJitter");
  both("backoff", "reconnectJitterTLS");
  both("token", "user");
  if (given.overflow === "outbox" && given.outbox === undefined)
    throw optionError("overflow", '"outbox" needs option "outbox"');
  if (given.overflow !== "outbox") both("overflow", "outbox");
  if (given.pass !== undefined && given.user === undefined) throw optionError("pass", 'needs option "user"');
  for (const name of ["resolve", "localAddress", "localPort", "keepAlive", "noDelay"] as const)
    both("dialer", name);
  if (given.beforeReplayTimeout !== undefined && given.beforeReplay === undefined) {
    throw optionError("beforeReplayTimeout", 'needs option "beforeReplay"');
  }
  if (typeof given.failback === "object" && given.preferredServers === undefined) {
    throw optionError("failback", 'needs option "preferredServers"');
  }
  if (given.reconnect === false && typeof given.failback === "object") {
    throw optionError("failback", 'and option "reconnect" false exclude each other');
  }
  if (given.reconnect === false && given.standby === true) {
    throw optionError("standby", 'true and option "reconnect" false exclude each other');
  }
  if (
    given.reconnect === false &&
    (given.waitOnFirstConnect === true || given.retryOnFailedConnect === true)
  ) {
    throw optionError("reconnect", "false excludes waiting for the first connect");
  }
}
