import { NatsServerError } from "../launcher/error.js";

/** The part of `@peculiar/x509` that makes certificates. */
export type X509 = typeof import("@peculiar/x509");

/**
 * Loads `@peculiar/x509`, which only those who make certificates install, and the polyfill that it insists on.
 *
 * Rejects with a NatsServerError: `MISSING_PACKAGE` when one of the two is not installed.
 */
export async function loadX509(): Promise<X509> {
  try {
    if (!("getMetadata" in Reflect)) await import("reflect-metadata");
    return await import("@peculiar/x509");
  } catch (error) {
    throw missingPackage(error);
  }
}

/** The error for a package that is not installed; other errors stay as they are. */
export function missingPackage(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== "ERR_MODULE_NOT_FOUND" && code !== "MODULE_NOT_FOUND") return error;
  return new NatsServerError(
    "MISSING_PACKAGE",
    "certificates are made with the packages @peculiar/x509 (version 2) and reflect-metadata: " +
      "npm install --save-dev @peculiar/x509@2 reflect-metadata",
  );
}
