import { FEWEST, isUnlikely } from "../cluster.js";
import type { Pattern } from "../diagnosis.js";
import { MOST_OUTAGES } from "../outage-history.js";
import { listText, spanText } from "../words.js";
import { isMost, type PatternView, pattern, shareText } from "./view.js";

/** Losses that are always at the same server, by how long the servers have carried the connection. */
export function atTheSameServer(view: PatternView): Pattern | undefined {
  const { past, now } = view;
  const carried = [...past.servers.all].map(([server, { losses, stood }]) => ({
    server,
    losses,
    stood: stood + (now?.server === server ? now.stood : 0),
  }));
  if (now !== undefined && !past.servers.all.has(now.server)) carried.push({ ...now, losses: 0 });
  const losses = carried.reduce((sum, one) => sum + one.losses, 0);
  const stood = carried.reduce((sum, one) => sum + one.stood, 0);
  const worst = carried.toSorted((a, b) => b.losses - a.losses)[0];
  if (worst === undefined || worst.losses < FEWEST || worst.losses * 2 < losses || stood <= 0)
    return undefined;
  const others = stood - worst.stood;
  if (others <= 0 || !isUnlikely(worst.losses, losses, worst.stood / stood)) return undefined;
  const { server } = worst;
  return pattern(
    "same-server",
    `${server} loses its links, and other servers keep theirs`,
    [
      `${shareText(worst.losses, losses)} were at ${server}`,
      `it carried the connection for ${spanText(worst.stood)} in all, the others for ${spanText(others)}`,
    ],
    [
      `look at ${server}: its log, its memory and CPU, its restarts, and the network between it and here (holdfast doctor)`,
      "preferredServers: the other ones, until it is well",
    ],
  );
}

/** Outages after which a server that was not dialled in any of them is no reason that they last. */
const RECENT = 10;

/** A server of the pool that fails every attempt, while others take the connection. */
export function atOneThatFails({ past }: PatternView): Pattern | undefined {
  const failing = [...past.servers.all]
    .filter(
      ([, { failedOutages, lastOutage }]) => failedOutages >= FEWEST && past.count - lastOutage < RECENT,
    )
    .toSorted(([, a], [, b]) => b.failed - a.failed);
  if (failing.length === 0) return undefined;
  const [server, { cause }] = failing[0];
  const names = listText(failing.map(([name]) => name));
  return pattern(
    "failing-server",
    failing.length === 1
      ? `${server} fails every attempt`
      : `${failing.length} servers fail every attempt: ${names}`,
    failing
      .slice(0, 5)
      .map(
        ([name, tally]) =>
          `${name}: ${tally.failed} attempts failed in ${tally.failedOutages} outages, the last with kind ${tally.cause!.kind} (${tally.cause!.code}), and none succeeded`,
      ),
    [
      `why it fails: ${cause!.message}; docs/causes/${cause!.kind}.md has what to look at`,
      "take it out of the servers, or mend it: each outage lasts longer for it",
    ],
  );
}

/** Names that cannot be resolved: several times since a link stood, or in several outages, and never meanwhile. */
export function atNames({ past }: PatternView): Pattern | undefined {
  const unresolved = [...past.servers.all].filter(
    ([, { unresolved, unresolvedOutages, lastUnresolved }]) =>
      unresolved >= FEWEST || (unresolvedOutages >= FEWEST && past.count - lastUnresolved < MOST_OUTAGES),
  );
  if (unresolved.length === 0) return undefined;
  const names = unresolved.map(([server]) => server);
  return pattern(
    "dns",
    `names of servers cannot be resolved: ${listText(names)}`,
    unresolved
      .slice(0, 5)
      .map(([server, tally]) =>
        tally.unresolved >= FEWEST
          ? `${server}: ${tally.unresolved} attempts failed for it since a link stood`
          : `${server}: attempts failed for it in ${tally.unresolvedOutages} outages, and it was never resolved meanwhile`,
      ),
    [
      "look at the resolver of this host or pod (resolv.conf, ndots, CoreDNS), and at whether the name is right",
      "servers: more than one name, or an address beside the names, so that one that fails is not all",
    ],
  );
}

/**
 * Links that end without a word, as if the server had stopped, while the very process of the server takes the connection back: it has not.
 */
export function removedAlone({ outages }: PatternView): Pattern | undefined {
  const silent = outages.filter(({ cause: { kind } }) => kind === "server-shutdown");
  const removed = silent.filter(({ sameProcess }) => sameProcess === true);
  if (!isMost(removed.length, outages.length, FEWEST)) return undefined;
  const servers = listText([...new Set(removed.map(({ server }) => server))]);
  return pattern(
    "removed-alone",
    "links end without a word, and the server has not stopped: it removes this connection, or something in between ends it",
    [
      `after ${shareText(removed.length, outages.length)} the same process of the server took the connection back, by its server_id`,
      `the servers: ${servers}`,
    ],
    [
      "ask the server why: /connz?state=closed of its monitoring has a reason for each, such as Slow Consumer (Pending Bytes) or Kicked; its log has it as well",
      "Slow Consumer: less work in handlers, a queue group, or a JetStream consumer; docs/causes/slow-consumer.md",
      "if the server knows of no reason but Client Closed, a load balancer or proxy on the way has ended the link",
    ],
  );
}
