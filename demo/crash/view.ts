import { createLogUpdate } from "log-update";
import pc from "picocolors";
import { now } from "../clock.js";
import { count, moment } from "../view/figures.js";
import { sparkline } from "../view/timeline.js";
import type { View } from "../view/view.js";
import type { CrashNote, CrashProgress, Phase } from "./progress.js";

const REFRESH = 125;
const LABEL_WIDTH = 11;
const RIGHT_WIDTH = 16;
const NARROWEST = 20;
const WIDEST = 100;
const SHOWN_NOTES = 4;
const COUNTERS_EVERY = 5000;

const PHASES: Record<Phase, string> = {
  starting: "starting three servers with a stream on all of them",
  up: "publishing into the stream",
  outage: "all servers are gone: everything stays on disk",
  replay: "the servers are back: what is on disk goes out, and new messages behind it",
  finishing: "the last publisher empties the outbox",
  reading: "reading the stream",
  done: "done",
  failed: "failed",
};

/** One picture, redrawn in place. */
export class CrashLiveView implements View {
  readonly #stream: NodeJS.WriteStream;
  readonly #update: ReturnType<typeof createLogUpdate>;
  readonly #progress: CrashProgress;
  readonly #timer: NodeJS.Timeout;

  constructor(stream: NodeJS.WriteStream, progress: CrashProgress) {
    this.#stream = stream;
    this.#update = createLogUpdate(stream);
    this.#progress = progress;
    this.#timer = setInterval(() => this.#draw(), REFRESH);
  }

  /** Leaves the last picture standing. */
  close(): void {
    clearInterval(this.#timer);
    this.#draw();
    this.#update.done();
  }

  #draw(): void {
    this.#update(picture(this.#progress, now(), this.#stream.columns ?? 80).join("\n"));
  }
}

/** For pipes, logs and CI: a line when something happens, and the counters every five seconds. */
export class CrashPlainView implements View {
  readonly #write: (line: string) => void;
  readonly #progress: CrashProgress;
  readonly #timer: NodeJS.Timeout;
  #phase: Phase | undefined;
  #notes = 0;
  #counters = 0;

  constructor(write: (line: string) => void, progress: CrashProgress) {
    this.#write = write;
    this.#progress = progress;
    this.#timer = setInterval(() => this.#look(), REFRESH);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#look();
  }

  #look(): void {
    const { phase, notes, samples } = this.#progress;
    for (const note of notes.slice(this.#notes)) this.#write(`${moment(note.at).padStart(7)}  ${note.text}`);
    this.#notes = notes.length;
    if (phase !== this.#phase) this.#write(`         ${PHASES[phase]}`);
    this.#phase = phase;
    const at = samples.at(-1)?.at ?? 0;
    if (Math.floor(at / COUNTERS_EVERY) <= this.#counters) return;
    this.#counters = Math.floor(at / COUNTERS_EVERY);
    this.#write(`${moment(at).padStart(7)}  ${counters(this.#progress)}`);
  }
}

/** The lines of the picture at a moment. */
export function picture(progress: CrashProgress, at: number, columns: number): string[] {
  const width = Math.max(NARROWEST, Math.min(WIDEST, columns - LABEL_WIDTH - RIGHT_WIDTH - 3));
  const elapsed = progress.startedAt === 0 ? 0 : Math.min(at, progress.endedAt) - progress.startedAt;
  const length = Math.max(progress.length, elapsed);
  const cells = Array.from({ length: width }, (_, index) => ({
    from: (index * length) / width,
    to: ((index + 1) * length) / width,
  }));
  const past = cells.slice(0, Math.min(width, Math.ceil((elapsed / length) * width)));
  const future = pc.dim("·".repeat(width - past.length));
  const row = (label: string, painted: string, right = "") =>
    ` ${label.padEnd(LABEL_WIDTH)}${painted}${future}  ${right}`;
  const outage = progress.outage ?? { from: Number.POSITIVE_INFINITY, to: 0 };
  const servers = past
    .map((cell) => (outage.from < cell.to && outage.to > cell.from ? pc.red("✖") : pc.dim(pc.green("●"))))
    .join("");
  const publisher = past.map((cell) => paintLife(progress, cell)).join("");
  const held = past.map((cell) => last(progress, cell.to).held);
  const stored = past.map((cell) => last(progress, cell.to).stored);
  return [
    headline(progress, elapsed),
    ...progress.servers.map((name) => row(name, servers)),
    row("publisher", publisher, pc.dim(`killed ${progress.kills} of ${progress.planned}`)),
    row("on disk", pc.yellow(bars(held)), count(progress.held)),
    row("in stream", pc.green(bars(stored)), count(progress.stored)),
    ` ${pc.dim(counters(progress))}`,
    ...notes(progress, columns),
  ];
}

function headline({ phase }: CrashProgress, elapsed: number): string {
  if (phase === "done") return ` ${pc.green("✔")} ${pc.bold("crash")}  ${moment(elapsed)}`;
  if (phase === "failed") return ` ${pc.red("✖")} ${pc.bold("crash")}  ${pc.red("failed")}`;
  return ` ${pc.cyan("▶")} ${pc.bold("crash")}  ${moment(elapsed).padStart(6)}  ${PHASES[phase]}`;
}

/** A death for any part of a cell counts: it must not vanish between two cells. */
function paintLife({ lives, planned }: CrashProgress, { from, to }: { from: number; to: number }): string {
  const index = lives.findLastIndex((life) => life.from < to);
  const life = lives[index];
  if (life === undefined) return " ";
  const died = lives.some((one, at) => one.to >= from && one.to < to && at < planned);
  if (died) return pc.red("✖");
  return life.to > from ? pc.cyan("●") : " ";
}

function last({ samples }: CrashProgress, to: number) {
  return samples.findLast(({ at }) => at <= to) ?? { held: 0, stored: 0 };
}

function bars(row: readonly number[]): string {
  return sparkline(row, Math.max(1, ...row));
}

function counters({ resolved, stored, held, recovered }: CrashProgress): string {
  const figures = [
    `resolved ${count(resolved)}`,
    `in the stream ${count(stored)}`,
    `on disk ${count(held)}`,
    `recovered ${count(recovered)}`,
  ];
  return figures.join("  ·  ");
}

const MOODS: Record<CrashNote["mood"], (text: string) => string> = {
  bad: pc.red,
  good: pc.green,
  plain: pc.dim,
};

/** A picture that keeps its height does not jump. */
function notes({ notes, phase }: CrashProgress, columns: number): string[] {
  if (phase === "done") return [];
  const lines = notes.slice(-SHOWN_NOTES).map(({ at, text, mood }) => {
    const line = `${moment(at).padStart(7)}  ${text}`;
    return ` ${MOODS[mood](line.length > columns - 2 ? `${line.slice(0, columns - 3)}…` : line)}`;
  });
  return [...lines, ...Array.from({ length: SHOWN_NOTES - lines.length }, () => "")];
}
