import cliProgress from "cli-progress";
import type { DoctorProgress } from "../../doctor/index.js";

/** What doctor is at, shown to people: on a terminal a bar; else nothing. */
export interface Progress {
  update(progress: DoctorProgress): void;
  /** Takes it off the terminal. */
  stop(): void;
}

const NONE: Progress = { update() {}, stop() {} };
/** Work that is over sooner, ms, needs none. */
const SHORT = 300;
/** Columns of what stands before the text. */
const BEFORE = 40;

/** A bar on `stream`, standard error by default; none where that is no terminal. It comes by itself: what hangs reports nothing. */
export function makeProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  if (!stream.isTTY || process.env.TERM === "dumb") return NONE;
  const bar = new cliProgress.SingleBar(
    {
      stream,
      format: "looking {bar} {value} of {total}  {text}",
      clearOnComplete: true,
      // Ctrl-C is the command's own business.
      gracefulExit: false,
      fps: 8,
      barsize: 16,
      hideCursor: true,
    },
    cliProgress.Presets.shades_classic,
  );
  let started = false;
  let last: DoctorProgress = { text: "", done: 0, total: 1 };
  const payload = () => ({ text: last.text.slice(0, Math.max(10, (stream.columns ?? 80) - BEFORE)) });
  const timer = setTimeout(() => {
    started = true;
    bar.start(last.total, last.done, payload());
  }, SHORT);
  timer.unref();
  return {
    update(progress) {
      last = { ...progress, text: progress.text === "" ? last.text : progress.text };
      if (!started) return;
      bar.setTotal(last.total);
      bar.update(last.done, payload());
    },
    stop() {
      clearTimeout(timer);
      if (started) bar.stop();
      started = false;
    },
  };
}
