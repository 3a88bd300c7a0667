import { crashed, judge, type Result } from "./judge.js";
import { type Ended, NotTold, type Scenario } from "./scenario.js";
import { Stage } from "./stage/stage.js";

/** ms after which a scenario is given up that waits for what never comes. */
const MOST = 40_000;

/**
 * Plays a scenario and judges what was told; never rejects.
 *
 * @param opened called with the stage; what it returns is called when that is gone
 */
export async function play(
  scenario: Scenario,
  opened: (stage: Stage) => () => void = () => () => {},
): Promise<Result> {
  const stage = new Stage();
  const closed = opened(stage);
  const began = performance.now();
  const took = () => performance.now() - began;
  const result = await playOn(stage, scenario).then(
    (ended) => judge(scenario, ended, took()),
    (error) =>
      error instanceof NotTold ? judge(scenario, undefined, took()) : crashed(scenario, error, took()),
  );
  try {
    await stage[Symbol.asyncDispose]();
    return result;
  } catch (error) {
    return crashed(scenario, error, took());
  } finally {
    closed();
  }
}

async function playOn(stage: Stage, scenario: Scenario): Promise<Ended> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it has not ended within ${MOST} ms`)), MOST);
  });
  const playing = scenario.play(stage);
  playing.catch(() => {}); // it may fail long after it was given up
  try {
    return await Promise.race([playing, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Hears of a run. */
export interface RunListener {
  /** In the order of the scenarios. */
  ended(result: Result, index: number): void;
}

/** Plays scenarios, so many at the same time; returns their results in their order. */
export async function playAll(
  scenarios: readonly Scenario[],
  parallel: number,
  listener: RunListener,
  opened?: (stage: Stage) => () => void,
): Promise<Result[]> {
  const results: (Result | undefined)[] = scenarios.map(() => undefined);
  const waiting = [...scenarios.keys()];
  let shown = 0;
  const worker = async () => {
    for (let at = waiting.shift(); at !== undefined; at = waiting.shift()) {
      results[at] = await play(scenarios[at], opened);
      for (let next = results[shown]; next !== undefined; next = results[shown]) {
        listener.ended(next, shown++);
      }
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  return results as Result[];
}
