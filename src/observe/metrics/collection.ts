import { invalidArgument, invalidOption } from "../../checks/invalid.js";
import type { Connection } from "../../index.js";
import { FAMILIES } from "./families.js";
import { FamilyMetric, type Shown } from "./family-metric.js";
import { labelText } from "./label-text.js";
import type { MetricsSettings } from "./options.js";
import type { PrometheusRegister } from "./register.js";
import { Viewer } from "./view.js";

const collections = new WeakMap<PrometheusRegister, Map<string, Collection>>();

/** A connection that has no name is told by this one. */
const NAMELESS = "nats";

interface Member extends Shown {
  stop(): void;
}

/** All connections whose metrics are in a register under one prefix: a register has each name once. */
export class Collection {
  private readonly register: PrometheusRegister;
  private readonly prefix: string;
  private readonly members = new Map<Connection, Member>();
  private readonly metrics: readonly FamilyMetric[];

  /** The one of this register and prefix. */
  static of(register: PrometheusRegister, prefix: string): Collection {
    const byPrefix = collections.get(register) ?? new Map<string, Collection>();
    collections.set(register, byPrefix);
    const collection = byPrefix.get(prefix) ?? new Collection(register, prefix);
    byPrefix.set(prefix, collection);
    return collection;
  }

  /** Use {@link Collection.of}. */
  constructor(register: PrometheusRegister, prefix: string) {
    this.register = register;
    this.prefix = prefix;
    const shown = { [Symbol.iterator]: () => this.members.values() };
    this.metrics = FAMILIES.map((family) => new FamilyMetric(family, prefix, shown));
  }

  /**
   * Shows connections from now on, all or none of them.
   *
   * @throws an error with code `INVALID_ARGUMENT` (one is shown already, or cannot be), `INVALID_OPTION` (the register has another metric of a name)
   */
  add(connections: readonly Connection[], { labels, nameOf, limit }: MetricsSettings): void {
    for (const nc of connections) {
      const name = this.members.get(nc)?.labels.connection;
      if (name !== undefined)
        throw invalidArgument(`connection "${name}" is in this register already: call stop() first`);
      if (typeof nc.measure !== "function")
        throw invalidArgument(
          "a connection was made by another version of holdfast, which cannot be measured",
        );
    }
    this.registerMissing();
    for (const nc of connections) {
      const viewer = new Viewer(nc, nameOf, limit);
      this.members.set(nc, {
        labels: { ...labels, connection: this.freeName(nc) },
        look: () => viewer.look(),
        stop: () => viewer.stop(),
      });
    }
  }

  /** Shows connections no longer; with the last one the metrics leave the register. */
  remove(connections: readonly Connection[]): void {
    for (const nc of connections) {
      this.members.get(nc)?.stop();
      this.members.delete(nc);
    }
    if (this.members.size === 0) for (const metric of this.metrics) this.unregister(metric);
  }

  /** Names of connections need not be different, series have to be. */
  private freeName(nc: Connection): string {
    const taken = new Set(Array.from(this.members.values(), ({ labels }) => labels.connection));
    const own = labelText(nc.options.name ?? "") || NAMELESS;
    let name = own;
    for (let number = 2; taken.has(name); number++) name = `${own}-${number}`;
    return name;
  }

  /** A register may have been cleared since, so that some are missing. */
  private registerMissing(): void {
    const { register } = this;
    const missing = this.metrics.filter(({ name }) => register.getSingleMetric(name) === undefined);
    for (const metric of this.metrics) {
      const there = register.getSingleMetric(metric.name);
      if (there !== undefined && there !== metric) {
        const why = `has a metric ${metric.name} already, which is from elsewhere: give another register, or a prefix`;
        throw invalidOption("register", this.prefix === "" ? why : why.replace("a prefix", "another prefix"));
      }
    }
    try {
      for (const metric of missing) register.registerMetric(metric);
    } catch (cause) {
      for (const metric of missing) this.unregister(metric);
      throw invalidOption("register", "does not take the metrics", cause);
    }
  }

  private unregister(metric: FamilyMetric): void {
    if (this.register.getSingleMetric(metric.name) === metric) this.register.removeSingleMetric(metric.name);
  }
}
