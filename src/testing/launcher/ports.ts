import { readFileSync } from "node:fs";
import { createServer } from "node:net";

const LOWEST = 10_240;
const given = new Set<number>();

/**
 * A port on which nobody listens at this moment, and that this process was not given before (until
 * {@link releasePort}). Never one from the range that the system takes outgoing connections' ports from: while a server
 * is down, its port could be taken by one, even by a client that dials this very port and so connects to itself.
 */
export async function freePort(host: string): Promise<number> {
  const highest = lowestEphemeral() - 1;
  for (let attempt = 0; attempt < 1_000; attempt++) {
    const port = LOWEST + Math.floor(Math.random() * (highest - LOWEST + 1));
    if (given.has(port)) continue;
    given.add(port); // before the first await, so that nobody else here is given the same
    if (await isFree(host, port)) return port;
    given.delete(port);
  }
  throw new Error(`no free port between ${LOWEST} and ${highest} on ${host}`);
}

/** Lets {@link freePort} give the port out again. */
export function releasePort(port: number | undefined): void {
  if (port !== undefined) given.delete(port);
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
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
