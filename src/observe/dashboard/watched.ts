import type { Connection, ConnectionStats, Listener } from "../../index.js";
import { type LogEntry, Observation } from "../observation.js";
import { cut } from "../safe-text.js";
import type { Clock } from "./clock.js";
import { componentViews } from "./component-views.js";
import { Hour } from "./hour.js";
import { type ConnectionView, type SampleView, type Series, STATES } from "./protocol.js";
import { Timeline } from "./timeline.js";
import { booksView, connectionView, logView, type Room } from "./views.js";

/** What changes a connection's {@link ConnectionView} in more than its log and its books. */
const CHANGING: ReadonlySet<LogEntry["event"]> = new Set([
  "attemptFailed",
  "close",
  "connect",
  "disconnect",
  "lameDuck",
  "move",
  "reconnect",
  "slowConsumer",
  "update",
]);

/** Who hears of what happens to connections. */
export interface WatchListener {
  /** The view of this connection is another one now. */
  changed(watched: Watched): void;
  /** A line of its log is new, or was told again. */
  logged(watched: Watched, entry: LogEntry): void;
}

/** A connection that is looked at, and its last hour. */
export class Watched {
  readonly id: string;
  readonly name: string;
  private readonly nc: Connection;
  private readonly observation: Observation;
  private readonly clock: Clock;
  private readonly hour = new Hour();
  private readonly timeline = new Timeline();
  /** When the last sample was taken, by both clocks, and the counters at it. */
  private sampledAt: number;
  private measuredAt: number;
  private stats: ConnectionStats;
  private readonly stopListening: () => void;
  private readonly onState: Listener<"state">;

  /** @param number from 1: the connection's id, and its name if it has none */
  constructor(nc: Connection, number: number, clock: Clock, listener: WatchListener) {
    this.nc = nc;
    this.id = String(number);
    this.name = cut(nc.options.name ?? `connection ${number}`);
    this.clock = clock;
    this.observation = Observation.of(nc);
    this.stats = nc.stats();
    this.measuredAt = clock.elapsed();
    this.sampledAt = clock.now();
    for (const { at, to } of nc.history) this.timeline.add(at, to);
    if (nc.history.length === 0) this.timeline.add(this.sampledAt, nc.state);
    this.onState = ({ at, to }) => {
      this.timeline.add(at, to);
      listener.changed(this);
    };
    nc.on("state", this.onState);
    this.stopListening = this.observation.listen((entry) => {
      listener.logged(this, entry);
      if (CHANGING.has(entry.event)) listener.changed(this);
    });
  }

  /** Bytes that its hour takes. */
  get historyBytes(): number {
    return this.hour.byteLength;
  }

  /**
   * Takes a sample.
   *
   * @param missed seconds before it of which there is none
   * @param components how many of them are told of, at most; undefined: nobody is there to be told
   */
  sample(missed: number, components?: number): SampleView {
    const { state, buffer, rtt = null, stats } = this.nc.health();
    const { bytes: bufferBytes, limit: bufferLimit } = buffer;
    const before = this.stats;
    const elapsed = this.clock.elapsed();
    const seconds = Math.max(1, elapsed - this.measuredAt) / 1_000;
    const perSecond = (figure: "inMsgs" | "outMsgs" | "inBytes" | "outBytes") =>
      tenths(Math.max(0, stats[figure] - before[figure]) / seconds);
    const second = {
      bufferBytes,
      bufferLimit,
      inMsgs: perSecond("inMsgs"),
      outMsgs: perSecond("outMsgs"),
      inBytes: Math.round(perSecond("inBytes")),
      outBytes: Math.round(perSecond("outBytes")),
      rtt: rtt === null ? null : thousandths(rtt),
    };
    this.hour.skip(missed);
    this.hour.add({ ...second, state: STATES.indexOf(state) });
    this.stats = stats;
    this.measuredAt = elapsed;
    this.sampledAt = this.clock.now();
    // Those that nobody is told of by an event that we may listen to.
    this.observation.noteDrops();
    const { messages: bufferMessages, ratio: bufferRatio, oldestAge } = buffer;
    const view = {
      id: this.id,
      state,
      bufferMessages,
      bufferRatio,
      oldestAge: Math.round(oldestAge),
      ...second,
    };
    const told = components === undefined ? {} : componentViews(this.nc, components);
    return { ...view, books: booksView(stats), ...told };
  }

  /** Everything about it. */
  view(subjects: boolean, room: Room): ConnectionView {
    const timeline = this.timeline.since(this.clock.now(), room.timeline);
    return connectionView(this.id, this.name, this.observation, subjects, room, timeline);
  }

  /** What is told of a line of its log. */
  logView(entry: LogEntry, subjects: boolean) {
    return { connection: this.id, entry: logView(entry, subjects) };
  }

  /** Its last hour. */
  series(): Series {
    return { connection: this.id, until: this.sampledAt, ...this.hour.columns() };
  }

  /** The connection is let alone; what was noted stays. */
  close(): void {
    this.nc.off("state", this.onState);
    this.stopListening();
  }
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}

function thousandths(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
