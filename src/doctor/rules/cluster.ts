import type { DoctorFinding, DoctorServer } from "../report.js";
import { bytes, list } from "../words.js";
import { finding } from "./finding.js";
import { ADVISORIES, INCOMPATIBILITIES, isAffected, isOlder, parseVersion, TESTED } from "./versions.js";

/** What can be said of the servers together. */
export function cluster(servers: readonly DoctorServer[]): DoctorFinding[] {
  const known = different(servers.filter(({ id }) => id !== undefined));
  return [
    ...lameDucks(known),
    ...clusters(known),
    ...mixedVersions(known),
    ...oldVersions(known),
    ...twoLimits(known),
    ...sameNames(known),
    ...someJetStream(known),
  ];
}

/** A server may be known under several addresses: once is enough. */
function different(servers: readonly DoctorServer[]): DoctorServer[] {
  const ids = new Set<string>();
  return servers.filter(({ id }) => !ids.has(id!) && ids.add(id!));
}

const names = (servers: readonly DoctorServer[]): string[] => servers.map(({ server }) => server);

/** Values, and who has them, the most frequent first. */
function by<T>(
  servers: readonly DoctorServer[],
  value: (server: DoctorServer) => T | undefined,
): [T, DoctorServer[]][] {
  const found = new Map<T, DoctorServer[]>();
  for (const server of servers) {
    const own = value(server);
    if (own === undefined) continue;
    found.set(own, [...(found.get(own) ?? []), server]);
  }
  return [...found].toSorted((a, b) => b[1].length - a[1].length);
}

function told(groups: readonly [unknown, DoctorServer[]][], say: (value: unknown) => string): string[] {
  return groups.map(([value, servers]) => `${say(value)}: ${list(names(servers))}`);
}

function lameDucks(servers: readonly DoctorServer[]): DoctorFinding[] {
  const going = servers.filter(({ probe }) => probe.info?.ldm === true);
  if (going.length === 0) return [];
  const left = servers.length - going.length;
  return [
    finding({
      rule: "lame-duck",
      level: left === 0 ? "error" : "warning",
      servers: names(going),
      message: `${list(names(going), 4)} ${going.length === 1 ? "is" : "are"} shutting down (lame duck mode)`,
      why:
        left === 0
          ? "its clients are sent away, and no other server was found that they could go to"
          : "its clients are sent to the other servers; each of them is one server short",
      evidence: going.map(({ server }) => `${server}: INFO says "ldm": true`),
      advice: [
        "wait until it is back, if this is a rolling restart; else look at who has stopped it (its log says when)",
        'name all servers of the cluster in option "servers"',
      ],
      docs: "docs/causes/lame-duck.md",
    }),
  ];
}

function clusters(servers: readonly DoctorServer[]): DoctorFinding[] {
  const groups = by(servers, ({ cluster: name }) => name ?? "");
  if (groups.length < 2) {
    // Several servers that are in no cluster know nothing of each other.
    if (servers.length < 2 || groups[0][0] !== "") return [];
  }
  const say = (name: unknown) => (name === "" ? "in no cluster" : `cluster ${name}`);
  const message =
    groups.length < 2
      ? `${list(names(servers), 4)} are in no cluster: each is a server of its own`
      : `the servers are not of one cluster: ${list(
          groups.map(([name, [first]]) => `${first.server} ${name === "" ? "is in none" : `is of ${name}`}`),
          4,
        )}`;
  return [
    finding({
      rule: "different-clusters",
      level: "warning",
      servers: names(servers),
      message,
      why: "what is published to one of them reaches subscribers and streams of another only if gateways or leaf nodes join them",
      evidence: told(groups, say),
      advice: [
        'name only servers of one cluster in option "servers"',
        'or give them the same "cluster.name" and routes to each other; if gateways join them, that is as it should be',
      ],
    }),
  ];
}

function mixedVersions(servers: readonly DoctorServer[]): DoctorFinding[] {
  const groups = by(servers, ({ version }) => version);
  if (groups.length < 2) return [];
  const lines = new Set(groups.map(([version]) => parseVersion(version)?.slice(0, 2).join(".")));
  return [
    finding({
      rule: "mixed-versions",
      level: lines.size > 1 ? "warning" : "hint",
      servers: names(servers),
      message: `the servers have different versions: ${list(
        groups.map(
          ([version, of]) =>
            `${version} (${of[0].server}${of.length > 1 ? ` and ${of.length - 1} more` : ""})`,
        ),
        4,
      )}`,
      why: "what a client can do changes with the server that it happens to be at; streams that a newer server has made may be of no use to an older one",
      evidence: told(groups, (version) => `nats-server ${version}`),
      advice: ["finish the update: every server on the newest of these versions; do not go back"],
    }),
  ];
}

function oldVersions(servers: readonly DoctorServer[]): DoctorFinding[] {
  return by(servers, ({ version }) => version).flatMap(([text, of]) => {
    const version = parseVersion(text);
    if (version === undefined) return [];
    return [...incompatible(text, version, of), ...holes(text, version, of), ...tooNew(text, version, of)];
  });
}

function incompatible(
  text: string,
  version: readonly [number, number, number],
  of: DoctorServer[],
): DoctorFinding[] {
  const lacking = INCOMPATIBILITIES.filter(({ before }) => isOlder(version, before));
  if (lacking.length === 0) return [];
  return [
    finding({
      rule: "old-version",
      level: lacking[0].level,
      servers: names(of),
      message: `nats-server ${text} (${list(names(of), 3)}): ${lacking[0].text}`,
      why: "what is newer than the server fails when it is used, and not before",
      evidence: lacking.slice(1).map((one) => `before ${one.before.join(".")}: ${one.text}`),
      advice: ["update to a version that is maintained, one line after the other: 2.10, 2.11, 2.12, 2.14"],
    }),
  ];
}

function holes(
  text: string,
  version: readonly [number, number, number],
  of: DoctorServer[],
): DoctorFinding[] {
  const open = ADVISORIES.filter((advisory) => isAffected(version, advisory));
  if (open.length === 0) return [];
  return [
    finding({
      rule: "security-advisory",
      level: "hint",
      servers: names(of),
      message: `nats-server ${text} (${list(names(of), 3)}) is older than fixes of holes that need no credentials`,
      why: "whether they matter depends on what the server offers (websockets, no_auth_user, routes), and on what a distribution has put into its version",
      evidence: open.map(
        ({ id, text: what, fixed }) => `${id}: ${what}; fixed in ${list(fixed.map((one) => one.join(".")))}`,
      ),
      advice: ["update to the last patch of this line"],
    }),
  ];
}

function tooNew(
  text: string,
  version: readonly [number, number, number],
  of: DoctorServer[],
): DoctorFinding[] {
  if (!isOlder([...TESTED.last, 9999], version)) return [];
  return [
    finding({
      rule: "new-version",
      level: "hint",
      servers: names(of),
      message: `nats-server ${text} (${list(names(of), 3)}) is newer than those that this client is tested with (up to ${TESTED.last.join(".")})`,
      why: "it should work, and nobody has tried",
      advice: ["look whether there is a newer holdfast"],
    }),
  ];
}

function twoLimits(servers: readonly DoctorServer[]): DoctorFinding[] {
  const groups = by(servers, ({ probe }) => probe.info?.max_payload);
  if (groups.length < 2) return [];
  const sorted = groups.toSorted((a, b) => a[0] - b[0]);
  return [
    finding({
      rule: "different-max-payload",
      level: "warning",
      servers: names(servers),
      message: `max_payload differs: ${bytes(sorted[0][0])} at ${sorted[0][1][0].server}, ${bytes(sorted.at(-1)![0])} at ${sorted.at(-1)![1][0].server}`,
      why: "a message that was accepted at one server is refused by the next one after a reconnect: it is dropped, and told in messageLost",
      evidence: told(sorted, (size) => bytes(size as number)),
      advice: ['set "max_payload" to the same value on every server'],
      docs: "docs/causes/payload.md",
    }),
  ];
}

function sameNames(servers: readonly DoctorServer[]): DoctorFinding[] {
  return by(servers, ({ name }) => name).flatMap(([name, of]) =>
    of.length < 2
      ? []
      : finding({
          rule: "same-name",
          level: "warning",
          servers: names(of),
          message: `${list(names(of), 4)} are different servers with one name, ${name}`,
          why: "JetStream places replicas by the servers' names: with one name they take each other for the same peer",
          advice: ['give each a "server_name" of its own'],
        }),
  );
}

function someJetStream(servers: readonly DoctorServer[]): DoctorFinding[] {
  const without = servers.filter(({ probe }) => probe.info?.jetstream !== true);
  if (without.length === 0 || without.length === servers.length) return [];
  return [
    finding({
      rule: "some-without-jetstream",
      level: "hint",
      servers: names(without),
      message: `JetStream is on at ${servers.length - without.length} of ${servers.length} servers`,
      why: "requests to JetStream work at all of them; replicas live on those alone that have it",
      evidence: [`without: ${list(names(without))}`],
      advice: [
        "fine if it is meant so; three servers with JetStream are needed for streams with three replicas",
      ],
    }),
  ];
}
