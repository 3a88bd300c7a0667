import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { NatsServerError } from "./error.js";

/** Enough for the script to download a server with a slow connection. */
const FETCH_TIMEOUT_MS = 300_000;

let found: Promise<string> | undefined;

/**
 * The nats-server to run: `$NATS_SERVER`; in a checkout of Holdfast, what its script finds (in `PATH`, in its cache, or
 * by fetching one); else `nats-server`, to be looked up in `PATH`.
 */
export function findBinary(): Promise<string> {
  if (process.env.NATS_SERVER) return Promise.resolve(process.env.NATS_SERVER);
  found ??= search().catch((error) => {
    found = undefined;
    throw error;
  });
  return found;
}

async function search(): Promise<string> {
  const script = scriptOfCheckout();
  if (!script) return "nats-server";
  try {
    const run = await promisify(execFile)(process.execPath, [script], { timeout: FETCH_TIMEOUT_MS });
    return run.stdout.trim();
  } catch (error) {
    throw new NatsServerError("CANNOT_RUN", String((error as { stderr?: string }).stderr || error).trim());
  }
}

/** This file may run from `src`, from `dist`, or from where the tools are compiled to. */
function scriptOfCheckout(): string | undefined {
  for (let dir = dirname(fileURLToPath(import.meta.url)); dir !== dirname(dir); dir = dirname(dir)) {
    const script = join(dir, "scripts", "nats-server.mjs");
    if (existsSync(script)) return script;
    if (existsSync(join(dir, "node_modules"))) return undefined; // the root, and it has no such script
  }
  return undefined;
}
