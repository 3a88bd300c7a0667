import { expect, it } from "vitest";
import { CodedError } from "../../errors.js";
import { parseInfo } from "../../wire/info.js";
import { type CauseKind, causeOf, type LinkFacts, NOTHING_KNOWN } from "../cause.js";
import type { Link, LinkPhase } from "../link.js";
import { attemptTimeout, closedByServer, shuttingDown, stale } from "../link-errors.js";
import { serverError } from "../server-errors.js";
import { HttpRefusal } from "./http-refusal.js";

const linkIn = (phase: LinkPhase) => ({ phase, server: { address: { listen: "h:1" } } }) as unknown as Link;
const closed = (phase: LinkPhase) => closedByServer(linkIn(phase));
const late = (phase: LinkPhase) => attemptTimeout(linkIn(phase), 500);
const refused = new CodedError("CONNECTION_REFUSED", "connect ECONNREFUSED");
const gateway = new CodedError("CONNECTION_REFUSED", "HTTP 502", { cause: new HttpRefusal(502) });
const busy = { load: { span: 1000, busy: 0.9, inbound: 20_000_000, behind: 0 } };
const behind = { load: { span: 1000, busy: 0.95, inbound: 1_000_000, behind: 900 } };
const info = parseInfo("{}");

const RESTART = /^nothing need be done if it was a restart/;
const LOG = /^look at the server's log and uptime/;
const DUCK = /^restart servers by lame duck mode/;
const NO_STALL = [/did not run for 2000 ms/, /cpu.stat/];
const SILENT = [
  /is the port for NATS clients/,
  /handshakeFirst: true/,
  /no descriptors left/,
  /option "timeout"/,
];
const SLOW = [/queue group/, /event loop busy/, /"max_pending"/];

it.each<[string, CauseKind, Error, Partial<LinkFacts>, readonly RegExp[]]>([
  [
    "nobody who listens",
    "refused",
    refused,
    { phase: "dialing" },
    [/ss -ltn/, RESTART, /all servers/, /waitOnFirstConnect/],
  ],
  [
    "a gateway that has nobody",
    "refused",
    gateway,
    { phase: "dialing" },
    [/the gateway at h:1/, RESTART, /other gateways/],
  ],
  [
    "a server that leaves",
    "refused",
    shuttingDown(linkIn("info")),
    { phase: "info" },
    [/the server shuts down/, /all servers/],
  ],
  [
    "a server that has left",
    "refused",
    refused,
    { lameDuck: true },
    [/the server shuts down/, /all servers/],
  ],
  ["a link that ended", "server-shutdown", closed("live"), { phase: "live" }, [RESTART, LOG, DUCK]],
  [
    "one of a busy process",
    "server-shutdown",
    closed("live"),
    { phase: "live", ...busy },
    [RESTART, LOG, /Slow Consumer Detected/, DUCK],
  ],
  [
    "one within a message",
    "server-shutdown",
    closed("live"),
    { phase: "live", held: 9 },
    [RESTART, LOG, /Slow Consumer Detected/, DUCK],
  ],
  [
    "an idle one",
    "server-shutdown",
    closed("live"),
    { phase: "live", silence: 10_000 },
    [RESTART, LOG, DUCK, /"pingInterval: 3000"/],
  ],
  [
    "one that was in use",
    "server-shutdown",
    closed("live"),
    { phase: "live", silence: 9999 },
    [RESTART, LOG, DUCK],
  ],
  [
    "an attempt that ended behind CONNECT",
    "server-shutdown",
    closed("handshake"),
    { phase: "handshake", info },
    [LOG, /another program/, RESTART],
  ],
  [
    "one while it was restored",
    "server-shutdown",
    closed("restoring"),
    { phase: "restoring", silence: 20_000, ...busy },
    [LOG, RESTART],
  ],
  [
    "a lame duck",
    "lame-duck",
    closed("live"),
    { phase: "live", lameDuck: true },
    [/ignoreClusterUpdates: false/, /client_advertise/, /lame_duck_duration/],
  ],
  ["an INFO that does not come", "stale", late("info"), { phase: "info" }, SILENT],
  [
    "an INFO that does not come to its end",
    "stale",
    late("info"),
    { phase: "info", held: 3 },
    [/first line did not come to an end/, /option "timeout"/],
  ],
  [
    "a CONNECT that does not arrive",
    "stale",
    serverError("Authorization Timeout"),
    { phase: "handshake" },
    [/lost packets and long delays/, /"timeout" in "authorization"/, /"authenticator" quicker/],
  ],
  [
    "a CONNECT without an answer",
    "stale",
    late("handshake"),
    { phase: "handshake" },
    [/overloaded or frozen/, /option "timeout"/],
  ],
  [
    "bytes that nobody takes",
    "stale",
    stale("nothing taken (option flusherTimeout)"),
    { phase: "live" },
    [/does not read/, /"flusherTimeout"/],
  ],
  [
    "PINGs of the server without an answer",
    "stale",
    serverError("Stale Connection"),
    { phase: "live" },
    [/no answer to its PINGs/, /"ping_interval" or "ping_max"/],
  ],
  [
    "silence",
    "stale",
    stale("no sign of life"),
    { phase: "live", silence: 5400 },
    [/the host of h:1/, /longer than 6 s/, /all servers/],
  ],
  ["a slow consumer that is told so", "slow-consumer", serverError("Slow Consumer"), { phase: "live" }, SLOW],
  [
    "one that is not",
    "slow-consumer",
    closed("live"),
    { phase: "live", ...behind },
    [...SLOW, /if it has not, the server was stopped/],
  ],
  [
    "a stall of a link",
    "local-stall",
    closed("live"),
    { phase: "live", localStall: 2000 },
    [...NO_STALL, /"ping_interval", "write_deadline"/],
  ],
  [
    "a stall of an attempt",
    "local-stall",
    closed("handshake"),
    { phase: "handshake", localStall: 2000 },
    [...NO_STALL, /option "timeout".*"authorization" and "tls"/],
  ],
])("what to do about %s (%s)", (_, kind, error, facts, wanted) => {
  const cause = causeOf(error, { ...NOTHING_KNOWN, server: "h:1", phase: "live", took: 20, ...facts });
  expect(cause.kind).toBe(kind);
  expect(cause.advice).toHaveLength(wanted.length);
  for (const [i, one] of wanted.entries()) expect(cause.advice[i]).toMatch(one);
});
