import type { IncomingMessage, ServerResponse } from "node:http";
import type { LogEntry } from "../observation.js";
import type { Cancel, Clock } from "./clock.js";
import { frameOf, HEARTBEAT } from "./frames.js";
import type { Hello, Sample } from "./protocol.js";
import { Readers } from "./readers.js";
import type { Room } from "./views.js";
import type { Watched, WatchListener } from "./watched.js";

/** ms that is waited for what belongs to the same happening: a link that is lost is told by several events. */
const GATHER_MS = 20;
/** ms between two rounds of events, at least: what happens in a storm is told ten times a second. */
export const ROUND_MS = 100;
/** Lines of the log that are sent in one round, at most: the newest. */
export const LINES = 50;
/** Samples between two heartbeats. */
const HEARTBEAT_SAMPLES = 10;

/** What a stream is about. */
export interface Source {
  readonly room: Room;
  readonly subjects: boolean;
  /** What readers are greeted with. */
  hello(): Hello;
}

/** The events of this process. As long as nobody reads, nothing is made of what happens. */
export class OwnStream implements WatchListener {
  readonly readers: Readers;
  private readonly clock: Clock;
  private readonly source: Source;
  private readonly changes = new Set<Watched>();
  private readonly lines = new Map<LogEntry, Watched>();
  private cancelRound: Cancel | undefined;
  /** When the last round was, monotonic ms. */
  private lastRound = Number.NEGATIVE_INFINITY;
  private samples = 0;
  /** Made for the reader who came last, and good for those who come right behind it, as long as nothing happens. */
  private greeting: Buffer | undefined;
  private greetedAt = 0;

  constructor(clock: Clock, source: Source) {
    this.clock = clock;
    this.source = source;
    this.readers = new Readers(clock, () => this.quiet());
  }

  /** One more reader. */
  add(req: IncomingMessage, res: ServerResponse): void {
    // What the others are still to be told of is in it already; told again, it replaces the same.
    this.readers.add(req, res).greet(this.greet());
  }

  changed(watched: Watched): void {
    if (this.readers.count === 0) return;
    this.changes.add(watched);
    this.plan();
  }

  logged(watched: Watched, entry: LogEntry): void {
    if (this.readers.count === 0) return;
    // Behind all others: when there are too many, the oldest are left out.
    this.lines.delete(entry);
    this.lines.set(entry, watched);
    if (this.lines.size > LINES) this.lines.delete(this.lines.keys().next().value!);
    this.plan();
  }

  /** A second is over. */
  sampled(sample: Sample): void {
    this.samples++;
    if (this.readers.count === 0) return;
    this.readers.write(frameOf("sample", sample));
    if (this.samples % HEARTBEAT_SAMPLES === 0) this.readers.write(HEARTBEAT);
  }

  close(): void {
    this.quiet();
    this.readers.end();
  }

  private plan(): void {
    this.greeting = undefined;
    if (this.cancelRound !== undefined) return;
    const sinceLast = this.clock.elapsed() - this.lastRound;
    this.cancelRound = this.clock.after(Math.max(GATHER_MS, ROUND_MS - sinceLast), () => this.flush());
  }

  /** Tells what has happened since the last round. */
  private flush(): void {
    this.cancelRound = undefined;
    this.lastRound = this.clock.elapsed();
    const { room, subjects } = this.source;
    for (const [entry, watched] of this.lines)
      this.readers.write(frameOf("log", watched.logView(entry, subjects)));
    for (const watched of this.changes)
      this.readers.write(frameOf("connection", watched.view(subjects, room)));
    this.lines.clear();
    this.changes.clear();
  }

  private greet(): Buffer {
    const now = this.clock.elapsed();
    if (this.greeting === undefined || now - this.greetedAt > GATHER_MS) {
      this.greeting = frameOf("hello", this.source.hello());
      this.greetedAt = now;
    }
    return this.greeting;
  }

  /** Nobody reads any more. */
  private quiet(): void {
    this.cancelRound?.();
    this.cancelRound = undefined;
    this.lines.clear();
    this.changes.clear();
    this.greeting = undefined;
  }
}
