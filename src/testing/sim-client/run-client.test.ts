import { describe, expect, it } from "vitest";
import { Coverage } from "../sim/coverage.js";
import { CLIENT_ACTIONS } from "./client-profile.js";
import { runClient } from "./run-client.js";

const LONG = 180_000;

describe("the whole client in simulated worlds", () => {
  it(
    "keeps its promises whatever the seed",
    async () => {
      const coverage = new Coverage();
      for (let seed = 1; seed <= 120; seed++) {
        const { failure, coverage: some } = await runClient({ seed, steps: 600 });
        expect(
          failure,
          `seed ${seed}: npm run sim -- --level client --seed ${seed} --steps 600`,
        ).toBeUndefined();
        coverage.add(some);
      }
      const never = coverage.missing({
        action: CLIENT_ACTIONS,
        shut: ["close", "drain"],
        ending: ["at rest", "close-in-callback", "close-in-listener", "close-early", "drain-early"],
        event: ["disconnect", "reconnect", "messageLost", "slowConsumer", "error", "close"],
      });
      expect(never).toEqual([]);
    },
    LONG,
  );

  it.each([3, 8, 14])(
    "goes the same way each time: seed %d",
    async (seed) => {
      const one = await runClient({ seed, steps: 1500 });
      const other = await runClient({ seed, steps: 1500, keepTrace: true });
      expect(other.hash).toBe(one.hash);
      expect(other.trace.length).toBeGreaterThan(100);
      expect(other.history).toEqual(one.history);
    },
    LONG,
  );

  it(
    "leaves out what it is told to leave out",
    async () => {
      const { coverage } = await runClient({ seed: 8, steps: 1500, without: new Set(["burst", "flush"]) });
      expect([coverage.get("action", "burst"), coverage.get("action", "flush")]).toEqual([0, 0]);
    },
    LONG,
  );

  it(
    "does not keep what escapes from the client to itself",
    async () => {
      const before = process.listenerCount("unhandledRejection");
      const result = await runClient({
        seed: 8,
        steps: 500,
        spoil: () => void Promise.reject(new Error("nobody catches this")),
      });
      expect(result.failure?.message).toMatch(/^escaped: Error: nobody catches this/);
      expect(process.listenerCount("unhandledRejection")).toBe(before);
    },
    LONG,
  );
});
