import type { Timer } from "../../io/clock.js";
import type { FrameFilter, FrameRule, Insertion, Verdict } from "./frame-filter.js";
import type { Site, ToxicState } from "./stage.js";
import type { InfoFields, ToxicAttributes, ToxicType, Verb } from "./toxics.js";

/** What the rules have in common: most have nothing to do but to judge. */
abstract class Rule<T extends ToxicType> implements FrameRule {
  protected readonly toxic: ToxicState<T>;
  protected readonly site: Site;
  protected readonly filter: FrameFilter;

  constructor(toxic: ToxicState<T>, site: Site, filter: FrameFilter) {
    this.toxic = toxic;
    this.site = site;
    this.filter = filter;
  }

  protected get attributes(): Readonly<Required<ToxicAttributes[T]>> {
    return this.toxic.info.attributes;
  }

  abstract judge(verb: Verb, line: Buffer): Verdict;
  updated(): void {}
  release(): void {}
  dispose(): void {}
}

class Inject extends Rule<"inject"> {
  private readonly insertion: Insertion = () => {
    if (this.toxic.injected >= this.attributes.count) return undefined;
    this.toxic.injected++;
    return Buffer.from(`${this.attributes.line}\r\n`);
  };

  constructor(toxic: ToxicState<"inject">, site: Site, filter: FrameFilter) {
    super(toxic, site, filter);
    filter.insert(this.insertion);
  }

  judge(): Verdict {
    return "pass";
  }

  override release(): void {
    this.filter.retract(this.insertion);
  }
}

class DropLine extends Rule<"drop_line"> {
  judge(verb: Verb): Verdict {
    const { verb: wanted, count } = this.attributes;
    if (verb !== wanted || this.toxic.injected >= count) return "pass";
    this.toxic.injected++;
    return "drop";
  }
}

class DelayPong extends Rule<"delay_pong"> {
  /** When each PONG came that is held back, oldest first. */
  private readonly since: number[] = [];
  private timer: Timer | undefined;

  judge(verb: Verb): Verdict {
    if (verb !== "PONG") return "pass";
    this.toxic.injected++;
    this.since.push(this.site.clock.now());
    if (this.since.length === 1) this.updated();
    return "drop";
  }

  override updated(): void {
    const { clock } = this.site;
    clock.clearTimeout(this.timer);
    if (this.since.length === 0) return;
    const wait = Math.ceil(this.since[0] + this.attributes.delay - clock.now());
    this.timer = clock.setTimeout(() => this.pass(), Math.max(0, wait));
  }

  override release(): void {
    this.dispose();
    while (this.since.length > 0) this.insert();
  }

  override dispose(): void {
    this.site.clock.clearTimeout(this.timer);
  }

  private pass(): void {
    const { clock } = this.site;
    while (this.since.length > 0 && this.since[0] + this.attributes.delay <= clock.now()) this.insert();
    this.updated();
    this.site.flow();
  }

  private insert(): void {
    this.since.shift();
    this.filter.insert(() => Buffer.from("PONG\r\n"));
  }
}

class RewriteInfo extends Rule<"rewrite_info"> {
  judge(verb: Verb, line: Buffer): Verdict {
    if (verb !== "INFO") return "pass";
    const { info } = this.attributes;
    try {
      const text = line.toString();
      const fields = JSON.parse(text.slice(text.indexOf("{"))) as InfoFields;
      const changed = typeof info === "function" ? info(fields) : { ...fields, ...info };
      if (typeof changed !== "object" || changed === null) {
        throw new TypeError(`the function of toxic "${this.toxic.info.name}" must return the new INFO`);
      }
      this.toxic.injected++;
      return Buffer.from(`INFO ${JSON.stringify(changed)}\r\n`);
    } catch (error) {
      // It is the test's mistake, and this is no call that it could come out of.
      if (typeof info === "function")
        queueMicrotask(() => {
          throw error;
        });
      return "pass";
    }
  }
}

const RULES: {
  [T in ToxicType]?: new (
    toxic: ToxicState<T>,
    site: Site,
    filter: FrameFilter,
  ) => Rule<T>;
} = { inject: Inject, drop_line: DropLine, delay_pong: DelayPong, rewrite_info: RewriteInfo };

/** Whether a toxic acts on frames: then it needs a filter. */
export function actsOnFrames(type: ToxicType): boolean {
  return type in RULES;
}

/** The rule for a toxic that acts on frames. */
export function makeRule(toxic: ToxicState, site: Site, filter: FrameFilter): FrameRule {
  const kind = RULES[toxic.info.type] as new (
    toxic: ToxicState,
    site: Site,
    filter: FrameFilter,
  ) => FrameRule;
  return new kind(toxic, site, filter);
}
