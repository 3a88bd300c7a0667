import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus, loadavg, platform } from "node:os";
import { VERSION } from "../src/index.js";

/** What ran and on what; figures mean nothing without it. */
export interface Environment {
  readonly date: string;
  readonly holdfast: string;
  readonly natsjs: string;
  readonly natsServer: string;
  /** Of the clients. */
  readonly node: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  /** Load average of the last minute, at the start: what others did meanwhile. */
  readonly load: number;
}

/**
 * @param natsServer the version that a server named
 * @param node that of the Node that the clients run on
 */
export function readEnvironment(natsServer: string, node = process.versions.node): Environment {
  const manifest = createRequire(import.meta.url).resolve("@nats-io/transport-node/package.json");
  return {
    date: new Date().toISOString(),
    holdfast: VERSION,
    natsjs: JSON.parse(readFileSync(manifest, "utf8")).version,
    natsServer,
    node,
    platform: `${platform()} ${process.arch}`,
    cpu: cpuModel(),
    cores: cpus().length,
    load: loadavg()[0],
  };
}

/** The processor of this machine. */
export function cpuModel(): string {
  return cpus()[0].model.trim();
}

export function describeEnvironment(environment: Environment): string {
  const { holdfast, natsjs, natsServer, node, cpu, cores, load } = environment;
  return [
    `Holdfast ${holdfast} · nats.js ${natsjs} · nats-server ${natsServer} · Node ${node}`,
    `${cores} × ${cpu} · load ${load.toFixed(2)}`,
  ].join("\n");
}
