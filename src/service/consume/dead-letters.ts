import { codedError } from "../../checks/coded-error.js";
import type { Connection, HoldfastError, MsgHdrs } from "../../index.js";
import { type DeadLetter, deadLetterFailed, sendDeadLetter } from "../work/dead-letter.js";
import type { DeadLetterSettings } from "./consume-options.js";
import { makeStream } from "./ensure-stream.js";
import type { JetStreamManager, StreamConfig } from "./jetstream.js";

/** ms that a stream has for storing a dead letter. */
const TIMEOUT = 5_000;
/** How long a stream that is made for dead letters knows their ids, ns. */
const DUPLICATE_WINDOW = 3_600_000_000_000;

/** `err_code` of a stream: the message is over its `max_msg_size`; its headers are over 64 KiB. */
const TOO_LARGE: readonly unknown[] = [10054, 10097];

/** A message that is given up, wherever it was got from. */
export interface GivenUp {
  readonly subject: string;
  readonly headers: MsgHdrs | undefined;
  readonly data: Uint8Array;
  readonly sequence: number;
  /** When its stream stored it; with the sequence, it tells messages apart across a restored stream. */
  readonly stored: string;
  readonly attempts: number;
  readonly error: HoldfastError;
}

/** Stores dead letters in a stream: each once, since their message id follows from the message. */
export class DeadLetters {
  readonly to: string;
  private readonly nc: Connection;
  private readonly jsm: JetStreamManager;
  private readonly settings: DeadLetterSettings;
  private readonly stream: string;
  private readonly consumer: string;
  private isEnsured: boolean;

  constructor(
    nc: Connection,
    jsm: JetStreamManager,
    settings: DeadLetterSettings,
    source: { stream: string; durable: string },
  ) {
    this.nc = nc;
    this.jsm = jsm;
    this.settings = settings;
    this.to = settings.subject;
    this.stream = source.stream;
    this.consumer = source.durable;
    this.isEnsured = settings.ensure === undefined;
  }

  /** Makes the stream, if it is to be made and that was not done yet. Rejects as `ensureStream()`. */
  async ensure(): Promise<void> {
    const { stream, ensure } = this.settings;
    if (this.isEnsured || stream === undefined || ensure === undefined) return;
    const age = ensure.max_age ?? 0;
    const window = age > 0 ? Math.min(age, DUPLICATE_WINDOW) : DUPLICATE_WINDOW;
    const defaults: Partial<StreamConfig> = {
      subjects: [this.to],
      retention: "limits",
      storage: "file",
      discard: "old",
      max_msgs: 100_000,
      max_bytes: 100 * 1024 * 1024,
      duplicate_window: window,
    };
    await makeStream(this.jsm, { ...ensure, name: stream }, "deadLetter.ensure.", defaults);
    this.isEnsured = true;
  }

  /** Settles when the stream has stored it. Rejects with `DEAD_LETTER_FAILED`: whether it is stored is not known then, and storing it again is safe. */
  async store(message: GivenUp): Promise<void> {
    const { subject, sequence, stored, attempts, error } = message;
    const { stream, consumer, nc } = this;
    const letter: DeadLetter = {
      subject,
      error,
      attempts,
      client: nc.options.name,
      stream,
      sequence,
      consumer,
    };
    try {
      await this.ensure();
      await this.put(message, letter, `${stream}:${consumer}:${sequence}:${stored}`);
    } catch (cause) {
      // The stream may be gone: it is made again the next time.
      if (this.settings.ensure !== undefined) this.isEnsured = false;
      throw deadLetterFailed(this.to, subject, cause);
    }
  }

  /** With all that there is room for. What is too large is surely not stored. */
  private async put(message: GivenUp, letter: DeadLetter, id: string): Promise<void> {
    const { stream } = this.settings;
    await sendDeadLetter(message, letter, async (payload, headers) => {
      headers.set("Nats-Msg-Id", id);
      if (stream !== undefined) headers.set("Nats-Expected-Stream", stream);
      const answer = await this.nc.request(this.to, payload, { headers, timeout: TIMEOUT });
      checkStored(answer.string());
    });
  }
}

/** @throws when it is not the answer of a stream that has stored a message */
function checkStored(text: string): void {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    // Said below.
  }
  const { stream, seq, error } = Object(answer) as {
    stream?: unknown;
    seq?: unknown;
    error?: { err_code?: unknown; description?: unknown };
  };
  if (error !== undefined) {
    const { err_code: reason, description } = Object(error) as NonNullable<typeof error>;
    const code = TOO_LARGE.includes(reason) ? "MAX_PAYLOAD_EXCEEDED" : "SERVER_ERROR";
    throw codedError(code, `JetStream does not store it: ${String(description)}`);
  }
  if (typeof stream !== "string" || typeof seq !== "number") {
    throw codedError("SERVER_ERROR", "what answers there is no stream");
  }
}
