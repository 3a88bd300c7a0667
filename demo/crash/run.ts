import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NatsCluster } from "../../src/testing/cluster.js";
import type { Cleanup } from "../cleanup.js";
import { now, sleep } from "../clock.js";
import { count } from "../view/figures.js";
import { type Account, Resolutions, settle } from "./account.js";
import { Life } from "./life.js";
import type { CrashOptions } from "./options.js";
import { type Act, type PlannedLife, planLives } from "./plan.js";
import type { CrashProgress } from "./progress.js";
import type { FromPublisher, Report, Tick } from "./protocol.js";
import { StreamWatch } from "./stream-watch.js";

/** What a run has shown. */
export interface CrashEvidence {
  readonly account: Account;
  readonly kills: number;
  /** Messages found on disk by the lives that came after, all together. */
  readonly recovered: number;
  /** The most that was on disk. */
  readonly mostHeld: number;
  /** How long all servers were gone, ms. */
  readonly outageMs: number;
  /** From the end of the outage until nothing of it was on disk, ms. */
  readonly drainedMs: number;
  /** `publishDurable()` rejected, and what is left on disk at the end, or refused by the stream. */
  readonly failures: readonly string[];
}

/** A life that does not get so far in this time is killed all the same. */
const PATIENCE = 20_000;
const LAST_PATIENCE = 90_000;
const LOOK_EVERY = 5;
const SAMPLE_EVERY = 100;
const KEPT_FAILURES = 5;

/** Plays it: servers, publishers one after the other, their deaths, and what is in the stream at the end. */
export async function runCrash(
  options: CrashOptions,
  progress: CrashProgress,
  cleanup: Cleanup,
): Promise<CrashEvidence> {
  const run = new CrashRun(options, progress);
  const playing = run.play();
  let ending: Promise<void> | undefined;
  const end = () => {
    ending ??= run.end(playing);
    return ending;
  };
  const ended = cleanup.add("servers, publisher and folder", end);
  try {
    return await playing;
  } finally {
    await end();
    ended();
  }
}

class CrashRun {
  readonly #options: CrashOptions;
  readonly #progress: CrashProgress;
  readonly #abort = new AbortController();
  readonly #resolved = new Resolutions();
  readonly #failures: string[] = [];
  #folder: string | undefined;
  #cluster: NatsCluster | undefined;
  #watch: StreamWatch | undefined;
  #sampling: NodeJS.Timeout | undefined;
  #life: Life | undefined;
  #tick: Tick | undefined;
  #report: Report | undefined;
  /** Messages that resolved in this life. */
  #resolvedNow = 0;
  #drainedAt = 0;

  constructor(options: CrashOptions, progress: CrashProgress) {
    this.#options = options;
    this.#progress = progress;
  }

  async play(): Promise<CrashEvidence> {
    const progress = this.#progress;
    const { signal } = this.#abort;
    this.#folder = await mkdtemp(join(tmpdir(), "holdfast-crash-"));
    const cluster = await NatsCluster.start({ jetstream: true });
    this.#cluster = cluster;
    signal.throwIfAborted();
    progress.servers = cluster.servers.map(({ name }) => name);
    const watch = await StreamWatch.open(cluster.urls, signal);
    this.#watch = watch;
    progress.serverVersion = watch.serverVersion;
    void watch.follow((messages) => {
      progress.stored = messages;
    });
    this.#sampling = setInterval(() => this.#sample(), SAMPLE_EVERY);

    progress.startedAt = now();
    const lives = planLives(this.#options.seed, this.#options.kills);
    for (const [index, planned] of lives.entries()) {
      const before = lives[index - 1]?.act;
      if (planned.act !== before) await this.#enter(planned.act, cluster);
      this.#begin(index + 1, cluster, watch);
      await this.#reach(planned);
      await this.#life?.kill();
      this.#died(planned.act);
    }
    await this.#last(lives.length + 1, cluster, watch);
    progress.phase = "reading";
    const stored = await watch.read();
    progress.stored = stored.length;
    progress.endedAt = now();
    return this.#evidence(settle(this.#resolved, stored));
  }

  /** Leaves nothing behind, whatever is under way. */
  async end(playing: Promise<unknown>): Promise<void> {
    this.#abort.abort();
    clearInterval(this.#sampling);
    try {
      await this.#life?.kill().catch(() => {});
      await this.#watch?.close();
      // Nothing may restart a server any more when the cluster is closed.
      await playing.catch(() => {});
      await this.#watch?.close();
      await this.#cluster?.close();
    } finally {
      if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
    }
  }

  async #enter(act: Act, cluster: NatsCluster): Promise<void> {
    const progress = this.#progress;
    if (act === "outage") {
      await cluster.killAll();
      progress.outage = { from: this.#elapsed(), to: Number.POSITIVE_INFINITY };
      this.#note("all three servers killed", "bad");
    } else if (act === "replay") {
      await cluster.restartAll();
      progress.outage!.to = this.#elapsed();
      this.#note(`the servers are back; ${count(progress.held)} messages wait on disk`, "good");
    }
    progress.phase = act;
  }

  #begin(life: number, cluster: NatsCluster, { stream, subject }: StreamWatch): void {
    this.#abort.signal.throwIfAborted();
    const { rate, size } = this.#options;
    const path = join(this.#folder!, "outbox");
    this.#tick = undefined;
    this.#resolvedNow = 0;
    this.#progress.lives.push({ from: this.#elapsed(), to: Number.POSITIVE_INFINITY });
    const order = { servers: cluster.urls, path, stream, subject, life, rate, size };
    this.#life = new Life(order, (line) => this.#hear(life, line));
  }

  #hear(life: number, line: FromPublisher): void {
    const progress = this.#progress;
    if (line.type === "resolved") {
      this.#resolved.add(life, line);
      progress.resolved = this.#resolved.total;
      this.#resolvedNow += line.to - line.from + 1;
    } else if (line.type === "tick") {
      if (this.#tick === undefined) progress.recovered += line.recovered;
      this.#tick = line;
      progress.held = line.held;
      this.#drained(line.held);
    } else if (line.type === "report") {
      this.#report = line;
    } else if (line.type === "rejected") {
      this.#fail(`publishDurable() rejected: ${line.error}`);
    }
  }

  /** Waits until this life has come to what its act wants to see, and a little longer. */
  async #reach({ act, kill }: PlannedLife): Promise<void> {
    const deadline = now() + PATIENCE;
    const seen = () => (act === "outage" ? this.#resolvedNow > 0 : (this.#tick?.confirmed ?? 0) > 0);
    while (!seen() && now() < deadline) await this.#wait(LOOK_EVERY);
    await this.#wait(kill);
  }

  /** Waits; rejects when the publisher ends by itself meanwhile. */
  async #wait(ms: number): Promise<void> {
    const early = this.#life?.ended.then(() => {
      throw new Error("the publisher has ended");
    });
    await Promise.race([sleep(ms, this.#abort.signal), early]);
  }

  #died(act: Act): void {
    const progress = this.#progress;
    progress.kills++;
    progress.lives.at(-1)!.to = this.#elapsed();
    const doing =
      act === "outage" ? "while it wrote to disk" : act === "up" ? "while it published" : "while it replayed";
    const held = this.#tick?.held ?? 0;
    this.#note(`publisher ${progress.kills} killed ${doing}, about ${count(held)} on disk`, "bad");
  }

  async #last(life: number, cluster: NatsCluster, watch: StreamWatch): Promise<void> {
    this.#progress.phase = "finishing";
    this.#begin(life, cluster, watch);
    this.#note("the last publisher lives until its outbox is empty");
    await this.#reach({ act: "replay", kill: 200 });
    const finished = this.#life!.finish();
    await Promise.race([
      finished,
      sleep(LAST_PATIENCE, this.#abort.signal).then(() => {
        throw new Error(`the outbox was not empty after ${LAST_PATIENCE / 1000} s`);
      }),
    ]);
    this.#progress.lives.at(-1)!.to = this.#elapsed();
    this.#drained(this.#report?.held ?? 0);
    const { held, parked } = this.#report ?? { held: -1, parked: 0 };
    if (held !== 0)
      this.#fail(held < 0 ? "the last publisher gave no report" : `${held} messages are left on disk`);
    if (parked > 0) this.#fail(`the stream has refused ${parked} messages`);
  }

  #drained(held: number): void {
    const { outage } = this.#progress;
    // With a publisher at work there is always a little on disk.
    const little = Math.max(50, this.#options.rate / 10);
    const over = outage !== undefined && Number.isFinite(outage.to);
    if (!over || this.#drainedAt > 0 || held > little) return;
    this.#drainedAt = this.#elapsed();
    this.#note("nothing of the outage is on disk any more", "good");
  }

  #evidence(account: Account): CrashEvidence {
    const { kills, recovered, samples, outage } = this.#progress;
    return {
      account,
      kills,
      recovered,
      mostHeld: samples.reduce((most, { held }) => Math.max(most, held), 0),
      outageMs: outage === undefined ? 0 : outage.to - outage.from,
      drainedMs: outage === undefined ? 0 : this.#drainedAt - outage.to,
      failures: this.#failures,
    };
  }

  #sample(): void {
    const { held, stored, startedAt, samples } = this.#progress;
    if (startedAt > 0) samples.push({ at: this.#elapsed(), held, stored });
  }

  #elapsed(): number {
    return now() - this.#progress.startedAt;
  }

  #note(text: string, mood: "bad" | "good" | "plain" = "plain"): void {
    this.#progress.note(this.#elapsed(), text, mood);
  }

  #fail(text: string): void {
    if (this.#failures.length < KEPT_FAILURES) this.#failures.push(text);
  }
}
