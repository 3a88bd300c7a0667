import { describe, expect, it } from "vitest";
import { isLegal, Lifecycle, type Phase, type State, type Transition } from "./lifecycle.js";

/** The table of promises.md §4, written down once more. */
const LEGAL = new Set([
  "disconnected>connecting",
  "connecting>connected",
  "connected>reconnecting",
  "reconnecting>connected",
  "connecting>reconnecting",
  "reconnecting>disconnected",
  "disconnected>closed",
  "connecting>closed",
  "connected>closed",
  "reconnecting>closed",
]);
const STATES: readonly State[] = ["disconnected", "connecting", "connected", "reconnecting", "closed"];
const PAIRS = STATES.flatMap((from) => STATES.map((to) => [from, to] as const));

const PHASES: Record<State, Phase> = {
  disconnected: { state: "disconnected" },
  connecting: { state: "connecting", since: 0 },
  connected: { state: "connected", since: 0, epoch: 1, server: "a:1" },
  reconnecting: { state: "reconnecting", since: 0, server: "a:1" },
  closed: { state: "closed", error: undefined },
};
/** How to come to a state. */
const PATHS: Record<State, readonly State[]> = {
  disconnected: [],
  connecting: ["connecting"],
  connected: ["connecting", "connected"],
  reconnecting: ["connecting", "reconnecting"],
  closed: ["closed"],
};

function at(state: State): { lifecycle: Lifecycle; told: Transition[] } {
  const told: Transition[] = [];
  const lifecycle = new Lifecycle({ stateChanged: (transition) => told.push(transition) });
  for (const step of PATHS[state]) lifecycle.transition(PHASES[step], 0, "path");
  told.length = 0;
  return { lifecycle, told };
}

describe("transitions", () => {
  it.each(PAIRS)("%s → %s is as the table says [parity 61]", (from, to) => {
    const legal = LEGAL.has(`${from}>${to}`);
    expect(isLegal(from, to)).toBe(legal);
    const { lifecycle, told } = at(from);
    if (legal) {
      lifecycle.transition(PHASES[to], 7, "why");
      expect(lifecycle.state).toBe(to);
      expect(lifecycle.phase).toBe(PHASES[to]);
      expect(told).toEqual([{ from, to, at: 7, reason: "why" }]);
    } else {
      expect(() => lifecycle.transition(PHASES[to], 7, "why")).toThrow("illegal");
      expect(lifecycle.state).toBe(from);
      expect(told).toEqual([]);
    }
  });

  it("begin disconnected", () => {
    expect(new Lifecycle({ stateChanged: () => {} }).state).toBe("disconnected");
  });
});
