import type { Client } from "./client.js";
import type { Profile } from "./profile.js";

/** One safeguard of the engine switched off, and the rules by which that may be found out. */
export interface Mutation {
  readonly name: string;
  readonly rules: readonly string[];
  readonly spoil: (client: Client) => void;
  /** Ingredients of a run that only stand in its way; default: none. */
  readonly without?: readonly string[];
  /** Runs in which it could be noticed; default: all. */
  readonly concerns?: (profile: Profile) => boolean;
  /** The seed that is tried first, because it has told before (`npm run sim -- --mutations` prints it). Default 1. */
  readonly telling?: number;
}

/** Private parts, by name: a mutation reaches where no caller should. A name that is not there spoils nothing, and is refused. */
export function inside<T>(of: object, name: string): T {
  checkName(of, name);
  return (of as Record<string, T>)[name];
}

export function replace(of: object, name: string, by: unknown): void {
  checkName(of, name);
  Object.defineProperty(of, name, { value: by, configurable: true, writable: true });
}

function checkName(of: object, name: string): void {
  if (!(name in of)) throw new Error(`${of.constructor.name} has no "${name}"`);
}
