import type { ServerInfo } from "../../interop/nats-core.js";
import { harmless } from "./texts.js";

/** INFO as it is told: a copy, its texts harmless and not too long. */
export function toldInfo(info: object): ServerInfo {
  const told: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(info)) {
    if (typeof value === "string") told[name] = harmless(value);
    else if (Array.isArray(value)) told[name] = value.map((entry: string) => harmless(entry));
    else told[name] = value;
  }
  return told as unknown as ServerInfo;
}
