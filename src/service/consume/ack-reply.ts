/** What the reply subject of a message of a stream says of its delivery. */
export interface AckReply {
  readonly domain: string;
  readonly accountHash: string;
  readonly stream: string;
  readonly consumer: string;
  /** Which delivery of the message it is, from 1. */
  readonly deliveryCount: number;
  /** Sequence of the message in its stream. */
  readonly sequence: number;
  /** Which delivery of the consumer it is, from 1. */
  readonly consumerSequence: number;
  /** When the stream stored it, ns since the epoch: digits, since no number holds them. */
  readonly stored: string;
  /** Messages that the consumer has not delivered yet. */
  readonly pending: number;
}

/**
 * Reads `$JS.ACK.<stream>.<consumer>.<count>.<sequence>.<consumer sequence>.<stored>.<pending>`, or the same with domain and account
 * hash before the stream and maybe a token at the end (ADR-15). Undefined for anything else: what comes in is not trusted.
 */
export function readAckReply(reply: string | undefined): AckReply | undefined {
  if (reply === undefined || !reply.startsWith("$JS.ACK.")) return undefined;
  const tokens = reply.split(".");
  const at = tokens.length === 9 ? 2 : 4;
  if (tokens.length < 9 || tokens.length === 10) return undefined;
  const [stream, consumer, ...numbers] = tokens.slice(at, at + 7);
  if (stream === "" || consumer === "" || !numbers.every((token) => /^\d{1,20}$/.test(token)))
    return undefined;
  const [deliveryCount, sequence, consumerSequence, , pending] = numbers.map(Number);
  const [domain, accountHash] = at === 4 ? tokens.slice(2, 4) : ["", ""];
  return {
    domain: domain === "_" ? "" : domain,
    accountHash,
    stream,
    consumer,
    deliveryCount,
    sequence,
    consumerSequence,
    stored: numbers[3],
    pending,
  };
}
