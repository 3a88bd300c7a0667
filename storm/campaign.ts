import { limitsFor } from "./limits.js";
import { SCENARIOS, type ScenarioName } from "./scenarios.js";
import { type Result, simulate } from "./simulate.js";
import { STRATEGIES, type StrategyName } from "./strategies.js";

/** One scenario, without or with TLS, and what became of it with each kind of client. */
export interface Case {
  readonly scenario: ScenarioName;
  readonly tls: boolean;
  readonly clients: number;
  /** Bytes that each client has to write again. */
  readonly window: number;
  readonly results: ReadonlyMap<StrategyName, Result>;
}

/** What is played. */
export interface Plan {
  readonly scenario: ScenarioName;
  readonly tls: boolean;
  readonly clients: number;
  readonly window: number;
  readonly strategies: readonly StrategyName[];
}

/** Bytes that each client has to write again where replays are looked at. */
export const WINDOW = 100_000;
/** There, one client stands for so many: each of them holds its messages in memory. */
export const STANDS_FOR = 10;
const REPLAYS: readonly ScenarioName[] = ["one", "all", "late"];

/** Every scenario without and with TLS, and those where the replays are looked at. */
export function plans(
  scenarios: readonly ScenarioName[],
  strategies: readonly StrategyName[],
  clients: number,
): Plan[] {
  const storms = scenarios.flatMap((scenario) =>
    [false, true].map((tls) => ({ scenario, tls, clients, window: 0, strategies })),
  );
  const replays = REPLAYS.filter((scenario) => scenarios.includes(scenario)).map((scenario) => ({
    scenario,
    tls: false,
    clients: Math.ceil(clients / STANDS_FOR),
    window: WINDOW,
    strategies: strategies.filter((name) => name === "nats.js" || name === "holdfast"),
  }));
  return [...storms, ...replays];
}

/** Plays a scenario with each kind of client, all with the same luck. */
export function play(plan: Plan, seed: number): Case {
  const { scenario, tls, clients, window } = plan;
  const run = (name: StrategyName) =>
    simulate({
      scenario: SCENARIOS[scenario],
      make: STRATEGIES[name].make,
      clients,
      seed,
      tls,
      limits: limitsFor(clients, tls),
      window,
    });
  const results = new Map<StrategyName, Result>();
  for (const name of plan.strategies) {
    const result = run(name);
    results.set(name, result);
    // Clients that gave up neither knock any more nor come back: there must be others to compare with.
    if (name === "nats.js" && result.gaveUp > 0) results.set("nats.js-forever", run("nats.js-forever"));
  }
  return { scenario, tls, clients, window, results };
}

/** What others are compared with: nats.js as it is, or as it is when it does not give up. */
export function baseline({ results }: Case): Result | undefined {
  return results.get("nats.js-forever") ?? results.get("nats.js");
}
