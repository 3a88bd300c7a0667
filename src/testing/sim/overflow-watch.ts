import type { Overflow, OverflowDecision, OverflowMessage } from "../../core/overflow.js";
import { encodedSize } from "./encoded-size.js";
import type { Draft } from "./sent.js";
import { demand } from "./violation.js";

/** Stands between the engine and an overflow: notes what it is asked, and what it decides. */
export class OverflowWatch implements Overflow {
  readonly name: string;
  private readonly inner: Overflow;
  /** The message that is being published. */
  draft: Draft | undefined;
  /** Decision about it; undefined when the overflow was not asked. */
  decision: OverflowDecision | undefined;

  constructor(inner: Overflow) {
    this.inner = inner;
    this.name = inner.name;
  }

  get engaged(): boolean {
    return this.inner.engaged === true;
  }

  /** A message is going to be published; returns what was known of the one in the middle of which that happens. */
  begin(draft: Draft | undefined): Pick<OverflowWatch, "draft" | "decision"> {
    const outer = { draft: this.draft, decision: this.decision };
    this.draft = draft;
    this.decision = undefined;
    return outer;
  }

  goBack({ draft, decision }: Pick<OverflowWatch, "draft" | "decision">): void {
    this.draft = draft;
    this.decision = decision;
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
      bytes === encodedSize(draft);
    demand(same, "overflow", () => `message ${draft.id} was offered as ${subject} with ${bytes} bytes`);
    this.decision = this.inner.offer(message);
    return this.decision;
  }
}
