import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ChaosProgram } from "./program.js";

/** What `--json` says, as far as it matters here. */
interface Receipt {
  readonly receiver: string;
  readonly lost: number;
  readonly duplicated: number;
}
interface Standing {
  readonly ranges: readonly { readonly from: number; readonly to: number }[];
  readonly receipts: readonly Receipt[];
  readonly errands: readonly {
    readonly name: string;
    readonly begun: number;
    readonly wrong: readonly string[];
  }[];
}
interface Word {
  readonly word: string;
}

let program: ChaosProgram;
beforeAll(async () => {
  program = await ChaosProgram.make();
}, 300_000);
afterAll(() => program[Symbol.dispose]());

/** Runs it; how long things take is not judged beside other tests, so the exit code is not looked at. */
async function campaign<T>(...args: string[]): Promise<T> {
  const run = program.start(...args, "--json");
  await run.ended;
  expect(run.stderr).toBe("");
  return JSON.parse(run.stdout).campaigns[0] as T;
}

/** Nobody missed anything, or got it twice. */
function expectWhole({ ranges, receipts }: Standing, atLeast: number): void {
  expect(ranges.reduce((sum, { from, to }) => sum + to - from, 0)).toBeGreaterThan(atLeast);
  for (const { receiver, lost, duplicated } of receipts) {
    expect({ receiver, lost, duplicated }).toEqual({ receiver, lost: 0, duplicated: 0 });
  }
  expect(receipts).toHaveLength(4);
}

const words = (all: readonly Word[]) => all.map(({ word }) => word);

describe("the measuring of changes of server", () => {
  it.concurrent("restarts a node by lame duck, and its clients have moved", async () => {
    const { results } = await campaign<{
      results: { clients: number; standing: Standing; words: Word[] }[];
    }>("--rolling", "--restarts", "1", "--rate", "2000");
    expect(results).toHaveLength(1);
    const [{ clients, standing, words: told }] = results;
    expectWhole(standing, 2_000);
    expect(clients).toBe(3);
    expect(words(told)).toEqual(["move", "move", "move"]);
  }, 300_000);

  it.concurrent("moves connections of every kind, and all that was under way comes to its end", async () => {
    const {
      results,
      standing,
      words: told,
    } = await campaign<{
      results: { how: string; member: string }[];
      standing: Standing;
      words: Word[];
    }>("--moves", "7", "--rate", "2000");
    expect(results.map(({ how }) => how)).toEqual(results.map(() => "move"));
    expect(new Set(results.map(({ member }) => member.replace(/ \d+$/, ""))).size).toBe(7);
    expectWhole(standing, 3_000);
    expect(words(told)).toEqual(results.map(() => "move"));
    for (const { name, begun, wrong } of standing.errands) {
      expect({ name, wrong }).toEqual({ name, wrong: [] });
      expect(begun).toBeGreaterThan(10);
    }
    expect(standing.errands).toHaveLength(4);
  }, 300_000);

  it.concurrent("kills the connected node, and finds the client on another one, past those that hang", async () => {
    const { results } = await campaign<{ results: { client: string; hanging: number; ms: number }[] }>(
      "--failover",
      "1",
    );
    expect(results.map(({ client, hanging }) => `${client} ${hanging}`)).toEqual([
      "holdfast 0",
      "natsjs 0",
      "holdfast 1",
      "holdfast 2",
    ]);
    // The deadline of an attempt: who hangs is not waited for. How long nats.js takes is its own affair.
    for (const { client, hanging, ms } of results)
      if (client === "holdfast") expect(ms, `with ${hanging} that hang`).toBeLessThan(5_000);
  }, 300_000);

  it("refuses what does not go together", async () => {
    const run = program.start("--moves", "--restarts", "3");
    expect(await run.ended).toBe(2);
    expect(run.stderr).toContain("--restarts is for --rolling");
    expect(run.stdout).toBe("");
  });
});
