import type { ServerInfo } from "../wire/info.js";
import type { DropReason } from "./books.js";
import type { Transition } from "./lifecycle.js";
import type { PoolServer } from "./pool.js";

/** A message that was accepted and then given up (promises.md §1, *dropped*). */
export interface LostMessage {
  subject: string;
  /** Bytes of headers and payload. */
  size: number;
  /** About how long ago it was accepted, ms. */
  age: number;
  reason: DropReason;
  /** It had been handed to a link before: a server may have got it. */
  maybeDelivered: boolean;
  /** The payload; kept only when someone listens. */
  data: Uint8Array | undefined;
}

/** What the engine asks of the one who does its input and output. */
export type Effect =
  /** Connect to `server`; then `handleOpen(epoch)`, or `handleClosed(epoch, error)`. */
  | { readonly type: "dial"; readonly epoch: number; readonly server: PoolServer }
  /** Find credentials; then `authenticate(epoch, …)`. */
  | {
      readonly type: "authenticate";
      readonly epoch: number;
      readonly server: PoolServer;
      readonly nonce: string | undefined;
    }
  /** Close the socket. `reset`: what the kernel still holds must not be delivered. */
  | { readonly type: "close"; readonly epoch: number; readonly reset: boolean }
  /** Run the application's `beforeReplay`; then `releaseReplay(epoch, …)`. */
  | { readonly type: "hold"; readonly epoch: number };

/** What the engine tells. All times are monotonic ms, all durations ms. */
export type EngineEvent =
  | { readonly type: "state"; readonly transition: Transition }
  | { readonly type: "connect"; readonly server: string }
  | {
      readonly type: "disconnect";
      readonly server: string;
      readonly error: Error | undefined;
      /** Messages on the dead link without a confirmation, that will be written again. */
      readonly unconfirmed: number;
      /** Messages on the dead link that will not be written again. */
      readonly abandoned: number;
    }
  | {
      readonly type: "reconnecting";
      readonly attempt: number;
      readonly server: string;
      readonly delay: number;
    }
  | {
      readonly type: "attemptFailed";
      readonly server: string;
      readonly error: Error;
      /** Messages on the link that failed that will not be written again. */
      readonly abandoned: number;
    }
  | {
      readonly type: "reconnect";
      readonly server: string;
      readonly previous: string;
      readonly downtime: number;
      readonly attempts: number;
      readonly replayed: number;
    }
  | { readonly type: "update"; readonly added: string[]; readonly deleted: string[] }
  | { readonly type: "serverInfo"; readonly info: ServerInfo }
  | { readonly type: "lameDuck"; readonly server: string }
  | { readonly type: "error"; readonly error: Error }
  | { readonly type: "stale"; readonly server: string }
  | { readonly type: "messageLost"; readonly messages: LostMessage[] }
  | { readonly type: "writable" }
  | {
      readonly type: "close";
      readonly error: Error | undefined;
      readonly dropped: number;
      readonly unconfirmed: number;
    };
