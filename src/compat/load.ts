import { createRequire } from "node:module";
import { NatsError } from "./nats-error.js";

/** The code of the error that a missing package makes. */
export const PACKAGE_MISSING = "PACKAGE_MISSING";

/** What is loaded when it is needed first, and need not be installed by those who do not need it. */
export interface OptionalPackages {
  "@nats-io/jetstream": typeof import("@nats-io/jetstream");
  "@nats-io/kv": typeof import("@nats-io/kv");
  "@nats-io/obj": typeof import("@nats-io/obj");
  "@nats-io/services": typeof import("@nats-io/services");
}

// `nats` 2 gives its JetStream client at once: an import() would be too late.
const require = createRequire(import.meta.url);

/**
 * The package, from where Holdfast is installed.
 *
 * @param call what the application called, for the error
 * @throws NatsError with code `PACKAGE_MISSING` that says what to install
 */
export function load<N extends keyof OptionalPackages>(name: N, call: string): OptionalPackages[N] {
  try {
    return require(name) as OptionalPackages[N];
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // It may be there and miss something of its own.
    if (code !== "MODULE_NOT_FOUND" || !message.includes(`'${name}'`)) throw error;
    throw new NatsError(
      `${call} needs the package ${name}: npm install ${name}`,
      PACKAGE_MISSING,
      error as Error,
    );
  }
}
