import { UNTRUSTED } from "../look/http.js";
import { NOT_OURS } from "../look/monitor.js";
import type { DoctorFinding, DoctorMonitor, DoctorServer, MonitorAnswer } from "../report.js";
import { list, span } from "../words.js";
import { ended } from "./ended.js";
import { finding } from "./finding.js";
import { jetstream } from "./jetstream.js";
import { gone, takesNone } from "./lame-duck.js";
import { clock, connections, health, load, settings, slowConsumers } from "./one-server.js";
import { routes } from "./routes.js";
import { perServer, type Seen } from "./seen-server.js";

/** ms: a server that has been started later than others by more than this, and less than `RECENT` ago, has been restarted. */
const APART = 60_000;
const RECENT = 600_000;

/** What can be said of what servers tell by HTTP. */
export function monitors(all: readonly DoctorMonitor[], servers: readonly DoctorServer[]): DoctorFinding[] {
  const told = believed(all);
  const one = told.flatMap((server) => [
    ...load(server),
    ...connections(server),
    ...slowConsumers(server),
    ...clock(server),
    ...jetstream(server),
    ...settings(server),
    ...ended(server.name, server.seen),
  ]);
  const together = [
    ...health(told.filter(({ seen }) => !takesNone(seen))),
    ...restarts(told),
    ...routes(told, servers),
    ...gone(told, servers),
    ...others(told, servers),
  ];
  return merged([...all.flatMap(unanswered), ...one, ...together]);
}

/** What servers tell of themselves; without what does not answer as a nats-server does, of which nothing is believed. */
export function believed(all: readonly DoctorMonitor[]): Seen[] {
  return all
    .filter(({ server, answers }) => server.id !== undefined && !answers.some(isStrange))
    .map(({ url, server }) => ({ url, name: nameOf(server) ?? url, seen: server }));
}

/** The name of a server that has one: without, it is its id, which nobody knows it by. */
function nameOf({ name, id }: DoctorMonitor["server"]): string | undefined {
  return name === id ? undefined : name;
}

/** What several servers say in the same words is told once, with all that say so. */
function merged(findings: readonly DoctorFinding[]): DoctorFinding[] {
  const found = new Map<string, DoctorFinding>();
  for (const one of findings) {
    const key = `${one.rule} ${one.message}`;
    const { servers, evidence } = found.get(key) ?? { servers: [], evidence: [] };
    const both = { servers: [...servers, ...one.servers], evidence: [...evidence, ...one.evidence] };
    found.set(key, { ...(found.get(key) ?? one), ...both });
  }
  return [...found.values()];
}

function unanswered({ url, ok, answers, server }: DoctorMonitor): DoctorFinding[] {
  if (ok) return [];
  const failed = answers.filter((answer) => !answer.ok);
  const strange = failed.filter(isStrange);
  if (strange.length > 0) return [stranger(url, strange)];
  const all = failed.length === answers.length;
  const [first] = failed;
  return [
    finding({
      rule: all ? "monitor-unreachable" : "monitor-partial",
      level: all ? "warning" : "hint",
      servers: [url],
      message: all
        ? `the monitoring port ${url} does not tell anything: ${first.detail}`
        : `the monitoring port ${url} (${server.name ?? "?"}) has told only a part: ${list(failed.map(({ endpoint }) => endpoint))} missing`,
      why: "load, limits, slow consumers and routes of this server were not looked at",
      evidence: failed.map(({ endpoint, detail }) => `${endpoint}: ${detail}`),
      advice: adviceFor(first.detail),
    }),
  ];
}

function adviceFor(detail: string): string[] {
  if (detail.startsWith(UNTRUSTED)) return [...TRUST];
  return /^HTTP 40[13]\b/.test(detail) ? [...PASSWORD, ...ADDRESS] : [...ADDRESS];
}

const ADDRESS = [
  'give the host and port that the server\'s "http" (or "https_port") setting names, as http://host:8222',
  "let this host reach it; what stands in front of it (a proxy) must pass its paths on",
] as const;
const PASSWORD = [
  "put the user and password that are wanted into its URL, as http://user:password@host:8222: a nats-server asks for none here, so it is what stands in front of it",
] as const;
const TRUST = [
  "the authority of the monitoring port alone: NODE_EXTRA_CA_CERTS=ca.pem in the environment",
  'where the port for clients has the same one: option "tls: { caFile: … }"',
] as const;

function isStrange({ ok, detail }: MonitorAnswer): boolean {
  return !ok && detail.includes(NOT_OURS);
}

/** What answers, and has JSON, and is no nats-server's: nothing of it can be believed. */
function stranger(url: string, strange: DoctorMonitor["answers"]): DoctorFinding {
  return finding({
    rule: "monitor-strange",
    level: "warning",
    servers: [url],
    message: `the monitoring port ${url} does not answer as a nats-server does: ${strange[0].endpoint}: ${strange[0].detail.replace(/^.*?: /, "")}`,
    why: "what it tells is of another program, or was changed on its way: load, limits and routes of the server are not known",
    evidence: strange.map(({ endpoint, detail }) => `${endpoint}: ${detail}`),
    advice: [
      'give the host and port that the server\'s "http" (or "https_port") setting names, as http://host:8222',
      "see what stands in front of it, and hands out answers of its own",
    ],
  });
}

/** Monitoring ports of servers that were not looked at: nothing of what they say is of those that were. */
function others(all: readonly Seen[], servers: readonly DoctorServer[]): DoctorFinding[] {
  const ids = new Set(servers.map(({ id }) => id));
  // It may be one of those that have told nothing.
  if (ids.has(undefined)) return [];
  return all
    .filter(({ seen }) => seen.id !== undefined && !ids.has(seen.id) && !takesNone(seen))
    .map((server) =>
      finding({
        ...perServer("monitor-of-another", "hint", server),
        message: `the monitoring port ${server.url} is of ${server.name}, which is none of the servers that were looked at`,
        why: "load, limits and slow consumers of those that were looked at are not known by it",
        evidence: [`its server_id is ${server.seen.id}`],
        advice: [
          'give the monitoring port of each server with --monitor (option "monitor"), or name this server as well',
        ],
      }),
    );
}

/** A server that was started a while after others of its cluster, and not long ago. All of them together is a deployment, or a test. */
function restarts(all: readonly Seen[]): DoctorFinding[] {
  return all.flatMap((server) => {
    const { uptime, cluster } = server.seen;
    if (uptime === undefined || uptime >= RECENT) return [];
    const longer = all.filter(({ seen }) => seen.cluster === cluster && (seen.uptime ?? 0) - uptime >= APART);
    if (longer.length === 0) return [];
    return finding({
      ...perServer("recent-restart", "warning", server),
      message: `${server.name} was started ${span(uptime)} ago, other servers of its cluster run for ${span(Math.max(...longer.map(({ seen }) => seen.uptime!)))}`,
      why: "its clients have lost their connections then; a server that restarts again and again has a reason",
      evidence: longer.map(({ name, seen }) => `${name} runs for ${span(seen.uptime!)}`),
      advice: [
        "see why: the end of its last log, kubectl describe pod (OOMKilled, failed liveness probe), dmesg",
        'with a rolling restart, shut down by lame duck mode: "nats-server --signal ldm"',
      ],
      docs: "docs/causes/server-shutdown.md",
    });
  });
}
