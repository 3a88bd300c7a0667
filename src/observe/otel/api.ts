import { createRequire } from "node:module";
import { missingPackage } from "../../checks/missing-package.js";

/** What is used of OpenTelemetry: its API package, and nothing of an SDK. */
export type Api = typeof import("@opentelemetry/api");

const NAME = "@opentelemetry/api";

// An import would fail before anything could be said about it, and an import() would be too late for a call that answers at once.
const require = createRequire(import.meta.url);

/**
 * The API of OpenTelemetry, from where Holdfast is installed.
 *
 * @throws an error with code `PACKAGE_MISSING` that says what to install
 */
export function loadApi(name: string = NAME): Api {
  try {
    return require(name) as Api;
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    // It may be there and miss something of its own.
    if (code !== "MODULE_NOT_FOUND" || !message.includes(`'${name}'`)) throw cause;
    const text = `instrument() needs the package ${name}: npm install ${name}`;
    throw missingPackage(text, cause);
  }
}
