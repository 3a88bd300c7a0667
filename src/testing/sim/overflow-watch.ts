import type { Overflow, OverflowDecision, OverflowMessage } from "../../core/overflow.js";
import { Kind } from "../../wire/frame.js";
import { encodedSize } from "./encoded-size.js";
import type { Draft } from "./sent.js";
import { demand } from "./violation.js";

/** Stands between the engine and an overflow: notes what it is asked, and what it decides. */
export class OverflowWatch implements Overflow {
  readonly name: string;
  private readonly inner: Overflow;
  readonly keep: Overflow["keep"];
  /** Hears what the overflow is asked to keep, and what it says. */
  onKeep: ((message: OverflowMessage, maybeDelivered: boolean, kept: boolean) => void) | undefined;
  /** The message that is being published. */
  draft: Draft | undefined;
  /** Decision about it; undefined when the overflow was not asked. */
  decision: OverflowDecision | undefined;
  /** It is the overflow's own. */
  private own = false;

  constructor(inner: Overflow) {
    this.inner = inner;
    this.name = inner.name;
    this.keep = inner.keep === undefined ? undefined : (message, maybe) => this.keeps(message, maybe);
  }

  get engaged(): boolean {
    return this.inner.engaged === true;
  }

  private keeps(message: OverflowMessage, maybeDelivered: boolean): boolean {
    const kept = this.inner.keep?.(message, maybeDelivered) === true;
    this.onKeep?.(message, maybeDelivered, kept);
    return kept;
  }

  /** A message is going to be published; returns how to go back to the one in the middle of which that happens. */
  begin(draft: Draft | undefined, own: boolean): () => void {
    const outer = { draft: this.draft, decision: this.decision, own: this.own };
    this.draft = draft;
    this.decision = undefined;
    this.own = own;
    return () => void Object.assign(this, outer);
  }

  offer(message: OverflowMessage): OverflowDecision {
    const { draft } = this;
    demand(draft !== undefined, "overflow", () => `asked for ${message.subject}, which nobody publishes`);
    demand(this.decision === undefined, "overflow", () => `asked twice for message ${draft.id}`);
    const { subject, reply, headers, bytes } = message;
    const same =
      subject === draft.subject &&
      reply === draft.reply &&
      (headers === undefined) === (draft.headers === undefined) &&
      (message.ttl === undefined) === (draft.expiresAt === undefined) &&
      message.replay === (draft.kind === Kind.Data) &&
      message.own === this.own &&
      bytes === encodedSize(draft);
    demand(same, "overflow", () => `message ${draft.id} was offered as ${subject} with ${bytes} bytes`);
    this.decision = this.inner.offer(message);
    return this.decision;
  }
}
