import { isIP } from "node:net";

/** Whether `value` is an IPv4 or IPv6 address. */
export function isAddress(value: unknown): boolean {
  return typeof value === "string" && isIP(value) !== 0;
}
