import { setTimeout as sleep } from "node:timers/promises";
import { print } from "../action.js";
import { paintFor } from "../colours.js";
import { WrongUse } from "../outbox/ended.js";
import { Interrupt } from "../outbox/interrupt.js";
import { quitKeys } from "../quit-keys.js";
import { safeJson } from "../safe.js";
import { Endpoint } from "./endpoint.js";
import { FullScreen } from "./full-screen.js";
import { Memory } from "./memory.js";
import { renderLines, renderScreen } from "./render.js";
import { awayView, type View } from "./view.js";

/** Options of `holdfast watch`. */
export interface WatchCommandOptions {
  /** ms. */
  interval: number;
  once?: boolean;
  json?: boolean;
  token?: string;
}

const LEAST_INTERVAL = 100;
const MOST_INTERVAL = 3_600_000;

/**
 * Shows how a process is, until Ctrl-C or `q`; returns the exit code: 0 when it was healthy at the last look, else 1; 130 when it was ended before
 * the first one. Rejects with `WrongUse`;
 * what the process answers, or does not, is shown.
 */
export async function runWatch(url: string, options: WatchCommandOptions): Promise<number> {
  const { interval, once = false, json = false, token = process.env.HOLDFAST_TOKEN || undefined } = options;
  if (interval < LEAST_INTERVAL || interval > MOST_INTERVAL)
    throw new WrongUse("--interval must be 100ms to 1h");
  const live = !once && !json && process.stdout.isTTY === true && process.env.TERM !== "dumb";
  const end = new AbortController();
  const endpoint = new Endpoint(url, token, end.signal);
  const watch = new Watch(endpoint, end.signal);
  const stop = () => end.abort();
  const interrupt = new Interrupt();
  interrupt.signal.addEventListener("abort", stop, { once: true });
  process.stdout.on("error", stop);
  try {
    if (live) await watchLive(watch, endpoint, interval, end);
    else await watchPlain(watch, endpoint, { interval, once, json }, end.signal);
  } finally {
    process.stdout.off("error", stop);
    interrupt.done();
  }
  if (interrupt.heard && !watch.looked) return interrupt.code;
  return watch.view.status === "healthy" ? 0 : 1;
}

/** Looks, and remembers. */
class Watch {
  readonly memory = new Memory();
  view: View = awayView(Date.now(), "not asked yet");
  answer: unknown = null;
  looked = false;
  readonly #endpoint: Endpoint;
  readonly #signal: AbortSignal;

  constructor(endpoint: Endpoint, signal: AbortSignal) {
    this.#endpoint = endpoint;
    this.#signal = signal;
  }

  async look(): Promise<void> {
    const { view, answer } = await this.#endpoint.health();
    // A look that was ended has seen nothing.
    if (this.#signal.aborted) return;
    this.looked = true;
    const wasAway = this.memory.awaySince !== undefined;
    const changed = this.memory.take(view);
    this.view = view;
    this.answer = answer;
    if (view.away !== "" || !changed) return;
    if (wasAway) this.#endpoint.cameBack();
    const outages = await this.#endpoint.outages();
    if (outages !== undefined) this.memory.tell(outages);
  }
}

async function watchPlain(
  watch: Watch,
  endpoint: Endpoint,
  { interval, once, json }: { interval: number; once: boolean; json: boolean },
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await watch.look();
    if (signal.aborted) return;
    const { view, memory, answer } = watch;
    if (json) {
      const { at, away, status } = view;
      print(
        safeJson({
          at: new Date(at).toISOString(),
          url: endpoint.shown,
          away: away || null,
          status: status || null,
          answer,
          outages: memory.outages,
        }),
      );
    } else if (once) {
      const canvas = {
        columns: columnsOf(),
        rows: Number.POSITIVE_INFINITY,
        paint: paintFor(process.stdout),
        once,
      };
      print(renderScreen(view, memory, { ...canvas, where: endpoint.shown, now: Date.now() }).join("\n"));
    } else print(renderLines(view, memory).join("\n"));
    if (once) return;
    await sleep(interval, undefined, { signal }).catch(() => {});
  }
}

async function watchLive(
  watch: Watch,
  endpoint: Endpoint,
  interval: number,
  end: AbortController,
): Promise<void> {
  const { signal } = end;
  const { stdout } = process;
  const paint = paintFor(stdout);
  using screen = new FullScreen(stdout);
  const draw = () => {
    const { columns, rows } = screen;
    const canvas = { columns, rows: rows - 1, paint, where: endpoint.shown, now: Date.now() };
    const lines = renderScreen(watch.view, watch.memory, canvas);
    while (lines.length < rows - 1) lines.push("");
    screen.draw([...lines, paint("dim", "q quits")]);
  };
  using _keys = quitKeys(() => end.abort());
  // Ages go on between two looks, and while one takes long.
  const redraw = setInterval(draw, 1000);
  stdout.on("resize", draw);
  const ended = once(signal);
  try {
    while (!signal.aborted) {
      await Promise.race([watch.look(), ended]);
      if (signal.aborted) return;
      draw();
      await sleep(interval, undefined, { signal }).catch(() => {});
    }
  } finally {
    clearInterval(redraw);
    stdout.off("resize", draw);
  }
}

function once(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function columnsOf(): number {
  return process.stdout.isTTY ? process.stdout.columns || 80 : 120;
}
