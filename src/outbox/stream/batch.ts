import { codedError } from "../../checks/coded-error.js";
import { invalidArgument } from "../../checks/invalid.js";
import { type Connection, nuid } from "../../index.js";
import { type Failure, failedRequest, refusedByStream, strangeAnswer } from "./failure.js";
import type { Outcome } from "./flow.js";
import { type BatchMessage, checkMessage, type PublisherSettings, readPublishOptions } from "./options.js";
import { Header, Outgoing } from "./outgoing.js";
import type { HeaderLine } from "./outgoing-headers.js";
import { ApiCode, type BatchAck, type PubAck, readAnswer } from "./pub-ack.js";

/** The first nats-server that knows batches. An older one would store the messages one by one. */
const FIRST = { major: 2, minor: 12 };
/** Messages of a batch, at most: the server's own limit is lower unless it was configured otherwise. */
const MOST = 65_536;

const nobody = () => {
  // The batch as a whole has an outcome, its messages have none.
};

/** A batch on its way: to the flow it is one message that tolerates no other beside it. */
export class OutgoingBatch extends Outgoing {
  override isAlone = true;
  readonly messages: readonly Outgoing[];
  /** No other message can have one of the ids. */
  private readonly hasOwnIds: boolean;
  override readonly bytes: number;

  /** @throws an error with code `INVALID_ARGUMENT`, `INVALID_OPTION` */
  constructor(
    given: readonly BatchMessage[],
    settings: PublisherSettings,
    resolve: (ack: BatchAck) => void,
    reject: (error: Error) => void,
  ) {
    if (!Array.isArray(given) || given.length === 0 || given.length > MOST)
      throw invalidArgument(`a batch must be an array of 1 to ${MOST} messages`);
    const messages = given.map((message: unknown) => toOutgoing(message, settings));
    const { subject, msgID } = messages[0];
    super({ subject, payload: "", options: { msgID } }, settings, resolve as (ack: PubAck) => void, reject);
    this.messages = messages;
    this.bytes = messages.reduce((sum, { bytes }) => sum + bytes, 0);
    this.hasOwnIds = given.every(
      ({ msgID, headers }) => msgID === undefined && headers?.has(Header.MsgId) !== true,
    );
    if (new Set(messages.map((message) => message.msgID)).size < messages.length)
      throw invalidArgument("two messages of a batch have the same msgID: the stream would refuse it");
  }

  override get subjects(): Iterable<string> {
    return new Set(this.messages.map(({ subject }) => subject));
  }

  /** Of the largest message. */
  override get size(): number {
    return this.messages.reduce((most, { size }) => Math.max(most, size), 0);
  }

  override over(most: number): Outgoing | undefined {
    return this.messages.find((message) => message.over(most) !== undefined);
  }

  /** Sends it once, under an id of its own: the server throws away what it had of an earlier try. Never rejects. */
  async sendTo(nc: Connection): Promise<Outcome> {
    const { messages } = this;
    const version = nc.getServerVersion();
    if (
      version === undefined ||
      version.major < FIRST.major ||
      (version.major === FIRST.major && version.minor < FIRST.minor)
    )
      return { failure: this.tooOld() };
    const id = nuid.next();
    // The rest waits until the stream has said that it takes batches at all.
    if (messages.length > 1) {
      const begun = await this.sendOne(nc, id, 0);
      if ("failure" in begun) return this.refused(nc, begun.failure);
      if (begun.ack !== undefined) return { failure: this.notTaken() };
    }
    const from = messages.length > 1 ? 1 : 0;
    const sent = messages.slice(from).map((_, index) => this.sendOne(nc, id, from + index));
    const last = await sent[sent.length - 1];
    if ("failure" in last) {
      // Without an answer to the commit nobody knows; else what went wrong first says more than that the batch has a gap.
      if (last.failure.maybeDelivered) return last;
      const first = (await Promise.all(sent)).find((told) => "failure" in told) ?? last;
      return this.refused(nc, (first as typeof last).failure);
    }
    if (last.ack === undefined)
      return { failure: strangeAnswer(this.subject, "an empty answer to a commit") };
    return last.ack.batch === undefined ? { failure: this.notTaken() } : { ack: last.ack };
  }

  private refused(nc: Connection, failure: Failure): Promise<Outcome> | Outcome {
    if (failure.apiCode === ApiCode.BatchDuplicate && this.maybeDelivered) return this.found(nc, failure);
    // Parts of it can get lost on the way to a new leader.
    const isGap = failure.apiCode === ApiCode.BatchIncomplete;
    return { failure: isGap ? { ...failure, mayPass: true } : failure };
  }

  /** An earlier try may have been stored, and one of the ids is there. Nobody but an earlier try can have used ids that were made for this batch. */
  private async found(nc: Connection, refused: Failure): Promise<Outcome> {
    if (!this.hasOwnIds) return { failure: { ...refused, mayPass: false, maybeDelivered: true } };
    const last = this.messages[this.messages.length - 1];
    // Not stored again: it has the id of one that is there; the answer tells where that is.
    const asked = await request(nc, last, [], this.timeout);
    if ("failure" in asked) return { failure: { ...asked.failure, maybeDelivered: true } };
    if (asked.ack === undefined) return { failure: strangeAnswer(this.subject, "an empty answer") };
    return { ack: { ...asked.ack, batch: "", count: this.messages.length } as BatchAck };
  }

  private async sendOne(nc: Connection, id: string, index: number): Promise<Told> {
    const message = this.messages[index];
    const isLast = index === this.messages.length - 1;
    const lines: HeaderLine[] = [
      [Header.BatchId, id],
      [Header.BatchSequence, `${index + 1}`],
    ];
    if (isLast) lines.push([Header.BatchCommit, "1"]);
    const told = await request(nc, message, lines, this.timeout);
    // Without the commit nothing is stored, whatever has arrived.
    return "failure" in told && !isLast ? { failure: { ...told.failure, maybeDelivered: false } } : told;
  }

  private tooOld(): Failure {
    const text = "atomic batches need nats-server 2.12 or newer";
    return forGood(codedError("INVALID_OPERATION", text, { subject: this.subject }), false);
  }

  private notTaken(): Failure {
    const text =
      "the stream's server knows no atomic batches (nats-server 2.12): it has stored the message as a single one";
    return forGood(codedError("INVALID_OPERATION", text, { subject: this.subject }), true);
  }
}

function forGood(error: Failure["error"], maybeDelivered: boolean): Failure {
  return {
    error,
    mayPass: false,
    maybeDelivered,
    isLinkLost: false,
    apiCode: undefined,
    lastSequence: undefined,
  };
}

function toOutgoing(given: unknown, settings: PublisherSettings): Outgoing {
  if (typeof given !== "object" || given === null)
    throw invalidArgument("a message of a batch must be an object");
  const { subject, payload, headers, msgID } = given as BatchMessage;
  checkMessage(subject, payload);
  const options = readPublishOptions({ headers, msgID });
  return new Outgoing({ subject, payload, options }, settings, nobody, nobody);
}

/** `ack` is undefined for an empty answer: part of a batch has come in. */
type Told = { readonly ack: (PubAck & Partial<BatchAck>) | undefined } | { readonly failure: Failure };

async function request(
  nc: Connection,
  message: Outgoing,
  lines: readonly HeaderLine[],
  timeout: number,
): Promise<Told> {
  const { subject, payload } = message;
  try {
    const msg = await nc.request(subject, payload, { ...message.headers.toSend(lines), timeout });
    if (msg.data.length === 0) return { ack: undefined };
    const answer = readAnswer(msg);
    if ("ack" in answer) return answer;
    return {
      failure:
        "refused" in answer
          ? refusedByStream(message, answer.refused)
          : strangeAnswer(subject, answer.strange),
    };
  } catch (cause) {
    return { failure: failedRequest(cause) };
  }
}
