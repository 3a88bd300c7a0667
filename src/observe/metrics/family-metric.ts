import type { Family, Sample } from "./family.js";
import type { View } from "./view.js";

/** One connection that is shown. */
export interface Shown {
  /** What all its series have. */
  readonly labels: Readonly<Record<string, string>>;
  look(): View;
}

/** A value as prom-client writes it. */
interface MetricValue {
  readonly metricName?: string;
  readonly labels: Record<string, string>;
  readonly value: number;
}

/** What prom-client gets of a metric. */
interface MetricObject {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly aggregator: string;
  readonly values: MetricValue[];
}

/**
 * A metric as a `Registry` of prom-client wants it, made by hand: prom-client's own ones keep counts, and cannot take over histograms. Everything
 * is read when the register is asked.
 */
export class FamilyMetric {
  readonly help: string;
  readonly type: string;
  readonly aggregator: string;
  private readonly family: Family;
  private readonly fullName: string;
  private readonly shown: Iterable<Shown>;
  /** The name for the next answer; undefined for its own. */
  private calledFor: string | undefined;

  constructor(family: Family, prefix: string, shown: Iterable<Shown>) {
    this.family = family;
    this.fullName = prefix + family.name;
    this.help = family.help;
    this.type = family.type;
    this.aggregator = family.aggregator;
    this.shown = shown;
  }

  get name(): string {
    return this.fullName;
  }

  /**
   * Before each answer in OpenMetrics a register takes `_total` away from the names of counters, to put it behind each series
   * itself. For the other format the name must be whole again, so it counts for one answer.
   */
  set name(name: string) {
    this.calledFor = name;
  }

  /** What the register writes. */
  async get(): Promise<MetricObject> {
    const { help, type, aggregator, family } = this;
    const name = this.calledFor ?? this.fullName;
    this.calledFor = undefined;
    const values: MetricValue[] = [];
    for (const { labels, look } of this.shown) {
      for (const sample of family.samples(look())) values.push(this.valueOf(sample, labels));
    }
    return { name, help, type, aggregator, values };
  }

  /** A register's `resetMetrics()`: what a connection has counted stays. */
  reset(): void {}

  private valueOf({ labels, value, part }: Sample, common: Shown["labels"]): MetricValue {
    const all = { ...common, ...labels };
    return part === undefined
      ? { labels: all, value }
      : { metricName: `${this.fullName}_${part}`, labels: all, value };
  }
}
