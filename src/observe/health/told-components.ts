import { firstTroubled, isTroubled } from "../components/first-troubled.js";
import type { Reading } from "../components/reading.js";

/** Components and breakers that are told of, at most; those with troubles come first. */
const MOST = 100;
const BREAKERS = 20;

/** The components of a connection for `/health`; what is beyond the bound is counted. */
export function toldComponents(readings: readonly Reading[]): object {
  const told = firstTroubled(readings, isTroubled, MOST).map(toldComponent);
  const more = readings.length - told.length;
  return { components: told, ...(more > 0 ? { moreComponents: more } : {}) };
}

function toldComponent(reading: Reading): object {
  const { kind, name, state, unready, failing, lastError } = reading;
  return {
    kind,
    name,
    state,
    ...(unready === undefined ? {} : { unready }),
    ...(failing === undefined ? {} : { failing }),
    ...figuresOf(reading),
    lastError: lastError ?? null,
  };
}

function figuresOf(reading: Reading): object {
  switch (reading.kind) {
    case "handler":
      return workOf(reading);
    case "consumer": {
      const { stream, consumer, pending, ackPending, lastMessageAt } = reading;
      const { acked, naked, termed, redelivered, recoveries, recreated } = reading;
      return {
        stream,
        consumer,
        ...workOf(reading),
        ...{ acked, naked, termed, redelivered, recoveries, recreated },
        pending: pending ?? null,
        ackPending: ackPending ?? null,
        lastMessageAt: iso(lastMessageAt),
      };
    }
    case "policy": {
      const { calls, failed, retried, rejected, hedged, fallbacks, breakers } = reading;
      const told = firstTroubled(breakers, (breaker) => breaker.state !== "closed", BREAKERS);
      return { calls, failed, retried, rejected, hedged, fallbacks, breakers: told };
    }
    case "outbox": {
      const { messages, parked, bytes, maxBytes, oldestAge } = reading;
      const { recovered, stored, confirmed, expired, refused, lost, failures } = reading;
      return {
        ...{ messages, parked, bytes, maxBytes: maxBytes ?? null, oldestAge },
        ...{ recovered, stored, confirmed, expired, refused, lost, failures },
      };
    }
    case "publisher": {
      const { stream, inFlight, waiting, acked, duplicates, retried, failed } = reading;
      return { stream: stream ?? null, inFlight, waiting, acked, duplicates, retried, failed };
    }
    default:
      return {};
  }
}

function workOf(reading: Reading & { kind: "handler" | "consumer" }): object {
  const { concurrency, inFlight, waiting, handled, retried, failed, timedOut, invalid } = reading;
  const { deadLettered, discarded } = reading;
  return {
    concurrency,
    inFlight,
    waiting,
    handled,
    retried,
    failed,
    timedOut,
    invalid,
    deadLettered,
    discarded,
  };
}

/** A time that somebody else has told, which `Date` may not know. */
function iso(at: number | undefined): string | null {
  const date = new Date(at ?? Number.NaN);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
