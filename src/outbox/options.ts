import { invalidOption } from "../checks/invalid.js";
import {
  anObject,
  type Check,
  numberOf,
  type OtherNames,
  oneOf,
  readOptions,
} from "../checks/read-options.js";
import type { OutboxStore } from "./store/store.js";

/** Changes the bytes of a batch before they are stored, or back; may return a promise. */
export type OutboxTransform = (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>;

/** Which messages go by the outbox: see {@link OutboxOptions.mode}. */
export type OutboxMode = "overflow" | "always";

/** Options of `openOutbox()`. */
export interface OutboxOptions {
  /** Folder of the outbox, made when it is missing. It belongs to one process at a time. Needs package `lmdb`; instead: `store`. */
  path?: string;
  /** Another place than a folder with LMDB; the outbox closes it. Instead of `path`. */
  store?: OutboxStore;
  /**
   * `"overflow"` (default): messages are buffered in memory, and go to disk when the buffer is full or an outage takes longer than `threshold`. `"always"`: every
   * message that may be written twice goes to disk before it is sent. `publishDurable()` is on disk when it resolves, in either mode.
   */
  mode?: OutboxMode;
  /** Bytes that it may hold, on disk and on the way there; then messages are refused (`OUTBOX_FULL`). From 65,536; default 1 GiB. */
  maxBytes?: number;
  /** ms after which a message is worth nothing any more, if it is still held: it is dropped then, and told (`expired`). Default Infinity. */
  maxAge?: number;
  /** Mode `"overflow"` without `stream`: ms of an outage after which everything goes to disk, although the buffer has room. Default 10,000; Infinity: only when it is full. */
  threshold?: number;
  /**
   * Stream that everything goes to: each message leaves the disk when the stream has acknowledged it, and has a `Nats-Msg-Id`, so that it is stored once also when
   * this process dies in between. Default: none; then it leaves when a server has confirmed it.
   */
  stream?: string;
  /** With `stream`: the JetStream domain that it is in, as of a leaf node. Default: that of the server. */
  domain?: string;
  /** With `stream`: messages on the way without an acknowledgement, at most. From 1 to 65,536; default 256. */
  window?: number;
  /** Encrypts what is stored; the same bytes come back to `decrypt`. Default: stored as they are. */
  encrypt?: OutboxTransform;
  /** Makes of what `encrypt` has returned what it was given. One is not allowed without the other. */
  decrypt?: OutboxTransform;
}

/** The options, checked, with their defaults. */
export interface OutboxSettings {
  readonly path: string | undefined;
  readonly store: OutboxStore | undefined;
  readonly mode: OutboxMode;
  readonly maxBytes: number;
  readonly maxAge: number;
  readonly threshold: number;
  readonly stream: string | undefined;
  readonly domain: string | undefined;
  readonly window: number;
  readonly encrypt: OutboxTransform | undefined;
  readonly decrypt: OutboxTransform | undefined;
}

const GIB = 1024 ** 3;
const STORE_METHODS = ["records", "body", "commit", "close"] as const;

const callable: Check = (value) => (typeof value === "function" ? undefined : "must be a function");

const aPath: Check = (value) => {
  if (typeof value !== "string" || value === "") return "must be the path of a folder";
  return value.includes("\0") ? "must have no NUL in it" : undefined;
};

const aStore: Check = (value) => {
  const given = value as Partial<OutboxStore>;
  const isOne =
    anObject(value) === undefined &&
    typeof given.path === "string" &&
    STORE_METHODS.every((name) => typeof given[name] === "function");
  return isOne ? undefined : `must be an OutboxStore: an object with path, ${STORE_METHODS.join("(), ")}()`;
};

/** As the server names streams and domains: it would take the rest for wildcards, subjects or folders. */
const nameOf =
  (what: string): Check =>
  (value) =>
    typeof value === "string" && value.length <= 255 && /^[^\s.*>/\\\p{Cc}]+$/u.test(value)
      ? undefined
      : `must be the name of ${what}: at most 255 characters, without white space, ".", "*", ">", "/" and "\\"`;

const CHECKS = {
  path: aPath,
  store: aStore,
  mode: oneOf("overflow", "always"),
  maxBytes: numberOf("bytes", 65_536, Number.MAX_SAFE_INTEGER),
  maxAge: numberOf("milliseconds", 1, Number.POSITIVE_INFINITY),
  threshold: numberOf("milliseconds", 0, Number.POSITIVE_INFINITY),
  stream: nameOf("a stream"),
  domain: nameOf("a JetStream domain"),
  window: numberOf("messages", 1, 65_536),
  encrypt: callable,
  decrypt: callable,
} satisfies Record<keyof OutboxOptions, Check>;

/** What it is called elsewhere. */
const OTHER_NAMES: OtherNames<OutboxOptions> = {
  dir: "path",
  directory: "path",
  folder: "path",
  file: "path",
  filename: "path",
  location: "path",
  maxSize: "maxBytes",
  maxStorage: "maxBytes",
  mapSize: "maxBytes",
  limit: "maxBytes",
  size: "maxBytes",
  ttl: "maxAge",
  expiry: "maxAge",
  expireAfter: "maxAge",
  outageThreshold: "threshold",
  streamName: "stream",
  jsDomain: "domain",
  maxInFlight: "window",
  inFlight: "window",
  encode: "encrypt",
  decode: "decrypt",
  encryption: "encrypt",
  backend: "store",
  storage: "store",
};

/**
 * The options of `openOutbox()`, checked.
 *
 * @throws an error with code `INVALID_OPTION`
 */
export function readOutboxOptions(given: unknown): OutboxSettings {
  if (typeof given === "string") {
    throw invalidOption("", 'must be an object: write openOutbox({ path: "…" }) for the folder');
  }
  const options = readOptions<OutboxOptions>(given, CHECKS, "", OTHER_NAMES);
  const { path, store, mode = "overflow", stream, domain, window, threshold, encrypt, decrypt } = options;
  if (path === undefined && store === undefined) {
    throw invalidOption("path", "is missing: the folder of the outbox (or option store)");
  }
  if (path !== undefined && store !== undefined) {
    throw invalidOption("store", "is an alternative to option path: leave one of them out");
  }
  if (threshold !== undefined && mode === "always") {
    throw invalidOption("threshold", 'is for mode "overflow": in mode "always" nothing waits in memory');
  }
  if (threshold !== undefined && stream !== undefined) {
    throw invalidOption(
      "threshold",
      "is for an outbox without option stream: with it everything goes by the outbox anyway",
    );
  }
  if (domain !== undefined && stream === undefined) throw invalidOption("domain", "needs option stream");
  if (window !== undefined && stream === undefined) throw invalidOption("window", "needs option stream");
  if (encrypt === undefined && decrypt !== undefined) throw invalidOption("decrypt", "needs option encrypt");
  if (encrypt !== undefined && decrypt === undefined) throw invalidOption("encrypt", "needs option decrypt");
  const { maxBytes = GIB, maxAge = Number.POSITIVE_INFINITY } = options;
  return {
    path,
    store,
    mode,
    maxBytes: Math.floor(maxBytes),
    maxAge,
    threshold: threshold ?? 10_000,
    stream,
    domain,
    window: Math.floor(window ?? 256),
    encrypt,
    decrypt,
  };
}
