import type * as Official from "@nats-io/jetstream";

/** Options of `nc.jetstream()`. */
export type JetStreamOptions = Official.JetStreamOptions;

/** Options of `nc.jetstreamManager()`. */
export type JetStreamManagerOptions = Official.JetStreamManagerOptions;
