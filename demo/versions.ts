import { createRequire } from "node:module";
import { VERSION } from "../src/index.js";

/** What ran; what servers is known only once one has answered. */
export interface Versions {
  readonly node: string;
  readonly holdfast: string;
  readonly natsjs: string;
  servers: string;
}

export function readVersions(): Versions {
  const natsjs = createRequire(import.meta.url)("@nats-io/transport-node/package.json") as {
    version: string;
  };
  return {
    node: process.versions.node,
    holdfast: VERSION,
    natsjs: natsjs.version,
    servers: "servers unknown",
  };
}
