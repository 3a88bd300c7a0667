import type { ComponentView } from "../dashboard/protocol.js";
import { bytes, count, counted, elapsed, NONE } from "./format.js";
import type { Tone } from "./states.js";

/** A row of the table of components. */
export interface ComponentRow {
  /** The same from second to second. */
  readonly key: string;
  readonly kind: string;
  readonly name: string;
  readonly state: string;
  readonly tone: Tone;
  /** `3`, `3, 12 waiting` */
  readonly atWork: string;
  readonly done: string;
  readonly failed: string;
  readonly deadLettered: string;
  readonly discarded: string;
  /** Messages were given up: kept elsewhere, or not. */
  readonly hasDeadLetters: boolean;
  readonly hasDiscarded: boolean;
  readonly lag: string;
  /** What is wrong, or was last. */
  readonly text: string;
}

/** How serious states of components are; those that are not here are well. */
const TONES: Readonly<Record<string, Tone>> = {
  __proto__: null as never,
  recovering: "bad",
  open: "bad",
  unknown: "bad",
  starting: "busy",
  stopping: "busy",
  delaying: "busy",
  draining: "busy",
  "half-open": "busy",
  isolated: "busy",
  stopped: "idle",
  waiting: "idle",
  present: "idle",
  idle: "idle",
  done: "idle",
};

/** What is shown of components, in their order. Two may have one name. */
export function componentRows(components: readonly ComponentView[]): ComponentRow[] {
  const met = new Map<string, number>();
  return components.map((component) => {
    const name = `${component.kind} ${component.name}`;
    const number = (met.get(name) ?? 0) + 1;
    met.set(name, number);
    return rowOf(component, `${number} ${name}`);
  });
}

function rowOf(component: ComponentView, key: string): ComponentRow {
  const { kind, name, state, trouble, inFlight, waiting, deadLettered, discarded } = component;
  const queue = waiting === null || waiting === 0 ? "" : `, ${count(waiting)} waiting`;
  return {
    key,
    kind,
    name,
    state,
    tone: trouble === "" ? toneOf(kind, state) : "bad",
    atWork: inFlight === null && queue !== "" ? queue.slice(2) : figure(inFlight) + queue,
    done: figure(component.done),
    failed: figure(component.failed),
    deadLettered: figure(deadLettered),
    discarded: figure(discarded),
    hasDeadLetters: (deadLettered ?? 0) > 0,
    hasDiscarded: (discarded ?? 0) > 0,
    lag: figure(component.lag),
    text: textOf(component),
  };
}

/** An outbox that waits has messages that nobody has got; a shutdown that waits has nothing to do. */
function toneOf(kind: string, state: string): Tone {
  if (kind === "outbox" && state === "waiting") return "busy";
  return TONES[state] ?? "good";
}

function textOf({ trouble, breakers, lastError, held, deadLettered }: ComponentView): string {
  if (trouble !== "") return trouble;
  if (breakers.length > 0) return breakers.map(({ subject, state }) => `${subject} is ${state}`).join(", ");
  const notes = [];
  if (held !== undefined) {
    if (held.oldestAge > 0) notes.push(`oldest ${elapsed(held.oldestAge)}`);
    notes.push(held.limit === null ? bytes(held.bytes) : `${bytes(held.bytes)} of ${bytes(held.limit)}`);
    if ((deadLettered ?? 0) > 0) notes.push(`${counted(deadLettered ?? 0, "message")} parked`);
  }
  if (lastError !== "") notes.push(`last: ${lastError}`);
  return notes.length === 0 ? NONE : notes.join(", ");
}

function figure(n: number | null): string {
  return n === null ? NONE : count(n);
}
