import type { HoldfastError } from "../index.js";
import { codedError } from "./coded-error.js";

/** The error of a call that needs an optional package which is not installed: code `PACKAGE_MISSING`, and `text` says what to install. */
export function missingPackage(text: string, cause: unknown): HoldfastError {
  return codedError("PACKAGE_MISSING", text, { cause });
}
