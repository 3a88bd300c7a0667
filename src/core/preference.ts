import type { PoolServer } from "./pool.js";

/** The rank of a server that is not preferred. */
export const NOT_PREFERRED = Number.POSITIVE_INFINITY;

/** Which servers the application would rather have. No call throws. */
export interface Preference {
  /** 0 for what is wanted most, more for what is wanted less, {@link NOT_PREFERRED} for all others. */
  rank(server: PoolServer): number;
  /** What a server says of itself may change its rank. */
  readonly needsInfo: boolean;
  /** An outage begins: what is wrong with the answers may be told once more. */
  outage(): void;
  /** A link stands, and its server has told of its cluster: these are the servers that there are. */
  reached(servers: readonly PoolServer[]): void;
}
