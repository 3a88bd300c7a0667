import type { FailbackOptions, StandbyOptions } from "../../core/options.js";
import type { PoolServer } from "../../core/pool.js";
import { NOT_PREFERRED, type Preference } from "../../core/preference.js";
import type { Random } from "../random.js";
import type { ServerSetup } from "./server-setup.js";

/** Servers that are preferred, in the order of a list; known by their names, or by where they are. */
export class SimPreference implements Preference {
  readonly wanted: readonly string[];
  readonly needsInfo: boolean;

  /** @param named whether they are known by what they say of themselves */
  constructor(wanted: readonly string[], named: boolean) {
    this.wanted = wanted;
    this.needsInfo = named;
  }

  rank({ info, address }: PoolServer): number {
    return this.rankOf(this.needsInfo ? info?.server_name : address.hostname);
  }

  /** How much the server of a world is wanted, whatever the client knows of it. */
  rankOfSetup({ name, host }: ServerSetup): number {
    return this.rankOf(this.needsInfo ? name : host);
  }

  private rankOf(what: string | undefined): number {
    const at = this.wanted.indexOf(what ?? "");
    return at === -1 ? NOT_PREFERRED : at;
  }

  outage(): void {}

  reached(): void {}
}

/** What a world has of links beside the one in use. */
export interface SpareProfile {
  readonly standby: StandbyOptions | undefined;
  readonly failback: FailbackOptions | undefined;
  readonly preference: SimPreference | undefined;
}

/** Longest wait for a standby, as a power of two of the shortest. */
const MOST_DOUBLINGS = 4;

/** A standby, preferred servers, both, or neither. */
export function makeSpares(
  random: Random,
  setups: readonly ServerSetup[],
  without: ReadonlySet<string>,
): SpareProfile {
  const any = random.chance(0.4);
  const waits = random.fork(1);
  const keeps = random.chance(0.65);
  const standby = any && keeps && !without.has("standby");
  const prefers = random.chance(0.5) || !keeps;
  const shortest = random.scale(10, 1000);
  const [interval, stable] = [random.scale(20, 3000), random.scale(5, 2000)];
  const [named, goesBack] = [random.chance(0.5), random.chance(0.85)];
  const wanted = setups
    .filter(() => random.chance(0.6))
    .map(({ name, host }) => (named ? name : host))
    .reverse();
  const preferred = any && prefers && wanted.length > 0 && !without.has("preferred");
  const delay = (failures: number) =>
    shortest * 2 ** Math.min(failures, MOST_DOUBLINGS) * waits.between(0.5, 1.5);
  return {
    standby: standby ? { delay } : undefined,
    failback:
      preferred && goesBack && !without.has("failback")
        ? { delay: () => interval * waits.between(0.5, 1.5), stable }
        : undefined,
    preference: preferred ? new SimPreference(wanted, named) : undefined,
  };
}
