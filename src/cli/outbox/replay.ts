import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { type Connection, connect, credsAuthenticator } from "../../index.js";
import { inspectOutbox, type Outbox, openOutbox, unparkOutbox } from "../../outbox/index.js";
import { count, countOf } from "./figures.js";
import { printable } from "./inspect.js";
import { Interrupt } from "./interrupt.js";
import { makeBar } from "./progress-bar.js";

/** Options of `holdfast outbox replay`. */
export interface ReplayCommandOptions {
  server: readonly string[];
  creds?: string;
  /** Everything goes to this stream. */
  stream?: string;
  /** What is parked is sent again, behind the rest. */
  parked?: boolean;
  /** ms without an outcome after which it gives up. */
  patience: number;
}

const LOOK_EVERY = 100;
/** Reasons that are told. */
const TOLD = 5;

/**
 * Sends what an outbox of no living process holds; returns the exit code. Rejects as `inspectOutbox()`, `openOutbox()` and `connect()` do.
 */
export async function runReplay(path: string, options: ReplayCommandOptions): Promise<number> {
  const { owner, messages, parked, encrypted } = await inspectOutbox(path);
  if (owner !== undefined) {
    const who = `process ${owner.pid} on ${printable(owner.host)}`;
    throw new Error(`outbox ${printable(path)} is in use by ${who}, which sends what it holds by itself`);
  }
  if (encrypted) {
    throw new Error(
      `outbox ${printable(path)} is encrypted: only a program that has its key can send what it holds`,
    );
  }
  const again = options.parked === true && parked > 0 ? await unparkOutbox(path) : 0;
  const left = parked - again;
  const aside = left === 0 ? "" : `; ${countOf(left, "parked message")} stay where they are`;
  if (messages + again === 0) {
    say(`there is nothing to be sent${aside}`);
    return 0;
  }
  const creds = options.creds === undefined ? undefined : await readFile(options.creds);
  const interrupt = new Interrupt();
  const replay = new Replay(interrupt, options.patience);
  try {
    await replay.begin(path, options, creds);
    await replay.run();
  } finally {
    await replay.end();
    interrupt.done();
  }
  return replay.tell(aside);
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

  async begin(
    path: string,
    { server, stream }: ReplayCommandOptions,
    creds: Buffer | undefined,
  ): Promise<void> {
    const outbox = await openOutbox({ path, stream });
    this.#outbox = outbox;
    outbox.on("parked", ({ reason }) => {
      this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1);
    });
    this.#nc = await connect({
      servers: [...server],
      outbox,
      authenticator: creds === undefined ? undefined : credsAuthenticator(creds),
      name: "holdfast outbox replay",
    });
  }

  /** Until nothing is held, Ctrl-C, or nothing goes on any more. */
  async run(): Promise<void> {
    const bar = makeBar("replay");
    let last = { settled: -1, at: 0 };
    try {
      for (;;) {
        const { messages, recovered, lastError } = this.#outbox!.facts();
        const settled = recovered - messages;
        bar.update(settled, recovered);
        if (messages === 0 || this.#interrupt.heard) return;
        if (settled !== last.settled) last = { settled, at: performance.now() };
        const why = lastError === undefined ? "" : `: ${printable(lastError.message)}`;
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
  tell(aside: string): number {
    const { confirmed, expired, refused, lost, messages } = this.#outbox!.facts();
    const parts = [`${countOf(confirmed, "message")} confirmed`];
    if (expired > 0) parts.push(`${count(expired)} expired`);
    if (refused > 0) parts.push(`${count(refused)} refused, now parked`);
    if (lost > 0) parts.push(`${count(lost)} unreadable`);
    parts.push(messages === 0 ? "none left" : `${count(messages)} left on disk`);
    say(`${parts.join(", ")}${aside}`);
    for (const [reason, times] of [...this.#reasons].slice(0, TOLD)) {
      say(`refused ${count(times)} times: ${printable(reason)}`);
    }
    if (this.#gaveUp !== undefined) say(this.#gaveUp);
    if (this.#interrupt.heard) return this.#interrupt.code;
    return messages > 0 || refused > 0 || lost > 0 ? 1 : 0;
  }
}

function say(text: string): void {
  process.stderr.write(`holdfast: ${text}\n`);
}
