import type { OverflowMessage } from "../index.js";
import type { Journal } from "./journal/journal.js";
import { RECORD_OVERHEAD } from "./journal/journal-record.js";
import { entriesOf, keyOf, placesIn } from "./own-messages.js";
import type { Sender } from "./send/sender.js";

/** What a connection has handed back at its end, until it is known which of it the journal has already. */
export class KeptMessages {
  private readonly sender: Pick<Sender, "onTheWay">;
  /** What it will take of the journal's room, about. */
  private bytes = 0;
  private messages: { readonly message: OverflowMessage; readonly maybeDelivered: boolean }[] = [];
  /** How many of the outbox's own messages with this key may come yet; undefined: nothing has come. */
  private own: Map<string, number> | undefined;
  /** The next one begins a record of its own. */
  private begins = true;

  constructor(sender: Pick<Sender, "onTheWay">) {
    this.sender = sender;
  }

  /**
   * Takes a copy; false when there is no room.
   *
   * @param room bytes that the journal has left. Messages of the outbox itself take none of it: they are there already
   */
  add(message: OverflowMessage, maybeDelivered: boolean, room: number): boolean {
    if (this.isOwn(message)) this.begins = true;
    else {
      const bytes = message.bytes + (this.begins ? 2 * RECORD_OVERHEAD : 0);
      if (this.bytes + bytes > room) return false;
      this.bytes += bytes;
      this.begins = false;
    }
    const headers = message.headers === undefined ? undefined : Uint8Array.from(message.headers);
    const payload = typeof message.payload === "string" ? message.payload : Uint8Array.from(message.payload);
    this.messages.push({ message: { ...message, headers, payload }, maybeDelivered });
    return true;
  }

  /**
   * Gives the journal what it does not have, each to its place between what it has: the next process sends all of it in the order of the calls. After `Journal.again()`.
   *
   * @returns messages for which there was no room
   */
  giveTo(journal: Pick<Journal, "keep">): number {
    const { messages } = this;
    this.messages = [];
    this.bytes = 0;
    this.begins = true;
    this.own = undefined;
    const places = placesIn(
      messages.map(({ message }) => message),
      this.sender.onTheWay,
    );
    let refused = 0;
    for (const [i, { message, maybeDelivered }] of messages.entries()) {
      const { isOwn, behind } = places[i];
      if (!isOwn && !journal.keep(message, maybeDelivered, behind)) refused++;
    }
    return refused;
  }

  private isOwn(message: OverflowMessage): boolean {
    if (this.own === undefined) {
      this.own = new Map();
      for (const entry of entriesOf(this.sender.onTheWay)) {
        const key = keyOf(entry);
        this.own.set(key, (this.own.get(key) ?? 0) + 1);
      }
    }
    if (this.own.size === 0) return false;
    const key = keyOf(message);
    const left = this.own.get(key) ?? 0;
    if (left === 0) return false;
    this.own.set(key, left - 1);
    return true;
  }
}
