/** Something that happens to a server, `at` ms after the first such thing. */
export interface Step {
  readonly at: number;
  readonly server: number;
  readonly what: "kill" | "start" | "lame duck";
}

/** What happens to the three servers. */
export interface Scenario {
  readonly title: string;
  readonly steps: readonly Step[];
}

/** nats-server's defaults, ms. */
export const LAME_DUCK = { duration: 120_000, grace: 10_000 } as const;

const kill = (server: number): Step => ({ at: 0, server, what: "kill" });
const start = (server: number, at: number): Step => ({ at, server, what: "start" });

/** All three die, and are back after `ms`, one half a second after the other. */
export function restart(ms: number): Step[] {
  return [0, 1, 2].flatMap((server) => [kill(server), start(server, ms + 500 * server)]);
}

export const SCENARIOS = {
  one: {
    title: "one of three servers restarts, back after 15 s",
    steps: [kill(0), start(0, 15_000)],
  },
  all: {
    title: "all three restart, back after 15 s, one half a second after the other",
    steps: restart(15_000),
  },
  late: {
    title: "all three die; one is back after 15 s, the others after 60 s",
    steps: [kill(0), kill(1), kill(2), start(0, 15_000), start(1, 60_000), start(2, 60_000)],
  },
  two: {
    title: "two of three die; one of them is back after 60 s",
    steps: [kill(0), kill(1), start(0, 60_000)],
  },
  long: {
    title: "all three are away for a minute",
    steps: restart(60_000),
  },
  "lame-duck": {
    title: "one of three goes by lame duck",
    steps: [{ at: 0, server: 0, what: "lame duck" }],
  },
} satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof SCENARIOS;
