import type { CauseKind } from "../../src/index.js";
import type { Scenario } from "../scenario.js";

/** Scenarios of which this kind is the right one. */
export function ofKind(
  kind: CauseKind,
  ...scenarios: readonly Omit<Scenario, "kind">[]
): readonly Scenario[] {
  return scenarios.map((scenario) => ({ ...scenario, kind }));
}
