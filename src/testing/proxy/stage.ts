import type { Clock } from "../../io/clock.js";
import type { Random } from "../random.js";
import type { ToxicAttributes, ToxicInfo, ToxicType } from "./toxics.js";

/** How a stream ends: in order, or with a reset. */
export type End = "fin" | "rst";

/** What bytes and the end of a stream are handed to. */
export interface Outlet {
  write(data: Buffer): void;
  end(how: End): void;
}

/** A toxic as the links see it: they share it, and it may change at any time. */
export interface ToxicState<T extends ToxicType = ToxicType> {
  /** In the order of adding, from 0; part of what its luck is drawn from. */
  readonly number: number;
  info: ToxicInfo<T>;
  /** How often it did something. */
  injected: number;
}

/** What a toxic finds where it acts: one direction of one link. */
export interface Site {
  readonly clock: Clock;
  readonly random: Random;
  /** RST to both sides. */
  resetLink(): void;
  /** FIN to both sides. */
  closeLink(): void;
  /** Tells that `held` or `blocks` of a stage has changed. */
  flow(): void;
}

/** Bytes that may be on their way through one direction before its sender is no longer read. */
export const WINDOW = 64 * 1024;

/** One toxic in one direction of one link: takes what comes, and hands on to `next` what it lets through. */
export abstract class Stage<T extends ToxicType = ToxicType> implements Outlet {
  /** Set by the channel, before anything comes. */
  next!: Outlet;
  /** Bytes taken and not yet handed on. */
  held = 0;
  /** How much it may hold. */
  readonly room: number = WINDOW;
  /** Whether the sender is not to be read. */
  readonly blocks: boolean = false;
  protected readonly toxic: ToxicState<T>;
  protected readonly site: Site;

  constructor(toxic: ToxicState<T>, site: Site) {
    this.toxic = toxic;
    this.site = site;
  }

  protected get attributes(): Readonly<Required<ToxicAttributes[T]>> {
    return this.toxic.info.attributes;
  }

  protected hit(): void {
    this.toxic.injected++;
  }

  abstract write(data: Buffer): void;

  end(how: End): void {
    this.next.end(how);
  }

  /** The toxic's attributes have changed. */
  updated(): void {}

  /** The toxic is gone, the link goes on: hands on what it holds. */
  release(): void {}

  /** The link is gone: no timer may be left. */
  dispose(): void {}
}
