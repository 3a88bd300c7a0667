import { nanos } from "@nats-io/nats-core";

/** What is asked of a pull consumer. */
export interface PullOptions {
  /** Messages, at most. Default 1. */
  batch: number;
  /** Only what is there now. */
  no_wait: boolean;
  /** ms that the pull waits for messages at the server. Default 0: no such limit. */
  expires: number;
  /** Bytes of these messages, at most. Default 0: no limit. */
  max_bytes: number;
  /** ms between two heartbeats of the server while there is nothing. */
  idle_heartbeat: number;
}

/** The request as the server reads it. */
export function pullRequest(options: Partial<PullOptions>): string {
  const { batch, no_wait = false, expires = 0, max_bytes = 0, idle_heartbeat = 0 } = options;
  const request: Partial<PullOptions> = { batch: batch || 1, no_wait };
  if (expires > 0) request.expires = nanos(expires);
  if (max_bytes > 0) request.max_bytes = max_bytes;
  if (idle_heartbeat > 0) request.idle_heartbeat = nanos(idle_heartbeat);
  return JSON.stringify(request);
}
