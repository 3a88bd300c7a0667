import type { Connection } from "../../index.js";
import { firstTroubled, isTroubled } from "../components/first-troubled.js";
import { componentsOf } from "../components/ledger.js";
import { type Reading, readComponent } from "../components/reading.js";
import type { ComponentView, SampleView } from "./protocol.js";

/** Breakers of a policy that are told of, and characters of a name and of a text: a sample is sent each second. */
const BREAKERS = 5;
const NAME = 100;
const TEXT = 240;

/** What works on a connection, so many at most. */
export function componentViews(
  nc: Connection,
  most: number,
): Pick<SampleView, "components" | "moreComponents"> {
  const readings = componentsOf(nc).map(readComponent);
  const components = firstTroubled(readings, isTroubled, most).map(componentView);
  return { components, moreComponents: readings.length - components.length };
}

function componentView(reading: Reading): ComponentView {
  const { kind, name, state, unready, failing, lastError = "" } = reading;
  return {
    kind,
    name: shortened(name, NAME),
    state,
    trouble: shortened(unready ?? failing ?? "", TEXT),
    lastError: shortened(lastError, TEXT),
    ...figuresOf(reading),
  };
}

const NO_FIGURES = {
  inFlight: null,
  waiting: null,
  done: null,
  failed: null,
  deadLettered: null,
  discarded: null,
  lag: null,
  breakers: [],
};

type Figures = Omit<ComponentView, "kind" | "name" | "state" | "trouble" | "lastError">;

function figuresOf(reading: Reading): Figures {
  switch (reading.kind) {
    case "handler":
    case "consumer": {
      const { inFlight, waiting, handled, deadLettered, discarded } = reading;
      const failed = reading.failed + reading.timedOut + reading.invalid;
      const lag = reading.kind === "consumer" ? (reading.pending ?? null) : null;
      return { ...NO_FIGURES, inFlight, waiting, done: handled, failed, deadLettered, discarded, lag };
    }
    case "policy": {
      const { calls, failed, breakers } = reading;
      const told = breakers
        .filter(({ state }) => state !== "closed")
        .slice(0, BREAKERS)
        .map(({ subject, state }) => ({ subject: shortened(subject, NAME), state }));
      return { ...NO_FIGURES, done: calls, failed, breakers: told };
    }
    case "outbox": {
      const { messages, confirmed, failures, parked, expired, lost } = reading;
      const { bytes, maxBytes: limit = null } = reading;
      return {
        ...NO_FIGURES,
        ...{ waiting: messages, done: confirmed, failed: failures },
        ...{ deadLettered: parked, discarded: expired + lost },
        held: { bytes, limit, oldestAge: Math.round(reading.oldestAge) },
      };
    }
    case "publisher": {
      const { inFlight, waiting, acked: done, failed } = reading;
      return { ...NO_FIGURES, inFlight, waiting, done, failed };
    }
    default:
      return NO_FIGURES;
  }
}

function shortened(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 3)}...`.toWellFormed();
}
