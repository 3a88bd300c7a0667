import type { Engine } from "../core/engine.js";
import type { PendingRequest, ReplySink } from "../core/requests.js";
import { CodedError, stackless } from "../errors.js";
import { inboxError, publicError, requestError, requestManyError } from "../interop/errors.js";
import {
  createInbox,
  type Msg,
  type Payload,
  type RequestManyOptions,
  type RequestOptions,
} from "../interop/nats-core.js";
import type { Clock } from "../io/clock.js";
import { callOptions } from "./call-options.js";
import { type CallSite, calledAt, callSite } from "./call-site.js";
import { checkTimeout } from "./check-timeout.js";
import { HoldfastMsg, type Responder } from "./msg.js";
import type { OfficialOptions } from "./official.js";
import { onAbort } from "./on-abort.js";
import { checkPayload } from "./payload.js";
import { type PendingLimit, UNLIMITED } from "./pending-limit.js";
import { encodedHeadersOf, type PublishOptions } from "./publish-options.js";
import { type Answers, noResponders, requestMany } from "./request-many.js";
import { DEFAULTS } from "./settings.js";
import type { Subscription } from "./subscription.js";

/** What requests need of the connection. */
export interface RequesterHost {
  readonly clock: Clock;
  readonly options: OfficialOptions;
  subscribe(
    subject: string,
    options: { callback: (error: Error | null, msg: Msg) => void; pendingLimit: PendingLimit },
  ): Subscription;
}

/** Sends requests for a connection: one answer over the shared inbox, or many over one of their own. */
export class Requester {
  private readonly host: RequesterHost;
  private readonly engine: Engine;
  private readonly publisher: Responder;

  /** @param publisher who publishes answers to answers */
  constructor(host: RequesterHost, engine: Engine, publisher: Responder) {
    this.host = host;
    this.engine = engine;
    this.publisher = publisher;
  }

  /** See `Connection.request`. */
  request(
    subject: string,
    payload: Payload | undefined,
    options: Partial<RequestOptions> &
      Pick<PublishOptions, "encodedHeaders" | "recovered"> & { signal?: AbortSignal } = {},
  ): Promise<Msg> {
    try {
      checkTimeout("timeout", callOptions(options).timeout ?? DEFAULTS.requestTimeout);
      checkSignal(options.signal);
    } catch (error) {
      return Promise.reject(publicError(error));
    }
    const { timeout = DEFAULTS.requestTimeout, noMux, reply, signal } = options;
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    if (reply !== undefined && noMux !== true) {
      return rejected(new CodedError("INVALID_ARGUMENT", 'option "reply" needs "noMux": true'));
    }
    const site = this.host.options.noAsyncTraces === false ? callSite() : undefined;
    if (noMux === true) return this.first(subject, payload, options, timeout, site);
    return new Promise((resolve, reject) => {
      const sink = new Answer(this.publisher, subject, resolve, reject, site);
      try {
        const headers = encodedHeadersOf(options);
        const now = this.host.clock.now();
        const pending = this.engine.request(subject, checkPayload(payload), headers, timeout, sink, now);
        if (signal !== undefined) sink.endBy(signal, () => this.takeBack(pending));
        if (options.recovered === true) this.engine.intake.countRecovered();
      } catch (error) {
        reject(publicError(error));
      }
    });
  }

  private takeBack(pending: PendingRequest): void {
    this.engine.requests.cancel(pending);
    // There is room for others, and a message that was lost.
    this.engine.wakeUp();
  }

  /** One answer over an inbox of its own (`noMux`). */
  private async first(
    subject: string,
    payload: Payload | undefined,
    options: Partial<RequestOptions> & { signal?: AbortSignal },
    timeout: number,
    site: CallSite | undefined,
  ): Promise<Msg> {
    const { signal } = options;
    let untie = () => {};
    const many = { ...options, strategy: "count", maxMessages: 1, maxWait: timeout } as const;
    try {
      const answers = this.many(subject, payload, many, options.reply, requestError);
      if (signal !== undefined) untie = onAbort(signal, () => answers.stop());
      for await (const msg of answers) return msg;
      signal?.throwIfAborted();
      throw publicError(new CodedError("TIMEOUT", "timeout", { subject }));
    } catch (error) {
      if (signal?.aborted === true) throw signal.reason;
      throw calledAt(inboxError(error as Error), site);
    } finally {
      untie();
    }
  }

  /** See `Connection.requestMany`. @throws the public errors of a publish */
  many(
    subject: string,
    payload: Payload | undefined,
    options: Partial<RequestManyOptions>,
    inbox: string = createInbox(this.host.options.inboxPrefix),
    toError: (error: CodedError) => Error = requestManyError,
  ): Answers {
    try {
      const data = checkPayload(payload);
      const headers = encodedHeadersOf(callOptions(options));
      const host = {
        clock: this.host.clock,
        toError,
        inbox: (callback: (error: Error | null, msg: Msg) => void) =>
          this.host.subscribe(inbox, { callback, pendingLimit: UNLIMITED }),
        send: (reply: string, onFail: (error: CodedError) => void) =>
          this.engine.requestTo(reply, subject, data, headers, onFail),
      };
      return requestMany(host, subject, options);
    } catch (error) {
      throw publicError(error);
    }
  }
}

/** @throws CodedError `INVALID_ARGUMENT` */
function checkSignal(signal: unknown): void {
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw new CodedError("INVALID_ARGUMENT", 'option "signal" must be an AbortSignal');
}

function rejected(error: CodedError): Promise<never> {
  return Promise.reject(publicError(error));
}

/** Settles the promise of a request. */
class Answer implements ReplySink {
  private readonly responder: Responder;
  private readonly subject: string;
  private readonly resolve: (msg: Msg) => void;
  private readonly reject: (error: Error) => void;
  private readonly site: CallSite | undefined;
  /** Listens to the signal no longer. */
  private untie: (() => void) | undefined;

  constructor(
    responder: Responder,
    subject: string,
    resolve: (msg: Msg) => void,
    reject: (error: Error) => void,
    site: CallSite | undefined,
  ) {
    this.site = site;
    this.responder = responder;
    this.subject = subject;
    this.resolve = resolve;
    this.reject = reject;
  }

  /** It ends with the signal, too: `cancel` takes it back. */
  endBy(signal: AbortSignal, cancel: () => void): void {
    this.untie = onAbort(signal, () => {
      cancel();
      this.reject(signal.reason);
    });
  }

  onReply(
    buf: Buffer,
    subject: number,
    subjectEnd: number,
    reply: number,
    replyEnd: number,
    start: number,
    body: number,
    end: number,
  ): void {
    this.untie?.();
    const msg = new HoldfastMsg(
      this.responder,
      0,
      buf,
      subject,
      subjectEnd,
      reply,
      replyEnd,
      start,
      body,
      end,
    );
    if (msg.isNoResponders) this.onFail(noResponders(this.subject));
    else this.resolve(msg);
  }

  onFail(error: CodedError): void {
    this.untie?.();
    const { site } = this;
    this.reject(site === undefined ? requestError(error) : calledAt(stackless(requestError, error), site));
  }
}
