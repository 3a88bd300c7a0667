import type { PublishWishes } from "../core/publish-wishes.js";
import { CodedError, withoutStack } from "../errors.js";
import { type HeaderOptions, headerBytes } from "../interop/headers.js";
import type { PublishOptions as NatsPublishOptions } from "../interop/nats-core.js";

/** Options of one publish, beside those of nats.js. */
export interface PublishOptions extends NatsPublishOptions {
  /** Whether it may be written twice, instead of what option `delivery` says. */
  replay?: boolean;
  /**
   * ms after which the message is worth nothing: if no link has it by then, or the link that has it dies later, it is
   * dropped with reason `"ttl"`. Default: none; Infinity is none.
   */
  ttl?: number;
  /** Refuse at once (`DISCONNECTED`) when there is no connection, instead of buffering; with one it is sent past what an outbox or an own {@link Overflow} holds. Default false. */
  critical?: boolean;
  /** Do not offer it to an engaged {@link Overflow}: for the overflow's own messages. Default false. */
  bypassOverflow?: boolean;
  /** Encoded headers (`NATS/1.0` … and an empty line) as an {@link Overflow} has got them, instead of `headers`. */
  encodedHeaders?: Uint8Array;
  /** It was accepted by an earlier process, which could not send it: counted as `recovered`. Default false. */
  recovered?: boolean;
}

/**
 * What the engine has to know of the options of a publish.
 *
 * @param now monotonic ms
 * @throws CodedError `INVALID_ARGUMENT`, `DISCONNECTED`
 */
export function toWishes(
  options: PublishOptions,
  subject: string,
  connected: boolean,
  now: () => number,
): PublishWishes | undefined {
  const { replay, ttl, critical, bypassOverflow, recovered } = options;
  if (critical === true && !connected) {
    const text = "there is no connection, and the message is critical";
    throw withoutStack(CodedError, "DISCONNECTED", text, { subject });
  }
  if (ttl !== undefined) {
    const checked = checkTtl(ttl);
    return {
      replay,
      bypassOverflow,
      recovered,
      critical,
      expiresAt: now() + checked,
      ttl: checked === Number.POSITIVE_INFINITY ? undefined : checked,
    };
  }
  // An overflow publishes millions: nothing is allocated for its messages.
  if (bypassOverflow === true && replay !== false && critical !== true)
    return OVERFLOWS[(replay === true ? 2 : 0) + (recovered === true ? 1 : 0)];
  if (replay === undefined && bypassOverflow !== true && recovered !== true && critical !== true)
    return undefined;
  return { replay, bypassOverflow, recovered, critical };
}

const OVERFLOWS: readonly PublishWishes[] = [undefined, true].flatMap((replay) =>
  [false, true].map((recovered) => ({ replay, bypassOverflow: true, recovered })),
);

/**
 * The headers of a publish as bytes; undefined when there are none.
 *
 * @throws CodedError `INVALID_ARGUMENT` naming the header or the option
 */
export function encodedHeadersOf(
  options: HeaderOptions & Pick<PublishOptions, "encodedHeaders">,
): Uint8Array | undefined {
  const { encodedHeaders } = options;
  if (encodedHeaders === undefined) return headerBytes(options);
  if (
    options.headers !== undefined ||
    options.traceDestination !== undefined ||
    options.traceOnly !== undefined
  )
    throw wrongHeaders('and options "headers", "traceDestination" and "traceOnly" exclude each other');
  if (!(encodedHeaders instanceof Uint8Array)) throw wrongHeaders("must be a Uint8Array");
  if (!isBlock(encodedHeaders)) throw wrongHeaders("must begin with NATS/1.0, and end with an empty line");
  return encodedHeaders;
}

const BEGIN = [78, 65, 84, 83, 47, 49, 46, 48]; // NATS/1.0
const END = [13, 10, 13, 10];

/** Whether a server takes it for headers; what is between is its maker's. */
function isBlock(bytes: Uint8Array): boolean {
  const end = bytes.length - END.length;
  if (end < BEGIN.length) return false;
  for (let i = 0; i < BEGIN.length; i++) if (bytes[i] !== BEGIN[i]) return false;
  for (let i = 0; i < END.length; i++) if (bytes[end + i] !== END[i]) return false;
  return true;
}

function wrongHeaders(why: string): CodedError {
  return new CodedError("INVALID_ARGUMENT", `option "encodedHeaders" ${why}`, { option: "encodedHeaders" });
}

/** ms after which a message is worth nothing. @throws CodedError `INVALID_ARGUMENT` */
export function checkTtl(ttl: unknown): number {
  if (typeof ttl === "number" && ttl > 0) return ttl;
  const found = typeof ttl === "number" ? ttl : typeof ttl;
  throw new CodedError(
    "INVALID_ARGUMENT",
    `option "ttl" must be a number of milliseconds over 0, not ${found}`,
    {
      option: "ttl",
    },
  );
}
