import { describe, expect, it } from "vitest";
import type { Result } from "./judge.js";
import { play, playAll } from "./play.js";
import { type Ended, NotTold, type Scenario } from "./scenario.js";
import type { Stage } from "./stage/stage.js";

const scenario = (name: string, does: (stage: Stage) => Promise<Ended>): Scenario => ({
  name,
  does: name,
  kind: "client",
  codes: ["CLOSE"],
  side: "client",
  play: does,
});

const ended: Ended = {
  occasion: "close",
  cause: { kind: "client", code: "CLOSE", message: "closed", evidence: [], advice: [], docs: "" },
};

describe("a scenario that is played", () => {
  it("is judged, and what it has started is ended, the newest first", async () => {
    const order: string[] = [];
    const result = await play(
      scenario("a", async (stage) => {
        stage.defer(() => order.push("first"));
        stage.defer(() => order.push("second"));
        return ended;
      }),
      () => () => order.push("closed"),
    );
    expect(result).toMatchObject({ name: "a", verdict: "right" });
    expect(order).toEqual(["second", "first", "closed"]);
  });

  it.each([
    [new NotTold("not within 20000 ms"), "no-cause"],
    [new Error("the server did not start"), "crashed"],
  ])("and fails with %o is %s, and what it has started is ended", async (error, verdict) => {
    let undone = false;
    const result = await play(
      scenario("b", async (stage) => {
        stage.defer(() => {
          undone = true;
        });
        throw error;
      }),
    );
    expect(result.verdict).toBe(verdict);
    expect(undone).toBe(true);
  });
});

describe("what cannot be ended", () => {
  it("is a crash, whatever was told; the rest is ended", async () => {
    let undone = false;
    const result = await play(
      scenario("c", async (stage) => {
        stage.defer(() => {
          undone = true;
        });
        stage.defer(() => Promise.reject(new Error("stuck")));
        return ended;
      }),
    );
    expect(result).toMatchObject({ verdict: "crashed", why: "stuck" });
    expect(undone).toBe(true);
  });
});

describe("many scenarios", () => {
  it("are told in their order, however long they take; no more than so many are played at once", async () => {
    const gates: (() => void)[] = [];
    let playing = 0;
    let most = 0;
    const slow = ["a", "b", "c", "d"].map((name) =>
      scenario(name, async () => {
        most = Math.max(most, ++playing);
        await new Promise<void>((resolve) => gates.push(resolve));
        playing--;
        return ended;
      }),
    );
    const told: string[] = [];
    const listener = { ended: ({ name }: Result, index: number) => told.push(`${index} ${name}`) };
    const all = playAll(slow, 2, listener as never);
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    while (gates.length < 2) await turn();
    gates[1]();
    while (gates.length < 3) await turn();
    expect(told).toEqual([]);
    gates[0]();
    while (gates.length < 4) await turn();
    gates[3]();
    gates[2]();
    expect((await all).map(({ name }) => name)).toEqual(["a", "b", "c", "d"]);
    expect(told).toEqual(["0 a", "1 b", "2 c", "3 d"]);
    expect(most).toBe(2);
  });
});
