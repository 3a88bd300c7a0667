import type { DoctorFinding, SeenServer } from "../report.js";
import { bytes, count, list, span } from "../words.js";
import { finding } from "./finding.js";
import { perServer, type Seen } from "./seen-server.js";

/** Percent of all its cores. */
const BUSY = 85;
/** Part of a limit. */
const NEARLY = 0.9;
/** ms that clocks may differ. */
const SKEW = 1000;
const WRONG_CLOCK = 30_000;
/** ms of a write_deadline that a network's hiccup can take. */
const SHORT_DEADLINE = 2000;
/** Bytes. */
const WAITING = 1024 * 1024;

export function load(server: Seen): DoctorFinding[] {
  const { cpu, cores = 1 } = server.seen;
  if (cpu === undefined || cpu < BUSY * cores) return [];
  return [
    finding({
      ...perServer("server-busy", "warning", server),
      message: `${server.name} is at its limit: ${Math.round(cpu)} % CPU of ${count(cores, "core")}`,
      why: "PINGs and confirmations wait: clients find such a server slow first, and dead then",
      evidence: facts(server.seen),
      advice: [
        "give it more CPU (in Kubernetes: its limit), or spread clients over more servers",
        "see who sends most: /connz?sort=msgs_from",
      ],
      docs: "docs/causes/overload.md",
    }),
  ];
}

function facts({ cpu, memory, connections: clients, subscriptions, uptime }: SeenServer): string[] {
  return [
    ...(cpu === undefined ? [] : [`CPU ${cpu} %`]),
    ...(memory === undefined ? [] : [`memory ${bytes(memory)}`]),
    ...(clients === undefined ? [] : [count(clients, "connection")]),
    ...(subscriptions === undefined ? [] : [count(subscriptions, "subscription")]),
    ...(uptime === undefined ? [] : [`up ${span(uptime)}`]),
  ];
}

export function connections(server: Seen): DoctorFinding[] {
  const { connections: clients, maxConnections } = server.seen;
  if (clients === undefined || maxConnections === undefined || maxConnections < 1) return [];
  const part = clients / maxConnections;
  if (part < NEARLY) return [];
  return [
    finding({
      ...perServer("connections-full", part >= 1 ? "error" : "warning", server),
      message: `${server.name} has ${clients} of ${maxConnections} connections (max_connections)`,
      why: "the next client is refused with 'maximum connections exceeded', also one that comes back after an outage of another server",
      evidence: [`max_connections ${maxConnections}`, count(clients, "connection")],
      advice: [
        'raise "max_connections" and the limit of open files of the server\'s process, or add a server',
        "look for clients that connect again and again without closing: /connz?state=open&sort=start",
      ],
      docs: "docs/causes/overload.md",
    }),
  ];
}

export function slowConsumers(server: Seen): DoctorFinding[] {
  const { slowConsumers: slow, uptime = 0, ended: closed, slow: waiting = [] } = server.seen;
  const found: DoctorFinding[] = [];
  if (slow !== undefined && slow.total > 0) {
    const reasons = (closed ?? []).filter(({ reason }) => reason.startsWith("Slow Consumer"));
    const kinds = (["clients", "routes", "gateways", "leafs"] as const).filter(
      (kind) => (slow[kind] ?? 0) > 0,
    );
    const inside = kinds.some((kind) => kind !== "clients");
    found.push(
      finding({
        ...perServer("slow-consumers", "warning", server),
        message: `${server.name} has cut off ${count(slow.total, "slow consumer")} since it was started${kinds.length === 0 ? "" : ` (${kinds.map((kind) => count(slow[kind] ?? 0, kind.slice(0, -1))).join(", ")})`}`,
        why: inside
          ? "a route or gateway that is cut off loses what was on its way between the servers"
          : "what was on its way to such a client is lost to it (core NATS), or comes again later (JetStream)",
        evidence: [
          `it runs for ${span(uptime)}`,
          ...reasons.map(
            ({ reason, count: number, names }) =>
              `${number} × ${reason}${names.length === 0 ? "" : `: ${list(names, 4)}`}`,
          ),
        ],
        advice: [
          'in the client: handle messages faster or in parallel, bound its queue (option "pendingLimit"), or share the work by a queue group',
          'at the server: "max_pending" (64 MiB) for bursts, "write_deadline" (10s) for slow networks',
        ],
        docs: "docs/causes/slow-consumer.md",
      }),
    );
  }
  const behind = waiting.filter(({ pending }) => pending >= WAITING);
  if (behind.length > 0) {
    found.push(
      finding({
        ...perServer("pending-bytes", "warning", server),
        message: `at ${server.name} ${bytes(behind[0].pending)} wait for ${behind[0].name ?? `client ${behind[0].cid}`}${behind.length > 1 ? `, and more for ${count(behind.length - 1, "other")}` : ""}`,
        why: "it takes less than it gets, and is cut off as a slow consumer at max_pending",
        evidence: behind.map(
          ({ cid, name, pending }) =>
            `cid ${cid}${name === undefined ? "" : ` (${name})`}: ${bytes(pending)}`,
        ),
        advice: [
          "look at this client: is its event loop blocked, or its network slow (nc.diagnose() tells)?",
        ],
        docs: "docs/causes/slow-consumer.md",
      }),
    );
  }
  return found;
}

export function clock(server: Seen): DoctorFinding[] {
  const { skew = 0 } = server.seen;
  if (Math.abs(skew) < SKEW) return [];
  return [
    finding({
      ...perServer("clock-skew", Math.abs(skew) >= WRONG_CLOCK ? "error" : "warning", server),
      message: `the clock of ${server.name} is ${span(skew)} ${skew > 0 ? "ahead of" : "behind"} this one`,
      why: "JWTs and certificates are refused as expired or not yet valid; ages, TTLs and duplicate windows of streams are wrong by as much",
      evidence: [`its "now" in varz less the time here, less half of the round trip: ${Math.round(skew)} ms`],
      advice: [
        "let both hosts take their time from the same source (chrony, systemd-timesyncd), and look which one is wrong",
      ],
    }),
  ];
}

/** Servers that say the same of themselves are told together. */
export function health(all: readonly Seen[]): DoctorFinding[] {
  const reasons = new Map<string, Seen[]>();
  for (const server of all) {
    const { health: state } = server.seen;
    if (state === undefined || state.ok) continue;
    reasons.set(state.text, [...(reasons.get(state.text) ?? []), server]);
  }
  return [...reasons].map(([text, of]) =>
    finding({
      rule: "not-healthy",
      level: "warning",
      servers: of.map(({ url }) => url),
      message: `${list(
        of.map(({ name }) => name),
        4,
      )} ${of.length === 1 ? "says that it is" : "say that they are"} not well: ${text || "no reason"}`,
      why: "the server's own health check (/healthz) fails: Kubernetes takes it out of service for that",
      evidence: of.map(({ name }) => `healthz of ${name}: ${text}`),
      advice: [
        "look at its log; after a start JetStream needs a while to recover its streams and find a leader",
        "if it stays so: are more than half of the servers of the cluster up, and can they reach each other's route ports?",
      ],
    }),
  );
}

export function settings(server: Seen): DoctorFinding[] {
  const { writeDeadline, maxPayload } = server.seen;
  const found: DoctorFinding[] = [];
  if (writeDeadline !== undefined && writeDeadline > 0 && writeDeadline < SHORT_DEADLINE) {
    found.push(
      finding({
        ...perServer("short-write-deadline", "hint", server),
        message: `${server.name} cuts clients off that do not take bytes for ${span(writeDeadline)} (write_deadline)`,
        why: "a lost packet on a slow network, or a pause of a client's garbage collection, takes that long",
        evidence: [`write_deadline ${span(writeDeadline)}`],
        advice: ['set "write_deadline" to its default of "10s"'],
        docs: "docs/causes/slow-consumer.md",
      }),
    );
  }
  if (maxPayload !== undefined && maxPayload > 8 * 1024 * 1024) {
    found.push(
      finding({
        ...perServer("large-max-payload", "hint", server),
        message: `${server.name} takes messages of up to ${bytes(maxPayload)} (max_payload)`,
        why: "nats-server itself warns above 8 MiB: one such message holds up all others of its connection, and fills a slow client's buffer",
        evidence: [`max_payload ${maxPayload}`],
        advice: ["keep large things in an object store, and send their names"],
        docs: "docs/causes/payload.md",
      }),
    );
  }
  return found;
}
