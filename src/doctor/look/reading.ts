import { harmless } from "../words.js";

/** A JSON object of which nothing is known: each value is read for what it should be, and is missing when it is something else. */
export class Reading {
  readonly #value: Record<string, unknown>;

  constructor(value: unknown) {
    const isOne = typeof value === "object" && value !== null && !Array.isArray(value);
    this.#value = isOne ? (value as Record<string, unknown>) : {};
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#value, name);
  }

  text(name: string): string | undefined {
    const value = this.#own(name);
    return typeof value === "string" && value !== "" ? harmless(value) : undefined;
  }

  /** A finite number from 0. */
  number(name: string): number | undefined {
    const value = this.#own(name);
    return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined;
  }

  true(name: string): boolean {
    return this.#own(name) === true;
  }

  /** A time as Go writes it: ms since the epoch. */
  time(name: string): number | undefined {
    const value = this.#own(name);
    const ms = typeof value === "string" ? Date.parse(value) : Number.NaN;
    return Number.isFinite(ms) && ms > 0 ? ms : undefined;
  }

  /** A duration as Go writes it, `1m2.5s`: ms. */
  duration(name: string): number | undefined {
    const value = this.#own(name);
    return typeof value === "string" ? goDuration(value) : undefined;
  }

  inner(name: string): Reading {
    return new Reading(this.#own(name));
  }

  /** The objects of a list, at most `most`. */
  list(name: string, most: number): Reading[] {
    const value = this.#own(name);
    return Array.isArray(value) ? value.slice(0, most).map((entry) => new Reading(entry)) : [];
  }

  #own(name: string): unknown {
    return Object.hasOwn(this.#value, name) ? this.#value[name] : undefined;
  }
}

const UNITS: Record<string, number> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** ms of a duration in Go's writing; undefined when it is none. */
export function goDuration(text: string): number | undefined {
  if (text.length > 64 || !/^(?:\d+(?:\.\d+)?(?:ns|us|µs|μs|ms|s|m|h))+$/.test(text)) return undefined;
  let ms = 0;
  for (const [, number, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|μs|ms|s|m|h)/g)) {
    ms += Number(number) * UNITS[unit];
  }
  return ms;
}
