/** What a client may say. Buffers are slices of what was received, which nobody changes afterwards. */
export interface ClientFrames {
  connect(json: string): void;
  ping(): void;
  pong(): void;
  sub(subject: string, queue: string | undefined, sid: string): void;
  /** `max` undefined: at once. */
  unsub(sid: string, max: number | undefined): void;
  publish(subject: string, reply: string, headers: Buffer | undefined, payload: Buffer): void;
}

/** What a tolerant parser asks and tells as well. */
export interface ParserHost extends ClientFrames {
  /** Only CONNECT is taken. */
  readonly mustAuthenticate: boolean;
  readonly takesHeaders: boolean;
  readonly maxControlLine: number;
  readonly maxPayload: number;
  /** The control line of a publish was parsed; its payload may not be here yet. */
  publishing(subject: string): void;
  /** Ends the connection, with an `-ERR` if there is a text. */
  refuse(error: string | undefined): void;
}

/** Parses what a client sends, in pieces of any size. */
export interface ClientParser {
  /** Bytes of a frame that is not complete. */
  readonly held: number;
  feed(bytes: Buffer): void;
  /** The connection is over: nothing more is parsed, also not of the read under way. */
  stop(): void;
}
