import type { HoldfastError, Msg } from "../../index.js";

/** A stream's word that it has stored a message; the fields are those of `@nats-io/jetstream`. */
export interface PubAck {
  /** Name of the stream. */
  readonly stream: string;
  /** Sequence of the message in the stream; for a duplicate, of the one that it had already. */
  readonly seq: number;
  /** The stream had a message with this id already: this one was not stored again. */
  readonly duplicate: boolean;
  /** JetStream domain, where there is one. */
  readonly domain?: string;
}

/** A stream's word that it has stored a batch: `seq` is the sequence of its last message, the others come right before it. */
export interface BatchAck extends PubAck {
  /** Id of the batch. */
  readonly batch: string;
  /** Messages in it. */
  readonly count: number;
}

/** What a rejected `publish()` of a stream publisher tells. */
export interface StreamPublishError extends HoldfastError {
  /**
   * Whether it may pass: false when the same message would be refused again (too large, not in the stream, no permission, an expectation that does not
   * hold), and when the connection is at its end.
   */
  retryable: boolean;
  /** The stream may have stored it. Publishing it again with the same `msgID` within the stream's duplicate window stores it no second time. */
  maybeDelivered: boolean;
  /** The `Nats-Msg-Id` of the message: for publishing it again. */
  msgID: string;
  /** How often it was sent. */
  tries: number;
  /** JetStream's `err_code`, where a server has refused it: 10077 is a full stream, 10060 another stream than the one named, 10059 a stream that does not exist. */
  apiCode?: number;
}

/** What came in answer to a message: stored, refused by JetStream, or something that is no answer of JetStream's. */
export type Answer =
  | { readonly ack: PubAck & Partial<BatchAck> }
  | { readonly refused: ApiRefusal }
  | { readonly strange: string };

/** JetStream's error. */
export interface ApiRefusal {
  /** Like a status of HTTP. */
  readonly code: number;
  /** `err_code`. */
  readonly apiCode: number;
  readonly text: string;
}

/** `err_code`s that decide what is done. */
export const ApiCode = {
  AccountLimits: 10002,
  MessageTooLarge: 10054,
  StreamNotFound: 10059,
  StreamMismatch: 10060,
  HeaderTooLarge: 10097,
  RollupFailed: 10111,
  WrongLastSequence: 10071,
  StoreFailed: 10077,
  DuplicateInProcess: 10158,
  BatchIncomplete: 10176,
  BatchDuplicate: 10201,
} as const;

/** A text of a server is cut there. */
const LONGEST_TEXT = 256;

/** Reads an answer to a message that was published into a stream. What comes in is not trusted: somebody else may have answered. */
export function readAnswer(msg: Msg): Answer {
  let said: unknown;
  try {
    said = JSON.parse(msg.string());
  } catch {
    return { strange: "an answer that is no PubAck" };
  }
  const { error, stream, seq, duplicate, domain, batch, count } = Object(said) as Record<string, unknown>;
  if (typeof error === "object" && error !== null) return { refused: readRefusal(error) };
  if (typeof stream !== "string" || stream === "" || !isSequence(seq))
    return { strange: "an answer that is no PubAck" };
  const ack = { stream, seq, duplicate: duplicate === true };
  return {
    ack: {
      ...ack,
      ...(typeof domain === "string" && domain !== "" ? { domain } : {}),
      ...(typeof batch === "string" && isSequence(count) ? { batch, count } : {}),
    },
  };
}

function readRefusal(error: object): ApiRefusal {
  const { code, err_code, description } = error as Record<string, unknown>;
  return {
    code: typeof code === "number" ? code : 500,
    apiCode: typeof err_code === "number" ? err_code : 0,
    text: typeof description === "string" ? description.slice(0, LONGEST_TEXT) : "no reason given",
  };
}

function isSequence(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

/** Whether the same message may be stored later, with nothing changed in it. A full stream may have room, a cluster a leader. */
export function mayPass(refusal: ApiRefusal): boolean {
  const { code, apiCode } = refusal;
  // The code is that of a server in trouble, and the message is what is wrong: the stream allows no rollup, or not this one.
  if (apiCode === ApiCode.RollupFailed || isOverStore(refusal)) return false;
  return (
    code >= 500 || code === 429 || apiCode === ApiCode.DuplicateInProcess || apiCode === ApiCode.AccountLimits
  );
}

/** Whether it is larger than the server's store takes, whatever the stream allows (a file: 32 MiB). Only the text tells it from a full stream. */
export function isOverStore({ apiCode, text }: ApiRefusal): boolean {
  return apiCode === ApiCode.StoreFailed && /\btoo? large\b/.test(text);
}

/** The last sequence of the stream, out of the text of a `WrongLastSequence`; undefined when it does not say so. */
export function lastSequenceIn({ apiCode, text }: ApiRefusal): number | undefined {
  if (apiCode !== ApiCode.WrongLastSequence) return undefined;
  const [, digits] = /(\d{1,16})$/.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits);
}
