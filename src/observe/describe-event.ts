import type { ConnectionEvents, EventName } from "../index.js";
import { cut, safeCause, safeText, shown } from "./safe-text.js";

/** What a person is told of an event. */
export interface Told {
  /** How bad it is. */
  readonly level: "info" | "warning" | "error";
  /** One line that may be shown to everybody: no subjects, nothing that the application has thrown. */
  readonly text: string;
  /** What is left out of it, bounded, for those who may see subjects; undefined when nothing is. */
  readonly detail: string | undefined;
  /** What is added up when it is told again. Then its text is that of the sum; without it, only what has the same text is told again. */
  readonly sum?: Sum;
}

/** How many of something. */
export interface Sum {
  /** How many, this time. */
  readonly amount: number;
  /** What is told of so many, as it was told last. */
  readonly text: (amount: number) => string;
}

type Describe = { readonly [E in EventName]?: (...args: ConnectionEvents[E]) => Told | undefined };

const info = (text: string): Told => ({ level: "info", text, detail: undefined });
const warning = (text: string, detail?: string): Told => ({ level: "warning", text, detail });
const failure = (text: string, detail?: string): Told => ({ level: "error", text, detail });

/** Of events that tell of an error. */
function failed(before: string, error: Error, tell = failure): Told {
  const text = safeText(error);
  const message = shown(error.message);
  return tell(before + text, text.endsWith(message) ? undefined : message);
}

/** Of events whose numbers differ from time to time, and that come often. */
function summed(
  level: Told["level"],
  amount: number,
  text: (amount: number) => string,
  detail?: string,
): Told {
  return { level, text: text(amount), detail, sum: { amount, text } };
}

const messages = (count: number) => `${count} message${count === 1 ? "" : "s"}`;
const seconds = (ms: number) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);
/** Gossip may bring hundreds. */
const NAMED = 8;
const names = (servers: readonly string[]) =>
  servers.slice(0, NAMED).join(", ") + (servers.length > NAMED ? ` and ${servers.length - NAMED} more` : "");

/** There is no event for it here: of the one that there is, others' payloads would be kept. */
export function messagesLost(count: number): Told {
  return summed("error", count, (all) => `${messages(all)} ${all === 1 ? "was" : "were"} given up`);
}

/** Events that are told. Not among them: `state`, which others tell better, and `messageLost`, for whose listeners payloads are kept. */
export const DESCRIBE: Describe = {
  connect: ({ server }) => info(`connected to ${server}`),
  disconnect: (error, { server, cause, unconfirmed }) => {
    const text = `lost ${server}: ${error === undefined ? "left on purpose" : safeCause(cause)}`;
    return (error === undefined ? info : failure)(
      unconfirmed > 0 ? `${text}; ${messages(unconfirmed)} will be written again` : text,
    );
  },
  reconnecting: ({ server, delay }) =>
    server === "" && delay > 0
      ? summed("info", 1, () => `waits ${seconds(delay)} before the next attempt`)
      : undefined,
  // Without its number: attempts that fail in the same way are one line of the log, which says how many there were.
  attemptFailed: (error, { server }) => failed(`attempt at ${server} failed: `, error, warning),
  reconnect: ({ server, downtime, attempts, replayed }) =>
    info(
      `back on ${server} after ${seconds(downtime)}, ${attempts} attempt${attempts === 1 ? "" : "s"}` +
        (replayed > 0 ? `; ${messages(replayed)} written again` : ""),
    ),
  move: ({ from, to, reason, overlap }) =>
    info(`moved from ${from} to ${to} (${reason}) in ${seconds(overlap)}`),
  standby: ({ server, ready, error }) => spare(`standby link to ${server}`, ready, error),
  failback: ({ server, ready, error }) => spare(`link to the preferred server ${server}`, ready, error),
  partition: ({ duration }) => warning(`was without a link for ${seconds(duration)}: caches may be stale`),
  update: ({ added, deleted }) => {
    const came = added.length > 0 ? [`came: ${names(added)}`] : [];
    const went = deleted.length > 0 ? [`went: ${names(deleted)}`] : [];
    const all = [...came, ...went];
    return all.length > 0 ? info(`servers ${all.join("; ")}`) : undefined;
  },
  lameDuck: ({ server }) => warning(`${server} shuts down (lame duck)`),
  error: (error) => failed("", error),
  overflow: ({ policy, messages: count, limit }) =>
    summed(
      "error",
      count,
      (all) => `no room for ${messages(all)}: buffer of ${limit} bytes is full (${cut(policy)})`,
    ),
  buffer: ({ level, ratio }) =>
    (level === "high" ? warning : info)(
      `buffer at ${Math.round(ratio * 100)} %${level === "high" ? "" : " again"}`,
    ),
  slowConsumer: ({ subscription, pending, dropped }) =>
    summed(
      "warning",
      1,
      () =>
        `a subscription is too slow: ${messages(pending)} wait${pending === 1 ? "s" : ""}, ${dropped} dropped`,
      cut(subscription.getSubject()),
    ),
  close: (error) => (error === undefined ? info("closed by the application") : failed("closed: ", error)),
};

function spare(what: string, ready: boolean, error: Error | undefined): Told | undefined {
  if (ready) return info(`${what} is ready`);
  return error === undefined ? undefined : failed(`${what} is gone: `, error, warning);
}
