import { anObject, type Check } from "../../checks/read-options.js";
import type { Connection } from "../../index.js";
import { aBoolean, aTimeout } from "./settings.js";

/** What a call of `execute()` may say for itself. */
export interface ExecuteOptions {
  /** Which breaker it has, and what it is called in events: a subject, or a name of your own. Default: the policy's name. */
  subject?: string;
  /** The connection that it goes over: its breakers and counts are those of this connection, and its end ends waits. Default: none. */
  connection?: Connection;
  /** That it may be carried out twice without harm. Default: the policy's. */
  idempotent?: boolean;
  /** ms of one try. Default: the policy's. */
  timeout?: number;
  /** ms of the whole call. Default: the policy's. */
  totalTimeout?: number;
  /** Ends the call at once, also between its tries: it rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** What `execute()` gives to what it calls. */
export interface PolicyContext {
  /** What the call is called in events: option `subject`, or the name of the policy. */
  readonly subject: string;
  /** Number of the try, from 1. */
  readonly attempt: number;
  /** Aborted when nobody waits for this try any more. */
  readonly signal: AbortSignal;
}

export const aSignal: Check = (value) =>
  value instanceof AbortSignal ? undefined : "must be an AbortSignal";

/** Whether something has what is needed of a connection. */
export const aConnection: Check = (value) => {
  const { request, closed, stats, addComponent } = anObject(value) === undefined ? (value as Connection) : {};
  const isOne = [request, closed, stats, addComponent].every((method) => typeof method === "function");
  return isOne ? undefined : "must be a connection of holdfast's connect()";
};

export const EXECUTE_CHECKS: Readonly<Record<keyof ExecuteOptions, Check>> = {
  subject: (value) => (typeof value === "string" ? undefined : "must be a string"),
  connection: aConnection,
  idempotent: aBoolean,
  timeout: aTimeout,
  totalTimeout: aTimeout,
  signal: aSignal,
};
