import { describe, expect, it } from "vitest";
import { play } from "../../causes/play.js";
import { SCENARIOS } from "../../causes/scenarios/catalogue.js";

/** One of each kind that needs no process of its own: they take less than a second each. */
const QUICK = [
  "client-close",
  "network-reset",
  "network-no-such-name",
  "refused-nobody",
  "shutdown-sigterm",
  "lame-duck-killed",
  "stale-frozen-busy",
  "slow-said-by-server",
  "overload-max-connections",
  "auth-wrong-password",
  "tls-other-name",
  "protocol-ssh",
  "payload-info-wrong",
  "unknown-attempt",
];

describe("a few ends that are provoked [X1]", () => {
  it.each(QUICK)("%s is told right", async (name) => {
    const scenario = SCENARIOS.find((one) => one.name === name)!;
    const result = await play(scenario);
    expect(result, `${result.why}: ${JSON.stringify(result.told)}`).toMatchObject({ verdict: "right" });
  });
});
