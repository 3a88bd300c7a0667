import { spanText } from "../../diagnosis/words.js";
import { DEFAULTS } from "../../settings.js";
import { pingBudget } from "../figures.js";
import type { Found, LintContext, Rule } from "../rule.js";

const LONGEST_BUDGET = 120_000;
const SHORTEST_BUDGET = 2000;
const LONGEST_STALL = 60_000;
const SHORTEST_STALL = 500;
/** ms of idleness after which the more impatient load balancers end a connection. */
const IDLE = 60_000;

function budget({ options }: LintContext): Found | undefined {
  const all = pingBudget(options);
  const { pingInterval = DEFAULTS.pingInterval, maxPingOut = DEFAULTS.maxPingOut } = options;
  if (all === Number.POSITIVE_INFINITY)
    return {
      level: "warning",
      option: "pingInterval",
      message: `no PINGs are sent: pingInterval is ${pingInterval}`,
      why: "an idle link that is dead is never noticed: subscriptions get nothing any more, and nobody is told",
      advice: ["pingInterval: 20000"],
    };
  const figures = `pingInterval × (maxPingOut + 1) = ${pingInterval} × ${maxPingOut + 1}`;
  if (all > LONGEST_BUDGET)
    return {
      level: "warning",
      option: "pingInterval",
      message: `an idle link that is dead is noticed after ${spanText(all)}: ${figures}`,
      why: "all that is published to its subscriptions meanwhile is missed, and load balancers end connections that are idle for a minute or a few",
      advice: ["pingInterval: 20000, maxPingOut: 2"],
    };
  if (all >= SHORTEST_BUDGET) return undefined;
  return {
    level: "warning",
    option: "pingInterval",
    message: `a link is given up after ${spanText(all)} of silence: ${figures}`,
    why: "a pause of the server's or of the network (a packet sent again, garbage collection, a snapshot) is taken for its death, and the reconnect costs more than the pause",
    advice: [
      "pingInterval: 20000, maxPingOut: 2; with bytes on the way a dead link is noticed within stallTimeout anyway",
    ],
  };
}

function idle({ options }: LintContext): Found | undefined {
  const { pingInterval = DEFAULTS.pingInterval } = options;
  // What is noticed late has its rule.
  if (pingInterval < IDLE || pingBudget(options) > LONGEST_BUDGET) return undefined;
  return {
    level: "hint",
    option: "pingInterval",
    message: `an idle link is silent for ${spanText(pingInterval)} at a time`,
    why: "load balancers, NAT gateways and firewalls end connections that are idle, some after a minute",
    advice: ["pingInterval: 20000"],
  };
}

function stall({ options }: LintContext): Found | undefined {
  const { stallTimeout = DEFAULTS.stallTimeout } = options;
  if (stallTimeout === 0)
    return {
      level: "warning",
      option: "stallTimeout",
      message: "a link on which nothing moves is not given up while bytes wait: stallTimeout is 0",
      why: "what is published waits until PINGs fail, a minute or more, in place of 5 s",
      advice: ["stallTimeout: 5000"],
    };
  if (stallTimeout > LONGEST_STALL)
    return {
      level: "warning",
      option: "stallTimeout",
      message: `a link on which nothing moves is given up after ${spanText(stallTimeout)} only`,
      why: "what is published waits for so long when a server freezes or the network swallows packets",
      advice: ["stallTimeout: 5000"],
    };
  if (stallTimeout >= SHORTEST_STALL) return undefined;
  return {
    level: "warning",
    option: "stallTimeout",
    message: `a link is given up after ${stallTimeout} ms without a sign of life while bytes wait`,
    why: "one packet that is sent again takes that long: links that are well are given up, and messages replayed",
    advice: ["stallTimeout: 5000"],
  };
}

function write({ options }: LintContext): Found | undefined {
  if (options.flusherTimeout !== 0) return undefined;
  return {
    level: "hint",
    option: "flusherTimeout",
    message: "bytes may wait for the system for any time: flusherTimeout is 0",
    why: "a server that sends and does not read keeps the link, and what is published waits",
    advice: ["flusherTimeout: 60000"],
  };
}

function keepAlive({ options }: LintContext): Found | undefined {
  if (options.keepAlive !== false || pingBudget(options) !== Number.POSITIVE_INFINITY) return undefined;
  return {
    level: "warning",
    option: "keepAlive",
    message: "neither PINGs nor TCP keep-alive look whether the other end is there",
    why: "a link whose other end has vanished stands for ever",
    advice: ["pingInterval: 20000", "keepAlive: true"],
  };
}

/** When a dead link is noticed. */
export const LIVENESS: readonly Rule[] = [
  { name: "ping-budget", check: budget },
  { name: "idle-link", check: idle },
  { name: "stall-timeout", check: stall },
  { name: "write-timeout", check: write },
  { name: "no-keep-alive", check: keepAlive },
];
