import type { IncomingMessage, ServerResponse } from "node:http";
import { sendAway, sendUnknown } from "./answers.js";
import type { Cancel, Clock } from "./clock.js";
import { Compressed } from "./compressed.js";
import type { PeerSettings } from "./dashboard-options.js";
import { frameOf, HEARTBEAT, type StreamEvent } from "./frames.js";
import { PeerHistories } from "./peer-histories.js";
import { readPeer } from "./peer-stream.js";
import type { Process, Processes } from "./process.js";
import type { Away, ConnectionView, Hello, LogView } from "./protocol.js";
import { Readers } from "./readers.js";

/** ms to wait before another process is asked again, at first and at most. */
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
const HEARTBEAT_MS = 10_000;
/** Lines of a log that are remembered for those who come later. */
const LINES = 200;

/** What another process has said so far, for those who come later. */
interface Said {
  readonly hello: Hello;
  /** When it said it, monotonic ms. */
  readonly at: number;
  readonly connections: Map<string, ConnectionView>;
}

/** Another process, by its URL: asked as long as somebody looks, once for all who do. */
export class Peer implements Process {
  readonly id: string;
  private readonly settings: PeerSettings;
  private readonly subjects: boolean;
  private readonly processes: Processes;
  private readonly clock: Clock;
  private readonly audience: Readers;
  private readonly histories: PeerHistories;
  /** How it has called itself last. */
  private ownName: string | undefined;
  /** What it has said; undefined while it is away. */
  private said: Said | undefined;
  /** Why it is away; undefined as long as that is not known. */
  private reason: string | undefined;
  private wait = FIRST_WAIT_MS;
  /** Ends what is under way: the stream, or the wait for the next one. */
  private stop: (() => void) | undefined;
  private cancelHeartbeat: Cancel | undefined;

  /** @param subjects whether what it shows of subjects is passed on: it may show them to others than this process does */
  constructor(id: string, settings: PeerSettings, subjects: boolean, processes: Processes, clock: Clock) {
    this.id = id;
    this.settings = settings;
    this.subjects = subjects;
    this.processes = processes;
    this.clock = clock;
    this.audience = new Readers(clock, () => this.rest());
    this.histories = new PeerHistories(settings, clock);
  }

  get name(): string {
    return this.settings.name ?? this.ownName ?? this.settings.host;
  }

  get readers(): number {
    return this.audience.count;
  }

  stream(req: IncomingMessage, res: ServerResponse): void {
    const reader = this.audience.add(req, res);
    if (this.said !== undefined) reader.greet(frameOf("hello", this.greeting(this.said)));
    else if (this.reason !== undefined) reader.write(this.away(this.reason));
    if (this.stop !== undefined) return;
    this.ask();
    this.beat();
  }

  async history(req: IncomingMessage, res: ServerResponse, connection: string): Promise<void> {
    const answer = await this.histories.ask(connection);
    if (answer.series !== undefined) {
      const body = Buffer.from(JSON.stringify(answer.series));
      const compressed = new Compressed("application/json; charset=utf-8", body);
      return compressed.send(req, res, { "Cache-Control": "no-store" });
    }
    return answer.unknown ? sendUnknown(req, res, "connection") : sendAway(req, res, answer.reason);
  }

  close(): void {
    this.rest();
    this.histories.close();
    this.audience.end();
  }

  private ask(): void {
    this.stop = readPeer(this.settings, this.clock, {
      hello: (hello) => this.hello({ ...hello, connections: hello.connections.map(this.shown) }),
      connection: (view) => this.connection(this.shown(view)),
      sample: (sample) => this.tell("sample", sample),
      log: ({ connection, entry }) => {
        const line = { connection, entry: this.shownLine(entry) };
        this.noteLine(connection, line.entry);
        this.tell("log", line);
      },
      ended: (reason) => this.ended(reason),
    });
  }

  private readonly shown = (view: ConnectionView): ConnectionView =>
    this.subjects ? view : { ...view, log: view.log.map((entry) => this.shownLine(entry)) };

  private shownLine(entry: LogView): LogView {
    if (this.subjects) return entry;
    const { detail: _hidden, ...shown } = entry;
    return shown;
  }

  private hello(hello: Hello): void {
    this.wait = FIRST_WAIT_MS;
    this.reason = undefined;
    this.ownName = hello.process.name;
    const connections = new Map(hello.connections.map((view) => [view.id, view]));
    this.said = { hello, at: this.clock.elapsed(), connections };
    this.audience.greet(frameOf("hello", this.greeting(this.said)));
  }

  private connection(view: ConnectionView): void {
    const { connections } = this.said!;
    // Only those that it has greeted us with: their number is bounded.
    if (!connections.has(view.id)) return;
    connections.set(view.id, view);
    this.tell("connection", view);
  }

  private noteLine(connection: string, entry: LogView): void {
    const { connections } = this.said!;
    const view = connections.get(connection);
    if (view === undefined) return;
    const log = view.log.filter(({ id }) => id !== entry.id).slice(-LINES + 1);
    const later = log.findIndex(({ id }) => id > entry.id);
    connections.set(connection, { ...view, log: log.toSpliced(later === -1 ? log.length : later, 0, entry) });
  }

  /** Its words for one who comes now: its clock has gone on, and the processes are those that this one knows. */
  private greeting({ hello, at, connections }: Said): Hello {
    const now = Math.round(hello.process.now + this.clock.elapsed() - at);
    const views = [...connections.values()];
    return { ...hello, process: { ...hello.process, now }, processes: this.processes(), connections: views };
  }

  private tell(event: StreamEvent, data: object): void {
    this.audience.write(frameOf(event, data));
  }

  private away(reason: string): Buffer {
    return frameOf("away", { process: this.id, reason } satisfies Away);
  }

  private ended(reason: string): void {
    const isNew = this.said !== undefined || this.reason !== reason;
    this.said = undefined;
    this.reason = reason;
    if (isNew) this.audience.write(this.away(reason));
    // Many that look at the same process do not come back together.
    const wait = this.wait * (0.75 + Math.random() / 2);
    this.wait = Math.min(2 * this.wait, LONGEST_WAIT_MS);
    this.stop = this.clock.after(wait, () => this.ask());
  }

  private beat(): void {
    this.cancelHeartbeat = this.clock.after(HEARTBEAT_MS, () => {
      this.beat();
      this.audience.write(HEARTBEAT);
    });
  }

  /** Nobody looks any more. */
  private rest(): void {
    this.stop?.();
    this.stop = undefined;
    this.cancelHeartbeat?.();
    this.said = undefined;
    this.reason = undefined;
    this.wait = FIRST_WAIT_MS;
  }
}
