import { Books, type DropReason } from "../../core/books.js";
import { Admitted, Intake } from "../../core/intake.js";
import { LostMessages } from "../../core/lost-messages.js";
import type { EngineOptions } from "../../core/options.js";
import { namedOverflow, type Overflow } from "../../core/overflow.js";
import { Window, type WindowSink } from "../../core/window.js";
import type { CodedError } from "../../errors.js";
import { type Chunk, ChunkPool } from "../../wire/chunk.js";
import { decodePublish } from "../../wire/encoder.js";
import { Kind } from "../../wire/frame.js";

/** `PUB a 10`, its payload, and two line ends: one message of {@link IntakeWorld.put}. */
export const FRAME = 22;
const PAYLOAD = "0123456789";

/** Options of an intake; what a test does not give is no limit. */
export interface IntakeLimits {
  reconnectBufSize?: number;
  maxBufferedMessages?: number;
  maxPending?: number;
  overflow?: Overflow;
}

/** An intake whose connection is up or not as the test says. */
export class IntakeWorld implements WindowSink {
  readonly state = { connected: false, closed: false };
  readonly pool = new ChunkPool();
  readonly books = new Books();
  readonly lost = new LostMessages();
  readonly window = new Window(this.pool, this.books, this);
  readonly intake: Intake;
  /** Reasons and subjects of what was dropped from the window. */
  readonly dropped: string[] = [];

  constructor(limits: IntakeLimits) {
    const options = {
      reconnectBufSize: 1e9,
      maxBufferedMessages: Number.POSITIVE_INFINITY,
      maxPending: 1e9,
      overflow: namedOverflow("reject"),
      ...limits,
    } as EngineOptions;
    this.intake = new Intake(options, this.state, this.window, this.books, this.lost);
  }

  onSettled(_window: Window, chunk: Chunk, frame: number): void {
    this.intake.outage.freed(chunk.base + frame, chunk.ends[frame] - chunk.startOf(frame));
  }

  onDropped(_window: Window, chunk: Chunk, frame: number, reason: DropReason): void {
    this.dropped.push(`${reason} ${decodePublish(chunk, frame).subject}`);
    this.intake.outage.freed(chunk.base + frame, chunk.ends[frame] - chunk.startOf(frame));
  }

  isWanted(): boolean {
    return true;
  }

  /** Asks for a frame of `kind`; returns what became of it. Nothing is appended. */
  admit(kind: number, window = this.window, bypass = false): number {
    const { intake } = this;
    const entry = intake.subjects.get("a");
    return this.orThrow(
      intake.admit(window, kind, entry, "", undefined, PAYLOAD, { bypassOverflow: bypass }),
    );
  }

  /** What has found no room is an error, as for whoever publishes. */
  private orThrow(admitted: number): number {
    if (admitted === Admitted.Rejected) throw this.intake.noRoom;
    return admitted;
  }

  /** Publishes one message; returns what became of it. */
  readonly put = (payload = PAYLOAD, subject = "a", kind: number = Kind.Data, bypass = false): number => {
    const { intake, window } = this;
    const entry = intake.subjects.get(subject);
    const admitted = this.orThrow(
      intake.admit(window, kind, entry, "", undefined, payload, { bypassOverflow: bypass }),
    );
    if (admitted === Admitted.Append) window.append(kind, entry, "", undefined, payload, 0);
    return admitted;
  };

  /** Publishes until it is refused; returns how many were taken, and why no more. */
  fill(most = 1000): [number, string | undefined] {
    for (let count = 0; count < most; count++) {
      try {
        this.put();
      } catch (error) {
        return [count, (error as CodedError).code];
      }
    }
    return [most, undefined];
  }

  /** Writes all that there is. */
  write(): void {
    while (this.window.nextRun()) this.pool.unref(this.window.outChunk!);
  }

  confirmAll(): void {
    const position = this.window.appendPing(0);
    this.write();
    this.window.confirm(position, 0, 0);
  }

  turn(): void {
    this.intake.turned(this.window.bytes);
  }

  readonly connect = (): void => {
    this.state.connected = true;
    this.intake.outage.end();
  };

  lose(): void {
    this.window.rewind(0, true);
    this.state.connected = false;
    this.intake.outage.begin();
  }

  close(): void {
    this.state.closed = true;
  }

  /** Subjects of what waits and is not on the link, in order. */
  waiting(): string[] {
    const { window } = this;
    let text = "";
    while (window.nextRun()) {
      text += window.outChunk!.bytes.toString("utf8", window.outStart, window.outEnd);
      this.pool.unref(window.outChunk!);
    }
    return [...text.matchAll(/^H?PUB (\S+) /gm)].map((match) => match[1]);
  }
}
