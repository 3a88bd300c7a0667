import type { Socket } from "node:net";
import type { Clock } from "../../io/clock.js";
import type { Random } from "../random.js";
import { FrameFilter, type FrameRule } from "./frame-filter.js";
import { actsOnFrames, makeRule } from "./frame-rules.js";
import { type End, type Outlet, type Site, type Stage, type ToxicState, WINDOW } from "./stage.js";
import { makeStage } from "./stages.js";

/** What a channel is part of. */
export interface ChannelOwner {
  readonly clock: Clock;
  /** Luck of one toxic in this channel. */
  random(toxic: ToxicState): Random;
  reset(): void;
  close(): void;
}

/**
 * One direction of a link: reads from one socket, takes it through the filter of frames and the stages of the toxics, and
 * writes to the other. The sender is read only while the receiver takes it, and while the stages hold less than they may.
 */
export class Channel {
  /** Bytes that came. */
  read = 0;
  /** Bytes that were passed on. */
  written = 0;
  private readonly from: Socket;
  private readonly to: Socket;
  private readonly owner: ChannelOwner;
  private readonly filter: FrameFilter | undefined;
  private readonly stages = new Map<ToxicState, Stage>();
  private readonly rules = new Map<ToxicState, FrameRule>();
  private readonly sink: Outlet;
  private head: Outlet;
  private room = WINDOW;
  private paused = false;
  /** Nothing goes through any more; what comes is read, so that its end is seen. */
  private shut = false;
  /** How the sender has ended; a reset may follow an end in order. */
  private ended: End | undefined;

  constructor(from: Socket, to: Socket, followsFrames: boolean, owner: ChannelOwner) {
    this.from = from;
    this.to = to;
    this.owner = owner;
    this.sink = { write: (data) => this.deliver(data), end: (how) => this.deliverEnd(how) };
    this.filter = followsFrames ? new FrameFilter() : undefined;
    this.head = this.sink;
    this.connectStages();
    from.on("data", (data: Buffer) => this.take(data));
    from.on("end", () => this.end("fin"));
    to.on("drain", () => this.flow());
    to.on("connect", () => this.flow());
  }

  /** Of a sender whose socket is closed: whether its receiver will not hear of that. */
  get isSilent(): boolean {
    return this.shut || this.ended === undefined;
  }

  /** Makes exactly these toxics act; what has acted goes on as it was. */
  apply(toxics: readonly ToxicState[]): void {
    if (this.shut) return;
    for (const [toxic, part] of [...this.rules, ...this.stages]) {
      if (toxics.includes(toxic)) continue;
      part.release();
      this.rules.delete(toxic);
      this.stages.delete(toxic);
    }
    this.connectStages();
    for (const toxic of toxics) {
      // A toxic that ends the link may have been met on the way.
      if (this.shut || this.stages.has(toxic) || this.rules.has(toxic)) continue;
      const { filter } = this;
      if (!actsOnFrames(toxic.info.type)) {
        this.stages.set(toxic, makeStage(toxic, this.site(toxic)));
        this.connectStages();
      } else if (filter !== undefined) {
        this.rules.set(toxic, makeRule(toxic, this.site(toxic), filter));
      }
    }
    this.filter?.setRules(inOrder(this.rules));
    this.flow();
  }

  /** The attributes of a toxic have changed. */
  updated(toxic: ToxicState): void {
    this.stages.get(toxic)?.updated();
    this.rules.get(toxic)?.updated();
    this.flow();
  }

  /** The sender has ended, in order or not: that goes the way of its bytes. */
  end(how: End): void {
    if (this.ended === "rst" || this.ended === how) return;
    this.ended = how;
    if (!this.shut) this.head.end(how);
  }

  /** From now on nothing goes through; what comes is read and forgotten. */
  shutDown(): void {
    if (this.shut) return;
    this.shut = true;
    for (const part of [...this.stages.values(), ...this.rules.values()]) part.dispose();
    this.stages.clear();
    this.rules.clear();
    this.flow();
  }

  private take(data: Buffer): void {
    this.read += data.length;
    if (this.shut) return;
    this.head.write(data);
    if (this.stages.size > 0 || this.to.writableNeedDrain) this.flow();
  }

  private deliver(data: Buffer): void {
    if (this.shut || this.to.destroyed || this.to.writableEnded) return;
    this.written += data.length;
    this.to.write(data);
  }

  private deliverEnd(how: End): void {
    if (how === "rst") resetSocket(this.to);
    else if (!this.to.destroyed) this.to.end();
  }

  private connectStages(): void {
    let next = this.sink;
    this.room = WINDOW;
    for (const stage of inOrder(this.stages).reverse()) {
      stage.next = next;
      next = stage;
      this.room = Math.max(this.room, stage.room);
    }
    if (this.filter !== undefined) {
      this.filter.next = next;
      next = this.filter;
    }
    this.head = next;
  }

  /** Reads or does not read, as things are now. Nothing is read for a server that may not be there. */
  private flow(): void {
    const { to } = this;
    const paused = !this.shut && (to.connecting || to.writableNeedDrain || this.stagesFull());
    if (paused === this.paused) return;
    this.paused = paused;
    if (paused) this.from.pause();
    else this.from.resume();
  }

  private stagesFull(): boolean {
    let held = 0;
    for (const stage of this.stages.values()) {
      if (stage.blocks) return true;
      held += stage.held;
    }
    return held >= this.room;
  }

  private site(toxic: ToxicState): Site {
    return {
      clock: this.owner.clock,
      random: this.owner.random(toxic),
      resetLink: () => this.owner.reset(),
      closeLink: () => this.owner.close(),
      flow: () => this.flow(),
    };
  }
}

/** In the order in which the toxics were added. */
function inOrder<P>(parts: ReadonlyMap<ToxicState, P>): P[] {
  return [...parts].sort(([a], [b]) => a.number - b.number).map(([, part]) => part);
}

/** RST, also to a socket that is still being connected: then nobody hears of it. */
export function resetSocket(socket: Socket): void {
  if (socket.connecting) socket.destroy();
  // Node cannot reset while its FIN is under way: the socket would be neither reset nor ever closed.
  else if (socket.writableEnded && !socket.writableFinished && socket.writableLength === 0) {
    socket.once("finish", () => socket.resetAndDestroy());
  } else socket.resetAndDestroy();
}
