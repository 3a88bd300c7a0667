import { sleep } from "../../demo/clock.js";
import { between, type Random } from "../../demo/random.js";
import type { ToxicOptions } from "../../src/testing/fault-proxy.js";
import type { Stage } from "./stage.js";

/** Does harm; resolves when it is done. The stage heals what is broken afterwards. */
export type Fault = (stage: Stage, random: Random) => Promise<void>;

/** What the subject goes away from. */
function deadly(toxic: (random: Random) => ToxicOptions): Fault {
  return async (stage, random) => {
    const victim = await stage.current();
    victim.proxy.addToxic(toxic(random));
    await stage.left(victim);
  };
}

/** What the subject bears for a moment. */
function bearable(toxic: (random: Random) => ToxicOptions): Fault {
  return async (stage, random) => {
    const { proxy } = await stage.current();
    proxy.addToxic(toxic(random));
    await sleep(between(random, 100, 700));
  };
}

/** The faults by name. */
export const FAULTS: Readonly<Record<string, Fault>> = {
  async "no fault"(_stage, random) {
    await sleep(between(random, 0, 500));
  },
  async kill(stage) {
    const victim = await stage.current();
    await victim.server.kill();
    await stage.left(victim);
  },
  async term(stage) {
    const victim = await stage.current();
    await victim.server.term();
    await stage.left(victim);
  },
  async freeze(stage) {
    const victim = await stage.current();
    victim.server.stop();
    await stage.left(victim);
  },
  async "freeze briefly"(stage, random) {
    const { server } = await stage.current();
    server.stop();
    await sleep(between(random, 10, 700));
  },
  async "kill all"(stage, random) {
    const victim = await stage.current();
    await Promise.all(stage.victims.map(({ server }) => server.kill()));
    await stage.left(victim);
    await sleep(between(random, 0, 1_000));
  },
  async "kill the new link"(stage) {
    const first = await stage.current();
    await first.server.kill();
    await stage.left(first);
    const second = await stage.current();
    await first.server.restart();
    await second.server.kill();
    await stage.left(second);
  },
  async "lame duck"(stage) {
    const victim = await stage.current();
    victim.server.lameDuck();
    await stage.left(victim);
    await victim.server.kill();
  },
  async reset(stage) {
    const victim = await stage.current();
    victim.proxy.reset();
    await stage.left(victim);
  },
  async "reset again and again"(stage, random) {
    for (let left = between(random, 2, 5); left > 0; left--) {
      const victim = await stage.current();
      victim.proxy.reset();
      await stage.left(victim);
    }
  },
  async down(stage) {
    const victim = await stage.current();
    victim.proxy.down();
    await stage.left(victim);
  },
  "half open": deadly(() => ({ type: "half_open" })),
  "blackhole upstream": deadly(() => ({ type: "blackhole", stream: "upstream" })),
  "blackhole downstream": deadly(() => ({ type: "blackhole", stream: "downstream" })),
  "frozen upstream": deadly(() => ({ type: "freeze", stream: "upstream" })),
  "frozen downstream": deadly(() => ({ type: "freeze", stream: "downstream" })),
  timeout: deadly((random) => ({ type: "timeout", timeout: between(random, 1, 300) })),
  "reset in a frame": deadly((random) => ({
    type: "limit_data",
    stream: "upstream",
    bytes: between(random, 0, 30_000),
  })),
  garbage: deadly(() => ({ type: "inject", line: "this is no NATS", count: 1 })),
  // A server ends the link after it; this one does not.
  "error line": bearable(() => ({ type: "inject", line: "-ERR 'Stale Connection'", count: 1 })),
  latency: bearable((random) => ({ type: "latency", latency: between(random, 1, 100), jitter: 1 })),
  slices: bearable((random) => ({
    type: "slicer",
    averageSize: between(random, 20, 400),
    sizeVariation: 10,
  })),
  bandwidth: bearable((random) => ({ type: "bandwidth", rate: between(random, 50_000, 500_000) })),
  "late PONGs": bearable((random) => ({ type: "delay_pong", delay: between(random, 10, 400) })),
  "lost PONGs": bearable(() => ({ type: "drop_line", verb: "PONG", stream: "downstream", count: 2 })),
};
