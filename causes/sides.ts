import type { CauseKind } from "../src/index.js";
import type { Side } from "./scenario.js";

/**
 * Whom a kind blames. Silence, and a side that does not understand the other, can be the doing of several; a kind that blames
 * nobody can blame no wrong one.
 */
export const BLAMED: Readonly<Record<CauseKind, readonly Side[]>> = {
  client: ["client"],
  network: ["network"],
  refused: ["server", "operator"],
  "server-shutdown": ["server", "operator"],
  "lame-duck": ["server", "operator"],
  stale: ["network", "server"],
  "slow-consumer": ["client", "network"],
  overload: ["server", "operator"],
  authentication: ["operator", "client"],
  tls: ["operator", "server"],
  protocol: ["network", "server", "operator"],
  payload: ["client"],
  "local-stall": ["client"],
  unknown: [],
};

/** Whether a kind that is not right blames somebody who has not done it. */
export function blamesWrongSide(told: CauseKind, done: Side): boolean {
  const blamed = BLAMED[told];
  // A kind of the future blames nobody that we know.
  return blamed !== undefined && blamed.length > 0 && !blamed.includes(done);
}
