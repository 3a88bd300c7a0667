import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Cleanup } from "../../demo/cleanup.js";
import { seeded } from "../../demo/random.js";
import { freePort, releasePort } from "../../src/testing/launcher/ports.js";
import { onDisk } from "./on-disk.js";
import type { OutboxOptions } from "./options.js";
import { type Blow, type Kind, type Plan, plans } from "./plan.js";
import type { Aim, Order } from "./protocol.js";
import { readRecord, type Told, told, type Where } from "./record.js";
import { Site } from "./site.js";
import { judge, type Life, together, type Verdict } from "./verdict.js";
import { type End, WorkerProcess } from "./worker-process.js";

/** Processes between two looks at everything that has arrived. */
const PART = 100;
/** Processes that wait for their turn. */
const AHEAD = 2;
/** Bytes that a disk has left when it is to become full. */
const LEFT = 64_000;
/** An aim at the opening is drawn from so many microseconds; it is meant as a part of the time that opening takes, and a little more. */
const OPENING = { drawn: 20_000, reach: 1.3, first: 10 };
/** ms for the last process of a part. */
const DRAIN_PATIENCE = 90_000;

/** What has been seen beside the verdict. */
export interface Tally {
  readonly killed: Map<Where, number>;
  readonly kinds: Map<Kind, number>;
  readonly blows: Map<Blow["what"], number>;
  /** ms that it took to open the outbox. */
  readonly openings: number[];
  recovered: number;
  commits: number;
  rejected: number;
  /** Openings whose count of messages was compared with what somebody else has read from the disk. */
  compared: number;
}

/** Told how it goes. */
export interface CampaignListener {
  part(killed: number, verdict: Verdict): void;
}

/** Processes that are killed, one after the other, on one outbox. */
export class Campaign {
  readonly tally: Tally = {
    killed: new Map(),
    kinds: new Map(),
    blows: new Map(),
    openings: [],
    recovered: 0,
    commits: 0,
    rejected: 0,
    compared: 0,
  };
  readonly #options: OutboxOptions;
  readonly #listener: CampaignListener;
  readonly #dir = mkdtempSync(join(tmpdir(), "holdfast-outbox-"));
  #site!: Site;
  #nowhere!: string;
  /** Loading their code takes longer than what they do. */
  readonly #waiting: WorkerProcess[] = [];
  #running: WorkerProcess | undefined;
  #processes = 0;
  /** Of the part that is under way. */
  #lives: Life[] = [];

  constructor(options: OutboxOptions, listener: CampaignListener) {
    this.#options = options;
    this.#listener = listener;
  }

  /** Everything that it has started is stopped by `cleanup`. */
  async run(cleanup: Cleanup): Promise<Verdict> {
    cleanup.add("the folder", () => rmSync(this.#dir, { recursive: true, force: true }));
    this.#site = await Site.open(this.#options.target, cleanup);
    const port = await freePort("127.0.0.1");
    this.#nowhere = `nats://127.0.0.1:${port}`;
    cleanup.add("the port", () => releasePort(port));
    cleanup.add("the processes", () =>
      Promise.all([this.#running, ...this.#waiting].map((worker) => worker?.stop())),
    );
    const verdicts: Verdict[] = [];
    const source = plans(seeded(this.#options.seed), this.#options.target);
    for (let killed = 0; killed < this.#options.cycles; ) {
      const many = Math.min(PART, this.#options.cycles - killed);
      for (let i = 0; i < many; i++) await this.#cycle(source.next().value);
      killed += many;
      const drained = await this.#drain();
      const verdict = judge(this.#lives, await this.#site.take());
      this.#lives = [];
      verdicts.push(verdict);
      this.#listener.part(killed, verdict);
      // What is left would be the next part's.
      if (!drained) break;
    }
    return together(verdicts);
  }

  /** One process from its order to its death. */
  async #cycle(plan: Plan): Promise<void> {
    count(this.tally.kinds, plan.kind);
    const worker = await this.#next(plan.kind === "disk full" ? this.#diskBytes() + LEFT : undefined);
    const before = await this.#before();
    const { servers, blow } = { servers: plan.online ? this.#site.server.url : this.#nowhere, ...plan };
    this.#site.during = ++this.#processes;
    const order: Order = {
      type: "work",
      process: this.#processes,
      path: this.#path,
      record: this.#record(this.#processes),
      servers: [servers],
      stream: this.#site.stream,
      callers: plan.callers,
      aim: this.#scaled(plan.aim),
      spied: plan.spied,
      sabotaged: this.#options.sabotage,
      drains: false,
    };
    worker.order(order);
    const killer = setTimeout(() => worker.kill(), plan.after);
    void worker.idle.then(() => worker.kill());
    const struck = blow && this.#strike(blow, worker);
    const end = await worker.ended;
    clearTimeout(killer);
    this.#running = undefined;
    await struck;
    const found = this.#bury(end, before);
    count(this.tally.killed, found.where);
  }

  /** A process that waits, or one whose disk is nearly full; others are started meanwhile. */
  async #next(fileSize?: number): Promise<WorkerProcess> {
    const waiting = fileSize === undefined ? this.#waiting.shift() : undefined;
    const worker = waiting ?? new WorkerProcess(fileSize);
    this.#running = worker;
    await worker.ready;
    while (this.#waiting.length < AHEAD) this.#waiting.push(new WorkerProcess());
    return worker;
  }

  /** What is to be found on disk. */
  async #before(): Promise<Pick<Life, "found" | "atLeast">> {
    const arrived = await this.#site.count();
    const resolved = this.#lives.reduce((sum, life) => sum + life.resolved.length, 0);
    return { found: await onDisk(this.#path), atLeast: Math.max(0, resolved - arrived) };
  }

  /** What a process has told, after its end. */
  #bury({ signal, code, stderr }: End, before: Pick<Life, "found" | "atLeast">, killed = true): Told {
    const process = this.#processes;
    const file = this.#record(process);
    const found = told(existsSync(file) ? readRecord(readFileSync(file, "utf8")) : []);
    rmSync(file, { force: true });
    const { resolved, rejected, tried, recovered, opening, wrong } = found;
    const expected = killed ? signal === "SIGKILL" : code === 0;
    const crash = expected ? undefined : `it has ended by ${signal ?? `exit code ${code}`}\n${stderr}`;
    this.#lives.push({ process, resolved, rejected, tried, recovered, ...before, wrong, crash });
    this.tally.recovered += recovered ?? 0;
    this.tally.commits += found.commits;
    this.tally.rejected += rejected.size;
    if (opening !== undefined) this.tally.openings.push(opening);
    if (recovered !== undefined && before.found !== undefined) this.tally.compared++;
    return found;
  }

  /** Has a last process send all that is left. False when it could not. */
  async #drain(): Promise<boolean> {
    const worker = await this.#next();
    const before = await this.#before();
    this.#site.during = ++this.#processes;
    worker.order({
      type: "work",
      process: this.#processes,
      path: this.#path,
      record: this.#record(this.#processes),
      servers: [this.#site.server.url],
      stream: this.#site.stream,
      callers: 0,
      aim: undefined,
      spied: false,
      sabotaged: false,
      drains: true,
    });
    const late = setTimeout(() => worker.kill(), DRAIN_PATIENCE);
    const end = await worker.ended;
    clearTimeout(late);
    this.#running = undefined;
    this.#bury(end, before, false);
    return end.code === 0;
  }

  /** Does it to the server, and resolves when the process is dead and the server is well. */
  async #strike({ what, after }: Blow, worker: WorkerProcess): Promise<void> {
    const { server } = this.#site;
    await sleep(after);
    count(this.tally.blows, what);
    if (what === "kill") {
      await server.restart();
      return;
    }
    server.stop();
    // What a dead process has written is in the server's buffers, and is stored only now.
    await worker.ended;
    server.cont();
  }

  #scaled(aim: Aim | undefined): Aim | undefined {
    if (aim?.at !== "opening") return aim;
    const ms = median(this.tally.openings) ?? OPENING.first;
    return { ...aim, micros: Math.round((aim.micros / OPENING.drawn) * OPENING.reach * ms * 1_000) };
  }

  get #path(): string {
    return join(this.#dir, "outbox");
  }

  #record(process: number): string {
    return join(this.#dir, `${process}.log`);
  }

  /** Bytes of the largest file of the outbox. */
  #diskBytes(): number {
    const file = join(this.#path, "data.mdb");
    return existsSync(file) ? statSync(file).size : 0;
  }
}

function count<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** Undefined of nothing. */
export function median(values: readonly number[]): number | undefined {
  return values.length === 0
    ? undefined
    : [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)];
}
