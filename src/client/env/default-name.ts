import { hostname } from "node:os";
import { basename } from "node:path";
import type { Environment } from "./environment.js";

/** What a server's monitoring shows of us when nobody has said a name: the service and the host, `orders-host7`. */
export function defaultName(environment: Environment): string {
  const program = basename(process.argv[1] ?? process.execPath).replace(/\.[cm]?[jt]s$/, "");
  const service = environment.get("OTEL_SERVICE_NAME") ?? environment.get("npm_package_name") ?? program;
  return `${service}-${hostname()}`;
}
