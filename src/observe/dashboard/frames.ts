/** Names of the server-sent events. */
export type StreamEvent = "hello" | "connection" | "sample" | "log" | "away";

/** A server-sent event: made once, written to all readers. JSON has no line breaks of its own. */
export function frameOf(event: StreamEvent, data: object): Buffer {
  return Buffer.from(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}

/** The first that a reader gets: how many ms to wait before asking again when the stream has ended. */
export const RETRY = Buffer.from("retry: 1000\n\n");

/** A comment: says that we are there, and finds out whether the reader is. */
export const HEARTBEAT = Buffer.from(":\n\n");
