import type { Attributes, Context, Link, Span } from "@opentelemetry/api";
import type {
  Connection,
  Msg,
  MsgHdrs,
  Payload,
  PublishOptions,
  QueuedIterator,
  RequestManyOptions,
  RequestOptions,
} from "../../index.js";
import { type AnswersEnd, watchAnswers } from "./answers.js";
import { changed } from "./changed.js";
import { consumerOf, type Operation, operationOfPublish, operationOfRequest } from "./operations.js";
import type { Tracing } from "./tracing.js";

/** The calls of a connection that send. */
export type SendingCalls = Pick<
  Connection,
  "publish" | "publishConfirmed" | "publishDurable" | "request" | "requestMany"
>;

/** A message on its way out. */
interface Sending<O> {
  readonly operation: Operation;
  readonly span: Span | undefined;
  /** The options to send it with. */
  readonly options: O | undefined;
  /** Whether they carry a context that the application has not put in. */
  readonly isFilled: boolean;
  readonly destination: string | undefined;
  /** ms, on the clock of `performance.now()`. */
  readonly startedAt: number;
}

/** Errors of a message that was not accepted, and might be with fewer headers. */
const OWN_FAULT: ReadonlySet<unknown> = new Set([
  "HEADERS_UNSUPPORTED",
  "INVALID_ARGUMENT",
  "MAX_PAYLOAD_EXCEEDED",
]);

/** Gives what is sent a span, and its context to take along. */
export class Outgoing {
  private readonly tracing: Tracing;
  private readonly calls: SendingCalls;
  /** A call is under way that has its span already, and makes others. */
  private isInside = false;

  /** @param calls those of the connection itself */
  constructor(tracing: Tracing, calls: SendingCalls) {
    this.tracing = tracing;
    this.calls = calls;
  }

  /** Whether the present call was made by another one of the connection. */
  get inside(): boolean {
    return this.isInside;
  }

  readonly publish = (subject: string, payload?: Payload, options?: PublishOptions): boolean => {
    const { calls } = this;
    // What an overflow has kept had its span when it was given to it.
    if (this.isInside || this.tracing.isIdle || options?.bypassOverflow === true)
      return calls.publish(subject, payload, options);
    const sending = this.begin(operationOf(subject, payload), "publish", subject, payload, options);
    if (sending === undefined) return calls.publish(subject, payload, options);
    const { spans } = this.tracing;
    try {
      const hasRoom = this.firstOrPlain(sending, options, (given) => calls.publish(subject, payload, given));
      spans.end(sending.span);
      return hasRoom;
    } catch (error) {
      spans.fail(sending.span, error);
      throw error;
    }
  };

  readonly publishConfirmed = (
    subject: string,
    payload?: Payload,
    options?: PublishOptions,
  ): Promise<void> => {
    const { calls } = this;
    const send = (given: PublishOptions | undefined) => calls.publishConfirmed(subject, payload, given);
    return options?.bypassOverflow === true ? send(options) : this.published(subject, payload, options, send);
  };

  /** Its span ends when it is on disk; the context is stored with the message. */
  readonly publishDurable = (subject: string, payload?: Payload, options?: PublishOptions): Promise<void> => {
    const { calls } = this;
    const send = (given: PublishOptions | undefined) => calls.publishDurable(subject, payload, given);
    return this.published(subject, payload, options, send);
  };

  readonly request = (
    subject: string,
    payload?: Payload,
    options?: Partial<RequestOptions>,
  ): Promise<Msg> => {
    const { calls } = this;
    const send = (given: Partial<RequestOptions> | undefined) => calls.request(subject, payload, given);
    if (this.passes) return send(options);
    const sending = this.begin(requestOf(subject), "request", subject, payload, options);
    return this.settle(sending, options, send, (answer) => this.answered(sending?.span, answer));
  };

  readonly requestMany = (
    subject: string,
    payload?: Payload,
    options?: Partial<RequestManyOptions>,
  ): Promise<QueuedIterator<Msg>> => {
    const { calls } = this;
    const send = (given: Partial<RequestManyOptions> | undefined) =>
      calls.requestMany(subject, payload, given);
    if (this.passes) return send(options);
    const sending = this.begin(requestOf(subject), "request", subject, payload, options);
    if (sending === undefined) return send(options);
    return handled(
      this.attempt(sending, options, send).then(
        (answers) => watchAnswers(answers, (end) => this.ended(sending, end)),
        (error) => {
          this.over(sending, error);
          throw error;
        },
      ),
    );
  };

  private published(
    subject: string,
    payload: Payload | undefined,
    options: PublishOptions | undefined,
    send: (options: PublishOptions | undefined) => Promise<void>,
  ): Promise<void> {
    if (this.passes) return send(options);
    const sending = this.begin(operationOf(subject, payload), "publish", subject, payload, options);
    return this.settle(sending, options, send);
  }

  /** Whether a call that takes its time goes through as if nothing was there. */
  private get passes(): boolean {
    const { isIdle, isStopped, durations } = this.tracing;
    return this.isInside || isStopped || (isIdle && durations === undefined);
  }

  private begin<O extends { headers?: MsgHdrs }>(
    operation: Operation | undefined,
    asked: "publish" | "request",
    subject: string,
    payload: Payload | undefined,
    options: O | undefined,
  ): Sending<O> | undefined {
    const { tracing } = this;
    if (operation === undefined) return undefined;
    try {
      if (!tracing.wants(subject, asked)) return undefined;
      const { active } = tracing;
      // An acknowledgement by itself tells nothing.
      if (operation.type === "settle" && tracing.carrier.spanOf(active) === undefined) return undefined;
      return this.begun(operation, active, subject, payload, options);
    } catch (cause) {
      tracing.troubles.tell("a span", cause);
      return undefined;
    }
  }

  private begun<O extends { headers?: MsgHdrs }>(
    operation: Operation,
    active: Context,
    subject: string,
    payload: Payload | undefined,
    options: O | undefined,
  ): Sending<O> {
    const { spans, facts, durations } = this.tracing;
    const given = headersOf(options);
    const own = given === undefined ? undefined : this.contextIn(given);
    const attributes = spans.attributesOf(operation);
    const destination = this.describe(attributes, operation, subject, active);
    const span = spans.start({ operation, destination, attributes, links: own }, active);
    spans.add(span, () => ({ ...sizeOf(payload), ...idOf(given) }));
    const mayFill =
      this.tracing.carries &&
      operation.carries &&
      facts.takesHeaders &&
      own === undefined &&
      canFill(options);
    const filled = mayFill ? this.fill(active, span, given) : undefined;
    const startedAt = durations === undefined ? 0 : performance.now();
    return {
      operation,
      span,
      options: filled === undefined ? options : changed(options, { headers: filled }),
      isFilled: filled !== undefined,
      destination,
      startedAt,
    };
  }

  private describe(
    attributes: Attributes,
    { type }: Operation,
    subject: string,
    active: Context,
  ): string | undefined {
    const { names } = this.tracing;
    if (type === "settle") {
      const settled = consumerOf(subject);
      if (settled === undefined || !names.shown) return undefined;
      attributes["messaging.destination.name"] = settled.stream;
      attributes["messaging.consumer.group.name"] = settled.consumer;
      return settled.stream;
    }
    const isTemporary = names.isInbox(subject) || this.tracing.replySubject(active) === subject;
    return names.describe(attributes, subject, isTemporary);
  }

  /** A link to the context that the application has put into the headers itself. */
  private contextIn(given: MsgHdrs): Link[] | undefined {
    const { carrier, troubles } = this.tracing;
    try {
      const context = carrier.spanIn(given);
      return context === undefined ? undefined : [{ context }];
    } catch (cause) {
      troubles.tell("the propagator", cause);
      return undefined;
    }
  }

  private fill(active: Context, span: Span | undefined, given: MsgHdrs | undefined): MsgHdrs | undefined {
    const { api, carrier, troubles } = this.tracing;
    try {
      return carrier.fill(span === undefined ? active : api.trace.setSpan(active, span), given);
    } catch (cause) {
      troubles.tell("the propagator", cause);
      return undefined;
    }
  }

  /** Calls, and once more with the options as they were given if it was our headers that made it fail. */
  private firstOrPlain<O, R>(
    sending: Sending<O>,
    plain: O | undefined,
    call: (options: O | undefined) => R,
  ): R {
    try {
      return call(sending.options);
    } catch (error) {
      if (!isOwnFault(sending, error)) throw error;
      return call(plain);
    }
  }

  /** The same for a call that answers with a promise. */
  private attempt<O, R>(
    sending: Sending<O>,
    plain: O | undefined,
    call: (options: O | undefined) => Promise<R>,
  ): Promise<R> {
    const first = this.within(call, sending.options);
    if (!sending.isFilled) return first;
    return first.catch((error) => {
      if (!isOwnFault(sending, error)) throw error;
      return this.within(call, plain);
    });
  }

  /** What the call does at once is part of it. */
  private within<O, R>(call: (options: O | undefined) => Promise<R>, options: O | undefined): Promise<R> {
    this.isInside = true;
    try {
      return call(options);
    } finally {
      this.isInside = false;
    }
  }

  /** Makes a call that answers with a promise, and ends its span with it. */
  private settle<O, R>(
    sending: Sending<O> | undefined,
    plain: O | undefined,
    call: (options: O | undefined) => Promise<R>,
    onResult?: (result: R) => void,
  ): Promise<R> {
    if (sending === undefined) return this.within(call, plain);
    return handled(
      this.attempt(sending, plain, call).then(
        (result) => {
          onResult?.(result);
          this.over(sending, undefined);
          return result;
        },
        (error) => {
          this.over(sending, error);
          throw error;
        },
      ),
    );
  }

  private answered(span: Span | undefined, answer: Msg): void {
    const { names, spans } = this.tracing;
    if (!names.shown) return;
    spans.add(span, () => ({ "messaging.message.conversation_id": answer.subject }));
  }

  private ended<O>(sending: Sending<O>, { answers, error }: AnswersEnd): void {
    this.tracing.spans.add(sending.span, () => ({ "messaging.batch.message_count": answers }));
    this.over(sending, error);
  }

  private over<O>({ operation, span, destination, startedAt }: Sending<O>, error: unknown): void {
    const { spans, durations } = this.tracing;
    durations?.sent(operation, destination, startedAt, error);
    if (error === undefined) spans.end(span);
    else spans.fail(span, error);
  }
}

/** A subject or payload that is none goes to the connection, which refuses it. */
function operationOf(subject: string, payload: Payload | undefined): Operation | undefined {
  const isPayload = payload === undefined || typeof payload === "string" || payload instanceof Uint8Array;
  return typeof subject === "string" && isPayload ? operationOfPublish(subject, payload) : undefined;
}

function requestOf(subject: string): Operation | undefined {
  return typeof subject === "string" ? operationOfRequest(subject) : undefined;
}

/** The headers among the options, if they are any. */
function headersOf(options: unknown): MsgHdrs | undefined {
  const given = (options as { headers?: unknown } | null | undefined)?.headers;
  const isHeaders =
    typeof given === "object" && given !== null && Symbol.iterator in given && "code" in given;
  return isHeaders ? (given as MsgHdrs) : undefined;
}

/** Whether headers may be put into these options: wrong ones go to the connection as they are, which refuses them. */
function canFill(options: unknown): boolean {
  if (options === undefined) return true;
  if (typeof options !== "object" || options === null || Array.isArray(options)) return false;
  const { headers, encodedHeaders } = options as Pick<PublishOptions, "headers" | "encodedHeaders">;
  if (encodedHeaders !== undefined) return false;
  return headers === undefined || headersOf(options) !== undefined;
}

function isOwnFault<O>({ isFilled }: Sending<O>, error: unknown): boolean {
  return isFilled && OWN_FAULT.has((error as { code?: unknown } | null | undefined)?.code);
}

function sizeOf(payload: Payload | undefined): { "messaging.message.body.size": number } {
  const size = payload === undefined ? 0 : Buffer.byteLength(payload);
  return { "messaging.message.body.size": size };
}

/** What JetStream knows a message by. */
function idOf(given: MsgHdrs | undefined): { "messaging.message.id"?: string } {
  const id = given?.get("Nats-Msg-Id") ?? "";
  return id === "" ? {} : { "messaging.message.id": id };
}

/** A promise of ours may be left alone, as those of the connection may. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
