import { createRequire } from "node:module";
import { VERSION } from "../src/index.js";

/** What ran; the server's version is known only once one has answered. */
export interface Versions {
  readonly node: string;
  readonly holdfast: string;
  readonly natsjs: string;
  natsServer: string;
}

export function readVersions(): Versions {
  const natsjs = createRequire(import.meta.url)("@nats-io/transport-node/package.json") as {
    version: string;
  };
  return {
    node: process.versions.node,
    holdfast: VERSION,
    natsjs: natsjs.version,
    natsServer: "unknown",
  };
}
