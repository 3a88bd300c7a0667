import { between, type Random, shuffled } from "../../demo/random.js";
import type { Target } from "./options.js";
import type { Aim } from "./protocol.js";

/** What a process is killed in. */
export type Kind =
  /** It publishes, and what it has stored is sent and removed meanwhile. */
  | "publishing"
  /** It publishes, and there is no server: what it stores stays. */
  | "storing"
  /** The same, on a disk that becomes full. */
  | "disk full"
  /** It sends what others have left. */
  | "replay"
  /** It removes what was sent. */
  | "deleting"
  /** It opens the outbox. */
  | "opening"
  /** At an instant that has nothing to do with what it does. */
  | "anywhen";

/** What is done to the server meanwhile: killed and started again, or frozen until the process is dead. */
export interface Blow {
  readonly what: "kill" | "freeze";
  /** ms after the process has its order. */
  readonly after: number;
}

/** What one process does, and when it dies. */
export interface Plan {
  readonly kind: Kind;
  readonly online: boolean;
  readonly callers: number;
  /** It kills itself at this instant; without one it is killed from outside. */
  readonly aim: Aim | undefined;
  /** ms after its order at which it is killed from outside, whatever its aim. */
  readonly after: number;
  /** Commits are written down; always with an aim at one. Only a store that is brought along can be looked at: the others are opened by their path. */
  readonly spied: boolean;
  readonly blow: Blow | undefined;
}

/** ms that an aim has to come about. */
const PATIENCE = 1_500;

/** Plans without end: what is to be replayed or removed was stored before. */
export function* plans(random: Random, target: Target): Generator<Plan, never> {
  for (;;) {
    const chance = (part: number) => random() < part;
    const some = (low: number, high: number) => between(random, low, high);
    const callers = () => (chance(0.5) ? some(1, 40) : some(100, 600));
    const backlog: Kind[] = Array.from({ length: some(1, 2) }, () =>
      chance(0.15) ? "disk full" : "storing",
    );
    const after = shuffled<Kind>(random, ["replay", "replay", "deleting", "deleting", "opening"]);
    const others = shuffled<Kind>(random, ["publishing", "publishing", "publishing", "anywhen", "opening"]);
    for (const kind of [...backlog, ...after.slice(0, some(1, 4)), ...others.slice(0, some(1, 3))]) {
      const online = kind !== "storing" && kind !== "disk full";
      const blow = online && target === "stream" && chance(0.08);
      const aim = aimFor(kind, random);
      const seen = aim?.at === "storing" || aim?.at === "removing";
      yield {
        kind,
        online,
        callers: publishes(kind) || (kind === "anywhen" && chance(0.6)) ? callers() : 0,
        aim,
        after: kind === "anywhen" ? some(0, 150) : kind === "disk full" ? some(150, 400) : PATIENCE,
        spied: seen || (kind !== "opening" && kind !== "anywhen" && chance(0.4)),
        blow: blow ? { what: chance(0.5) ? "kill" : "freeze", after: some(0, 60) } : undefined,
      };
    }
  }
}

function publishes(kind: Kind): boolean {
  return kind === "publishing" || kind === "storing" || kind === "disk full";
}

function aimFor(kind: Kind, random: Random): Aim | undefined {
  const aim = (at: Aim["at"], nth: number, micros: number): Aim => ({
    at,
    nth: between(random, 1, nth),
    micros: between(random, 0, micros),
  });
  switch (kind) {
    case "publishing":
    case "storing":
      return random() < 0.6 ? aim("storing", 15, 3_000) : aim("resolved", 1_500, 1_000);
    case "replay":
      return aim("linked", 1, 12_000);
    case "deleting":
      return aim("removing", 4, 2_500);
    case "opening":
      return aim("opening", 1, 20_000);
    case "disk full":
    case "anywhen":
      return undefined;
  }
}
