import type { MessageSink, SubscriptionEntry } from "../../core/subscriptions.js";
import type { CodedError } from "../../errors.js";
import { markOf } from "./content.js";
import type { Listener } from "./delivery-rules.js";
import { demand } from "./violation.js";

/** What a subscriber does when a message comes in; may be any command of the engine. */
export type Reaction = (subscriber: Subscriber) => void;

/** A subscription of the application, which watches over what it is given. */
export class Subscriber implements MessageSink {
  subject: string;
  readonly queue: string | undefined;
  entry!: SubscriptionEntry;
  listener: Listener;
  max: number | undefined;
  received = 0;
  ended = false;
  /** As what number the link that was up, or was up last, got the window when this was drained or ended: no later one may carry it. */
  goneWith: number | undefined;
  private readonly react: Reaction;
  private readonly hear: (listener: Listener, mark: number) => void;
  private readonly onEnded: (subscriber: Subscriber, error: CodedError | undefined) => void;

  constructor(
    subject: string,
    queue: string | undefined,
    max: number | undefined,
    listener: Listener,
    hear: (listener: Listener, mark: number) => void,
    react: Reaction,
    onEnded: (subscriber: Subscriber, error: CodedError | undefined) => void,
  ) {
    this.listener = listener;
    this.hear = hear;
    this.subject = subject;
    this.queue = queue;
    this.max = max;
    this.react = react;
    this.onEnded = onEnded;
  }

  onMessage(
    buf: Buffer,
    subject: number,
    subjectEnd: number,
    _reply: number,
    _replyEnd: number,
    _start: number,
    body: number,
    end: number,
  ): void {
    demand(!this.ended, "subscription", () => `${this} got a message after its end`);
    this.received++;
    const { max } = this;
    demand(
      max === undefined || this.received <= max,
      "subscription",
      () => `${this} got ${this.received} messages`,
    );
    this.hear(this.listener, markOf(buf.latin1Slice(subject, subjectEnd), buf.subarray(body, end)));
    this.react(this);
  }

  onEnd(error: CodedError | undefined): void {
    demand(!this.ended, "subscription", () => `${this} ended twice`);
    this.ended = true;
    this.onEnded(this, error);
  }

  /** It has another subject and number from now on. Returns what is left under the old ones: one that has ended. */
  move(subject: string, listener: Listener, max: number | undefined): Subscriber {
    const { entry } = this;
    const left = new Subscriber(
      this.subject,
      this.queue,
      this.max,
      this.listener,
      this.hear,
      this.react,
      this.onEnded,
    );
    left.entry = entry;
    left.ended = true;
    this.subject = subject;
    this.listener = listener;
    this.max = max === undefined ? undefined : this.received + max;
    return left;
  }

  toString(): string {
    const queue = this.queue === undefined ? "" : ` in ${this.queue}`;
    return `subscription ${this.entry?.sid} to ${this.subject}${queue} (max ${this.max}, received ${this.received})`;
  }
}
