import { spanText } from "../../diagnosis/words.js";
import { patienceOf, TIME_WAIT_OF_NATS_JS, type Waits, waitsOf } from "../figures.js";
import type { Found, LintContext, Rule } from "../rule.js";

/** ms between passes below which servers that come back are knocked down again. */
const EAGER = 100;
/** ms that a wait and its jitter take on average, from which on the wait alone does not matter. */
const EAGER_MEAN = 1000;
/** ms that the longest wait has at least: else clients ask as often after an hour as at first. */
const EAGER_MAX = 1000;
/** Part of the wait that jitter spreads clients over, at least. */
const SPREAD = 0.1;
/** ms that a server takes to be restarted, with its streams; and that a deployment takes. */
const RESTART = 30_000;
const DEPLOYMENT = 600_000;

const STORM =
  "every client of the cluster does the same at the same time, and a server that comes back is knocked down again";

function eager({ options }: LintContext): Found | undefined {
  const waits = waitsOf(options);
  if (waits === undefined) return undefined;
  if (waits.kind === "fixed") {
    if (waits.wait >= EAGER || isSpread(options, waits.wait)) return undefined;
    return {
      level: "warning",
      option: "reconnectTimeWait",
      message: `the wait between passes through the servers is ${waits.wait} ms`,
      why: STORM,
      advice: [
        "backoff: {}, in place of reconnectTimeWait: 1 s to 30 s with jitter; the first attempt comes at once all the same",
      ],
    };
  }
  const { initial, max } = waits.backoff;
  if (initial >= EAGER && max >= EAGER_MAX) return undefined;
  const isMax = max < EAGER_MAX;
  return {
    level: "warning",
    option: isMax ? "backoff.max" : "backoff.initial",
    message: isMax
      ? `the longest wait between passes through the servers is ${max} ms`
      : `the first wait between passes through the servers is ${initial} ms`,
    why: STORM,
    advice: [
      isMax ? "backoff.max: 30000" : "backoff.initial: 1000; the first attempt comes at once all the same",
    ],
  };
}

/** Whether jitter makes of a short wait one that is long enough on average, with TLS and without. */
function isSpread(
  { reconnectJitter = 0, reconnectJitterTLS }: LintContext["options"],
  wait: number,
): boolean {
  return wait + Math.min(reconnectJitter, reconnectJitterTLS ?? reconnectJitter) / 2 >= EAGER_MEAN;
}

function noJitter({ options }: LintContext): Found | undefined {
  const waits = waitsOf(options);
  if (waits === undefined) return undefined;
  const found = waits.kind === "fixed" ? fixedWithout(options) : backoffWithout(waits);
  if (found === undefined) return undefined;
  return {
    level: "warning",
    ...found,
    why: "clients that lost the same server come back at the same instant, again and again: that is the next outage",
    advice: [
      found.option === "backoff.jitter"
        ? 'backoff.jitter: "spread"'
        : `${found.option}: ${found.option === "reconnectJitter" ? 100 : 1000} or more, or backoff in place of reconnectTimeWait`,
    ],
  };
}

function fixedWithout({
  reconnectJitter,
  reconnectJitterTLS,
}: LintContext["options"]): Pick<Found, "option" | "message"> | undefined {
  if (reconnectJitter === 0)
    return {
      option: "reconnectJitter",
      message: "waits between passes have no jitter: reconnectJitter is 0",
    };
  if (reconnectJitterTLS === 0)
    return {
      option: "reconnectJitterTLS",
      message: "waits between passes have no jitter where TLS is used: reconnectJitterTLS is 0",
    };
  return undefined;
}

function backoffWithout(waits: Waits & { kind: "backoff" }): Pick<Found, "option" | "message"> | undefined {
  const { jitter } = waits.backoff;
  if (typeof jitter !== "number" || jitter >= SPREAD) return undefined;
  return {
    option: "backoff.jitter",
    message:
      jitter === 0 ? "waits between passes have no jitter" : `the jitter is ${jitter} of the wait only`,
  };
}

function noGrowth({ options }: LintContext): Found | undefined {
  const waits = waitsOf(options);
  if (waits === undefined) return undefined;
  const why = "in a long outage clients ask as often as in the first second, or wait too long in a short one";
  if (waits.kind === "fixed") {
    if (waits.wait < EAGER || waits.option !== "reconnectTimeWait") return undefined;
    const whose = waits.wait === TIME_WAIT_OF_NATS_JS ? ", nats.js's default" : "";
    return {
      level: "hint",
      option: "reconnectTimeWait",
      message: `the wait between passes is always ${spanText(waits.wait)}${whose}`,
      why,
      advice: ["backoff: {}, in place of reconnectTimeWait, or neither: the default grows from 1 s to 30 s"],
    };
  }
  const { factor, initial, max } = waits.backoff;
  if (factor >= 1.2 || initial >= max) return undefined;
  return {
    level: "hint",
    option: "backoff.factor",
    message: `waits between passes hardly grow: backoff.factor is ${factor}`,
    why,
    advice: ["backoff.factor: 2"],
  };
}

/** The fewest passes after which it is over, and by which option. */
function limitOf({ options }: LintContext): { passes: number; option: Found["option"] } | undefined {
  const { maxReconnectAttempts = -1, backoff } = options;
  const ofServers = maxReconnectAttempts === -1 ? Number.POSITIVE_INFINITY : maxReconnectAttempts;
  const ofBackoff = backoff?.maxAttempts ?? Number.POSITIVE_INFINITY;
  if (Math.min(ofServers, ofBackoff) === Number.POSITIVE_INFINITY) return undefined;
  return ofServers <= ofBackoff
    ? { passes: ofServers, option: "maxReconnectAttempts" }
    : { passes: ofBackoff, option: "backoff.maxAttempts" };
}

function givesUp(context: LintContext): Found | undefined {
  const waits = waitsOf(context.options);
  const limit = limitOf(context);
  if (limit === undefined || context.options.reconnect === false) return undefined;
  const patience = waits === undefined ? undefined : patienceOf(waits, limit.passes);
  if (patience !== undefined && patience >= DEPLOYMENT) return undefined;
  const isEarly = patience !== undefined && patience < RESTART;
  const { option, passes } = limit;
  const name = `${option} is ${passes}`;
  return {
    level: isEarly ? "warning" : "hint",
    option,
    message:
      patience === undefined
        ? `the connection is closed for good after an outage of some length: ${name}`
        : `the connection is closed for good after an outage of about ${spanText(patience)}: ${name}`,
    why: isEarly
      ? `a restart of a server takes ${spanText(RESTART)} or more; what was accepted and not sent is dropped then, and nobody dials again`
      : "what was accepted and not sent is dropped then, and nobody dials again",
    advice: [
      option === "maxReconnectAttempts" ? "maxReconnectAttempts: -1" : "backoff.maxAttempts: Infinity",
      "with a limit: listen to `close`, and end the process, so that its supervisor starts another",
    ],
  };
}

function noReconnect({ options }: LintContext): Found | undefined {
  if (options.reconnect !== false) return undefined;
  return {
    level: "warning",
    option: "reconnect",
    message: "the connection is not made again when it is lost: reconnect is false",
    why: "every restart of a server, and every planned move, ends it for good; what was accepted and not sent is dropped",
    advice: ["reconnect: true", "without it: listen to `close`, and end the process or connect anew"],
  };
}

function waitsAndGivesUp(context: LintContext): Found | undefined {
  const { waitOnFirstConnect, retryOnFailedConnect } = context.options;
  const option = waitOnFirstConnect === true ? "waitOnFirstConnect" : "retryOnFailedConnect";
  const limit = limitOf(context);
  if ((waitOnFirstConnect !== true && retryOnFailedConnect !== true) || limit === undefined) return undefined;
  return {
    level: "warning",
    option: limit.option,
    message: `${option} goes on until a server can be reached, and ${limit.option} ends that after ${limit.passes}`,
    why:
      option === "waitOnFirstConnect"
        ? "connect() rejects after all when servers come up late"
        : "the connection that was returned is closed when servers come up late",
    advice: [
      limit.option === "maxReconnectAttempts" ? "maxReconnectAttempts: -1" : "backoff.maxAttempts: Infinity",
      `${option}: false, if it should give up`,
    ],
  };
}

function refusedCredentials({ options }: LintContext): Found | undefined {
  const { ignoreAuthErrorAbort: goesOn, authenticator } = options;
  if (goesOn === false && authenticator !== undefined)
    return {
      level: "warning",
      option: "ignoreAuthErrorAbort",
      message:
        "two refusals by a server close the connection, although the authenticator may have other credentials the next time",
      why: "a rotation of credentials that servers learn of a little later ends the connection for good",
      advice: ["ignoreAuthErrorAbort: true, the default with an authenticator"],
    };
  if (goesOn !== true || authenticator !== undefined) return undefined;
  return {
    level: "hint",
    option: "ignoreAuthErrorAbort",
    message: "credentials that were refused are sent again and again, and never change",
    why: "nothing but a change of the server's configuration can mend it, and nobody is told by a `close`",
    advice: [
      "ignoreAuthErrorAbort: false",
      "authenticator: a function that reads them anew at every attempt",
    ],
  };
}

/** How often, and for how long, a connection tries to come back. */
export const RETRYING: readonly Rule[] = [
  { name: "eager-retry", check: eager },
  { name: "no-jitter", check: noJitter },
  { name: "no-growth", check: noGrowth },
  { name: "gives-up", check: givesUp },
  { name: "no-reconnect", check: noReconnect },
  { name: "wait-gives-up", check: waitsAndGivesUp },
  { name: "refused-credentials", check: refusedCredentials },
];
