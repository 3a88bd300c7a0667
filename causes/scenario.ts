import type { Cause, CauseKind } from "../src/index.js";
import type { Stage } from "./stage/stage.js";

/** Who has ended a link, or kept one from being made. */
export type Side =
  /** This process: what it does, does not do, or is told by its options. */
  | "client"
  /** The way to the server, and what stands in it: proxies, load balancers, names. */
  | "network"
  /** The server's process. */
  | "server"
  /** Who has set up the server, or ends it. */
  | "operator";

/** What tells of the end: an event of the connection, or the outage in `nc.diagnose()` once there is a link again. */
export type Occasion = "disconnect" | "attemptFailed" | "close" | "outage";

/** What the client said of an end. */
export interface Ended {
  readonly occasion: Occasion;
  /** undefined: it said nothing of why. */
  readonly cause: Cause | undefined;
}

/** An end that is provoked, with the label that follows from what is done; never from what the client says. */
export interface Scenario {
  /** Begins with its kind, or a short form of it; no two are equal. */
  readonly name: string;
  /** What is done, for people. */
  readonly does: string;
  /** The kind that is right. */
  readonly kind: CauseKind;
  /** Codes of which one has to be told. */
  readonly codes: readonly Cause["code"][];
  /** Who has done it. */
  readonly side: Side;
  /** Another kind that is right too, and why nobody who sees what a client sees can tell the two apart. Rare. */
  readonly also?: { readonly kind: CauseKind; readonly why: string };
  /** Needs programs that are compiled, for a client in a process of its own. */
  readonly process?: true;
  /** Does it, and returns what the client said of it. Rejects with a {@link NotTold} when it said nothing. */
  play(stage: Stage): Promise<Ended>;
}

/** A client that said nothing of an end. */
export class NotTold extends Error {}
