import { checkFrame } from "../core/admission.js";
import type { Engine } from "../core/engine.js";
import type { OverflowMessage } from "../core/overflow.js";
import { CodedError, describeCause } from "../errors.js";
import { publicError } from "../interop/errors.js";
import type { Payload } from "../interop/nats-core.js";
import { publishBytes } from "../wire/encoder.js";
import { Kind } from "../wire/frame.js";
import { checkSubject } from "../wire/subject.js";
import { callOptions } from "./call-options.js";
import type { DurableOverflow } from "./durable.js";
import { isThenable } from "./handled.js";
import { checkPayload } from "./payload.js";
import { checkTtl, encodedHeadersOf, type PublishOptions } from "./publish-options.js";

/** Hands messages to the outbox, which stores them before anything else; the books of the connection begin when it publishes them. */
export class DurablePublisher {
  private readonly engine: Engine;
  private readonly outbox: DurableOverflow | undefined;

  constructor(engine: Engine, outbox: DurableOverflow | undefined) {
    this.engine = engine;
    this.outbox = outbox;
  }

  /** See `Connection.publishDurable`. The message is handed over, and what is kept of it copied, before this returns. */
  async publish(
    subject: string,
    payload: Payload | undefined,
    options: PublishOptions | undefined,
  ): Promise<void> {
    try {
      const { outbox } = this;
      if (outbox === undefined) throw misuse('publishDurable() needs option "outbox"', subject);
      const stored: unknown = outbox.store(this.message(subject, payload, callOptions(options)));
      if (!isThenable(stored)) {
        const text = `option "outbox" (${outbox.name}): store() has answered ${describeCause(stored)}, and no promise`;
        throw new CodedError("CALLBACK_FAILED", text, { option: "outbox", subject });
      }
      await stored;
    } catch (error) {
      throw publicError(error);
    }
  }

  /** The message as an outbox takes it, if a connection would take it. */
  private message(subject: string, given: Payload | undefined, options: PublishOptions): OverflowMessage {
    const { intake, options: settings } = this.engine;
    const { reply = "", replay = settings.atLeastOnce, ttl: wish = Number.POSITIVE_INFINITY } = options;
    const entry = intake.subjects.get(subject);
    if (reply !== "") checkSubject(reply, "reply subject");
    const headers = encodedHeadersOf(options);
    const payload = checkPayload(given);
    const ttl = checkTtl(wish);
    if (options.critical === true)
      throw misuse('option "critical" and publishDurable() exclude each other', subject);
    if (entry.kind !== Kind.Data)
      throw misuse("JetStream's API and acknowledgements must not be sent twice: use publish()", subject);
    if (!replay) {
      const why = options.replay === undefined ? 'option "delivery" "at-most-once"' : 'option "replay" false';
      throw misuse(`${why} and publishDurable() exclude each other: it may be sent twice`, subject);
    }
    checkFrame(intake.limits, entry, reply, headers, payload);
    if (intake.finishing || this.engine.closed) throw intake.refusal();
    return {
      subject,
      reply,
      headers,
      payload,
      bytes: publishBytes(entry, reply, headers, payload),
      ttl: ttl === Number.POSITIVE_INFINITY ? undefined : ttl,
      replay: true,
    };
  }
}

function misuse(text: string, subject: string): CodedError {
  return new CodedError("INVALID_OPERATION", text, typeof subject === "string" ? { subject } : {});
}
