import type { ProbeCertificate } from "../../index.js";
import type { DoctorFinding, DoctorServer } from "../report.js";
import { count, inMs, list } from "../words.js";
import { finding } from "./finding.js";

/** Round trips, ms: longer ones are told. */
const SLOW = 200;
const NOTED = 60;
/** Mean difference between round trips, ms. */
const UNEVEN = 60;
/** Days until a certificate expires. */
const SOON = 14;
const IN_SIGHT = 30;

/** What can be said of the way to a server, and of what it shows there. @param stall ms that this process did not run meanwhile */
export function links(servers: readonly DoctorServer[], stall: number): DoctorFinding[] {
  const reached = servers.filter(({ probe }) => probe.rtt !== undefined || probe.tls?.ok === true);
  return [
    ...slow(reached),
    ...uneven(reached, stall),
    ...lost(reached),
    ...certificates(reached),
    ...deadAddresses(servers),
  ];
}

const names = (servers: readonly DoctorServer[]): string[] => servers.map(({ server }) => server);

function slow(servers: readonly DoctorServer[]): DoctorFinding[] {
  const median = ({ probe }: DoctorServer) => probe.rtt?.median ?? 0;
  const far = servers.filter((server) => median(server) >= NOTED);
  if (far.length === 0) return [];
  const worst = far.toSorted((a, b) => median(b) - median(a))[0];
  const level = median(worst) >= SLOW ? "warning" : "hint";
  return [
    finding({
      rule: "slow-link",
      level,
      servers: names(far),
      message: `a round trip to ${worst.server} takes ${inMs(median(worst))}${others(far)}`,
      why: "every confirmation, request and reconnect takes at least that long; a far-away server is one that clients fall back to, not one to begin with",
      evidence: far.slice(0, 8).map(({ server, probe }) => `${server}: ${figures(probe.rtt)}`),
      advice: [
        'name the near servers in option "preferredServers", or place clients and servers in one region',
        `keep the options "timeout" and "stallTimeout" well above it: at least ${Math.max(1000, Math.ceil((median(worst) * 5) / 100) * 100)} ms`,
      ],
    }),
  ];
}

function uneven(servers: readonly DoctorServer[], stall: number): DoctorFinding[] {
  const jitter = ({ probe }: DoctorServer) => probe.rtt?.jitter ?? 0;
  // One pause of this process makes one round trip long: that much is not the network's, there and back.
  const own = ({ probe }: DoctorServer) => (2 * stall) / Math.max(1, (probe.rtt?.received ?? 0) - 1);
  const rough = servers.filter((server) => jitter(server) - own(server) >= UNEVEN);
  if (rough.length === 0) return [];
  const worst = rough.toSorted((a, b) => jitter(b) - jitter(a))[0];
  return [
    finding({
      rule: "uneven-link",
      level: "warning",
      servers: names(rough),
      message: `round trips to ${worst.server} differ by ${inMs(jitter(worst))} from one to the next${others(rough)}`,
      why: "a way that is full, loses packets, or a server that has no time: what waits longest decides when a link counts as dead",
      evidence: rough.slice(0, 8).map(({ server, probe }) => `${server}: ${figures(probe.rtt)}`),
      advice: [
        "look for what fills the way, or the server's CPU (option --monitor shows it), and measure again with more --probes",
        'until then keep option "stallTimeout" (5000 ms) above the worst round trip',
      ],
    }),
  ];
}

function lost(servers: readonly DoctorServer[]): DoctorFinding[] {
  const losing = servers.filter(({ ok, probe }) => ok && (probe.rtt?.lost ?? 0) > 0);
  return losing.map(({ server, probe: { rtt } }) =>
    finding({
      rule: "lost-pings",
      level: "warning",
      servers: [server],
      message: `${rtt!.lost} of ${count(rtt!.sent, "PING")} to ${server} came back too late, or not at all`,
      why: "TCP loses nothing: the way or the server stood still for that long",
      evidence: [`${server}: ${figures(rtt)}`],
      advice: ["look at the server's CPU and log at this time, and at the network between it and here"],
    }),
  );
}

function figures(rtt: DoctorServer["probe"]["rtt"]): string {
  if (rtt?.median === undefined) return "no round trip";
  const jitter = rtt.jitter === undefined ? "" : `, jitter ${inMs(rtt.jitter)}`;
  return `median ${inMs(rtt.median)}, p99 ${inMs(rtt.p99 ?? rtt.median)}${jitter} of ${count(rtt.received, "round trip")}`;
}

function others(servers: readonly DoctorServer[]): string {
  return servers.length === 1 ? "" : `, and to ${count(servers.length - 1, "other")} likewise`;
}

function certificates(servers: readonly DoctorServer[]): DoctorFinding[] {
  const left = ({ probe }: DoctorServer) => probe.tls?.daysToExpiry ?? Number.POSITIVE_INFINITY;
  const ending = servers.filter((server) => left(server) < IN_SIGHT && left(server) >= 0);
  if (ending.length === 0) return [];
  // What the servers' own certificates need is another thing than what their authority does: each is told by itself.
  const groups = new Map<string, DoctorServer[]>();
  for (const server of ending) {
    const authority = endingAuthority(server)?.fingerprint ?? "";
    groups.set(authority, [...(groups.get(authority) ?? []), server]);
  }
  return [...groups.values()].map((of) => {
    const first = of.toSorted((a, b) => left(a) - left(b))[0];
    const authority = endingAuthority(first);
    const what =
      authority === undefined
        ? `the certificate of ${list(names(of), 4)}`
        : `${authority.subject}, the authority of the certificate of ${list(names(of), 4)},`;
    return finding({
      rule: "certificate-expires",
      level: left(first) < SOON ? "warning" : "hint",
      servers: names(of),
      message: `${what} expires in ${count(left(first), "day")}`,
      why: "from then on no client that verifies it connects any more; links that stand go on until they are lost",
      evidence: of.flatMap(({ server, probe }) =>
        (probe.tls?.chain ?? []).map(
          ({ subject, validTo }) =>
            `${server}: ${subject}, until ${new Date(validTo).toISOString().slice(0, 10)}`,
        ),
      ),
      advice:
        authority === undefined
          ? [
              "renew it, and reload the server (nats-server --signal reload): links that stand are not touched",
            ]
          : [
              'give clients the new authority before that day, beside the old one: option "tls: { caFile: … }" may have both',
              "then give the servers certificates of the new one, and reload them (nats-server --signal reload); the server's own certificate alone does not help",
            ],
    });
  });
}

/** The certificate that ends first, where it is that of an authority. */
function endingAuthority({ probe }: DoctorServer): ProbeCertificate | undefined {
  const [own, ...above] = probe.tls?.chain ?? [];
  const [first] = above.toSorted((a, b) => a.validTo - b.validTo);
  return first !== undefined && first.validTo < own.validTo ? first : undefined;
}

/** A name with several addresses, some of which do not work. */
function deadAddresses(servers: readonly DoctorServer[]): DoctorFinding[] {
  return servers.flatMap(({ server, probe }) => {
    const addresses = probe.tcp?.addresses ?? [];
    const dead = addresses.filter(({ ok }) => !ok);
    // A host without IPv6, or a server that does not listen on it, is no trouble: the other address is dialled beside it.
    const families = new Set(addresses.filter(({ ok }) => ok).map(({ family }) => family));
    const missing = dead.filter(({ family }) => families.has(family));
    if (probe.tcp?.used === undefined || missing.length === 0) return [];
    return finding({
      rule: "dead-address",
      level: "warning",
      servers: [server],
      message: `${missing.length} of ${count(addresses.length, "address", "addresses")} of ${server} cannot be connected to`,
      why: "who dials them one after the other, as most clients do, waits for each",
      evidence: missing.map(({ address, code, why }) => `${address}: ${code ?? why}`),
      advice: ["take the addresses that are gone out of the name (DNS, or the endpoints of the service)"],
    });
  });
}
