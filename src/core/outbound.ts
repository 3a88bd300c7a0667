import type { Chunk, ChunkPool } from "../wire/chunk.js";
import type { PublishedFrame } from "../wire/encoder.js";
import type { Books } from "./books.js";
import { SPARSE_PINGS } from "./frame-log.js";
import type { Link } from "./link.js";
import { Margin } from "./margin.js";
import { NONE } from "./none.js";
import { Poison } from "./poison.js";
import { SlowStart } from "./slow-start.js";
import { type Keeper, type Rewind, Window, type WindowSink } from "./window.js";

/** ms by which a PONG may be later than the quickest one while PINGs are far between: slow links need their signs of life. */
const QUICK = 100;

/**
 * What goes out, and in which order: a link's own lines first, then, while `beforeReplay` holds the replay
 * back, what the application needs meanwhile (the *express* window: requests and subscriptions), else the
 * publish window.
 */
export class Outbound {
  readonly window: Window;
  /** What holds the window back: the pace of a replay, and the search for a message that no server takes. */
  readonly slowStart = new SlowStart();
  readonly poison: Poison;
  /** Stands while the replay is held back. */
  express: Window | undefined;
  private readonly pool: ChunkPool;
  private readonly books: Books;
  private readonly sink: WindowSink;

  /** The piece found by {@link next}: `bytes[start, end)`, and the chunk it is in, if it is in one. */
  bytes: Uint8Array | undefined;
  start = 0;
  end = 0;
  chunk: Chunk | undefined;
  /** A PING has to go out before anything else of the window: its PONG makes room for more of a replay. */
  private owesPing = false;

  constructor(pool: ChunkPool, books: Books, sink: WindowSink, margin: Margin) {
    this.pool = pool;
    this.books = books;
    this.sink = sink;
    this.window = new Window(pool, books, sink, margin);
    this.poison = new Poison(this.window);
  }

  /** Where requests and subscriptions go now. */
  get urgent(): Window {
    return this.express ?? this.window;
  }

  get held(): boolean {
    return this.express !== undefined;
  }

  hold(): void {
    this.express = new Window(this.pool, this.books, this.sink, new Margin(0, 0));
  }

  /** Nothing that is accepted from now on is written; returns the position behind what was, to be confirmed by a PING. */
  holdBack(now: number): number {
    const position = this.window.appendPing(now);
    this.window.limit = position;
    return position;
  }

  /** It is written, to the link that carries the window now. */
  letGo(): void {
    this.window.limit = Number.POSITIVE_INFINITY;
  }

  /** The replay goes on; what the express window still carries is written before it. */
  release(now: number): void {
    const { express } = this;
    this.express = undefined;
    if (express === undefined) return;
    // Of what was taken back nothing is left to write, but its chunk.
    if (express.bytes === 0) return express.close();
    if (express.unfenced) express.appendPing(now);
    this.leaving = this.leaving.concat(express);
  }

  /** Express windows whose last frames wait for their PONG. */
  private leaving: Window[] = NONE;

  /** The server has refused a publish to `subject`, or with this `reply`: attributes it to its frame. */
  refuse(subject: string | undefined, reply: string | undefined): boolean {
    const isIt = (frame: PublishedFrame) =>
      reply === undefined ? frame.subject === subject : frame.reply === reply;
    for (const window of this.leaving) if (window.refuse(isIt)) return true;
    return this.express?.refuse(isIt) === true || this.window.refuse(isIt);
  }

  /** Drops what the server would end the link for, of what is not on it yet. */
  recheck(maxPayload: number, headers: boolean): void {
    const { express } = this;
    for (const window of [...this.leaving]) window.recheck(maxPayload, headers);
    express?.recheck(maxPayload, headers);
    this.window.recheck(maxPayload, headers);
  }

  /** Finds the next piece for `link`; whole frames only. */
  next(link: Link, now: number): boolean {
    const own = link.takeOwn();
    if (own !== undefined) {
      this.bytes = own;
      this.start = 0;
      this.end = own.length;
      this.chunk = undefined;
      return true;
    }
    for (const window of this.leaving) if (this.run(window, link, now)) return true;
    if (this.express !== undefined) return this.run(this.express, link, now);
    return this.runMain(link, now);
  }

  /** There is no next piece: an idle connection holds no chunk, also not the one that was written last. */
  rest(now: number): void {
    const { window } = this;
    window.releaseIdle(now);
    window.outChunk = undefined;
    this.bytes = undefined;
    this.chunk = undefined;
  }

  private runMain(link: Link, now: number): boolean {
    const { window, poison, slowStart } = this;
    if (this.owesPing) {
      this.owesPing = false;
      link.sendProbe(window, window.handed, now);
      return this.next(link, now);
    }
    const outstanding = link.handed - link.acked;
    if (!slowStart.allows(outstanding, link.pingsInFlight)) return false;
    // A trial must not keep a link from standing.
    if (poison.active && link.phase !== "live") return false;
    if (this.run(window, link, now, slowStart.room(outstanding))) {
      link.handed += this.end - this.start;
      this.owesPing = !slowStart.allows(link.handed - link.acked, 1) && !window.endsWithPing;
      return true;
    }
    if (!poison.wantsProbe()) return false;
    link.sendProbe(window, window.limit, now);
    return this.next(link, now);
  }

  /** A link gets the window: a replay is written at a growing pace. */
  begin(): void {
    this.owesPing = false;
    this.window.pingEvery = 0;
    if (this.window.drained) this.slowStart.stop();
    else this.slowStart.begin(this.window.position);
  }

  /** A link takes over that is as good as the last one: what waits was on none, and is no replay. */
  follow(): void {
    this.owesPing = false;
    this.window.pingEvery = 0;
    this.slowStart.stop();
  }

  /**
   * A PONG has confirmed `position`, and `bytes` of what the link had been handed.
   *
   * @param delay ms that it took longer than the quickest one on this link
   */
  confirmed(position: number, bytes: number, delay: number): void {
    this.slowStart.confirmed(bytes, position, delay);
    this.window.pingEvery = delay < QUICK ? SPARSE_PINGS : 0;
    this.poison.confirmed();
  }

  private run(window: Window, link: Link, now: number, room = Number.POSITIVE_INFINITY): boolean {
    if (!window.nextRun(room)) return false;
    const chunk = window.outChunk!;
    this.trackPings(window, link, chunk, now);
    this.bytes = chunk.bytes;
    this.start = window.outStart;
    this.end = window.outEnd;
    this.chunk = chunk;
    return true;
  }

  /** PINGs of the run are on their way from now on. They are found from the end, where the new ones are. */
  private trackPings(window: Window, link: Link, chunk: Chunk, now: number): void {
    const { pings } = chunk;
    let i = pings.length;
    while (i > 0 && pings[i - 1] >= window.outFirst) i--;
    for (; i < pings.length && pings[i] < window.outLast; i++) {
      const position = chunk.base + pings[i] + 1;
      const before = chunk.ends[pings[i]] - window.outStart;
      // What an express window carries is no part of a replay.
      const handed = window === this.window ? link.handed + before : link.handed;
      const end = link.sent + before;
      // In an outage, or behind a socket that is full, others may have been accepted long before it goes out.
      const behindSince = position === window.position ? now : 0;
      link.track({
        window,
        position,
        sentAt: now,
        behindSince,
        handed,
        end,
        onPong: undefined,
        onLost: undefined,
      });
    }
  }

  /** A PONG has confirmed something: forgets express windows that are done. */
  forgetDone(): void {
    if (this.leaving.length === 0) return;
    for (const window of this.leaving) if (window.bytes === 0) window.close();
    this.leaving = this.leaving.filter((window) => window.bytes > 0);
  }

  /** The link is gone. What express frames carried ends here; the window goes back to what is unconfirmed. */
  linkLost(now: number, unclean: boolean): Rewind {
    const windows = this.express === undefined ? this.leaving : [...this.leaving, this.express];
    this.leaving = NONE;
    this.express = undefined;
    const before = this.books.unconfirmed;
    for (const window of windows) window.close("unsent");
    const { replay } = this.window.rewind(now, unclean);
    return { replay, unconfirmed: this.books.unconfirmed - before };
  }

  /** @param keeper keeps what was published and will not be sent any more */
  close(keeper?: Keeper): void {
    for (const window of this.leaving) window.close();
    this.leaving = NONE;
    this.express?.close();
    this.express = undefined;
    this.window.close("closed", keeper);
  }
}
