import type { Timer } from "../../io/clock.js";
import { Bandwidth } from "./bandwidth.js";
import { Corruption } from "./corruption.js";
import { Latency } from "./latency.js";
import { Slicer } from "./slicer.js";
import { type End, type Site, Stage, type ToxicState } from "./stage.js";
import type { ToxicType } from "./toxics.js";

/** Passes the end of the stream on later. */
class SlowClose extends Stage<"slow_close"> {
  private ending: End | undefined;
  private since = 0;
  private timer: Timer | undefined;

  write(data: Buffer): void {
    this.next.write(data);
  }

  override end(how: End): void {
    this.hit();
    this.ending = how;
    this.since = this.site.clock.now();
    this.updated();
  }

  override updated(): void {
    const { clock } = this.site;
    clock.clearTimeout(this.timer);
    if (this.ending === undefined) return;
    const wait = this.since + this.attributes.delay - clock.now();
    if (wait <= 0) this.release();
    else this.timer = clock.setTimeout(() => this.updated(), Math.ceil(wait));
  }

  override release(): void {
    this.dispose();
    const how = this.ending;
    this.ending = undefined;
    if (how !== undefined) this.next.end(how);
  }

  override dispose(): void {
    this.site.clock.clearTimeout(this.timer);
  }
}

/** Reads and discards everything. A stream with a hole is of no use: when the toxic goes, the link goes too. */
class Blackhole<T extends ToxicType> extends Stage<T> {
  protected hasLost = false;

  write(_data: Buffer): void {
    this.hit();
    this.hasLost = true;
  }

  override end(_how: End): void {
    this.hasLost = true;
  }

  override release(): void {
    if (this.hasLost) this.site.resetLink();
  }
}

/** A black hole with a term, at which the link ends. */
abstract class Term<T extends "timeout" | "reset_peer"> extends Blackhole<T> {
  private readonly since: number;
  private timer: Timer | undefined;

  constructor(toxic: ToxicState<T>, site: Site) {
    super(toxic, site);
    this.since = site.clock.now();
    this.updated();
  }

  override updated(): void {
    const { clock } = this.site;
    clock.clearTimeout(this.timer);
    const { timeout } = this.attributes as { timeout: number };
    if (timeout === 0 && this.toxic.info.type === "timeout") return;
    // Never at once: the link may be in the making.
    const wait = Math.max(0, Math.ceil(this.since + timeout - clock.now()));
    this.timer = clock.setTimeout(() => {
      this.hit();
      this.endLink();
    }, wait);
  }

  override release(): void {
    this.dispose();
    if (this.hasLost) this.endLink();
  }

  override dispose(): void {
    this.site.clock.clearTimeout(this.timer);
  }

  protected abstract endLink(): void;
}

class Timeout extends Term<"timeout"> {
  override end(_how: End): void {
    this.endLink();
  }

  protected endLink(): void {
    this.site.closeLink();
  }
}

class ResetPeer extends Term<"reset_peer"> {
  protected endLink(): void {
    this.site.resetLink();
  }
}

/** Has the sender not read. What was read before waits. */
class Freeze extends Stage<"freeze"> {
  override readonly blocks = true;
  private readonly waiting: (Buffer | End)[] = [];

  constructor(toxic: ToxicState<"freeze">, site: Site) {
    super(toxic, site);
    this.hit();
  }

  write(data: Buffer): void {
    this.held += data.length;
    this.waiting.push(data);
  }

  override end(how: End): void {
    this.waiting.push(how);
  }

  override release(): void {
    for (const item of this.waiting.splice(0)) {
      if (typeof item === "string") this.next.end(item);
      else this.next.write(item);
    }
    this.held = 0;
  }

  override dispose(): void {
    this.waiting.length = 0;
  }
}

class LimitData extends Stage<"limit_data"> {
  private passed = 0;

  write(data: Buffer): void {
    const left = this.attributes.bytes - this.passed;
    const part = data.subarray(0, Math.max(0, left));
    this.passed += part.length;
    if (part.length > 0) this.next.write(part);
    if (data.length < left) return;
    this.hit();
    this.site.closeLink();
  }
}

class Corrupt extends Stage<"corrupt"> {
  private readonly corruption: Corruption;

  constructor(toxic: ToxicState<"corrupt">, site: Site) {
    super(toxic, site);
    this.corruption = new Corruption(site.random.float);
  }

  write(data: Buffer): void {
    const { data: result, changed } = this.corruption.apply(data, this.attributes);
    this.toxic.injected += changed;
    this.next.write(result);
  }
}

const STAGES: { [T in ToxicType]?: new (toxic: ToxicState<T>, site: Site) => Stage<T> } = {
  latency: Latency,
  bandwidth: Bandwidth,
  slow_close: SlowClose,
  timeout: Timeout,
  reset_peer: ResetPeer,
  slicer: Slicer,
  limit_data: LimitData,
  half_open: Blackhole<"half_open">,
  blackhole: Blackhole<"blackhole">,
  freeze: Freeze,
  corrupt: Corrupt,
};

/** The stage for a toxic that acts on bytes. */
export function makeStage(toxic: ToxicState, site: Site): Stage {
  const kind = STAGES[toxic.info.type] as new (toxic: ToxicState, site: Site) => Stage;
  return new kind(toxic, site);
}
