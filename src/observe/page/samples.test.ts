import { describe, expect, it } from "vitest";
import { sampleOf, seriesOf } from "../../../test/observe/support/views.js";
import { SAMPLES } from "../dashboard/protocol.js";
import { Samples, summarize } from "./samples.js";

const START = 1_700_000_000_000;
const second = (i: number) => START + i * 1000;

describe("samples of an hour", () => {
  it("come back as rows, in seconds", () => {
    const samples = new Samples();
    for (let i = 0; i < 5; i++) samples.add(second(i), sampleOf({ inMsgs: i, rtt: i === 3 ? null : i }));
    expect(samples.since(second(2), ["inMsgs", "rtt"])).toEqual([
      [second(2) / 1000, second(3) / 1000, second(4) / 1000],
      [2, 3, 4],
      [2, null, 4],
    ]);
  });

  it("take the same memory after ten hours, and only the last hour is left", () => {
    const samples = new Samples();
    const { memory } = samples;
    for (let i = 0; i < 36_000; i++) samples.add(second(i), sampleOf({ inMsgs: i }));
    expect(samples.memory).toBe(memory);
    expect(samples.size).toBe(SAMPLES);
    const [xs, values] = samples.since(0, ["inMsgs"]);
    expect([xs.length, values![0], values!.at(-1)]).toEqual([SAMPLES, 32_400, 35_999]);
  });

  it("have a gap where nothing was measured, and none where one came late", () => {
    const samples = new Samples();
    for (const i of [0, 1, 3, 60]) samples.add(second(i), sampleOf({ inMsgs: i }));
    expect(samples.since(0, ["inMsgs"])[1]).toEqual([0, 1, 3, null, 60]);
  });

  it("leave out what is not newer, and begin anew when the clock was put back", () => {
    const samples = new Samples();
    for (const i of [100, 101, 101, 99]) samples.add(second(i), sampleOf({ inMsgs: i }));
    expect(samples.since(0, ["inMsgs"])[1]).toEqual([100, 101]);
    samples.add(second(1), sampleOf({ inMsgs: 1 }));
    expect(samples.since(0, ["inMsgs"])[1]).toEqual([1]);
  });

  it("take over a history, behind which stays what is newer", () => {
    const samples = new Samples();
    for (const i of [3598, 3599, 3600, 3601]) samples.add(second(i), sampleOf({ inMsgs: -i }));
    samples.take(seriesOf("1", second(3599), (ago) => sampleOf({ inMsgs: 3599 - ago })));
    const [xs, values] = samples.since(second(3597), ["inMsgs"]);
    expect(xs.map((x) => x * 1000)).toEqual([3597, 3598, 3599, 3600, 3601].map(second));
    expect(values).toEqual([3597, 3598, 3599, -3600, -3601]);
  });

  it("know nothing of the time in which the process did not run", () => {
    const series = seriesOf("1", second(3599), (ago) => sampleOf({ inMsgs: ago }));
    const samples = new Samples();
    samples.take({ ...series, state: series.state.map((state, i) => (i < 3_000 ? null : state)) });
    expect(samples.size).toBe(600);
    expect(samples.until).toBe(second(3599));
  });
});

describe("a summary", () => {
  it("leaves out what is not known", () => {
    expect(summarize([null, 1, 5, null])).toEqual({ last: null, max: 5, mean: 3 });
    expect(summarize([null])).toEqual({ last: null, max: null, mean: null });
  });
});
