import { codedError } from "../../checks/coded-error.js";
import type { Connection, HoldfastError, HoldfastSubscription } from "../../index.js";
import type { DeadLetters } from "./dead-letters.js";
import type { JetStreamManager } from "./jetstream.js";

/** Messages that are being fetched and stored, at most; the advisories beyond are lost, and told. */
const MOST = 1_000;
/** Tries to store one, and ms before the second; each further pause is twice as long. */
const TRIES = 6;
const FIRST_PAUSE = 500;

/** What the advisories lead to. */
export interface MaxDeliveriesHost {
  readonly nc: Connection;
  readonly jsm: JetStreamManager;
  readonly stream: string;
  readonly durable: string;
  readonly deadLetters: DeadLetters | undefined;
  /** Whether the message is here, or this process is done with it. */
  knows(sequence: number): boolean;
  stored(subject: string, attempts: number, error: HoldfastError): void;
  discarded(subject: string, attempts: number, error: HoldfastError): void;
}

/**
 * Hears of messages that the server does not deliver any more, since they have reached the consumer's own `max_deliver`: those whose last try has ended
 * its process. Each is fetched from the stream and stored as a dead letter. The server tells it once, to whoever listens then.
 */
export class MaxDeliveries {
  private readonly host: MaxDeliveriesHost;
  private readonly subscription: HoldfastSubscription;
  private underWay = 0;
  private isClosed = false;

  constructor(host: MaxDeliveriesHost) {
    this.host = host;
    const { nc, stream, durable } = host;
    this.subscription = nc.subscribe(`$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.${stream}.${durable}`, {
      queue: `holdfast-${durable}`,
      // Nothing else would ask for it again.
      resubscribeOnPermission: true,
      callback: (error, msg) => {
        if (error === null) this.heard(msg.string());
      },
    });
  }

  close(): void {
    this.isClosed = true;
    this.subscription.unsubscribe();
  }

  private heard(text: string): void {
    let advisory: { stream_seq?: unknown; deliveries?: unknown };
    try {
      advisory = Object(JSON.parse(text));
    } catch {
      return;
    }
    const { stream_seq: sequence, deliveries } = advisory;
    if (typeof sequence !== "number" || !Number.isSafeInteger(sequence) || sequence < 1) return;
    if (this.host.knows(sequence)) return;
    const attempts = typeof deliveries === "number" ? deliveries : 0;
    const error = given(this.host.stream, sequence, attempts);
    if (this.underWay >= MOST) return this.lost("", attempts, error);
    this.underWay++;
    void this.save(sequence, attempts, error).finally(() => {
      this.underWay--;
    });
  }

  private async save(sequence: number, attempts: number, error: HoldfastError): Promise<void> {
    const { nc, jsm, stream, deadLetters } = this.host;
    nc.report(error);
    if (deadLetters === undefined) return this.host.discarded("", attempts, error);
    let subject = "";
    for (let tried = 1, pause = FIRST_PAUSE; !this.isClosed; tried++, pause *= 2) {
      try {
        const message = await jsm.streams.getMessage(stream, { seq: sequence });
        // It is gone from the stream.
        if (message === null) return this.host.discarded(subject, attempts, error);
        subject = message.subject;
        const { header: headers, data, timestamp } = message;
        const stored = nanosOf(timestamp);
        await deadLetters.store({ subject, headers, data, sequence, stored, attempts, error });
        return this.host.stored(subject, attempts, error);
      } catch (failure) {
        if (tried >= TRIES) {
          nc.report(failure as Error);
          return this.host.discarded(subject, attempts, error);
        }
      }
      await new Promise<void>((resolve) => setTimeout(resolve, pause).unref());
    }
  }

  private lost(subject: string, attempts: number, error: HoldfastError): void {
    this.host.nc.report(error);
    this.host.discarded(subject, attempts, error);
  }
}

function given(stream: string, sequence: number, attempts: number): HoldfastError {
  const text = `message ${sequence} of stream "${stream}" was delivered ${attempts} times, as often as its consumer allows (max_deliver)`;
  return codedError("HANDLER_FAILED", text);
}

/** The digits that stand for this time in reply subjects, ns since the epoch. */
function nanosOf(timestamp: string): string {
  const fraction = /\.(\d{1,9})/.exec(timestamp)?.[1] ?? "";
  return `${Math.floor(Date.parse(timestamp) / 1000)}${fraction.padEnd(9, "0")}`;
}
