import { CodedError } from "../errors.js";
import type { Link } from "./link.js";

/** How far a handover has come, see `Handover`. */
export type Stage =
  /** What the old link brings is remembered. */
  | "listening"
  /** With `noEcho`: what we have published arrives everywhere. */
  | "clearing"
  /** The new link is subscribed. */
  | "joining"
  /** What is published at the old server does not come to the new one yet. */
  | "probing"
  /** Both links have the subscriptions. */
  | "settling"
  /** What the old link carries is confirmed. */
  | "confirming"
  /** The new link is in use; other servers hear at it of what was subscribed late. */
  | "spreading"
  /** The old link brings what it still has. */
  | "leaving"
  /** It is gone; the new one may bring later what it had brought. */
  | "trailing"
  | "over";

/** Why a handover is given up. */
export type Failure =
  /** The new server does not answer: another one may. */
  | "server"
  /** What is published at the old server does not reach the new one: they are no cluster. */
  | "unproven"
  /** The old link does not get rid of what it carries, or more comes in than can be compared: it may be better later. */
  | "busy";

/** What did not happen in time. */
const FAILED: Record<Failure, string> = {
  server: "the server did not answer in time",
  unproven: "what is published at the old server does not reach it (are they a cluster?)",
  busy: "the old server did not confirm in time what was published",
};

/**
 * What it is that did not happen in a stage that took too long.
 *
 * @param isHolding what is published waits for the old server to confirm what it has
 */
export function failureIn(stage: Stage, isHolding: boolean): Failure {
  if (stage === "clearing" || stage === "probing") return "unproven";
  return stage === "confirming" || (stage === "listening" && isHolding) ? "busy" : "server";
}

/** The error that tells that a stage of the move to this link's server has taken too long. */
export function givenUp({ server }: Link, failure: Failure): CodedError {
  return new CodedError("TIMEOUT", `the move to ${server.address.listen} was given up: ${FAILED[failure]}`);
}

/** Two servers that are in no cluster: what is published at one does not reach the other. */
export function areStrangers({ info: one }: Link, { info: other }: Link): boolean {
  return one?.cluster === undefined && other?.cluster === undefined && one?.server_id !== other?.server_id;
}
