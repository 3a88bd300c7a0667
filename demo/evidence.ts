import type { ClientKind, PublisherReport, SubscriberReport, WitnessReport } from "./protocol.js";
import type { Target } from "./schedule.js";

/** One kill, as it really happened. */
export interface Outage {
  readonly id: number;
  readonly target: Target;
  readonly young: boolean;
  /** When the signal was sent. */
  readonly killedAt: number;
  /** Indexes of the killed nodes. */
  readonly nodes: number[];
  readonly hitPublisher: boolean;
  readonly hitSubscriber: boolean;
  /** When the publisher's link that was cut had come up; undefined if there was none. */
  readonly publisherLinkSince?: number;
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
  readonly outages: Outage[];
  readonly subscriberAway: Away[];
  readonly publisherLinks: LinkSpan[];
  readonly publisher: PublisherReport;
  readonly subscriber: SubscriberReport;
  readonly witness: WitnessReport;
  readonly nodeNames: string[];
  /** What should not have happened but did not end the run, in words. */
  readonly failures: string[];
  /** What a reader of the figures should know. */
  readonly remarks: string[];
}
