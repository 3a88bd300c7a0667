import { spanText } from "../../diagnosis/words.js";
import { DEFAULTS } from "../../settings.js";
import { waitsOf } from "../figures.js";
import { isLoopback } from "../hosts.js";
import type { Found, LintContext, Rule } from "../rule.js";

const LONGEST_WAIT = 60_000;
const LONGEST_FIRST_WAIT = 10_000;
const LONGEST_ATTEMPT = 30_000;
/** ms that a connection with TLS and credentials takes over a wide area network, when nothing is wrong. */
const SHORTEST_ATTEMPT = 500;
/** A server that shuts down ends its last connections by then: nats-server's `lame_duck_duration` is 2 minutes. */
const LONGEST_LAME_DUCK = 60_000;

function backoffMax({ options }: LintContext): Found | undefined {
  const waits = waitsOf(options);
  if (waits?.kind !== "backoff" || waits.backoff.max <= LONGEST_WAIT) return undefined;
  return {
    level: "warning",
    option: "backoff.max",
    message: `waits between passes grow up to ${spanText(waits.backoff.max)}`,
    why: "servers may be back for so long before this client looks: an outage lasts longer for it than for all others",
    advice: ["backoff.max: 30000"],
  };
}

function firstWait({ options }: LintContext): Found | undefined {
  const waits = waitsOf(options);
  if (waits === undefined) return undefined;
  const wait = waits.kind === "fixed" ? waits.wait : waits.backoff.initial;
  if (wait <= LONGEST_FIRST_WAIT) return undefined;
  const option = waits.kind === "fixed" ? "reconnectTimeWait" : "backoff.initial";
  return {
    level: "warning",
    option,
    message: `the first wait between passes through the servers is ${spanText(wait)}`,
    why: "most outages are over within seconds: a restart of one server, a move of an address",
    advice: [
      option === "backoff.initial" ? "backoff.initial: 1000" : "backoff: {}, in place of reconnectTimeWait",
    ],
  };
}

function attempt({ options, addresses }: LintContext): Found | undefined {
  const { timeout = DEFAULTS.timeout } = options;
  if (timeout > LONGEST_ATTEMPT)
    return {
      level: "warning",
      option: "timeout",
      message: `an attempt may take ${spanText(timeout)}`,
      why: "connect() hangs for so long at a server that does not answer, and so does what waits for it",
      advice: ["timeout: 5000"],
    };
  if (timeout >= SHORTEST_ATTEMPT || addresses.every(({ hostname }) => isLoopback(hostname)))
    return undefined;
  return {
    level: "warning",
    option: "timeout",
    message: `an attempt must be done within ${timeout} ms: name, TCP, TLS, credentials, subscriptions`,
    why: "after an outage servers are busy with everybody's handshakes: attempts that would succeed are given up and begun anew, which makes it worse",
    advice: ["timeout: 5000"],
  };
}

function overProbe({ options, probeTimeout }: LintContext): Found | undefined {
  const { timeout = DEFAULTS.timeout } = options;
  if (probeTimeout === undefined || timeout <= probeTimeout) return undefined;
  return {
    level: "warning",
    option: "timeout",
    message: `an attempt may take ${spanText(timeout)}, and the probe waits for ${spanText(probeTimeout)}`,
    why: "one server that hangs is enough for the probe to fail, and the process is restarted although others would do",
    advice: [
      `timeout: ${Math.max(500, Math.floor(probeTimeout / 2))}`,
      `a probe that waits longer: timeoutSeconds: ${Math.ceil(timeout / 1000) + 1}`,
      "a probe that does not wait for the connection: the health endpoints of holdfast/observe answer at once",
    ],
  };
}

function lameDuck({ options }: LintContext): Found | undefined {
  const { lameDuckJitter = DEFAULTS.lameDuckJitter } = options;
  if (lameDuckJitter <= LONGEST_LAME_DUCK) return undefined;
  return {
    level: "warning",
    option: "lameDuckJitter",
    message: `a server that shuts down is left after up to ${spanText(lameDuckJitter)}`,
    why: "it ends its connections within lame_duck_duration (2 minutes by default): the planned move may come too late and be an outage",
    advice: ["lameDuckJitter: 5000, or less than half of the servers' lame_duck_duration"],
  };
}

function allLeaveAtOnce({ options }: LintContext): Found | undefined {
  if (options.lameDuckJitter !== 0) return undefined;
  return {
    level: "hint",
    option: "lameDuckJitter",
    message: "a server that shuts down is left at once: lameDuckJitter is 0",
    why: "all its clients arrive at the other servers in the same instant",
    advice: ["lameDuckJitter: 5000"],
  };
}

/** How long is waited for what may never come. */
export const PATIENCE: readonly Rule[] = [
  { name: "patient-backoff", check: backoffMax },
  { name: "patient-first-wait", check: firstWait },
  { name: "attempt-timeout", check: attempt },
  { name: "timeout-over-probe", check: overProbe },
  { name: "late-move", check: lameDuck },
  { name: "moves-together", check: allLeaveAtOnce },
];
