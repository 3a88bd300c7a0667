import type { BreakerFacts } from "../../index.js";
import { Breaker, type BreakerHost } from "./breaker.js";
import type { BreakerSettings } from "./settings.js";

/** What those are called for which there was no room; no subject of a request. */
const OTHERS = ">";

/** The breakers of one connection, by subject, and no more of them than wanted. */
export class Breakers {
  /** The one used least recently first. */
  private readonly bySubject = new Map<string, Breaker>();
  private others: Breaker | undefined;
  private readonly settings: BreakerSettings;
  private readonly host: BreakerHost;

  constructor(settings: BreakerSettings, host: BreakerHost) {
    this.settings = settings;
    this.host = host;
  }

  get facts(): readonly BreakerFacts[] {
    const { others, bySubject } = this;
    const all = others === undefined ? [...bySubject.values()] : [...bySubject.values(), others];
    return all.map((breaker) => breaker.facts);
  }

  /** The breaker of a normalised subject, or the one that those share for which there is no room. */
  of(subject: string): Breaker {
    const found = this.bySubject.get(subject);
    if (found === undefined) {
      if (this.bySubject.size < this.settings.max || this.makeRoom()) return this.add(subject);
      this.others ??= new Breaker(OTHERS, this.settings, this.host);
      return this.others;
    }
    this.bySubject.delete(subject);
    this.bySubject.set(subject, found);
    return found;
  }

  /** Holds the breaker of this subject open; there is room for it. */
  isolate(subject: string): void {
    (this.bySubject.get(subject) ?? this.add(subject)).isolate();
  }

  release(subject: string): void {
    this.bySubject.get(subject)?.release();
  }

  /** The link is back: what has failed may have failed because of it. */
  retest(): void {
    for (const breaker of this.bySubject.values()) breaker.retest();
    this.others?.retest();
  }

  private add(subject: string): Breaker {
    const breaker = new Breaker(subject, this.settings, this.host);
    this.bySubject.set(subject, breaker);
    return breaker;
  }

  private makeRoom(): boolean {
    for (const [subject, breaker] of this.bySubject) {
      if (breaker.isClosed) return this.bySubject.delete(subject);
    }
    return false;
  }
}
