import { sleep } from "../../demo/clock.js";
import { between, seeded } from "../../demo/random.js";
import { describeVerdict, type Verdict, wrongIn } from "../../src/testing/history/verdict.js";
import type { Reading } from "../figures.js";
import { FAULTS } from "./faults.js";
import type { FromSubject, Leak, Tally } from "./protocol.js";
import { Stage } from "./stage.js";

const PATIENCE = 60_000;
const FINDING = 10_000;
const RATE = 1_000;

/** What a run is asked for. */
export interface Wish {
  readonly seconds: number;
  readonly seed: number;
  /** Only to see the soak fail. */
  readonly leak?: Leak;
  /** Called after each fault. */
  readonly onFault?: (progress: Progress) => void;
}

/** How far a run is. */
export interface Progress {
  readonly seconds: number;
  readonly faults: number;
  readonly reading: Reading;
}

/** What a run has found. */
export interface Outcome {
  readonly seconds: number;
  /** One for each fault, in order. */
  readonly readings: Reading[];
  /** How often each fault happened. */
  readonly faults: Readonly<Record<string, number>>;
  readonly tally: Tally;
  readonly verdict: Verdict;
  /** What broke a promise, in words; empty when nothing did. */
  readonly broken: string[];
}

/** Random faults, one after the other, under a load that never stops but for the readings. */
export async function soakWithFaults({ seconds, seed, leak, onFault }: Wish): Promise<Outcome> {
  const random = seeded(seed);
  await using stage = await Stage.set(seed);
  const { subject } = stage;
  subject.send({ type: "connect", servers: stage.servers, rate: RATE, seed, leak });
  await subject.next("connected", PATIENCE);
  const began = performance.now();
  const elapsed = () => (performance.now() - began) / 1000;
  const readings: Reading[] = [];
  const counts = Object.fromEntries(Object.keys(FAULTS).map((name) => [name, 0]));
  const broken: string[] = [];
  let tally: Tally | undefined;
  while (elapsed() < seconds) {
    subject.send({ type: "go" });
    await sleep(between(random, 50, 800));
    const names = Object.keys(FAULTS);
    const name = names[between(random, 0, names.length - 1)];
    counts[name]++;
    await FAULTS[name](stage, random).catch((error: Error) => {
      throw new Error(`fault ${readings.length + 1}, "${name}", seed ${seed}: ${error.message}`);
    });
    await stage.heal();
    await sleep(between(random, 0, 300));
    const rested = await rest(stage);
    stage.fenced(rested.tally.accepted);
    if (rested.books !== undefined) broken.push(`the books do not balance: ${rested.books}`);
    readings.push(rested.reading);
    tally = rested.tally;
    onFault?.({ seconds: elapsed(), faults: readings.length, reading: rested.reading });
  }
  const verdict = await settle(stage);
  const wrong = wrongIn(verdict);
  if (wrong !== undefined) broken.push(`${wrong}: ${describeVerdict(verdict)}`);
  subject.send({ type: "close" });
  await subject.next("closed", PATIENCE);
  return { seconds: elapsed(), readings, faults: counts, tally: tally!, verdict, broken };
}

async function rest({ subject }: Stage): Promise<Extract<FromSubject, { type: "rested" }>> {
  const rested = subject.next("rested", PATIENCE);
  subject.send({ type: "rest" });
  return await rested;
}

/** The last messages may still be on their way between the servers. */
async function settle({ history }: Stage): Promise<Verdict> {
  const deadline = performance.now() + FINDING;
  for (;;) {
    const verdict = history.check();
    if (verdict.lost.length === 0 || performance.now() > deadline) return verdict;
    await sleep(50);
  }
}
