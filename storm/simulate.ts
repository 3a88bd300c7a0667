import { Random } from "../src/testing/random.js";
import type { Book, MakeClient } from "./clients/client.js";
import { Meter } from "./meter.js";
import { LAME_DUCK, type Scenario } from "./scenarios.js";
import { type Interest, type ServerLimits, StormServer } from "./server.js";
import { World } from "./world.js";

/** What is simulated. */
export interface Setup {
  readonly scenario: Scenario;
  readonly make: MakeClient;
  readonly clients: number;
  readonly seed: number;
  readonly tls: boolean;
  readonly limits: ServerLimits;
  /** Bytes that every client has to write again; default 0. */
  readonly window?: number;
}

/** What came out. All times in ms since the servers began to go. */
export interface Result {
  /** Connects per second that arrived at servers that listen: all together, and at the one with the highest peak. */
  readonly peak: number;
  readonly peakWorst: number;
  /** The same in the busiest 100 ms, as a rate per second. */
  readonly burst: number;
  readonly connects: number;
  /** Connects that arrived in each second. */
  readonly perSecond: number[];
  /** Clients that lost their link, and those that gave up. */
  readonly lost: number;
  readonly gaveUp: number;
  /** Clients without a link, at the end of each second. */
  readonly away: number[];
  /** When the median and the last client were back; NaN if they never were. */
  readonly median: number;
  readonly last: number;
  /** Attempts that failed although somebody listened. */
  readonly failed: number;
  /** Clients that changed their server without losing their link; {@link median} and {@link last} count them too. */
  readonly moved: number;
  /** Links that a client gave up because the server was too slow. */
  readonly condemned: number;
  /** Longest time from a PING to its PONG, ms. */
  readonly longestPing: number;
  /** When all that had to be written again was confirmed; NaN if it never was, or there was nothing. */
  readonly replayed: number;
}

/** Seconds in which the clients connect at first, and then have peace. */
const PROLOGUE = 30_000;
const ARRIVING = 20_000;
/** Longest time that is simulated, ms. */
const HORIZON = 300_000;

class Clients implements Book {
  private readonly world: World;
  private readonly away = new Map<number, number>();
  /** ms since the storm began. */
  readonly backAt: number[] = [];
  readonly changes: { at: number; by: number }[] = [];
  lostEver = 0;
  quitters = 0;
  failures = 0;
  moves = 0;
  stale = 0;
  longestPing = 0;
  replays = 0;
  replayedAt = Number.NaN;
  begun = false;

  constructor(world: World) {
    this.world = world;
  }

  get allServed(): boolean {
    return this.away.size === 0;
  }

  private get at(): number {
    return this.world.now - PROLOGUE;
  }

  lost(id: number): void {
    if (this.away.has(id)) return;
    this.away.set(id, this.at);
    this.lostEver++;
    this.changes.push({ at: this.at, by: 1 });
  }

  back(id: number): void {
    if (!this.away.delete(id)) return;
    this.backAt.push(this.at);
    this.changes.push({ at: this.at, by: -1 });
  }

  failed(refused: boolean): void {
    if (this.begun && !refused) this.failures++;
  }

  moved(): void {
    this.moves++;
    this.backAt.push(this.at);
  }

  condemned(): void {
    this.stale++;
  }

  answered(ms: number): void {
    if (this.begun) this.longestPing = Math.max(this.longestPing, ms);
  }

  replayed(): void {
    this.replays++;
    this.replayedAt = this.at;
  }

  gaveUp(id: number): void {
    if (this.away.delete(id)) this.quitters++;
  }

  awayPerSecond(): number[] {
    const counts: number[] = [];
    let count = 0;
    for (const { at, by } of this.changes) {
      while (counts.length < Math.floor(at / 1000)) counts.push(count);
      count += by;
    }
    counts.push(count);
    return counts;
  }
}

/** Plays a scenario with one kind of client. The same setup gives the same result. */
export function simulate(setup: Setup): Result {
  const { scenario, seed, tls } = setup;
  const luck = new Random(seed);
  const world = new World();
  const interest: Interest = new Map();
  const servers = [1, 2, 3].map(
    (n) => new StormServer(world, `10.0.0.${n}:4222`, luck.fork(n), tls, interest),
  );
  const book = new Clients(world);
  const { window = 0 } = setup;
  const site = { world, servers, tls, book, window };
  for (let id = 0; id < setup.clients; id++) {
    const random = luck.fork(100 + id);
    const client = setup.make(site, id, random, random.between(0.2, 5));
    world.at((ARRIVING * id) / setup.clients, () => client.start());
  }
  world.run(PROLOGUE);
  for (const server of servers) server.limit(setup.limits);
  book.begun = true;
  let ahead = scenario.steps.length;
  for (const step of scenario.steps) {
    world.at(PROLOGUE + step.at, () => {
      ahead--;
      const server = servers[step.server];
      if (step.what === "kill") server.stop();
      else if (step.what === "start") server.start();
      else server.lameDuck(LAME_DUCK.duration, LAME_DUCK.grace);
    });
  }
  const isOver = () =>
    book.allServed &&
    ahead === 0 &&
    servers.every((server) => !server.isLame) &&
    (window === 0 || book.replays + book.quitters >= book.lostEver);
  world.run(PROLOGUE + HORIZON, isOver);
  return outcome(book, servers);
}

function outcome(book: Clients, servers: readonly StormServer[]): Result {
  const meters = servers.map((server) => server.arrivals);
  const all = Meter.sum(meters);
  const affected = book.lostEver + book.moves;
  const isAllBack = book.backAt.length >= affected;
  const backAt = book.backAt.toSorted((a, b) => a - b);
  const seconds = Math.ceil((backAt.at(-1) ?? 0) / 1000) + 1;
  return {
    peak: all.peak(1000),
    peakWorst: Math.max(...meters.map((meter) => meter.peak(1000))),
    burst: all.peak(100),
    connects: all.total,
    perSecond: all.perSecond(PROLOGUE / 1000 + seconds).slice(PROLOGUE / 1000),
    lost: book.lostEver,
    gaveUp: book.quitters,
    away: book.awayPerSecond(),
    median: backAt[Math.floor(affected / 2)] ?? Number.NaN,
    last: isAllBack && book.quitters === 0 ? (backAt.at(-1) ?? 0) : Number.NaN,
    failed: book.failures,
    moved: book.moves,
    condemned: book.stale,
    longestPing: book.longestPing,
    replayed: book.replays >= book.lostEver ? book.replayedAt : Number.NaN,
  };
}
