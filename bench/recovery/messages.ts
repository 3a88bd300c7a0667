/** A client that publishes until it is stopped. */
export interface ActorJob {
  readonly client: "holdfast" | "natsjs";
  /** In the order in which they are to be tried. */
  readonly servers: string[];
}

/** The actor's first link stands, to the first of its servers. */
export type FromActor = { type: "connected" };

export const SUBJECT = "bench.recovery";

/** ms between two messages. */
export const PUBLISH_EVERY = 1;

/** Length of a stamp. */
export const DIGITS = 20;

/** Nanoseconds of the clock that all processes of a machine share, in as many digits as always. */
export function stamp(): string {
  return String(process.hrtime.bigint()).padStart(DIGITS, "0");
}
