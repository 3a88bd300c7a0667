import type { OverflowMessage } from "../index.js";
import type { Entry } from "./journal/entry.js";
import type { Journal } from "./journal/journal.js";

/** What a connection has handed back at its end, until it is known which of it the journal has already. */
export class KeptMessages {
  bytes = 0;
  private messages: { readonly message: OverflowMessage; readonly maybeDelivered: boolean }[] = [];

  /** Takes a copy. */
  add(message: OverflowMessage, maybeDelivered: boolean): void {
    const headers = message.headers === undefined ? undefined : Uint8Array.from(message.headers);
    const payload = typeof message.payload === "string" ? message.payload : Uint8Array.from(message.payload);
    this.messages.push({ message: { ...message, headers, payload }, maybeDelivered });
    this.bytes += message.bytes;
  }

  /**
   * Gives them to the journal. `open` is what it has published on the connection itself, without an outcome, in order: the connection hands that back as well, but for the
   * first of it, which a server may have confirmed. So both are compared from their ends. What has the same subject, headers and payload is the same to everybody.
   *
   * @param isFree all that the journal held had been published: nothing in it is newer than what the connection hands back
   * @returns messages for which there was no room
   */
  giveTo(journal: Journal, open: readonly Entry[], isFree: boolean): number {
    const { messages } = this;
    this.messages = [];
    this.bytes = 0;
    let own = open.length - 1;
    let firstOwn = messages.length;
    const isOwn = messages.map(() => false);
    for (let i = messages.length - 1; i >= 0 && own >= 0; i--) {
      if (!isSame(messages[i].message, open[own])) continue;
      isOwn[i] = true;
      firstOwn = i;
      own--;
    }
    let refused = 0;
    for (const [i, { message, maybeDelivered }] of messages.entries()) {
      if (isOwn[i]) continue;
      // What was accepted after the outbox had sent all it had comes behind that, as long as nothing newer waits.
      const isTaken = i > firstOwn && isFree ? journal.take(message) : journal.keep(message, maybeDelivered);
      if (!isTaken) refused++;
    }
    return refused;
  }
}

function isSame({ subject, reply, headers, payload }: OverflowMessage, entry: Entry): boolean {
  return (
    subject === entry.subject &&
    reply === entry.reply &&
    Buffer.compare(headers ?? NOTHING, entry.headers ?? NOTHING) === 0 &&
    Buffer.compare(typeof payload === "string" ? Buffer.from(payload) : payload, entry.payload) === 0
  );
}

const NOTHING = new Uint8Array(0);
