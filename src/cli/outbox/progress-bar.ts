import cliProgress from "cli-progress";
import { age, count } from "./figures.js";

/** Long work, shown to people: on a terminal a bar with what is done, how fast, and what is left; else nothing. */
export interface Bar {
  /** @param done of `total`, which may have grown */
  update(done: number, total: number): void;
  stop(): void;
}

const NONE: Bar = { update() {}, stop() {} };
/** ms that the speed is told of: the last ones, not those since the start. */
const SPEED_SPAN = 3000;
/** Columns of the bar itself. */
const BAR = 24;
const SHORTEST_BAR = 5;
/** Columns of a terminal that does not tell. */
const USUAL = 80;
/** Work that is over sooner, ms, needs no bar. */
const SHORT = 300;

/**
 * A bar on `stream`, standard error by default; none where that is no terminal.
 *
 * @param unit what is counted
 */
export function makeBar(
  what: string,
  unit = "msg",
  stream: NodeJS.WriteStream = process.stderr,
  now = () => performance.now(),
): Bar {
  if (!stream.isTTY || process.env.TERM === "dumb") return NONE;
  const bar = new cliProgress.SingleBar(
    {
      stream,
      format: (_options, { value, total }, { speed, left }) =>
        barLine(what, value, total, { speed, unit, left }, stream.columns ?? USUAL),
      // What is told at the end has all of it, and is true: this is what was seen last.
      clearOnComplete: true,
      // Ctrl-C is the command's own business.
      gracefulExit: false,
      fps: 8,
    },
    cliProgress.Presets.shades_classic,
  );
  const speed = new Speed(SPEED_SPAN);
  const payload = (done: number, total: number) => {
    const perSecond = speed.at(now(), done);
    const left = perSecond > 0 && done < total ? ((total - done) / perSecond) * 1000 : undefined;
    return { speed: perSecond, left };
  };
  const began = now();
  let started = false;
  return {
    update(done, total) {
      const figures = payload(done, total);
      if (!started && now() - began < SHORT) return;
      if (!started) bar.start(total, done, figures);
      started = true;
      bar.setTotal(total);
      bar.update(done, figures);
    },
    stop() {
      if (started) bar.stop();
    },
  };
}

/**
 * The bar as a line that is shorter than the terminal is wide. What has no room is left out, the least first: some of the bar, all of it, the speed, what is left, what it is.
 */
export function barLine(
  what: string,
  done: number,
  total: number,
  { speed, unit, left }: { speed: number; unit: string; left: number | undefined },
  columns: number,
): string {
  const room = columns - 1;
  const share = total > 0 ? Math.min(1, done / total) : 1;
  const percent = `${Math.floor(share * 100)} %`;
  const amount = `  ${count(done)} of ${count(total)}`;
  const pace = `  ${count(Math.round(speed))} ${unit}/s`;
  const rest = left === undefined ? "" : `  ${age(left)} left`;
  const size = Math.min(BAR, room - `${what}  ${percent}${amount}${pace}${rest}`.length);
  const full = Math.round(share * size);
  const lines = [
    `${what} ${percent}${amount}${pace}${rest}`,
    `${what} ${percent}${amount}${rest}`,
    `${what} ${percent}${amount}`,
    `${what} ${percent}`,
  ];
  if (size >= SHORTEST_BAR)
    lines.unshift(`${what} ${"█".repeat(full)}${"░".repeat(size - full)} ${percent}${amount}${pace}${rest}`);
  return lines.find((line) => line.length <= room) ?? percent;
}

/** How much more is done per second, over the last while. */
export class Speed {
  readonly #span: number;
  readonly #points: { at: number; done: number }[] = [];

  /** @param span ms that it looks back */
  constructor(span: number) {
    this.#span = span;
  }

  /** Notes how much is done, and tells the speed; 0 when that cannot be told yet. */
  at(now: number, done: number): number {
    this.#points.push({ at: now, done });
    while (this.#points.length > 2 && this.#points[1].at <= now - this.#span) this.#points.shift();
    const [first] = this.#points;
    return now > first.at ? Math.max(0, ((done - first.done) / (now - first.at)) * 1000) : 0;
  }
}
