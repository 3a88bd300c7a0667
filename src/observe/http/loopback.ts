import { BlockList, isIP } from "node:net";

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/** The same host, as the one word for it. */
export const LOCALHOST = "localhost";

/** Whether only this machine can reach a server that listens there: `localhost`, 127.0.0.0/8, ::1. */
export function isLoopback(host: string): boolean {
  const family = isIP(host);
  if (family === 0) return host.toLowerCase() === LOCALHOST;
  return LOOPBACK.check(host, family === 6 ? "ipv6" : "ipv4");
}
