import type { DropReason } from "../../core/books.js";
import type { OverflowMessage } from "../../core/overflow.js";
import { Kind } from "../../wire/frame.js";
import type { LedgerView } from "./ledger-view.js";
import type { Sent } from "./sent.js";
import { demand } from "./violation.js";

/** At the end of the connection the overflow has its say about what it may keep: each message once, in order, as it was published. */
export class OffersToKeep {
  private readonly view: LedgerView;
  /** The last message that the overflow was asked to keep. */
  private last = -1;

  constructor(view: LedgerView) {
    this.view = view;
  }

  /** It was asked for `sent`, by what the engine says of it, and has answered. */
  answered(sent: Sent, message: OverflowMessage, maybeDelivered: boolean, kept: boolean): void {
    const { subject, reply, headers, ttl } = message;
    const { draft } = sent;
    const left = draft.expiresAt === undefined ? undefined : draft.expiresAt - this.view.now;
    const right =
      sent.isSame(
        subject,
        reply,
        headers && Buffer.from(headers),
        Buffer.from(message.payload as Uint8Array),
      ) &&
      draft.kind === Kind.Data &&
      sent.outcome === undefined &&
      this.view.closed &&
      maybeDelivered === sent.handed > 0 &&
      ttl === left &&
      (left === undefined || left > 0);
    demand(right, "kept", () => `asked for ${sent}, maybeDelivered ${maybeDelivered}, ttl ${ttl}`);
    demand(sent.seq > this.last, "kept", () => `asked for ${sent} behind ${this.last}`);
    this.last = sent.seq;
    sent.kept = kept;
  }

  /** A message has got its outcome. */
  checkEnd(sent: Sent, reason: DropReason | undefined): void {
    const { view } = this;
    const { kind, expiresAt } = sent.draft;
    const owed =
      view.keeps && view.closed && kind === Kind.Data && (expiresAt === undefined || expiresAt > view.now);
    demand(!owed || sent.kept !== undefined, "kept", () => `nobody was asked for ${sent}`);
    demand((sent.kept === true) === (reason === "kept"), "kept", () => `${sent.kept}, ended: ${sent}`);
  }
}
