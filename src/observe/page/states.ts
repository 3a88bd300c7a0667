import type { StateName } from "../dashboard/protocol.js";

/** How serious a state is; it chooses the colour. */
export type Tone = "good" | "busy" | "bad" | "idle";

export interface StateLook {
  readonly tone: Tone;
  /** A shape of its own for each, so that nobody has to tell colours apart: the path of a 16 x 16 SVG. */
  readonly shape: string;
}

/** A filled circle with a tick. */
const TICK = "M8 0a8 8 0 1 0 0 16A8 8 0 0 0 8 0Zm-1.2 11.6L3.2 8l1.3-1.3 2.3 2.3 4.7-4.7 1.3 1.3Z";
/** A triangle with an exclamation mark. */
const TRIANGLE = "M8 .6 16 15H0ZM7 5.6v4.6h2V5.6Zm0 5.8v2h2v-2Z";
/** An octagon with a cross. */
const OCTAGON =
  "M4.7 0h6.6L16 4.7v6.6L11.3 16H4.7L0 11.3V4.7Zm.6 4L4 5.3 6.7 8 4 10.7 5.3 12 8 9.3l2.7 2.7 1.3-1.3L9.3 8 12 5.3 10.7 4 8 6.7Z";
/** A ring with a dot: not yet. */
const RING =
  "M8 0a8 8 0 1 0 0 16A8 8 0 0 0 8 0Zm0 2.4a5.6 5.6 0 1 1 0 11.2A5.6 5.6 0 0 1 8 2.4Zm0 3.4a2.2 2.2 0 1 0 0 4.4 2.2 2.2 0 0 0 0-4.4Z";
/** An arrow down to a line: what is left goes out. */
const DRAIN = "M6.5 0h3v6.5H13L8 12 3 6.5h3.5ZM2 13.4h12V16H2Z";
/** A square. */
const SQUARE = "M1 1h14v14H1Zm4 5.8v2.4h6V6.8Z";

export const LOOKS: Readonly<Record<StateName, StateLook>> = {
  connected: { tone: "good", shape: TICK },
  connecting: { tone: "busy", shape: RING },
  reconnecting: { tone: "bad", shape: TRIANGLE },
  draining: { tone: "busy", shape: DRAIN },
  disconnected: { tone: "bad", shape: OCTAGON },
  closed: { tone: "idle", shape: SQUARE },
};

/** The look of a state; of one that this page does not know, too. */
export function lookOf(state: StateName): StateLook {
  return LOOKS[state] ?? { tone: "busy", shape: RING };
}

/** From the least to the most serious: of several states, the last one tells. */
const BY_SEVERITY: readonly Tone[] = ["good", "idle", "busy", "bad"];

/** The most serious of them; `idle` for none. */
export function worst(tones: Iterable<Tone>): Tone {
  let found = -1;
  for (const tone of tones) found = Math.max(found, BY_SEVERITY.indexOf(tone));
  return BY_SEVERITY[found] ?? "idle";
}
