import type { Overflow, OverflowMessage } from "../core/overflow.js";
import type { Connection } from "./connection.js";

/** What option `outbox` takes: an {@link Overflow} that keeps messages where they survive the process. `openOutbox()` of `holdfast/outbox` makes one. */
export interface DurableOverflow extends Overflow {
  /** The connection that is to send what it holds: called once per connection, before the first attempt. Throws when it has another one. */
  attach(nc: Connection): void;
  /** The connection has ended: settles when what was taken is stored, and never rejects. Another connection may have it then. */
  detach(): Promise<void>;
  /**
   * Stores a message, resolves when it would survive this process and the machine, and sends it later, in its turn. Rejects when it cannot be stored: it is not
   * kept then. Must copy what it keeps before it returns.
   */
  store(message: OverflowMessage): Promise<void>;
  /**
   * Part of `nc.publishConfirmed()`, asked in the very turn in which {@link offer} has answered `"taken"`, about that message: resolves when a server has confirmed it, across any
   * number of reconnects. Rejects with an error that has a code when none will, and with `OVERFLOWED` when it is kept beyond the end of the connection, at the latest with
   * `detach()`. Default: `publishConfirmed()` rejects with `OVERFLOWED` at once.
   */
  confirmLast?(): Promise<void>;
  /** Part of `nc.writable()`: resolves when what it has refused for want of room would be taken, at the latest with `detach()`. Default: at once. */
  writable?(): Promise<void>;
}
