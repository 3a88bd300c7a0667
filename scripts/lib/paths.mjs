import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The root of this checkout. */
export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** Where the scripts keep what they built, and their stamps and locks. */
export const cache = join(root, ".cache");

/**
 * The folder for a fetched nats-server: in the checkout, or in `$HOLDFAST_CACHE_DIR`, so that several checkouts can
 * share one.
 *
 * @param {NodeJS.ProcessEnv} env
 */
export const serverCache = (env) => join(env.HOLDFAST_CACHE_DIR || cache, "nats-server");
