import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The root of this checkout. */
export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** Where the scripts keep what they built, and their stamps and locks. */
export const cache = join(root, ".cache");

/**
 * The folder for a fetched program: in the checkout, or in `$HOLDFAST_CACHE_DIR`, so that several checkouts can share
 * one.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {string} name the program
 */
export const programCache = (env, name) => join(env.HOLDFAST_CACHE_DIR || cache, name);
