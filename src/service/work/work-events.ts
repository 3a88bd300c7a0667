import type { HoldfastError } from "../../index.js";

/** A try has failed, and there will be another one. */
export interface RetryInfo {
  /** Subject of the message. */
  readonly subject: string;
  /** The try that has failed, from 1. */
  readonly attempt: number;
  /** ms until the next one. */
  readonly delay: number;
  readonly error: HoldfastError;
}

/** A message was given up, and lies with the dead letters. */
export interface DeadLetterInfo {
  /** Subject of the message. */
  readonly subject: string;
  /** Subject of the dead letter. */
  readonly to: string;
  /** Tries that failed. */
  readonly attempts: number;
  readonly error: HoldfastError;
}

/** A message was given up, and lies nowhere: no dead letters are wanted, or it could not be put there (`DEAD_LETTER_FAILED`). */
export interface DiscardedInfo {
  /** Subject of the message. */
  readonly subject: string;
  /** Tries that failed. */
  readonly attempts: number;
  readonly error: HoldfastError;
}
