import type { Attributes, Histogram, Meter } from "@opentelemetry/api";
import { errorType } from "./failures.js";
import type { LinkFacts } from "./link-facts.js";
import { type Operation, PROCESS } from "./operations.js";
import type { Troubles } from "./troubles.js";

/** Seconds: the buckets that the conventions want. */
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** Measures how long calls and handlers take. */
export class Durations {
  private readonly operations: Histogram;
  private readonly processes: Histogram;
  private readonly facts: LinkFacts;
  private readonly troubles: Troubles;

  constructor(meter: Meter, facts: LinkFacts, troubles: Troubles) {
    this.facts = facts;
    this.troubles = troubles;
    const seconds = { unit: "s", advice: { explicitBucketBoundaries: BOUNDS } };
    this.operations = meter.createHistogram("messaging.client.operation.duration", {
      ...seconds,
      description: "Duration of requests, and of publishes until they are confirmed.",
    });
    this.processes = meter.createHistogram("messaging.process.duration", {
      ...seconds,
      description: "Duration of the handling of messages.",
    });
  }

  /**
   * A call has ended.
   *
   * @param template what stands for its subject
   * @param startedAt ms on the clock of `performance.now()`
   * @param error what it has failed with
   */
  sent(operation: Operation, template: string | undefined, startedAt: number, error: unknown): void {
    this.record(this.operations, operation, template, undefined, startedAt, error);
  }

  /** A handler has ended; `group` is the queue group of its subscription, or its consumer. */
  processed(
    template: string | undefined,
    group: string | undefined,
    startedAt: number,
    error: unknown,
  ): void {
    this.record(this.processes, PROCESS, template, group, startedAt, error);
  }

  private record(
    histogram: Histogram,
    operation: Operation,
    template: string | undefined,
    group: string | undefined,
    startedAt: number,
    error: unknown,
  ): void {
    const seconds = (performance.now() - startedAt) / 1000;
    const attributes: Attributes = { ...this.facts.baseOf(operation) };
    if (template !== undefined) attributes["messaging.destination.template"] = template;
    if (group !== undefined) attributes["messaging.consumer.group.name"] = group;
    if (error !== undefined) attributes["error.type"] = errorType(error);
    try {
      histogram.record(seconds, attributes);
    } catch (cause) {
      this.troubles.tell("the meter", cause);
    }
  }
}
