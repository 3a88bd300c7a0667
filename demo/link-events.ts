import type { Evidence, LinkEvent, Outage } from "./evidence.js";

/** What the counts are made from. */
export type LinkEvidence = Pick<
  Evidence,
  "faults" | "outages" | "linkEvents" | "publisherLinks" | "subscriberLinks"
>;

/** What the client told of its links, both connections together, beside what really happened to them. */
export interface EventCounts {
  /** Links that were cut by a kill, or stood on a frozen node while bytes waited. */
  readonly outages: number;
  /** `disconnect` and `reconnect` events. */
  readonly disconnects: number;
  readonly reconnects: number;
}

/** The kinds of cause of the `disconnect` events, each once, in order. */
export type Causes = readonly string[];

/** Counts the outages and the words of a whole run. */
export function countEvents(evidence: LinkEvidence): EventCounts {
  return {
    outages: evidence.outages.reduce((sum, outage) => sum + linksCut(evidence, outage), 0),
    ...countWords(evidence.linkEvents),
  };
}

/** The same for what belongs to one step of the schedule: what was told from its beginning until the next one began. */
export function countEventsOf(evidence: LinkEvidence, step: number): EventCounts & { causes: Causes } {
  const { faults, outages, linkEvents } = evidence;
  const index = faults.findIndex((fault) => fault.step === step);
  const from = index < 0 ? Number.POSITIVE_INFINITY : faults[index].at;
  const to = faults[index + 1]?.at ?? Number.POSITIVE_INFINITY;
  const words = linkEvents.filter(({ at }) => at >= from && at < to).toSorted((a, b) => a.at - b.at);
  const causes = words.flatMap(({ cause }) => (cause === undefined ? [] : [cause]));
  return {
    outages: outages
      .filter((outage) => outage.step === step)
      .reduce((sum, outage) => sum + linksCut(evidence, outage), 0),
    ...countWords(words),
    causes: [...new Set(causes)],
  };
}

function countWords(words: readonly LinkEvent[]): Pick<EventCounts, "disconnects" | "reconnects"> {
  const reconnects = words.filter(({ up }) => up).length;
  return { disconnects: words.length - reconnects, reconnects };
}

/**
 * A link counts when it stood on one of the nodes at any moment between the signal and the end of the process: a client may
 * still come to a node that is dying. On a frozen node the publisher alone counts; a subscriber that only listens has no
 * reason to miss anything before its pings fail, long after the thaw.
 */
function linksCut({ publisherLinks, subscriberLinks }: LinkEvidence, outage: Outage): number {
  const links = outage.means === "SIGSTOP" ? publisherLinks : [...publisherLinks, ...subscriberLinks];
  return links.filter(
    (span) => outage.nodes.includes(span.node) && span.from <= outage.deadAt && span.to >= outage.struckAt,
  ).length;
}
