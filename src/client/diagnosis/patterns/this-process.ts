import type { CauseKind } from "../../../core/cause.js";
import { FEWEST } from "../cluster.js";
import type { Pattern } from "../diagnosis.js";
import type { KeptOutage } from "../outage-history.js";
import { listText } from "../words.js";
import { isMost, type PatternView, pattern, shareText } from "./view.js";

/** What ends links at several servers at once only where this host, or its network, is to blame. */
const BY_THIS_HOST: ReadonlySet<CauseKind> = new Set<CauseKind>(["network", "stale", "unknown"]);
/** What servers end links by when they stop. */
const BY_STOPPING: ReadonlySet<CauseKind> = new Set<CauseKind>(["server-shutdown", "lame-duck"]);

/** Most connections of this process lost their links in the same second. */
export function together(view: PatternView): Pattern | undefined {
  // Links of one connection that end again and again within a second are one occurrence: what the others lost then, they lost once.
  const outages = view.outages.filter(({ burst }, i, all) => i === 0 || burst !== all[i - 1].burst);
  const found = outages.filter(
    ({ cause, burst }) =>
      cause.kind !== "local-stall" && burst.connections >= 2 && burst.connections * 2 >= burst.of,
  );
  if (!isMost(found.length, outages.length, FEWEST)) return undefined;
  const { burst } = found.at(-1)!;
  const all = burst.connections >= burst.of;
  const who = all ? `all ${burst.connections}` : `${burst.connections} of ${burst.of}`;
  const servers = new Set(found.flatMap((outage) => [...outage.burst.servers.keys()]));
  const { what, advice } = blame(found);
  return pattern(
    "together",
    `${who} connections of this process lose their links at once, at ${what}`,
    [
      `in ${shareText(found.length, outages.length)} other connections of this process lost theirs within the same second`,
      `the last time ${who}, at ${listText([...burst.servers].map(([server, count]) => `${server} (${count})`))}`,
      `servers concerned in all: ${listText([...servers])}`,
    ],
    advice,
  );
}

/** Where it happens and who may have done it, as far as the causes say so. */
function blame(found: readonly KeptOutage[]): { what: string; advice: string[] } {
  if (found.every(({ burst }) => burst.servers.size === 1))
    return {
      what: "one server each time",
      advice: [
        "look at that server and the way to it first: a restart, a limit that it has reached, a load balancer before it",
        "noRandomize: false, and more than one server, so that connections of one process do not all hang on one",
      ],
    };
  const most = (by: (outage: KeptOutage) => boolean) => isMost(found.filter(by).length, found.length, FEWEST);
  if (most(({ cause: { kind } }) => BY_THIS_HOST.has(kind)))
    return {
      what: "several servers: it is this host, or its network",
      advice: [
        "look at what they have in common: network interface, NAT gateway, firewall, VPN, service mesh or sidecar of this host, a suspended machine",
      ],
    };
  if (most(({ cause: { kind }, sameProcess }) => kind === "server-shutdown" && sameProcess === true))
    return {
      what: "several servers that have not stopped: something in between ends the links",
      advice: [
        "look at what is between this process and the servers: a load balancer, proxy, service mesh or sidecar that is restarted or gets a new configuration",
      ],
    };
  if (most(({ cause: { kind } }) => BY_STOPPING.has(kind)))
    return {
      what: "several servers: the servers were stopped together",
      advice: [
        "look at what stops them: a deployment, an upgrade, the host or cluster node that they share",
        "stop one after the other, by nats-server --signal ldm (lame duck mode), and the next once the one before takes clients again",
      ],
    };
  const kinds = [...new Set(found.map(({ cause: { kind } }) => kind))];
  return {
    what: `several servers: what they have in common is said by the causes (${listText(kinds)})`,
    advice: kinds.map((kind) => `look at docs/causes/${kind}.md`),
  };
}

/** This process did not run, and servers gave it up for it. */
export function afterStalls({ outages }: PatternView): Pattern | undefined {
  const stalls = outages.filter(({ cause }) => cause.kind === "local-stall");
  if (!isMost(stalls.length, outages.length, FEWEST)) return undefined;
  const facts = stalls.flatMap(({ cause }) => cause.evidence.filter((fact) => fact.includes("did not run")));
  return pattern(
    "after-stall",
    "links are lost because this process does not run for a while",
    [
      `${shareText(stalls.length, outages.length)} came right after this process had not run`,
      ...facts.slice(-3),
    ],
    [
      "find what blocks the event loop: long loops, JSON.parse of large texts, synchronous files and crypto (node --cpu-prof; perf_hooks.monitorEventLoopDelay); move it to a worker",
      "more CPU for the container: throttling by its limit looks like this; more memory, where garbage is collected without end",
    ],
  );
}
