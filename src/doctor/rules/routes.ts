import type { DoctorFinding, DoctorServer } from "../report.js";
import { inMs, list } from "../words.js";
import { finding } from "./finding.js";
import { perServer, type Seen } from "./seen-server.js";

/** ms between servers of one cluster. */
const FAR = 200;

export function routes(all: readonly Seen[], servers: readonly DoctorServer[]): DoctorFinding[] {
  const found: DoctorFinding[] = [];
  for (const server of all) {
    const { id, cluster, routes: own } = server.seen;
    if (own === undefined || cluster === undefined) continue;
    const reached = new Set(own.map((route) => route.id));
    const peers = new Map<string, string>();
    for (const other of servers)
      if (other.cluster === cluster && other.id) peers.set(other.id, other.name ?? other.server);
    for (const { name, seen } of all) if (seen.cluster === cluster && seen.id) peers.set(seen.id, name);
    const missing = [...peers].filter(([peer]) => peer !== id && !reached.has(peer)).map(([, name]) => name);
    if (missing.length > 0) {
      found.push(
        finding({
          ...perServer("missing-route", "error", server),
          message: `${server.name} has no route to ${list(missing, 4)}, of the same cluster ${cluster}`,
          why: "what is published at one of them does not reach subscribers at the other: the cluster is split",
          evidence: [
            `routez: ${own.length === 0 ? "no routes" : `routes to ${list(own.map(({ name, id: peer }) => name ?? peer))}`}`,
          ],
          advice: [
            'see that "routes" in their "cluster" blocks name each other, and that the cluster port (6222) is open between them',
            'look for "Route" lines in both logs: TLS, "authorization" of the cluster, or its name may differ',
          ],
        }),
      );
    }
    const far = own.filter(({ rtt = 0 }) => rtt >= FAR);
    if (far.length > 0) {
      found.push(
        finding({
          ...perServer("slow-route", "warning", server),
          message: `the route from ${server.name} to ${far[0].name ?? far[0].id} takes ${inMs(far[0].rtt!)} per round trip`,
          why: "every message to a subscriber there, and every write to a replicated stream, waits for it",
          evidence: own.map(
            ({ name, id: peer, rtt }) => `${name ?? peer}: ${rtt === undefined ? "not told" : inMs(rtt)}`,
          ),
          advice: ["keep a cluster within one region, and join regions by gateways or leaf nodes"],
        }),
      );
    }
  }
  return found;
}
