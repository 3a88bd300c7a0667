import { describe, it } from "vitest";
import { RECEIVING } from "./receiving.js";
import { RECOVERY } from "./recovery.js";
import { REFUSALS } from "./refusals.js";
import { REQUESTS } from "./requests.js";
import { SHUTDOWN } from "./shutdown.js";
import type { Scenario, StageMaker } from "./stage.js";

/** All scenarios, by what they are about. */
export const SCENARIOS: Readonly<Record<string, readonly Scenario[]>> = {
  receiving: RECEIVING,
  requests: REQUESTS,
  refusals: REFUSALS,
  recovery: RECOVERY,
  shutdown: SHUTDOWN,
};

/** Makes a test of each scenario, on stages of one kind. */
export function playScenarios(kind: string, makeStage: StageMaker): void {
  describe(`on ${kind}`, () => {
    for (const [topic, scenarios] of Object.entries(SCENARIOS)) {
      describe(topic, () => {
        for (const { name, setup = {}, play } of scenarios) {
          it(name, async () => {
            await using stage = await makeStage(setup);
            await Promise.race([play(stage), stage.failed]);
          });
        }
      });
    }
  });
}
