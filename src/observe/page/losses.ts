import { type ConnectionView, HARMLESS_DROPS, missed } from "../dashboard/protocol.js";
import { count, counted } from "./format.js";

/** Messages that did not get through, for one reason; or something that will lead to it. */
export interface Loss {
  /** Short: `dropped`. */
  readonly name: string;
  readonly count: number;
  /** One sentence. */
  readonly text: string;
  /** Gone for certain (`bad`), or to be looked at (`busy`). */
  readonly tone: "bad" | "busy";
}

/** What did not get through, the worst first; nothing of that which did not happen. */
export function lossesOf({
  books,
  subscriptionsSlow,
}: Pick<ConnectionView, "books" | "subscriptionsSlow">): Loss[] {
  const { dropReasons, refused, unconfirmed, rejected } = books;
  const dropped = missed(books);
  const reasons = Object.entries(dropReasons)
    .filter(([reason, n]) => n > 0 && !HARMLESS_DROPS.has(reason))
    .map(([reason, n]) => `${reason} ${count(n)}`);
  const all: Loss[] = [
    {
      name: "dropped",
      count: dropped,
      text: `${counted(dropped, "message was", "messages were")} given up${reasons.length > 0 ? ` (${reasons.join(", ")})` : ""}`,
      tone: "bad",
    },
    {
      name: "refused",
      count: refused,
      text: `${counted(refused, "message was", "messages were")} refused by the server: permissions`,
      tone: "bad",
    },
    {
      name: "unconfirmed",
      count: unconfirmed,
      text: `${counted(unconfirmed, "message")} may or may not have arrived: on the way when a link was lost, not written again`,
      tone: "busy",
    },
    {
      name: "rejected",
      count: rejected,
      text: `${counted(rejected, "call")} of publish() failed: the application was told`,
      tone: "busy",
    },
    {
      name: "slow",
      count: subscriptionsSlow,
      text: `${counted(subscriptionsSlow, "subscription does", "subscriptions do")} not keep up with what comes in: more waits than its option slow allows, or messages are dropped`,
      tone: "busy",
    },
  ];
  return all.filter((loss) => loss.count > 0);
}
