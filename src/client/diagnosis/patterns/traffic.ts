import type { CauseKind } from "../../../core/cause.js";
import { FEWEST, isUnlikely } from "../cluster.js";
import type { Pattern } from "../diagnosis.js";
import type { KeptOutage } from "../outage-history.js";
import { sizeText } from "../words.js";
import { isMost, type PatternView, pattern, shareText } from "./view.js";

/** Bytes below which no message is large. */
const LEAST = 64 * 1024;
/** Times the usual size, from which on a message is large. */
const TIMES = 8;
/** Part of the server's `max_payload` from which on it is, if it is not the usual size. */
const NEAR = 0.5;

/** What a large message may be the reason of. */
const FITTING: ReadonlySet<CauseKind> = new Set<CauseKind>([
  "payload",
  "network",
  "server-shutdown",
  "stale",
  "overload",
  "unknown",
]);
/** Seconds for which a message is on the way at most while all is well. */
const ON_THE_WAY = 5;

/**
 * Whether large messages were on the way more often than they are at any time: no more of them can be published in a second than
 * the rate allows.
 */
function isNoChance(large: readonly KeptOutage[], of: number): boolean {
  const often = Math.max(...large.map(({ rate, largest }) => (rate / largest) * ON_THE_WAY));
  return isUnlikely(large.length, of, often);
}

/** A large message was on the way whenever a link was lost. */
export function afterLargeMessages({ outages }: PatternView): Pattern | undefined {
  const large = outages.filter(
    ({ largest, usual, maxPayload, cause }) =>
      FITTING.has(cause.kind) &&
      largest >= LEAST &&
      (largest >= TIMES * usual || (maxPayload > 0 && largest >= NEAR * maxPayload && largest >= 2 * usual)),
  );
  if (!isMost(large.length, outages.length, FEWEST)) return undefined;
  const sizes = large.map(({ largest }) => largest);
  const usual = Math.max(...large.map((outage) => outage.usual));
  const { maxPayload } = large.at(-1)!;
  const smallest = Math.min(...sizes);
  return pattern(
    "after-large-message",
    isNoChance(large, outages.length)
      ? `links are lost with a large message on the way: ${sizeText(smallest)} or more, where messages have ${sizeText(usual)} on average`
      : `a large message was on the way when links were lost, ${sizeText(smallest)} or more; it may be no reason, as much as this connection publishes`,
    [
      `in ${shareText(large.length, outages.length)} the largest message without a confirmation had ${sizeText(smallest)} to ${sizeText(Math.max(...sizes))}`,
      `messages of this connection have ${sizeText(usual)} on average`,
      maxPayload > 0
        ? `the server's max_payload is ${sizeText(maxPayload)}`
        : "the server's max_payload is not known",
    ],
    [
      `smaller messages, below ${sizeText(Math.max(1024, smallest / 2))}: split them, or put them into the object store and publish the name`,
      "look for limits on the way: max_payload of every server of the cluster, write_deadline and max_pending of the server for who receives them, body limits of a WebSocket proxy, a path that swallows large packets (MTU)",
    ],
  );
}
