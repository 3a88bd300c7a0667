import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until } from "../support/until.js";
import { ChaosProgram, isAlive, stateOf } from "./program.js";

/** What `--json` says of a trial, as far as it matters here. */
interface Trial {
  readonly trouble: string;
  readonly delivery: string;
  readonly crash?: string;
  readonly injected: number;
  readonly accepted: number;
  readonly delivered: number;
  readonly lost: unknown[];
  readonly copies: number;
  readonly recovery: number[];
  readonly broken: string[];
}

let program: ChaosProgram;
beforeAll(async () => {
  program = await ChaosProgram.make();
}, 60_000);
afterAll(() => program[Symbol.dispose]());

describe("the chaos suite", () => {
  it.concurrent.each([
    ["at-least-once", []],
    ["at-most-once", []],
    ["at-least-once", ["--tls"]],
  ])(
    "finds that Holdfast keeps its promises in a few telling faults, %s %j",
    async (delivery, wire) => {
      const run = program.start("--short", "--json", "--delivery", delivery, ...wire);
      const code = await run.ended;
      const { trials }: { trials: Trial[] } = JSON.parse(run.stdout);
      expect(trials).toHaveLength(1);
      const [trial] = trials;
      expect(trial).toMatchObject({ delivery, broken: [], lost: [] });
      expect(trial.injected).toBeGreaterThanOrEqual(6);
      // Of the six, four end the link; one of them only when enough is published in its time.
      expect(trial.recovery.length).toBeGreaterThanOrEqual(3);
      expect(trial.accepted).toBeGreaterThan(20_000);
      if (delivery === "at-most-once") expect(trial.copies).toBe(0);
      else expect(trial.delivered).toBe(trial.accepted);
      expect(code).toBe(0);
    },
    180_000,
  );

  it.runIf(process.platform === "linux").each<[string, NodeJS.Signals, number | null]>([
    ["Ctrl-C", "SIGINT", 130],
    ["SIGKILL", "SIGKILL", null],
  ])(
    "ends at once on %s, also with a stopped process, and leaves none behind",
    async (_name, signal, code) => {
      const run = program.start("--only", "stop-client", "--clients", "holdfast");
      const isStopped = (pid: number) => stateOf(pid) === "T";
      await until(() => run.descendants().some(isStopped), "a stopped publisher", 20_000);
      const pids = run.descendants();
      expect(pids.length).toBeGreaterThanOrEqual(3);
      const since = performance.now();
      run.signal(signal);
      expect(await run.ended).toBe(code);
      // All of it takes most of a minute.
      expect(performance.now() - since).toBeLessThan(15_000);
      await until(
        () => !pids.some(isAlive),
        () => `the end of ${pids.filter(isAlive)}`,
      );
    },
    40_000,
  );

  it("refuses a wrong name, and says which was meant", async () => {
    const run = program.start("--only", "blackhole-upp");
    expect(await run.ended).toBe(2);
    expect(run.stderr).toContain('Did you mean "blackhole-up"?');
    expect(run.stdout).toBe("");
  });

  it("lists its faults", async () => {
    const run = program.start("--list");
    expect(await run.ended).toBe(0);
    expect(run.stdout).toMatch(/kill-replay +SIGKILL, and again/);
  });
});
