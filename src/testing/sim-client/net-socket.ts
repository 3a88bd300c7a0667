import { Duplex } from "node:stream";
import type { SendQueue } from "../../io/send-queue.js";
import type { Random } from "../random.js";
import type { Caller } from "../sim/network.js";
import type { Conditions } from "../sim/pipe.js";
import { demand } from "../sim/violation.js";
import type { Wire } from "../sim/wire.js";
import type { World } from "../sim/world.js";

type Callback = (error?: Error | null) => void;

/** What the kernel was given and has not taken whole: the bytes as they lie in memory, and as they were at first. */
interface Write {
  readonly views: readonly Uint8Array[];
  readonly copy: Buffer;
  taken: number;
  readonly callback: Callback;
}

/** How likely a write fails at once that comes when the other end is gone, and this process has not read of it. */
const FAILS = 0.3;

/**
 * What `net.Socket` is for the client, over a simulated wire: the stream is Node's own, and below it stands what the kernel
 * and libuv do. A write that the kernel takes whole ends at once, another one when there is room; a destroyed socket's writes
 * end late, without an error; `close` comes in a later turn.
 */
export class NetSocket extends Duplex implements Caller {
  /** Its number among all of the world. */
  readonly id: number;
  connecting = true;
  wire: Wire | undefined;
  private readonly world: World;
  private readonly random: Random;
  private readonly conditions: Conditions;
  private writing: Write | undefined;
  private resets = false;
  private broken = false;
  private isClosed = false;

  constructor(id: number, world: World, random: Random, conditions: Conditions) {
    super({ allowHalfOpen: false, emitClose: false, decodeStrings: true });
    this.id = id;
    this.world = world;
    this.random = random;
    this.conditions = conditions;
  }

  /** As `net.Socket` has it. */
  get readyState(): string {
    if (this.connecting) return "opening";
    if (this.readable && this.writable) return "open";
    if (this.readable) return "readOnly";
    return this.writable ? "writeOnly" : "closed";
  }

  /** As `net.Socket` has it: what the kernel still holds is not delivered. */
  resetAndDestroy(): this {
    this.resets = true;
    return this.destroy();
  }

  override _read(): void {}

  override _write(bytes: Buffer, _encoding: BufferEncoding, callback: Callback): void {
    this.begin([bytes], callback);
  }

  override _writev(writes: { chunk: Buffer }[], callback: Callback): void {
    this.begin(
      writes.map(({ chunk }) => chunk),
      callback,
    );
  }

  override _final(callback: Callback): void {
    callback();
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    const { world, writing } = this;
    world.trace.note("destroyed", this.id);
    this.connecting = false;
    this.writing = undefined;
    const delay = this.random.chance(0.5) ? 0 : this.conditions.writtenDelay;
    if (writing !== undefined) world.clientIn(delay, () => this.ended(writing));
    world.clientIn(delay, () => {
      this.isClosed = true;
      this.emit("close", error !== null);
    });
    this.wire?.clientClosed(this.resets);
    callback(error);
  }

  get done(): boolean {
    return this.destroyed;
  }

  /** It has told that it is closed: nothing is left of it. */
  get gone(): boolean {
    return this.isClosed;
  }

  refused(reason: string, code = "ECONNREFUSED"): void {
    this.destroy(systemError(code, reason));
  }

  open(wire: Wire): void {
    this.wire = wire;
    wire.client = {
      data: (bytes) => {
        if (this.destroyed) return;
        this.world.trace.note("data", this.id, bytes.length);
        this.push(bytes);
      },
      end: (error) => {
        if (this.destroyed) return;
        this.world.trace.note(error === undefined ? "end" : "reset", this.id);
        if (error === undefined) this.push(null);
        else this.destroy(systemError(error, `read ${error}`));
      },
    };
    wire.up.onRoom = () => this.offer(false);
  }

  opened(): void {
    if (this.destroyed) return;
    this.world.trace.note("opened", this.id);
    this.connecting = false;
    this.emit("connect");
    this.emit("ready");
  }

  /** What has become of the bytes that were written. */
  get sendQueue(): SendQueue | undefined {
    if (this.destroyed || this.wire === undefined) return undefined;
    const { acked, queued } = this.wire.up;
    return { arrived: acked, queued };
  }

  private begin(views: readonly Uint8Array[], callback: Callback): void {
    demand(!this.connecting && this.wire !== undefined, "early-write", () => `socket ${this.id}`);
    this.broken ||= this.wire.over && this.random.chance(FAILS);
    if (this.broken) {
      callback(systemError("EPIPE", "write EPIPE"));
      return;
    }
    const copy = Buffer.concat(views);
    this.world.trace.note("write", this.id, copy.length);
    this.writing = { views, copy, taken: 0, callback };
    this.offer(true);
  }

  /** Gives the kernel as much as it takes. `now`: inside of the write itself. */
  private offer(now: boolean): void {
    const { writing, wire, conditions, world } = this;
    if (writing === undefined || wire === undefined) return;
    const { up } = wire;
    while (writing.taken < writing.copy.length) {
      const free = conditions.capacity - up.occupied;
      // A kernel waits until there is room worth having, or bytes would go out one by one.
      if (free * 4 < conditions.capacity) return;
      const size = Math.min(free, writing.copy.length - writing.taken);
      up.push(writing.copy.subarray(writing.taken, writing.taken + size));
      writing.taken += size;
    }
    this.writing = undefined;
    if (now) this.ended(writing);
    else world.clientIn(conditions.writtenDelay * this.random.float(), () => this.ended(writing));
  }

  private ended({ views, copy, callback }: Write): void {
    let at = 0;
    for (const view of views) {
      const asGiven = copy.compare(view, 0, view.length, at, at + view.length) === 0;
      demand(asGiven, "chunk-reused", () => "bytes changed while a write referred to them");
      at += view.length;
    }
    callback(null);
  }
}

function systemError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code, syscall: message.split(" ")[0] });
}
