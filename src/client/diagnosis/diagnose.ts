import type { Engine } from "../../core/engine.js";
import { CodedError } from "../../errors.js";
import { callOptions } from "../call-options.js";
import { lintRunning } from "../lint/lint.js";
import { integer, readOptions } from "../option-checks.js";
import type { Settings } from "../settings.js";
import type { DiagnoseOptions, Diagnosis, OutageRecord } from "./diagnosis.js";
import { type KeptOutage, MOST_OUTAGES, type OutageHistory } from "./outage-history.js";
import { patternsOf } from "./patterns/patterns.js";

const STANDARD = 20;
const CHECKS = { outages: integer(1, MOST_OUTAGES) };

/**
 * Makes a diagnosis of what is kept; nothing of it is changed by what is done to it.
 *
 * @throws CodedError `INVALID_ARGUMENT`
 */
export function diagnose(
  history: OutageHistory,
  engine: Engine,
  settings: Settings,
  given: DiagnoseOptions | undefined,
): Diagnosis {
  const { outages: most = STANDARD }: DiagnoseOptions = readOptions(callOptions(given), {
    checks: CHECKS,
    refuse: (name, why) =>
      new CodedError("INVALID_ARGUMENT", `diagnose(): option "${name}" ${why}`, { option: name }),
  });
  const { pingInterval, maxPingOut } = engine.options.liveness;
  const outages = history.outages.filter(({ cause }) => cause.kind !== "client");
  const diagnosis = {
    outages: history.outages.slice(-most).reverse().map(told),
    patterns: patternsOf({ outages, past: history, now: history.now, pingInterval, maxPingOut }),
    findings: lintRunning(settings.options, engine),
  };
  // Causes are those that listeners have got.
  return structuredClone(diagnosis);
}

function told(kept: KeptOutage): OutageRecord {
  const { silence: _, usual: __, rate: ___, maxPayload: ____, ...rest } = kept;
  const { sameProcess: _____, isCompleted: ______, burst, ...record } = rest;
  return { ...record, together: burst.connections };
}
