import type { Connection, Health, Measurements } from "../../index.js";
import { type ComponentsLook, Ledger } from "../components/ledger.js";
import { Ending } from "../health/ending.js";
import { Observation } from "../observation.js";

/** What is shown of a connection: a look at one instant, so that all figures of a scrape belong together. */
export interface View {
  readonly nc: Connection;
  readonly health: Health;
  readonly observation: Observation;
  readonly measurements: Measurements;
  /** Accepted messages by the name of their subject; undefined when subjects are not to be shown. */
  readonly published: ReadonlyMap<string, number> | undefined;
  /** An error has closed it. */
  readonly failed: boolean;
  /** What works on it. */
  readonly components: ComponentsLook;
}

/** Takes looks at a connection. */
export class Viewer {
  private readonly nc: Connection;
  private readonly measurements: Measurements;
  private readonly hasSubjects: boolean;
  private view: View | undefined;

  /** @param nameOf the name of a subject, of which there are `limit` at most; undefined when subjects are not to be shown */
  constructor(nc: Connection, nameOf: ((subject: string) => string) | undefined, limit: number) {
    this.nc = nc;
    this.hasSubjects = nameOf !== undefined;
    this.measurements = nc.measure({ subject: nameOf, subjects: limit });
    // Without names nothing is to be counted by name; times go on.
    if (!this.hasSubjects) this.measurements.stop();
    // They count from their first look on.
    Observation.of(nc);
    Ending.of(nc);
  }

  /** The look of this turn of the event loop: a register asks for all its metrics in one go. */
  look(): View {
    if (this.view === undefined) {
      this.view = this.take();
      queueMicrotask(() => {
        this.view = undefined;
      });
    }
    return this.view;
  }

  /** Ends what is counted for it. */
  stop(): void {
    this.measurements.stop();
  }

  private take(): View {
    const { nc, measurements, hasSubjects } = this;
    return {
      nc,
      health: nc.health(),
      observation: Observation.of(nc),
      measurements,
      published: hasSubjects ? measurements.published() : undefined,
      failed: Ending.of(nc).error !== undefined,
      components: Ledger.of(nc).look(),
    };
  }
}
