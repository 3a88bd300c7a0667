import type { HoldfastError } from "../../index.js";

/** A try has failed, and there will be another one. */
export interface RetryInfo {
  /** Subject of the message. */
  readonly subject: string;
  /** The try that has failed, from 1. */
  readonly attempt: number;
  /** ms until the next one. */
  readonly delay: number;
  /** What it failed with, as option `onError` is told. */
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
  /** What the last try failed with, or why there was none. */
  readonly error: HoldfastError;
}

/** A message was given up, and lies nowhere: no dead letters are wanted, or it could not be put there (`DEAD_LETTER_FAILED`). */
export interface DiscardedInfo {
  /** Subject of the message. */
  readonly subject: string;
  /** Tries that failed. */
  readonly attempts: number;
  /** Why the last try failed, or why it could not be put away (`DEAD_LETTER_FAILED`). */
  readonly error: HoldfastError;
}
