import type { DoctorFinding, EndedConnections, SeenServer } from "../report.js";
import { count, list } from "../words.js";
import { finding } from "./finding.js";

/** What a reason of nats-server's (`connz?state=closed`) says, and what to do. */
interface Reason {
  readonly match: RegExp;
  readonly level: "warning" | "hint";
  readonly why: string;
  readonly advice: readonly string[];
  readonly docs: string;
}

/** Those that somebody should know of. What is no trouble (`Client Closed`, `Server Shutdown`) is not here. */
const REASONS: readonly Reason[] = [
  {
    match: /^Stale Connection/,
    level: "warning",
    why: "these clients did not answer PINGs: their process stood still, or the way to them was cut without a word",
    advice: [
      'look for time-outs of load balancers and firewalls on the way; option "pingInterval" of the clients below these',
      'raise "ping_interval" or "ping_max" of the server only if the clients stall for a reason',
    ],
    docs: "docs/causes/stale.md",
  },
  {
    match: /^(?:Authentication Failure|Authentication Timeout|Missing Account|Credentials Revoked|Revoked)/,
    level: "warning",
    why: "clients come with credentials that this server does not take, and come again",
    advice: [
      "find them by name and address in /connz?state=closed&auth=true, and give them the right credentials",
      'for "Authentication Timeout": "authorization { timeout: 5 }", or TLS handshakes that take too long',
    ],
    docs: "docs/causes/authentication.md",
  },
  {
    match: /^Authentication Expired/,
    level: "hint",
    why: "JWTs that end are ended with their connections; a client that gets a new one in time is back at once",
    advice: [
      "let the credentials be renewed before they end; files of credentials are read anew at every attempt",
    ],
    docs: "docs/causes/authentication.md",
  },
  {
    match: /^Maximum (?:Connections|Account Connections)/,
    level: "warning",
    why: "clients were turned away",
    advice: ['raise "max_connections" (or the account\'s limit), or add a server'],
    docs: "docs/causes/overload.md",
  },
  {
    match: /^Maximum (?:Payload|Message Size)/,
    level: "warning",
    why: "a message over max_payload ends the connection of who sends it, and all that it had on its way",
    advice: ['send less than "max_payload", or raise it on every server'],
    docs: "docs/causes/payload.md",
  },
  {
    match: /^(?:Maximum (?:Control Line|Subscriptions)|Protocol Violation|Parse Error)/,
    level: "warning",
    why: "what these clients send is not what this server takes",
    advice: [
      "see which they are, and whether what stands between (a proxy, a scanner) speaks something else",
    ],
    docs: "docs/causes/protocol.md",
  },
  {
    match: /^TLS Handshake/,
    level: "hint",
    why: "clients that do not trust the certificate, speak no TLS, or health checks that only open the port",
    advice: [
      "let health checks ask the monitoring port (/healthz); look at the clients' own errors for the others",
    ],
    docs: "docs/causes/tls.md",
  },
  {
    match: /^Duplicate/,
    level: "hint",
    why: "the same client id twice",
    advice: ["give each client an id of its own (MQTT), each leaf node a name of its own"],
    docs: "docs/doctor.md#what-it-finds",
  },
];

/** Ends that are one of many mean little: from so many on they are a warning. */
const MANY = 3;

/** What the connections that a server has ended say. Slow consumers have a finding of their own. */
export function ended(
  name: string,
  { ended: closed = [], own = [], ownEnded = [] }: SeenServer,
): DoctorFinding[] {
  const found: DoctorFinding[] = [];
  for (const reason of REASONS) {
    const these = closed.filter((entry) => reason.match.test(entry.reason));
    const total = these.reduce((sum, entry) => sum + entry.count, 0);
    if (total === 0) continue;
    const [worst] = these;
    found.push(
      finding({
        rule: "ended-connections",
        level: total >= MANY ? reason.level : "hint",
        message: `${name} has ended ${count(total, "connection")} for: ${worst.reason}`,
        why: reason.why,
        evidence: these.map(say),
        advice: [...reason.advice],
        docs: reason.docs,
      }),
    );
  }
  const hard = ownEnded.filter(({ reason }) => !/^(?:Client Closed|Server Shutdown)/.test(reason));
  if (hard.length > 0) {
    found.push(
      finding({
        rule: "own-connections-ended",
        level: "warning",
        option: "name",
        message: `${name} has ended connections with this client's name: ${hard[0].reason}`,
        why: "that is what the server saw, whatever the client was told",
        evidence: [
          ...ownEnded.map(say),
          ...own.map(({ cid, pending }) => `open: cid ${cid}, ${pending} bytes waiting`),
        ],
        advice: REASONS.find(({ match }) => match.test(hard[0].reason))?.advice.slice() ?? [
          "compare with nc.diagnose() of this client, by the times",
        ],
        docs: REASONS.find(({ match }) => match.test(hard[0].reason))?.docs ?? "docs/why-connections-drop.md",
      }),
    );
  }
  return found;
}

function say({ reason, count: number, last, names }: EndedConnections): string {
  const when = last === undefined ? "" : `, last ${new Date(last).toISOString().slice(0, 19)}Z`;
  return `${number} × ${reason}${when}${names.length === 0 ? "" : `: ${list(names, 4)}`}`;
}
