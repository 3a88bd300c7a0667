/** One way of a link, in toxiproxy's words: `upstream` is client to server, `downstream` server to client. */
export type Direction = "upstream" | "downstream";

/** Every direction, in the order in which toxics of both are set up. */
export const DIRECTIONS: readonly Direction[] = ["upstream", "downstream"];

/** Which way a toxic acts on. */
export type ToxicStream = Direction | "both";

/** Delays what passes, and the end of the stream too. Order is kept. */
export interface LatencyAttributes {
  /** Milliseconds. */
  latency: number;
  /** Up to so many milliseconds more or less, drawn for each read. Default 0. */
  jitter?: number;
}

/** Lets through so much and no more. */
export interface BandwidthAttributes {
  /** Bytes per second, at least 1. */
  rate: number;
}

/** Passes the end of the stream (FIN or RST) on later. */
export interface SlowCloseAttributes {
  /** Milliseconds. */
  delay: number;
}

/** Reads and discards everything, then ends the link in order (FIN to both sides). */
export interface TimeoutAttributes {
  /** Milliseconds since the toxic met the link; 0: never, until the toxic is removed. Default 0. */
  timeout?: number;
}

/** Reads and discards everything, then resets the link (RST to both sides). */
export interface ResetPeerAttributes {
  /** Milliseconds since the toxic met the link; 0: at once. Default 0. */
  timeout?: number;
}

/** Cuts the bytes into slices, each written by itself. Nothing is lost. */
export interface SlicerAttributes {
  /** Bytes, at least 1. */
  averageSize: number;
  /** A slice is up to so many bytes smaller or larger; less than `averageSize`. Default 0. */
  sizeVariation?: number;
  /** Milliseconds between two slices. Default 0: each has a turn of the event loop of its own. */
  delay?: number;
}

/** Ends the link in order once so many bytes have gone through. */
export interface LimitDataAttributes {
  /** Bytes per link and direction; 0: at the first byte. */
  bytes: number;
}

/** Changes single bytes. Exactly one of the two must be given. */
export interface CorruptAttributes {
  /** How likely each byte is changed, 0 to 1. */
  probability?: number;
  /** One byte out of so many is changed, at a place drawn by chance. */
  every?: number;
}

/** Puts a protocol line between two frames; on a link through which nothing has gone yet, behind the first frame. */
export interface InjectAttributes {
  /** Without its line end, such as `-ERR 'Stale Connection'`. May be anything, also what is no protocol. */
  line: string;
  /** Only `next-frame-boundary`, the default: never inside of a frame. */
  at?: "next-frame-boundary";
  /** How often, over all links: each link gets it once. Default `Infinity`: all links there are and those to come. */
  count?: number;
}

/** The verbs of the protocol, client's and server's. */
export const VERBS = [
  "INFO",
  "CONNECT",
  "PUB",
  "HPUB",
  "SUB",
  "UNSUB",
  "MSG",
  "HMSG",
  "PING",
  "PONG",
  "+OK",
  "-ERR",
] as const;
/** What a frame begins with. */
export type Verb = (typeof VERBS)[number];

/** Drops whole frames of one verb, with their payload. */
export interface DropLineAttributes {
  /** In capitals. */
  verb: Verb;
  /** How many, over all links. Default `Infinity`. */
  count?: number;
}

/** Holds PONGs back; other frames overtake them. */
export interface DelayPongAttributes {
  /** Milliseconds. */
  delay: number;
}

/** A server's INFO as it is on the wire. */
export type InfoFields = Record<string, unknown>;

/** Changes each INFO that the server sends. */
export interface RewriteInfoAttributes {
  /**
   * Fields that are put over those of the INFO (`undefined` removes one), or a function that is given the INFO and
   * returns what is sent instead. When it throws, the INFO passes as it was, and the error is this process' uncaught exception.
   */
  info: InfoFields | ((info: InfoFields) => InfoFields);
}

/** The attributes of each type of toxic. */
export interface ToxicAttributes {
  /** Delays what passes. */
  latency: LatencyAttributes;
  /** Lets through so many bytes per second and no more. */
  bandwidth: BandwidthAttributes;
  /** Passes the end of the stream on later. */
  slow_close: SlowCloseAttributes;
  /** Discards everything, then ends the link in order. */
  timeout: TimeoutAttributes;
  /** Discards everything, then resets the link. */
  reset_peer: ResetPeerAttributes;
  /** Cuts the bytes into slices, each written by itself. */
  slicer: SlicerAttributes;
  /** Ends the link once so many bytes have gone through. */
  limit_data: LimitDataAttributes;
  /** Both directions are silent, the sockets stay open: what is sent is acknowledged and lost. */
  half_open: Record<never, never>;
  /** What is sent is read (so acknowledged) and discarded, the end of the stream too. */
  blackhole: Record<never, never>;
  /** Nothing is read any more: the system's buffers fill up, and the sender feels it. */
  freeze: Record<never, never>;
  /** Changes single bytes. */
  corrupt: CorruptAttributes;
  /** Puts a protocol line between two frames. */
  inject: InjectAttributes;
  /** Drops whole frames of one verb. */
  drop_line: DropLineAttributes;
  /** Holds PONGs back. */
  delay_pong: DelayPongAttributes;
  /** Changes each INFO that the server sends. */
  rewrite_info: RewriteInfoAttributes;
}
/** What a toxic can do; the names are toxiproxy's where it has them. */
export type ToxicType = keyof ToxicAttributes;

/** What all toxics have. */
export interface ToxicCommon {
  /** For {@link FaultProxy.toxic} and the counters; no two of a proxy are equal. Default: type and stream, such as `latency_upstream`. */
  name?: string;
  /**
   * Default `both`, but `downstream` for `inject` and `rewrite_info`. `half_open` takes only `both`, `rewrite_info` only
   * `downstream`.
   */
  stream?: ToxicStream;
  /** How likely a link is affected, 0 to 1, drawn once for each link. Default 1. */
  toxicity?: number;
}

/** What {@link FaultProxy.addToxic} takes: the `type`, what all toxics have, and the attributes of that type. */
export type ToxicOptions<T extends ToxicType = ToxicType> = {
  [K in T]: ToxicCommon & { type: K } & ToxicAttributes[K];
}[T];

/** What `update()` of a toxic takes: any of its attributes, and the `toxicity`. */
export type ToxicUpdate<T extends ToxicType = ToxicType> = {
  [K in T]: Partial<ToxicAttributes[K]> & { toxicity?: number };
}[T];

/** What a toxic says about itself. */
export interface ToxicInfo<T extends ToxicType = ToxicType> {
  /** No two toxics of a proxy have the same. */
  readonly name: string;
  /** What it does. */
  readonly type: T;
  /** Which way it acts on. */
  readonly stream: ToxicStream;
  /** How likely a link is affected, 0 to 1. */
  readonly toxicity: number;
  /** All attributes, with their defaults. */
  readonly attributes: Readonly<Required<ToxicAttributes[T]>>;
}
