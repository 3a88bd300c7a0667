import type { Connection } from "../../src/index.js";
import type { Arrivals } from "./arrivals.js";

interface Outage {
  /** Messages that were confirmed, and that were accepted, when the link was lost. */
  confirmed: number;
  accepted: number;
}

/**
 * Remembers for each outage of a connection which of its numbered messages were confirmed: those below `confirmed`,
 * since confirmations come in order. To be made before the first publish; nothing else may be published.
 */
export class OutageLog {
  readonly outages: Outage[] = [];

  constructor(nc: Connection) {
    nc.on("disconnect", () => {
      const { confirmed, accepted } = nc.stats();
      this.outages.push({ confirmed, accepted });
    });
  }

  /** Numbers that did not arrive, and that no server had confirmed before it died: promises.md calls these lost. */
  lost(arrivals: Arrivals, count: number): number[] {
    return arrivals
      .missing(count)
      .filter((number) => !this.outages.some((outage) => number < outage.confirmed));
  }

  /** Numbers that arrived more often than they may: once, and once more for each outage that they were unconfirmed in. */
  repeatedUnduly(arrivals: Arrivals): number[] {
    return arrivals.repeated.filter((number) => {
      const unconfirmed = this.outages.filter((one) => number >= one.confirmed && number < one.accepted);
      return arrivals.timesOf(number) > 1 + unconfirmed.length;
    });
  }
}
