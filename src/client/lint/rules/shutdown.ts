import { spanText } from "../../diagnosis/words.js";
import { DEFAULTS } from "../../settings.js";
import type { Found, LintContext, Rule } from "../rule.js";

/** ms that a handler, and a confirmation, may take when nothing is wrong. */
const SHORTEST_DRAIN = 1000;
const SHORTEST_CLOSE = 100;

function late({ options, gracePeriod }: LintContext): Found | undefined {
  const { closeTimeout = DEFAULTS.closeTimeout, drainTimeout = DEFAULTS.drainTimeout } = options;
  const option = drainTimeout > gracePeriod ? "drainTimeout" : "closeTimeout";
  const timeout = drainTimeout > gracePeriod ? drainTimeout : closeTimeout;
  if (timeout <= gracePeriod) return undefined;
  return {
    level: "warning",
    option,
    message: `${option} is ${spanText(timeout)}, and the process has ${spanText(gracePeriod)} between SIGTERM and SIGKILL`,
    why: "it is killed in the middle of it: what could not be sent is not reported, and lost",
    advice: [
      `${option}: ${Math.floor(gracePeriod * 0.8)}`,
      `terminationGracePeriodSeconds: ${Math.ceil(timeout / 1000) + 5}, or the like`,
    ],
  };
}

function short({ options }: LintContext): Found | undefined {
  const { closeTimeout = DEFAULTS.closeTimeout, drainTimeout = DEFAULTS.drainTimeout } = options;
  const isDrain = drainTimeout < SHORTEST_DRAIN;
  if (!isDrain && closeTimeout >= SHORTEST_CLOSE) return undefined;
  const option = isDrain ? "drainTimeout" : "closeTimeout";
  return {
    level: "hint",
    option,
    message: `${option} is ${isDrain ? drainTimeout : closeTimeout} ms`,
    why: isDrain
      ? "handlers that are at work have no time to answer"
      : "what was published just before has no time to be confirmed, and is reported as unconfirmed or dropped",
    advice: [`${option}: ${DEFAULTS[option]}`],
  };
}

/** How long the end may take. */
export const SHUTDOWN: readonly Rule[] = [
  { name: "late-end", check: late },
  { name: "hasty-end", check: short },
];
