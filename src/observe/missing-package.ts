import { brand } from "../errors.js";

/** The error of a call that needs an optional package which is not installed: code `PACKAGE_MISSING`, and `text` says what to install. */
export function missingPackage(text: string, cause: unknown): Error {
  return brand(Object.assign(new Error(text, { cause }), { code: "PACKAGE_MISSING", retryable: false }));
}
