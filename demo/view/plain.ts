import type { Phase, Progress } from "../progress.js";
import { count, moment } from "./figures.js";
import type { View } from "./view.js";

const LOOK_EVERY = 100;
const COUNTERS_EVERY = 5000;

/** For pipes, logs and CI: a line when something happens, and the counters every five seconds. */
export class PlainView implements View {
  readonly #write: (line: string) => void;
  readonly #followed: { run: Progress; phase: Phase; notes: number; counters: number }[];
  readonly #timer: NodeJS.Timeout;

  constructor(write: (line: string) => void, runs: readonly Progress[]) {
    this.#write = write;
    this.#followed = runs.map((run) => ({ run, phase: "waiting", notes: 0, counters: 0 }));
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#look();
  }

  #look(): void {
    for (const followed of this.#followed) {
      const { run } = followed;
      const say = (text: string) => this.#write(`${run.label}: ${text}`);
      if (run.phase !== followed.phase) {
        followed.phase = run.phase;
        if (run.phase === "starting") say("starting three servers, publisher, subscriber and witness");
        if (run.phase === "running") {
          say(`publishing for ${moment(run.length)}`);
          if (run.dashboard !== undefined) say(`to be watched on ${run.dashboard}/dashboard`);
        }
        if (run.phase === "settling") say("publishing is over, waiting until everything has arrived");
        if (run.phase === "failed") say("failed");
      }
      for (const note of run.notes.slice(followed.notes)) say(`${moment(note.at).padStart(6)}  ${note.text}`);
      followed.notes = run.notes.length;
      const at = run.samples.at(-1)?.at ?? 0;
      if (Math.floor(at / COUNTERS_EVERY) > followed.counters) {
        followed.counters = Math.floor(at / COUNTERS_EVERY);
        const figures = `accepted ${count(run.accepted)}, delivered ${count(run.delivered)}`;
        say(`${moment(at).padStart(6)}  ${figures}`);
      }
    }
  }
}
