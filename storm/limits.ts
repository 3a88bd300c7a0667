import type { ServerLimits } from "./server.js";

/** Clients that the limits are made for. */
export const CLIENTS = 10_000;

/** Limits of a server of middling size. */
const LIMITS = { accepts: 10_000, backlog: 4096, handshakes: 500, readRate: 50e6 };

/** The limits for so many clients: with fewer of them the servers are weaker, so that the storm stays the same. */
export function limitsFor(clients: number, tls: boolean): ServerLimits {
  const part = clients / CLIENTS;
  return {
    accepts: LIMITS.accepts * part,
    backlog: Math.ceil(LIMITS.backlog * part),
    handshakes: tls ? LIMITS.handshakes * part : undefined,
    readRate: LIMITS.readRate * part,
  };
}
