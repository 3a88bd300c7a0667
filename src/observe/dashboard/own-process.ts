import type { IncomingMessage, ServerResponse } from "node:http";
import { type Connection, VERSION } from "../../index.js";
import { cut } from "../safe-text.js";
import { sendUnknown } from "./answers.js";
import type { Clock } from "./clock.js";
import { Compressed } from "./compressed.js";
import { OwnStream } from "./own-stream.js";
import type { Process, Processes } from "./process.js";
import { type Hello, PROTOCOL_VERSION } from "./protocol.js";
import { Sampler } from "./sampler.js";
import { type Room, roomFor } from "./views.js";
import { Watched } from "./watched.js";

/** What is shown of this process. */
export interface OwnSettings {
  /** Default: the name of the first connection, or `pid 123`. */
  readonly name: string | undefined;
  /** Whether subjects are shown. */
  readonly subjects: boolean;
}

/** This process: its connections, their last hour, and who looks at them. */
export class OwnProcess implements Process {
  readonly id: string;
  readonly name: string;
  private readonly clock: Clock;
  private readonly connections: readonly Watched[];
  private readonly room: Room;
  private readonly sampler: Sampler;
  private readonly events: OwnStream;
  /** Histories by their connection, made when they were asked for: good until the next sample. */
  private readonly histories = new Map<Watched, Compressed>();

  constructor(
    id: string,
    connections: readonly Connection[],
    settings: OwnSettings,
    processes: Processes,
    clock: Clock,
  ) {
    this.id = id;
    this.clock = clock;
    this.name = cut(settings.name ?? connections[0]?.options.name ?? `pid ${process.pid}`);
    const room = roomFor(Math.max(1, connections.length));
    this.room = room;
    const { subjects } = settings;
    const views = () => this.connections.map((watched) => watched.view(subjects, room));
    const hello = (): Hello => ({
      version: PROTOCOL_VERSION,
      process: {
        name: this.name,
        pid: process.pid,
        node: process.version,
        holdfast: VERSION,
        startedAt: Math.round(performance.timeOrigin),
        now: clock.now(),
      },
      processes: processes(),
      connections: views(),
    });
    this.events = new OwnStream(clock, { room, subjects, hello });
    this.connections = connections.map((nc, index) => new Watched(nc, index + 1, clock, this.events));
    this.sampler = new Sampler(clock, (missed) => this.sample(missed));
  }

  get readers(): number {
    return this.events.readers.count;
  }

  /** Bytes that the hours of its connections take. */
  get historyBytes(): number {
    return this.connections.reduce((sum, { historyBytes }) => sum + historyBytes, 0);
  }

  stream(req: IncomingMessage, res: ServerResponse): void {
    this.events.add(req, res);
  }

  history(req: IncomingMessage, res: ServerResponse, connection: string): void | Promise<void> {
    const watched = this.connections.find(({ id }) => id === connection);
    if (watched === undefined) return sendUnknown(req, res, "connection");
    let made = this.histories.get(watched);
    if (made === undefined) {
      made = new Compressed("application/json; charset=utf-8", Buffer.from(JSON.stringify(watched.series())));
      this.histories.set(watched, made);
    }
    return made.send(req, res, { "Cache-Control": "no-store" });
  }

  close(): void {
    this.sampler.close();
    this.events.close();
    for (const watched of this.connections) watched.close();
    this.histories.clear();
  }

  private sample(missed: number): void {
    const components = this.readers === 0 ? undefined : this.room.components;
    const connections = this.connections.map((watched) => watched.sample(missed, components));
    this.histories.clear();
    this.events.sampled({ at: this.clock.now(), connections });
  }
}
