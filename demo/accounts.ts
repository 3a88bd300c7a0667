import type { Evidence, Outage } from "./evidence.js";
import { type FaultLine, faultLines } from "./fault-lines.js";
import { has } from "./ledger/bitmap.js";
import { newestBefore, timeOf } from "./ledger/samples.js";
import { countEvents, type EventCounts } from "./link-events.js";
import type { Books, ClientKind } from "./protocol.js";
import { type RecoveryTimes, recoveryTimes } from "./recovery.js";
import type { Fault } from "./schedule.js";

/**
 * After a new link is up, its subscription still has to become known to the other nodes; what passes by until
 * then is missed for the same reason.
 */
const INTEREST_SETTLES = 100;
/** What a server took longer than this before its death it has passed on; in between it may have died with it. */
const SERVER_HOLDS = 2000;
/** A client may write to its link this long before it tells of it. */
const LINK_IS_TOLD = 20;
/** How long the routes of a killed node may still deliver what they carried. */
const ROUTE_DRAINS = 1000;

/** The subscriber's way back is not measured by these: the publisher itself is away, or out of its reach, for longer. */
const NOTHING_TO_GET: readonly Fault[] = ["all-down", "hang", "freeze"];

/**
 * Where every accepted message went. `accepted = delivered + missed + stranded + confirmedUnseen + unwitnessed +
 * reported + lost`, each message in exactly one of them.
 */
export interface Account {
  readonly client: ClientKind;
  readonly accepted: number;
  /** Calls of `publish()` that threw; not accepted, offered again later. */
  readonly rejected: number;
  /** Different messages that the subscriber got. */
  readonly delivered: number;
  /** A server passed them on, but the subscriber's own subscription was not in place. */
  readonly missed: number;
  /** A server had them, the subscriber was in place, and yet they did not come: killed or not yet joined again. */
  readonly stranded: number;
  /** Confirmed by a server that was killed before it passed them on to anybody. */
  readonly confirmedUnseen: number;
  /** Sent while no wiretap was in place on the publisher's node, and confirmed by nobody: not to be judged. */
  readonly unwitnessed: number;
  /** Not seen by anybody, but reported by the client as dropped, refused, unconfirmed or still pending. */
  readonly reported: number;
  /** Accepted, never reported, and on no server as far as anybody can tell. */
  readonly lost: number;
  /** Deliveries beyond the first. */
  readonly duplicates: number;
  /** Came to the subscriber for the first time after a newer message. */
  readonly outOfOrder: number;
  /** Went onto the publisher's wire after a newer message. */
  readonly wireDisorder: number;
  /** Passed on out of order by the cluster, on the way from a dead node. */
  readonly routeDisorder: number;
  /** From the kill of the publisher's node until a message sent after the kill is on some server. */
  readonly recovery: RecoveryTimes;
  /** The same from the moment at which the publisher's node stood still; at the latest after the thaw. */
  readonly freezeRecovery: RecoveryTimes;
  /** From the kill of the subscriber's node until it gets a message sent after the kill. */
  readonly subscriberRecovery: RecoveryTimes;
  readonly events: EventCounts;
  readonly faults: readonly FaultLine[];
  readonly books?: Books;
  readonly booksBalanced?: boolean;
}

/** Makes the account of a run from what was observed. */
export function settleAccount(evidence: Evidence): Account {
  const { publisher, subscriber } = evidence;
  const fates = sortOutMessages(evidence);
  const disorder = sortOutDisorder(evidence);
  return {
    client: evidence.client,
    accepted: publisher.accepted,
    rejected: publisher.rejected,
    ...fates,
    duplicates: subscriber.received - subscriber.distinct,
    outOfOrder: subscriber.outOfOrder,
    ...disorder,
    recovery: publisherRecovery(evidence, ({ means }) => means !== "SIGSTOP"),
    freezeRecovery: publisherRecovery(evidence, ({ means }) => means === "SIGSTOP"),
    subscriberRecovery: recoveryTimes(
      evidence.outages.filter(({ hitSubscriber, fault }) => hitSubscriber && !NOTHING_TO_GET.includes(fault)),
      subscriber.arrivals,
      [],
    ),
    events: countEvents(evidence),
    faults: faultLines(evidence),
    books: publisher.books,
    booksBalanced: publisher.books && booksBalanced(evidence, publisher.books),
  };
}

function publisherRecovery(evidence: Evidence, which: (outage: Outage) => boolean): RecoveryTimes {
  const { arrivals, spans } = evidence.witness;
  return recoveryTimes(
    evidence.outages.filter((outage) => outage.hitPublisher && which(outage)),
    arrivals,
    spans,
  );
}

type Fates = Pick<
  Account,
  "delivered" | "missed" | "stranded" | "confirmedUnseen" | "unwitnessed" | "reported" | "lost"
>;

function sortOutMessages(evidence: Evidence): Fates {
  const { publisher, subscriber, witness } = evidence;
  let delivered = 0;
  let missed = 0;
  let stranded = 0;
  const unseen: number[] = [];
  for (let sequence = 0; sequence < publisher.accepted; sequence++) {
    if (subscriber.counts[sequence] > 0) delivered++;
    else if (witness.seen.some((bits) => has(bits, sequence))) {
      if (wasAway(evidence, sequence)) missed++;
      else stranded++;
    } else unseen.push(sequence);
  }
  return { delivered, missed, stranded, ...sortOutUnseen(evidence, unseen) };
}

/** Nobody saw these. What the client said about them decides, and whether what it said can be true. */
function sortOutUnseen(
  evidence: Evidence,
  unseen: number[],
): Pick<Fates, "confirmedUnseen" | "unwitnessed" | "reported" | "lost"> {
  const books = evidence.publisher.books;
  if (books === undefined) {
    // No confirmations: nobody ever said that a server had taken it.
    const unwitnessed = unseen.filter((sequence) => tapWasLate(evidence, sequence)).length;
    return { confirmedUnseen: 0, unwitnessed, reported: 0, lost: unseen.length - unwitnessed };
  }
  // `dropped` of the books would count the questions of `beforeReplay` too; `messageLost` names subjects.
  const reported = Math.min(evidence.publisher.reportedLost + books.refused + books.pending, unseen.length);
  // The rest was confirmed, says the client. That is believable where a server was killed with the message in its
  // hands; anywhere else it is a loss, whatever the client says.
  const newest = new Map(
    evidence.outages.map((outage) => [outage.id, newestBefore(evidence.witness.firstSeen, outage.struckAt)]),
  );
  const believable = unseen.filter(
    (s) => diedInServer(evidence, s, newest) || tapWasLate(evidence, s),
  ).length;
  const confirmedUnseen = Math.min(believable, unseen.length - reported);
  return { confirmedUnseen, unwitnessed: 0, reported, lost: unseen.length - reported - confirmedUnseen };
}

/** Whether the subscriber was without a subscription when the message passed by. */
function wasAway(evidence: Evidence, sequence: number): boolean {
  const passedAt = timeOf(evidence.witness.firstSeen, sequence);
  if (passedAt === undefined) return false;
  return evidence.subscriberAway.some(
    (away) => sequence > away.sequence && passedAt <= away.to + INTEREST_SETTLES,
  );
}

/**
 * Whether a kill explains that a confirmed message was seen by nobody: its server had no time to pass it on. A server
 * passes on in order, so nothing older than what it did pass on can have died with it.
 */
function diedInServer(evidence: Evidence, sequence: number, newest: ReadonlyMap<number, number>): boolean {
  const sentAt = timeOf(evidence.publisher.sendTimes, sequence) ?? 0;
  return evidence.outages.some((outage) => {
    if (!outage.hitPublisher || outage.publisherLinkSince === undefined) return false;
    // A frozen server still has in its hands what it took, and passes it on after the thaw.
    if (outage.means === "SIGSTOP") return false;
    if (sentAt > outage.struckAt || sequence <= (newest.get(outage.id) ?? -1)) return false;
    // What was buffered went out when the link came up, not when it was published.
    return Math.max(sentAt, outage.publisherLinkSince) > outage.struckAt - SERVER_HOLDS;
  });
}

/** Whether the message may have reached a node that had just come up and had no wiretap on it yet. */
function tapWasLate(evidence: Evidence, sequence: number): boolean {
  const sentAt = timeOf(evidence.publisher.sendTimes, sequence) ?? 0;
  const link = evidence.publisherLinks.find((span) => span.to > sentAt);
  if (link === undefined) return false;
  const writtenAt = Math.max(sentAt, link.from - LINK_IS_TOLD);
  return evidence.witness.spans.some(
    (tap) =>
      tap.node === evidence.nodeNames[link.node] &&
      writtenAt >= tap.connectedAt - LINK_IS_TOLD &&
      writtenAt < tap.readyAt,
  );
}

/**
 * Tells disorder on the publisher's wire from disorder made by the cluster. A message that comes late at the
 * publisher's own node was written late, with one exception: it was sent before the previous node was killed and
 * came over that node's route, which was still being emptied.
 */
function sortOutDisorder(evidence: Evidence): Pick<Account, "wireDisorder" | "routeDisorder"> {
  let wire = 0;
  for (const { sequence, node, at } of evidence.witness.inversions) {
    const link = evidence.publisherLinks.findLast((span) => span.from <= at);
    if (link === undefined || evidence.nodeNames[link.node] !== node) continue;
    const sentAt = timeOf(evidence.publisher.sendTimes, sequence) ?? 0;
    const overDeadRoute = evidence.outages.some(
      ({ hitPublisher, struckAt }) =>
        hitPublisher && sentAt <= struckAt && at > struckAt && at < struckAt + ROUTE_DRAINS,
    );
    if (!overDeadRoute) wire++;
  }
  return { wireDisorder: wire, routeDisorder: evidence.witness.inversionCount - wire };
}

function booksBalanced({ publisher }: Evidence, books: Books): boolean {
  return publisher.unbalanced === 0 && books.accepted === publisher.accepted + publisher.probes;
}
