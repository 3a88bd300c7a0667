import { createLogUpdate } from "log-update";
import pc from "picocolors";
import { now } from "../clock.js";
import type { Note, Phase, Progress } from "../progress.js";
import type { Rate } from "../protocol.js";
import { bytes, count, moment } from "./figures.js";
import { bufferedRow, deliveredRow, type NodeCell, nodeRow, sparkline } from "./timeline.js";
import type { View } from "./view.js";

/** Often enough to look alive, seldom enough to leave the processor to the actors. */
const REFRESH = 125;
const LABEL_WIDTH = 11;
const RIGHT_WIDTH = 18;
const NARROWEST = 20;
const WIDEST = 100;
/** The buffer's bars are relative to the fullest so far, but at least to this, so that a few frames are no mountain. */
const FULL_BUFFER = 256 * 1024;
const SHOWN_NOTES = 3;

/** The live view: both runs, one under the other, redrawn in place. */
export class LiveView implements View {
  readonly #stream: NodeJS.WriteStream;
  readonly #update: ReturnType<typeof createLogUpdate>;
  readonly #runs: readonly Progress[];
  readonly #rate: Rate;
  readonly #timer: NodeJS.Timeout;
  #height = 0;

  constructor(stream: NodeJS.WriteStream, runs: readonly Progress[], rate: Rate) {
    this.#stream = stream;
    this.#update = createLogUpdate(stream);
    this.#runs = runs;
    this.#rate = rate;
    this.#timer = setInterval(() => this.#draw(), REFRESH);
  }

  /** Leaves the last picture standing. */
  close(): void {
    clearInterval(this.#timer);
    this.#draw();
    this.#update.done();
  }

  #draw(): void {
    const columns = this.#stream.columns ?? 80;
    const width = Math.max(NARROWEST, Math.min(WIDEST, columns - LABEL_WIDTH - RIGHT_WIDTH - 3));
    const running = this.#runs.some(
      ({ phase }) => phase !== "done" && phase !== "failed" && phase !== "waiting",
    );
    const lines = this.#runs.flatMap((run) => [...panel(run, width, this.#rate, columns), ""]);
    if (running) lines.push(legend(columns));
    // log-update patches the lines that changed, and goes wrong where lines below them only moved.
    if (lines.length !== this.#height) this.#update.clear();
    this.#height = lines.length;
    this.#update(lines.join("\n"));
  }
}

function legend(columns: number): string {
  const marks = [
    `${paint("up")} up`,
    `${paint("publisher")} publisher here`,
    `${paint("down")} killed`,
    `${paint("frozen")} frozen`,
    `${paint("hanging")} hangs`,
  ];
  const words =
    columns < 100 ? "Ctrl-C ends it" : "each column a moment of the run   Ctrl-C ends it and cleans up";
  return ` ${marks.join("  ")}   ${pc.dim(words)}`;
}

function panel(run: Progress, width: number, rate: Rate, columns: number): string[] {
  const elapsed = run.startedAt === 0 ? 0 : Math.min(now(), run.endedAt) - run.startedAt;
  const lines = [headline(run, elapsed)];
  if (run.startedAt === 0) return lines;
  run.nodes.forEach((node, index) => {
    const row = nodeRow(run, index, elapsed, width);
    lines.push(` ${node.name.padEnd(LABEL_WIDTH)}${row.map(paint).join("")}  ${guests(run, index)}`);
  });
  const delivered = deliveredRow(run, elapsed, width);
  const full = rate === "max" ? Math.max(1, ...delivered) : rate;
  const running = run.phase === "running";
  const perSecond = running ? `${count(Math.round(delivered.at(-1) ?? 0))} msg/s` : "";
  lines.push(graph("delivered", sparkline(delivered, full), width, perSecond, pc.green));
  if (run.buffer !== undefined) {
    const buffered = bufferedRow(run, elapsed, width);
    const bars = sparkline(buffered, Math.max(FULL_BUFFER, ...buffered));
    lines.push(graph("buffered", bars, width, running ? bytes(run.buffer.bytes) : "", pc.yellow));
  }
  lines.push(counters(run));
  if (run.phase === "done") return lines;
  for (const note of run.notes.slice(-SHOWN_NOTES)) lines.push(noteLine(note, columns));
  // A picture that keeps its height does not jump.
  for (let missing = run.notes.length; missing < SHOWN_NOTES; missing++) lines.push("");
  return lines;
}

const PHASES: Record<Phase, string> = {
  waiting: "waits for its turn",
  starting: "starting three servers, publisher, subscriber, witness …",
  running: "",
  settling: "last flush, waiting until everything has arrived …",
  done: "done",
  failed: "failed",
};

function headline(run: Progress, elapsed: number): string {
  const label = pc.bold(run.label);
  switch (run.phase) {
    case "running":
      return ` ${pc.cyan("▶")} ${label}  ${moment(elapsed)} of ${moment(run.length)}${address(run)}`;
    case "done":
      return ` ${pc.green("✔")} ${label}  ${PHASES.done}`;
    case "failed":
      return ` ${pc.red("✖")} ${label}  ${pc.red(PHASES.failed)}`;
    case "waiting":
      return pc.dim(` ○ ${run.label}  ${PHASES.waiting}`);
    default:
      return ` ${pc.cyan("▷")} ${label}  ${pc.dim(PHASES[run.phase])}`;
  }
}

/** Where a browser sees more of it. */
function address({ dashboard }: Progress): string {
  return dashboard === undefined ? "" : `  ${pc.underline(`${dashboard}/dashboard`)}`;
}

function paint(cell: NodeCell): string {
  switch (cell) {
    case "up":
      return pc.dim(pc.green("●"));
    case "publisher":
      return pc.bold(pc.cyan("●"));
    case "down":
      return pc.red("✖");
    case "frozen":
      return pc.bold(pc.blue("■"));
    case "hanging":
      return pc.bold(pc.yellow("▲"));
    case "future":
      return pc.dim("·");
  }
}

/** Who is on the node now. */
function guests(run: Progress, node: number): string {
  const here: string[] = [];
  if (run.publisherPath.at(-1)?.node === node) here.push(pc.cyan("publisher"));
  if (run.subscriberPath.at(-1)?.node === node) here.push(here.length === 0 ? "subscriber" : "+ sub");
  return here.join(" ");
}

function graph(
  label: string,
  bars: string,
  width: number,
  right: string,
  colour: (text: string) => string,
): string {
  return ` ${label.padEnd(LABEL_WIDTH)}${colour(bars.padEnd(width))}  ${right}`;
}

function counters(run: Progress): string {
  const figures = [`accepted ${count(run.accepted)}`, `delivered ${count(run.delivered)}`];
  if (run.books) figures.push(`unconfirmed ${count(run.books.pending)}`);
  if (run.duplicates > 0) figures.push(`twice ${count(run.duplicates)}`);
  if (run.rejected > 0) figures.push(`rejected ${count(run.rejected)}`);
  return ` ${pc.dim(figures.join("  ·  "))}`;
}

const MOODS: Record<Note["mood"], (text: string) => string> = {
  bad: pc.red,
  good: pc.green,
  plain: pc.dim,
};

function noteLine(note: Note, columns: number): string {
  const text = `${moment(note.at).padStart(7)}  ${note.text}`;
  return ` ${MOODS[note.mood](text.length > columns - 2 ? `${text.slice(0, columns - 3)}…` : text)}`;
}
