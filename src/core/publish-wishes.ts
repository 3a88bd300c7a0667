/** What a publish asks for beyond subject and payload; only what is rarely given is in here. */
export interface PublishWishes {
  /** At-least-once or not; undefined: as the `delivery` option says. */
  readonly replay?: boolean | undefined;
  /** Monotonic ms at which the message is worth nothing any more, if it is not confirmed by then. */
  readonly expiresAt?: number | undefined;
  /** The same as ms from now on: what an overflow is told. */
  readonly ttl?: number | undefined;
  /** It is the overflow's own. */
  readonly bypassOverflow?: boolean | undefined;
  /** It is for the link that stands, and for nothing that waits. */
  readonly critical?: boolean | undefined;
  /** An earlier process had accepted it. */
  readonly recovered?: boolean | undefined;
}
