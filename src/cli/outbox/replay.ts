import { setTimeout as sleep } from "node:timers/promises";
import { type Connection, type ConnectionOptions, connect, type HoldfastError } from "../../index.js";
import { inspectOutbox, type Outbox, openOutbox, purgeOutbox, unparkOutbox } from "../../outbox/index.js";
import { say } from "../action.js";
import { chooseServers, type ServerChoice } from "../connection-options.js";
import { WrongUse } from "./ended.js";
import { count, countOf } from "./figures.js";
import { printable } from "./inspect.js";
import { Interrupt } from "./interrupt.js";
import { makeBar } from "./progress-bar.js";
import { checkTarget, confirmTarget, type TargetOptions } from "./replay-target.js";

/** Options of `holdfast outbox replay`. */
export interface ReplayCommandOptions extends ServerChoice, TargetOptions {
  /** What is parked is sent again, behind the rest. */
  parked?: boolean;
  /** ms without an outcome after which it gives up; default 60,000. */
  patience?: number;
}

const PATIENCE = 60_000;
const LOOK_EVERY = 100;
/** Reasons that are told. */
const TOLD = 5;

/**
 * Sends what an outbox of no living process holds; returns the exit code. Nothing in it is changed before a server has let this process in.
 *
 * Rejects as `inspectOutbox()`, `openOutbox()` and `connect()` do, and with a {@link WrongUse}.
 */
export async function runReplay(path: string, options: ReplayCommandOptions): Promise<number> {
  const { server = [], context = "" } = options;
  if (server.length === 0 && context === "") {
    throw new WrongUse(
      "say which server it goes to: --server or --context; what is sent cannot be taken back",
    );
  }
  checkTarget(options);
  const report = await inspectOutbox(path);
  // Refuses it as everybody does who needs an outbox for himself, and changes nothing.
  if (report.owner !== undefined) await purgeOutbox(path, { parked: true, dryRun: true });
  const { messages, parked } = report;
  const outbox = `outbox ${printable(report.path)}`;
  if (report.encrypted) {
    throw new Error(`${outbox} is encrypted: only a program that has its key can send what it holds`);
  }
  const again = options.parked === true ? parked : 0;
  const aside = parked === again ? "" : `; ${parkedStay(parked - again)}`;
  if (messages + again === 0) {
    say(`${outbox}: there is nothing to be sent${aside}`);
    return 0;
  }
  confirmTarget(report, options);
  // Before anything is changed: what is wrong with the context is told without that.
  const chosen = await chooseServers(options);
  for (const warning of chosen.warnings) say(warning);
  const interrupt = new Interrupt();
  const replay = new Replay(interrupt, options.patience ?? PATIENCE);
  try {
    const domain = options.domain ?? (options.stream === undefined ? undefined : chosen.jetstream.domain);
    await replay.begin(report.path, { ...options, domain }, chosen.options, again > 0);
    await replay.run();
  } finally {
    await replay.end();
    interrupt.done();
  }
  return replay.tell(outbox, aside);
}

function parkedStay(parked: number): string {
  return parked === 1
    ? "1 parked message stays where it is"
    : `${count(parked)} parked messages stay where they are`;
}

class Replay {
  readonly #interrupt: Interrupt;
  readonly #patience: number;
  #outbox: Outbox | undefined;
  #nc: Connection | undefined;
  /** Why it ended before everything was sent. */
  #gaveUp: string | undefined;
  readonly #reasons = new Map<string, number>();

  constructor(interrupt: Interrupt, patience: number) {
    this.#interrupt = interrupt;
    this.#patience = patience;
  }

  /** @param parked what is parked is sent as well */
  async begin(
    path: string,
    { stream, domain }: ReplayCommandOptions,
    options: ConnectionOptions,
    parked: boolean,
  ): Promise<void> {
    const link = { ...options, name: "holdfast outbox replay" };
    // Only then: what is unparked stays so, and the outbox remembers which stream it was opened for.
    await (await connect(link)).close();
    if (this.#interrupt.heard) return;
    if (parked) {
      const bar = makeBar("unpark", "batches");
      await unparkOutbox(path, { progress: bar.update }).finally(bar.stop);
    }
    const outbox = await openOutbox({ path, stream, domain });
    this.#outbox = outbox;
    outbox.on("parked", ({ reason }) => {
      this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1);
    });
    this.#nc = await connect({ ...link, outbox });
  }

  /** Until nothing is held, Ctrl-C, or nothing goes on any more. */
  async run(): Promise<void> {
    if (this.#outbox === undefined) return;
    const bar = makeBar("replay");
    let last = { settled: -1, at: 0 };
    try {
      for (;;) {
        const { messages, recovered, lastError } = this.#outbox.facts();
        const settled = recovered - messages;
        bar.update(settled, recovered);
        if (messages === 0 || this.#interrupt.heard) return;
        if (settled !== last.settled) last = { settled, at: performance.now() };
        const why = lastError === undefined ? "" : `: ${reasonOf(lastError)}`;
        if (this.#nc!.isClosed()) {
          this.#gaveUp = `the connection was closed${why}`;
          return;
        }
        if (performance.now() - last.at > this.#patience) {
          this.#gaveUp = `nothing went on for ${this.#patience / 1000} s${why}`;
          return;
        }
        await sleep(LOOK_EVERY, undefined, { signal: this.#interrupt.signal }).catch(() => {});
      }
    } finally {
      bar.stop();
    }
  }

  /** Sends nothing more; what is on the way gets its outcome, as far as it comes soon, and the rest stays on disk. */
  async end(): Promise<void> {
    try {
      await this.#outbox?.close();
    } finally {
      await this.#nc?.close({ timeout: 1 });
    }
  }

  /** Says what became of it, and returns the exit code. */
  tell(outbox: string, aside: string): number {
    if (this.#outbox === undefined) {
      say(`${outbox}: nothing was begun`);
      return this.#interrupt.code;
    }
    const { confirmed, expired, refused, lost, messages } = this.#outbox.facts();
    const parts = [`${countOf(confirmed, "message")} confirmed`];
    if (expired > 0) parts.push(`${count(expired)} expired`);
    if (refused > 0) parts.push(`${count(refused)} refused, now parked`);
    if (lost > 0) parts.push(`${count(lost)} unreadable`);
    parts.push(messages === 0 ? "none left" : `${count(messages)} left on disk`);
    say(`${outbox}: ${parts.join(", ")}${aside}`);
    for (const [reason, times] of [...this.#reasons].slice(0, TOLD)) {
      say(`refused ${countOf(times, "time")}: ${printable(reason)}`);
    }
    if (this.#gaveUp !== undefined) say(this.#gaveUp);
    if (this.#interrupt.heard) return this.#interrupt.code;
    return messages > 0 || refused > 0 || lost > 0 ? 1 : 0;
  }
}

function reasonOf(error: Error): string {
  const { code } = error as Partial<HoldfastError>;
  return printable(error.message) + (code === undefined ? "" : ` (${code})`);
}
