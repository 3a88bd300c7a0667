/** What may be asked for at most: more is a slip of the finger, and would harm a server. */
export const MOST = {
  /** That publish, and as many that subscribe. */
  connections: 100,
  msgs: 1_000_000_000,
  /** Messages per second. */
  rate: 10_000_000,
  seconds: 3600,
  /** Bytes of a payload; servers take 64 MiB at most. */
  size: 64 * 1024 * 1024,
  /** Bytes of all payloads that are published. */
  bytes: 1024 ** 4,
} as const;

/** Messages when neither these nor seconds are said. */
export const MSGS = 100_000;
