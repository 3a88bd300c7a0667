import { describe, expect, it } from "vitest";
import { HISTORY, isLegal, Lifecycle, type Phase, type State, type Transition } from "./lifecycle.js";

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
  const lifecycle = new Lifecycle((transition) => told.push(transition));
  for (const step of PATHS[state]) lifecycle.transition(PHASES[step], 0, "path");
  told.length = 0;
  return { lifecycle, told };
}

describe("transitions", () => {
  it.each(PAIRS)("%s → %s is as the table says [parity 61]", (from, to) => {
    const legal = LEGAL.has(`${from}>${to}`);
    expect(isLegal(from, to)).toBe(legal);
    const { lifecycle, told } = at(from);
    const before = lifecycle.history.length;
    if (legal) {
      lifecycle.transition(PHASES[to], 7, "why");
      expect(lifecycle.state).toBe(to);
      expect(lifecycle.phase).toBe(PHASES[to]);
      expect(told).toEqual([{ from, to, at: 7, reason: "why" }]);
      expect(lifecycle.history.at(-1)).toEqual(told[0]);
    } else {
      expect(() => lifecycle.transition(PHASES[to], 7, "why")).toThrow("illegal");
      expect(lifecycle.state).toBe(from);
      expect(lifecycle.history).toHaveLength(before);
      expect(told).toEqual([]);
    }
  });

  it("begin disconnected", () => {
    expect(new Lifecycle(() => {}).state).toBe("disconnected");
  });
});

describe("the history", () => {
  it("is bounded, and keeps the newest", () => {
    const { lifecycle } = at("connected");
    for (let i = 0; i < 500; i++) {
      lifecycle.transition(PHASES.reconnecting, i, "lost");
      lifecycle.transition(PHASES.connected, i, "found");
    }
    expect(lifecycle.history).toHaveLength(HISTORY);
    expect(lifecycle.history.at(-1)).toMatchObject({ to: "connected", at: 499 });
    expect(lifecycle.history[0].at).toBe(500 - HISTORY / 2);
  });
});
