import type { Pattern, PatternKind } from "../diagnosis.js";
import type { KeptOutage, Past } from "../outage-history.js";

/** What patterns are looked for in. */
export interface PatternView {
  /** Outages that the application has not asked for, oldest first. */
  readonly outages: readonly KeptOutage[];
  readonly past: Past;
  /** The link that stands now, if one does. */
  readonly now: { readonly server: string; readonly stood: number } | undefined;
  /** Options in force, ms and a number; 0: no PINGs. */
  readonly pingInterval: number;
  readonly maxPingOut: number;
}

/** Looks for one kind of pattern. */
export type Finder = (view: PatternView) => Pattern | undefined;

/** Part of the outages that must have something in common: most, and not by a hair. */
export const MOST_OF = 0.6;

/** A pattern with the chapter of the guide about its kind. */
export function pattern(kind: PatternKind, message: string, evidence: string[], advice: string[]): Pattern {
  return { kind, message, evidence, advice, docs: `docs/diagnose.md#${kind}` };
}

/** `3 of 5 outages`, `all 5 outages`. */
export function shareText(count: number, of: number): string {
  return count === of ? `all ${of} outages` : `${count} of ${of} outages`;
}

/** Whether `count` of `of` are enough to be a pattern. */
export function isMost(count: number, of: number, fewest: number): boolean {
  return count >= fewest && count >= of * MOST_OF;
}
