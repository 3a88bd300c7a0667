import type { ClientKind, PublisherReport, SubscriberReport, WitnessReport } from "./protocol.js";
import type { Fault } from "./schedule.js";

/** What was done to a node's process. */
export type Means = "SIGKILL" | "SIGTERM" | "SIGSTOP";

/** One blow to one or more nodes, as it really happened; a fault of the schedule may be two of them, or none. */
export interface Outage {
  readonly id: number;
  /** Index of the step of the schedule that it belongs to. */
  readonly step: number;
  readonly fault: Fault;
  readonly means: Means;
  /** When the signal was sent. */
  readonly struckAt: number;
  /** When the processes were gone, or stood still. */
  readonly deadAt: number;
  /** Indexes of the nodes. */
  readonly nodes: number[];
  readonly hitPublisher: boolean;
  readonly hitSubscriber: boolean;
  /** When the publisher's link that was cut had come up; undefined if there was none. */
  readonly publisherLinkSince?: number;
}

/** When a step of the schedule was carried out; the next one begins only when everything is well again. */
export interface FaultRun {
  /** Index in the schedule. */
  readonly step: number;
  readonly at: number;
}

/** What a client told of its link, word by word. */
export interface LinkEvent {
  readonly who: "publisher" | "subscriber";
  readonly up: boolean;
  readonly at: number;
  /** The kind of the cause, where the client names one. */
  readonly cause?: string;
}

/** One stretch without a link, as the client itself reported it. */
export interface Away {
  readonly from: number;
  /** Infinity if it never came back. */
  readonly to: number;
  /** The newest sequence received before it (subscriber) or accepted before it (publisher). */
  readonly sequence: number;
}

/** A stretch with a link, on a node. */
export interface LinkSpan {
  readonly node: number;
  readonly from: number;
  /** Infinity if it lasted until the end. */
  readonly to: number;
}

/** All that was observed of one client's run; the accounts are made from it and from nothing else. */
export interface Evidence {
  readonly client: ClientKind;
  readonly startedAt: number;
  readonly faults: FaultRun[];
  readonly outages: Outage[];
  readonly linkEvents: LinkEvent[];
  readonly subscriberAway: Away[];
  readonly publisherLinks: LinkSpan[];
  readonly subscriberLinks: LinkSpan[];
  readonly publisher: PublisherReport;
  readonly subscriber: SubscriberReport;
  readonly witness: WitnessReport;
  readonly nodeNames: string[];
  /** What should not have happened but did not end the run, in words. */
  readonly failures: string[];
  /** What a reader of the figures should know. */
  readonly remarks: string[];
}
