import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ChaosProgram } from "./program.js";

/** What `--json` says, as far as it matters here. */
interface Report {
  readonly verdict: { readonly resolved: number; readonly arrived: number; readonly missing: string[] };
  readonly broken: string[];
  readonly tally: { readonly killed: Record<string, number>; readonly recovered: number };
}

let program: ChaosProgram;
beforeAll(async () => {
  program = await ChaosProgram.make();
}, 300_000);
afterAll(() => program[Symbol.dispose]());

async function campaign<T = Report>(...args: string[]): Promise<T & { code: number | null }> {
  const run = program.start("--outbox", ...args, "--json");
  const code = await run.ended;
  expect(run.stderr).toBe("");
  return { ...JSON.parse(run.stdout), code };
}

describe("a process with an outbox that is killed again and again", () => {
  it("loses nothing that was said to be on disk, and a stream has it once", async () => {
    const { code, broken, verdict, tally } = await campaign("--cycles", "25", "--seed", "11");
    expect(broken).toEqual([]);
    expect(code).toBe(0);
    expect(verdict.resolved).toBeGreaterThan(500);
    expect(tally.recovered).toBeGreaterThan(100);
    const killed = Object.values(tally.killed).reduce((sum, count) => sum + count, 0);
    expect(killed).toBe(25);
  }, 300_000);

  it("loses nothing on its way to a subscriber", async () => {
    const { code, broken, verdict } = await campaign("--cycles", "12", "--seed", "12", "--target", "core");
    expect(broken).toEqual([]);
    expect(code).toBe(0);
    expect(verdict.resolved).toBeGreaterThan(200);
  }, 300_000);

  it("is found out when its store says that it has written before it has", async () => {
    const { code, broken, verdict } = await campaign("--cycles", "12", "--seed", "13", "--sabotage");
    expect(broken.join()).toContain("said to be on disk, and lost");
    expect(verdict.missing).not.toEqual([]);
    expect(code).toBe(1);
  }, 300_000);
});

describe("a backlog", () => {
  it("is opened and replayed in order, while others publish", async () => {
    const { messages, replay, received } = await campaign<{
      messages: number;
      replay: { published: number };
      received: { messages: number; outOfOrder: number };
    }>("--backlog", "16MiB");
    expect(messages).toBe(32_768);
    expect(replay.published).toBeGreaterThan(messages);
    expect(received).toMatchObject({ messages: replay.published, outOfOrder: 0 });
  }, 300_000);
});
