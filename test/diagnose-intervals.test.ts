import { describe, expect, it } from "vitest";
import type { Connection, Pattern } from "../src/index.js";
import { simulated } from "./scenarios/simulated-stage.js";
import type { Stage } from "./scenarios/stage.js";

/** Ends each link as somebody on the way would, when `isOver` says so, `times` times; the pattern about intervals, if one is found. */
async function ended(
  stage: Stage,
  nc: Connection,
  times: number,
  waitFor: (since: number, round: number) => Promise<void>,
): Promise<Pattern | undefined> {
  for (let round = 0; round < times; round++) {
    const before = nc.stats().reconnects;
    await waitFor(stage.now(), round);
    await stage.servers[0].kill();
    await stage.until(() => nc.state === "reconnecting", "the outage");
    await stage.servers[0].start();
    await stage.until(() => nc.stats().reconnects > before, "the reconnect", 60_000);
  }
  return nc.diagnose().patterns.find(({ kind }) => kind === "interval");
}

const MINUTES = [1.3, 4.1, 2.2, 7.7, 3.4, 1.9, 5.6];

describe("intervals, in virtual time [X1]", () => {
  it("links that end after 90 s without traffic are taken for victims of an idle time-out", async () => {
    await using stage = await simulated(11)({});
    const nc = await stage.connect({ pingInterval: 300_000 });
    const found = await ended(stage, nc, 4, async () => stage.sleep(90_000));
    expect(found?.message).toMatch(/90(\.\d)? s after/);
    expect(found?.advice[0]).toMatch(/^pingInterval: 40000/);
  });

  it("those that end after ten minutes with traffic are not: something limits how long they last", async () => {
    await using stage = await simulated(12)({});
    const nc = await stage.connect();
    const found = await ended(stage, nc, 4, async (since) => {
      while (stage.now() < since + 600_000) {
        nc.publish("a", "x");
        await stage.sleep(Math.min(7000, since + 600_000 - stage.now()));
      }
    });
    expect(found?.message).toMatch(/10 min after they began to stand, also with traffic/);
  });

  it("those that end at no particular time have no interval", async () => {
    await using stage = await simulated(13)({});
    const nc = await stage.connect();
    const found = await ended(stage, nc, 7, async (_, round) => stage.sleep(MINUTES[round] * 60_000));
    expect(found).toBeUndefined();
    expect(nc.diagnose().outages).toHaveLength(7);
  });
});
