import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { NatsServerError } from "./error.js";

/** Enough for the script to download a server with a slow connection. */
const FETCH_TIMEOUT_MS = 300_000;

const REMEDY =
  "install nats-server 2.10 or newer (https://docs.nats.io/running-a-nats-service/introduction/installation) so that it is in PATH, " +
  "or set NATS_SERVER to the path of one";

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

/** The error for a program that could not be started; it says what to do. */
export function cannotRun(binary: string, error: NodeJS.ErrnoException): NatsServerError {
  const why = error.code === "ENOENT" ? "there is no such program" : error.message;
  const origin = binary === process.env.NATS_SERVER ? ", which NATS_SERVER names," : "";
  return new NatsServerError("CANNOT_RUN", `${binary}${origin} cannot be run: ${why}; ${REMEDY}`);
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

/** The script is looked for in this package alone: a user's project may have one of the same name. */
function scriptOfCheckout(): string | undefined {
  // This file may run from `src`, from `dist`, or from where the tools are compiled to.
  let dir = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(dir, "package.json")) && dir !== dirname(dir)) dir = dirname(dir);
  const script = join(dir, "scripts", "nats-server.mjs");
  return existsSync(script) ? script : undefined;
}
