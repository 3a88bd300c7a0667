#!/usr/bin/env node
// Prints the path of a usable nats-server, fetching one into the checkout's cache if this machine has none.
import { unpackDebianPackage } from "./lib/debian-package.mjs";
import { probeVersion } from "./lib/probe.mjs";
import { findProgram, printPath } from "./lib/program.mjs";

/** The oldest that Holdfast is tested with. */
const OLDEST = "2.10.0";
/** Newest first. Debian 12's nats-server is older than what is needed. */
const PACKAGES = ["sid", "testing", "trixie"].map((suite) => ({ name: "nats-server", suite }));

/** @type {import("./lib/program.mjs").Program} */
export const natsServer = {
  name: "nats-server",
  needed: `nats-server ${OLDEST} or newer`,
  variable: "NATS_SERVER",
  commands: ["nats-server"],
  cached: "nats-server",
  probe: (file, env) =>
    probeVersion(file, {
      name: "nats-server",
      says: /nats-server:? v?(\d+\.\d+\.\d+)/i,
      oldest: OLDEST,
      env,
    }),
  fetch: (offer, options) =>
    unpackDebianPackage(PACKAGES, ["usr/sbin/nats-server", "usr/bin/nats-server"], offer, options),
  remedy: `  - https://docs.nats.io/running-a-nats-service/introduction/installation (binaries for every platform)
  - macOS: brew install nats-server; Windows: choco install nats-server or scoop install nats-server
  - with Go: go install github.com/nats-io/nats-server/v2@latest`,
};

/**
 * Finds a nats-server of version 2.10 or newer, as `findProgram` does.
 *
 * @param {Parameters<typeof findProgram>[1]} [options]
 */
export const findNatsServer = (options) => findProgram(natsServer, options);

await printPath(natsServer, import.meta.url);
