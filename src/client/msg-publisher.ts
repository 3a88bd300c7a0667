import type { Engine } from "../core/engine.js";
import type { PendingRequest, ReplySink } from "../core/requests.js";
import { publicError, wrappedError } from "../interop/errors.js";
import { headerBytes } from "../interop/headers.js";
import type { Msg, Payload, PublishOptions } from "../interop/nats-core.js";
import type { Clock } from "../io/clock.js";
import { callOptions } from "./call-options.js";
import { HoldfastMsg, type Responder } from "./msg.js";
import type { OfficialOptions } from "./official.js";
import { checkPayload } from "./payload.js";
import { noResponders } from "./request-many.js";

/** A request that an official package has made by itself (`RequestOne` of nats-core): what is used of it. */
export interface ForeignRequest {
  readonly token: string;
  /** Takes the answer, or the error. */
  resolver(error: Error | null, msg: Msg): void;
}

/** The part of the shared inbox that official packages know. */
export interface MuxSubscriptions {
  /** `_INBOX.<unique>.`; the token of a request follows. */
  readonly baseInbox: string;
  /** The request is given up, or has its answer. */
  cancel(request: ForeignRequest): void;
}

/** What {@link MsgPublisher} needs of the connection. */
export interface PublisherHost extends Responder {
  readonly clock: Clock;
  readonly options: OfficialOptions;
}

/** A request that was announced, and sent as soon as it has been published. */
interface Announced {
  readonly request: ForeignRequest;
  sent?: PendingRequest;
}

/**
 * What `msg.publisher` is. Answers to messages go through it; and `JsMsg.ackAck()` of the JetStream package, which has only
 * the message at hand, makes its request with it: announces a request of its own, and publishes with the reply subject
 * `baseInbox + token`. Such a request goes out as all others do, so that a lost link ends it at once.
 */
export class MsgPublisher implements Responder {
  private mux: MuxSubscriptions | undefined;
  private readonly host: PublisherHost;
  private readonly engine: Engine;
  private announced: Map<string, Announced> | undefined;

  constructor(host: PublisherHost, engine: Engine) {
    this.host = host;
    this.engine = engine;
  }

  /** Made when a package reaches for it. */
  get muxSubscriptions(): MuxSubscriptions {
    this.mux ??= { baseInbox: this.baseInbox, cancel: (request) => this.cancel(request) };
    return this.mux;
  }

  private get baseInbox(): string {
    return this.engine.requests.prefix;
  }

  /** The options in force, without secrets. */
  get options(): OfficialOptions {
    return this.host.options;
  }

  /** See `Connection.publish`. */
  publish(subject: string, payload?: Payload, options?: PublishOptions): boolean {
    if (this.announced !== undefined && options?.reply !== undefined) {
      const { baseInbox } = this;
      const { reply } = options;
      const announced = reply.startsWith(baseInbox)
        ? this.announced.get(reply.slice(baseInbox.length))
        : undefined;
      if (announced !== undefined && announced.sent === undefined) {
        this.send(announced, subject, payload, options);
        return true;
      }
    }
    return this.host.publish(subject, payload, options);
  }

  /** Announces a request; it is sent by the `publish()` that names its reply subject. */
  request(request: ForeignRequest): void {
    this.announced ??= new Map();
    this.announced.set(request.token, { request });
  }

  /** What a log shows of it. */
  toJSON(): { baseInbox: string } {
    return { baseInbox: this.baseInbox };
  }

  [Symbol.for("nodejs.util.inspect.custom")](): unknown {
    return this.toJSON();
  }

  private cancel(request: ForeignRequest): void {
    const announced = this.announced?.get(request.token);
    if (announced?.sent !== undefined) this.engine.requests.cancel(announced.sent);
    this.announced?.delete(request.token);
    if (this.announced?.size === 0) this.announced = undefined;
  }

  /** It keeps the time itself, and cancels. @throws the public errors of a publish */
  private send(
    announced: Announced,
    subject: string,
    payload: Payload | undefined,
    options: PublishOptions,
  ): void {
    const { request } = announced;
    const sink: ReplySink = {
      onReply: (...place) => {
        const msg = new HoldfastMsg(this, 0, ...place);
        request.resolver(msg.isNoResponders ? wrappedError(noResponders(subject)) : null, msg);
      },
      onFail: (error) => request.resolver(wrappedError(error), {} as Msg),
    };
    try {
      const data = checkPayload(payload);
      const headers = headerBytes(callOptions(options));
      const now = this.host.clock.now();
      announced.sent = this.engine.request(subject, data, headers, Number.POSITIVE_INFINITY, sink, now);
    } catch (error) {
      throw publicError(error);
    }
  }
}
