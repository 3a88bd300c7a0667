import type { Random } from "../random.js";
import type { World } from "./world.js";

/** What a network is like at the moment. May be changed while bytes are on their way. */
export interface Conditions {
  /** ms that a byte takes, and up to how many more. */
  latency: number;
  jitter: number;
  /** How likely a run of bytes is torn into pieces that arrive as reads of their own. */
  split: number;
  /** Bytes that a sender's kernel takes before the receiver has read any. */
  capacity: number;
  /** Bytes that the receiver's kernel acknowledges, within `capacity`, while its process reads nothing. */
  receive: number;
  /** Bytes that get through in a ms; Infinity: the way is wide. */
  bandwidth: number;
  /** Longest time in ms from the kernel taking a write to the process hearing of it. */
  writtenDelay: number;
}

/** Where bytes come out. */
export interface Outlet {
  data(bytes: Buffer): void;
  /** No more bytes will come: closed in order, or by `error`. */
  end(error: string | undefined): void;
}

interface Segment {
  bytes: Buffer;
  /** When it arrives, whether the receiver can look or not. */
  readonly at: number;
  /** The end of the stream and not bytes. */
  end: boolean;
  error: string | undefined;
}

/** Bytes of a packet: on a narrow way they arrive one by one. */
const PACKET = 1460;
const NOTHING = Buffer.alloc(0);

/** One direction of a connection: bytes arrive in order, late, and torn at any place; or not at all. */
export class Pipe {
  private readonly world: World;
  private readonly random: Random;
  private readonly conditions: Conditions;
  private readonly outlet: Outlet;
  private readonly toClient: boolean;
  private readonly queue: Segment[] = [];
  private lastArrival = 0;
  private owed = 0;
  private closed = false;
  /** Nothing comes out any more, and nobody is told. */
  private isVoid = false;
  private isPaused = false;
  /** Bytes that the sender's kernel has taken, and those that the receiver's process has read. */
  pushed = 0;
  read = 0;
  /** Acknowledgements are lost from now on: so many bytes had been acknowledged before. */
  private deafAt: number | undefined;
  /** When the receiver's process has read some last, and when its kernel took some while it did not. */
  lastRead = 0;
  lastAck = 0;
  /** Bytes on their way. In a half-open pipe nobody ever acknowledges them, so they stay. */
  inFlight = 0;
  /** Told when bytes have arrived: there is room again. */
  onRoom: () => void = () => {};

  constructor(world: World, random: Random, conditions: Conditions, toClient: boolean, outlet: Outlet) {
    this.world = world;
    this.random = random;
    this.conditions = conditions;
    this.toClient = toClient;
    this.outlet = outlet;
  }

  /** Nothing is on its way. */
  get idle(): boolean {
    return this.inFlight === 0 && this.queue.length === 0;
  }

  /** The receiver reads nothing. */
  get paused(): boolean {
    return this.isPaused;
  }

  /** Something has arrived that the receiver, being frozen, has not read yet. */
  get unread(): boolean {
    return this.queue.length > 0 && this.queue[0].at < this.world.now;
  }

  /** Bytes that the sender has seen acknowledged by the receiver's kernel. */
  get acked(): number {
    return this.deafAt ?? this.read + Math.min(this.conditions.receive, this.arrivedUnread);
  }

  /** Bytes that the sender's kernel still holds, as it tells its process. */
  get queued(): number {
    return this.pushed - this.acked;
  }

  /** Bytes in the way of more: a receiver that does not read, or is not heard, makes no room. */
  get occupied(): number {
    return this.deafAt === undefined ? this.inFlight : this.pushed - this.deafAt;
  }

  private get arrivedUnread(): number {
    let bytes = 0;
    if (this.isPaused)
      for (const segment of this.queue) if (segment.at <= this.world.now) bytes += segment.bytes.length;
    return bytes;
  }

  /** The sender hears nothing any more of what arrives. */
  deafen(): void {
    this.deafAt ??= this.acked;
  }

  push(bytes: Buffer): void {
    if (this.closed) return;
    this.inFlight += bytes.length;
    this.pushed += bytes.length;
    if (this.isVoid) return;
    const largest = this.conditions.bandwidth === Number.POSITIVE_INFINITY ? bytes.length : PACKET;
    let at = 0;
    while (at < bytes.length) {
      const rest = Math.min(largest, bytes.length - at);
      const size =
        rest > 1 && this.random.chance(this.conditions.split) ? 1 + this.random.int(rest - 1) : rest;
      this.enqueue(bytes.subarray(at, at + size), false, undefined);
      at += size;
    }
  }

  /** Closes the pipe behind what is on its way; the outlet hears of it, with the error if there is one. */
  finish(error: string | undefined): void {
    if (this.closed) return;
    this.closed = true;
    if (!this.isVoid) this.enqueue(NOTHING, true, error);
  }

  /** Only the first `keep` bytes of what is on its way arrive, and nothing that is pushed from now on. */
  cut(keep: number): void {
    this.closed = true;
    let left = keep;
    const kept = this.queue.filter((segment) => !segment.end);
    this.queue.length = 0;
    this.inFlight = 0;
    for (const segment of kept) {
      if (left <= 0 || this.isVoid) break;
      if (segment.bytes.length > left) segment.bytes = segment.bytes.subarray(0, left);
      left -= segment.bytes.length;
      this.inFlight += segment.bytes.length;
      this.queue.push(segment);
    }
  }

  /** Cuts the pipe and tells the outlet, behind what still arrives. */
  break(keep: number, error: string | undefined): void {
    if (this.isVoid) return;
    this.cut(keep);
    this.enqueue(NOTHING, true, error);
  }

  /** From now on bytes vanish silently, those on their way with them. */
  vanish(): void {
    this.isVoid = true;
    this.queue.length = 0;
  }

  /** The receiver reads nothing for a while. */
  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    for (; this.owed > 0; this.owed--) this.schedule(this.world.now);
  }

  private enqueue(bytes: Buffer, end: boolean, error: string | undefined): void {
    const { latency, jitter, bandwidth } = this.conditions;
    const at = this.world.now + latency + jitter * this.random.float();
    this.lastArrival = Math.max(this.lastArrival, at) + bytes.length / bandwidth;
    this.queue.push({ bytes, at: this.lastArrival, end, error });
    this.schedule(this.lastArrival);
  }

  private schedule(at: number): void {
    const delay = at - this.world.now;
    if (this.toClient) this.world.clientIn(delay, this.arrive);
    else this.world.in(delay, this.arrive);
  }

  /** An arrival hands out the oldest bytes, whichever they are: so a delayed arrival changes no order. */
  private readonly arrive = (): void => {
    if (this.isPaused) {
      this.owed++;
      if (this.deafAt === undefined && this.arrivedUnread <= this.conditions.receive)
        this.lastAck = this.world.now;
      return;
    }
    const segment = this.queue.shift();
    if (segment === undefined) return;
    if (segment.end) {
      this.outlet.end(segment.error);
      return;
    }
    this.inFlight -= segment.bytes.length;
    this.read += segment.bytes.length;
    this.lastRead = this.world.now;
    this.outlet.data(segment.bytes);
    if (this.deafAt === undefined) this.onRoom();
  };
}
