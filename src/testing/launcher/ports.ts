import { createSocket, type Socket } from "node:dgram";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { NatsServerError } from "./error.js";

/** The first one that is given out. */
export const LOWEST = 10_240;
/** The ports that are ours, with what other processes see of it; undefined while that is not there, or where it cannot be. */
const given = new Map<number, Socket | undefined>();

/**
 * A port on which nobody listens at this moment, and that neither this process nor another one that uses this was given
 * before (until {@link releasePort}, or the end of the process). Two test runners at once would otherwise meet: a server
 * that is down for a moment has nobody at its port, but clients that dial it again and again. Never one from the range that the system takes outgoing connections' ports from: while a server
 * is down, its port could be taken by one, even by a client that dials this very port and so connects to itself.
 *
 * Rejects with a NatsServerError: `INVALID_OPTION` when nobody can listen on the host, `PORT_IN_USE` when no port was found.
 */
export async function freePort(host: string): Promise<number> {
  const highest = highestPort();
  for (let attempt = 0; attempt < 1_000; attempt++) {
    const port = LOWEST + Math.floor(Math.random() * (highest - LOWEST + 1));
    if (given.has(port)) continue;
    given.set(port, undefined); // before the first await, so that nobody else here is given the same
    let free = false;
    try {
      free = (await isKept(port)) && (await isFree(host, port));
    } finally {
      if (!free) releasePort(port);
    }
    if (free) return port;
  }
  throw new NatsServerError("PORT_IN_USE", `no free port between ${LOWEST} and ${highest} on ${host}`);
}

/** Lets {@link freePort} give the port out again. */
export function releasePort(port: number | undefined): void {
  if (port === undefined) return;
  given.get(port)?.close();
  given.delete(port);
}

/**
 * Keeps the port for this process; false when another one has it. What keeps it is a UDP socket of the same number, which is
 * in no TCP server's way, and which the system closes with its process, however that ends.
 */
function isKept(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const keeper = createSocket("udp4");
    keeper.once("error", ({ code }: NodeJS.ErrnoException) => {
      keeper.close();
      // Where there is no UDP, or no IPv4, the port is known to this process alone.
      resolve(code !== "EADDRINUSE");
    });
    keeper.bind({ address: "127.0.0.1", port, exclusive: true }, () => {
      given.set(port, keeper.unref());
      resolve(true);
    });
  });
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

/** The last one below the range of ports for outgoing connections, which begins at 32768 on Linux unless set otherwise. */
export function highestPort(): number {
  try {
    const lowest = Number.parseInt(readFileSync("/proc/sys/net/ipv4/ip_local_port_range", "utf8"), 10);
    if (lowest >= LOWEST + 1_000) return lowest - 1;
  } catch {
    // Not Linux; the ranges of the other systems begin at 49152.
  }
  return 32_767;
}
