import type { DoctorFinding, DoctorServer } from "../report.js";
import { count, list } from "../words.js";
import { finding } from "./finding.js";
import type { Seen } from "./seen-server.js";

/**
 * Servers of one cluster of which neither tells clients of the other: there is no route between them. Where both have told their routes by
 * HTTP, that says it better.
 */
export function untold(servers: readonly DoctorServer[], all: readonly Seen[]): DoctorFinding[] {
  const told = new Set(all.flatMap(({ seen }) => (seen.routes === undefined ? [] : [seen.id])));
  const members = membersOf(servers);
  const pairs = members.flatMap((one, index) =>
    members
      .slice(index + 1)
      .filter((other) => areApart(one, other) && !(told.has(one.id) && told.has(other.id)))
      .map((other) => [one, other] as const),
  );
  if (pairs.length === 0) return [];
  const apart = [...new Set(pairs.flat())];
  const [[first, second]] = pairs;
  return [
    finding({
      rule: "missing-route",
      level: "warning",
      servers: apart.map(({ server }) => server),
      message: `${first.server} and ${second.server} are of cluster ${first.cluster}, and neither tells of the other${pairs.length === 1 ? "" : ` (and ${count(pairs.length - 1, "more pair")})`}: there seems to be no route between them`,
      why: "what is published at one of them does not reach subscribers at the other: the cluster is split",
      evidence: apart.map(({ server, urls }) => `${server}: connect_urls: ${list([...urls])}`),
      advice: [
        "ask their monitoring ports, which know: --monitor for each of them",
        'see that "routes" in their "cluster" blocks name each other, and that the cluster port (6222) is open between them',
        'look for "Route" lines in both logs: TLS, "authorization" of the cluster, or its name may differ',
      ],
    }),
  ];
}

interface Member {
  readonly server: string;
  readonly id: string;
  readonly cluster: string;
  readonly urls: ReadonlySet<string>;
  /** Those of its `connect_urls` that lead to itself. */
  readonly own: readonly string[];
}

/** Servers that tell clients of their cluster, themselves among it; each once, whatever it is called. */
function membersOf(servers: readonly DoctorServer[]): Member[] {
  const ids = new Map(servers.map(({ server, id }) => [server, id]));
  const found = new Map<string, Member>();
  for (const { server, ok, id, cluster, probe } of servers) {
    const urls: unknown = probe.info?.connect_urls;
    if (!ok || id === undefined || cluster === undefined || !Array.isArray(urls) || found.has(id)) continue;
    const texts = urls.filter((url): url is string => typeof url === "string");
    const own = texts.filter((url) => ids.get(url) === id);
    found.set(id, { server, id, cluster, urls: new Set(texts), own });
  }
  return [...found.values()];
}

/** Where all servers share an address, such as that of a load balancer, nothing can be said. */
function areApart(one: Member, other: Member): boolean {
  return one.cluster === other.cluster && isUnknownTo(one, other) && isUnknownTo(other, one);
}

function isUnknownTo({ own }: Member, { urls }: Member): boolean {
  return own.length > 0 && own.every((url) => !urls.has(url));
}
