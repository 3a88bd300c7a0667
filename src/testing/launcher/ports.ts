import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { NatsServerError } from "./error.js";

const LOWEST = 10_240;
const given = new Set<number>();

/**
 * A port on which nobody listens at this moment, and that this process was not given before (until
 * {@link releasePort}). Never one from the range that the system takes outgoing connections' ports from: while a server
 * is down, its port could be taken by one, even by a client that dials this very port and so connects to itself.
 *
 * Rejects with a NatsServerError: `INVALID_OPTION` when nobody can listen on the host, `PORT_IN_USE` when no port was found.
 */
export async function freePort(host: string): Promise<number> {
  const highest = lowestEphemeral() - 1;
  for (let attempt = 0; attempt < 1_000; attempt++) {
    const port = LOWEST + Math.floor(Math.random() * (highest - LOWEST + 1));
    if (given.has(port)) continue;
    given.add(port); // before the first await, so that nobody else here is given the same
    let free = false;
    try {
      free = await isFree(host, port);
    } finally {
      if (!free) given.delete(port);
    }
    if (free) return port;
  }
  throw new NatsServerError("PORT_IN_USE", `no free port between ${LOWEST} and ${highest} on ${host}`);
}

/** Lets {@link freePort} give the port out again. */
export function releasePort(port: number | undefined): void {
  if (port !== undefined) given.delete(port);
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", ({ code, message }: NodeJS.ErrnoException) => {
      if (code === "EADDRINUSE" || code === "EACCES") return resolve(false);
      const text = `option "host": nobody can listen on ${host} (${message})`;
      reject(new NatsServerError("INVALID_OPTION", text, "", "host"));
    });
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

/** Where the range of ports for outgoing connections begins: 32768 on Linux unless set otherwise. */
function lowestEphemeral(): number {
  try {
    const lowest = Number.parseInt(readFileSync("/proc/sys/net/ipv4/ip_local_port_range", "utf8"), 10);
    if (lowest >= LOWEST + 1_000) return lowest;
  } catch {
    // Not Linux; the ranges of the other systems begin at 49152.
  }
  return 32_768;
}
