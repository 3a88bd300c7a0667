import { natsJs } from "./clients/nats-js.js";
import { limitsFor } from "./limits.js";
import { restart } from "./scenarios.js";
import { type Result, simulate } from "./simulate.js";
import { STRATEGIES } from "./strategies.js";

/** A restart of all servers, with clients of Holdfast and of nats.js. */
export interface Outage {
  readonly seconds: number;
  readonly ours: Result;
  /** nats.js, which never gives up here. */
  readonly theirs: Result;
}

/** Lengths that are looked at, s. */
const SECONDS = [2, 5, 10, 15, 30, 60, 120];

/** Restarts of all three servers that take longer and longer. */
export function outages(clients: number, seed: number): Outage[] {
  const setup = { clients, seed, tls: false, limits: limitsFor(clients, false) };
  const forever = natsJs(Number.POSITIVE_INFINITY);
  return SECONDS.map((seconds) => {
    const scenario = { title: "", steps: restart(seconds * 1000) };
    const ours = simulate({ ...setup, scenario, make: STRATEGIES.holdfast.make });
    return { seconds, ours, theirs: simulate({ ...setup, scenario, make: forever }) };
  });
}
