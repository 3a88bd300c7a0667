import { type ConnectionOptions, lint } from "../../index.js";
import type { DoctorFinding, DoctorServer } from "../report.js";
import { finding } from "./finding.js";

/** What `lint()` says of the options that doctor was given, with what the servers have told. */
export function configuration(
  options: ConnectionOptions | undefined,
  targets: readonly string[],
  servers: readonly DoctorServer[],
): DoctorFinding[] {
  if (options === undefined) return [];
  const named = options.servers === undefined && options.port === undefined ? { servers: [...targets] } : {};
  const others = servers.filter(({ origin, ok }) => origin === "gossip" && ok).length;
  return lint({ ...options, ...named }).map((found) => {
    // With gossip one is enough to find the others, once it has been found.
    const known = found.rule === "one-server" && others > 0 && options.ignoreClusterUpdates !== true;
    return finding({
      ...found,
      ...(known ? { level: "hint", evidence: [`${others} more were learnt from it just now`] } : {}),
    });
  });
}
