import type { ServerInfo } from "../wire/info.js";
import type { DropReason } from "./books.js";
import type { Cause } from "./cause.js";
import type { Transition } from "./lifecycle.js";
import type { PoolServer } from "./pool.js";
import type { BufferLevel } from "./pressure.js";

/** A message that was accepted and then given up: *dropped* in the books. */
export interface LostMessage {
  /** The subject that it was published to. */
  subject: string;
  /** Bytes of headers and payload. */
  size: number;
  /** About how long ago it was accepted, ms. */
  age: number;
  /** Why it was given up. */
  reason: DropReason;
  /** It had been handed to a link before: a server may have got it. */
  maybeDelivered: boolean;
  /** The payload; kept only when someone listens. */
  data: Uint8Array | undefined;
}

/** Why a connection moves to another server although its link stands. */
export type MoveReason =
  /** The server has said that it will shut down. */
  | "lame-duck"
  /** The application has called `nc.reconnect()`. */
  | "reconnect"
  /** The server is not in the list of `nc.setServers()`. */
  | "servers"
  /** A preferred server is back. */
  | "failback";

/** What a link beside the one in use is for: the end of that, or a better server. */
export type SparePurpose = "standby" | "failback";

/** What the engine asks of the one who does its input and output. */
export type Effect =
  /** Connect to `server`; then `handleOpen(epoch)`, or `handleClosed(epoch, error)`. `secure`: with TLS from the first byte on. */
  | { readonly type: "dial"; readonly epoch: number; readonly server: PoolServer; readonly secure: boolean }
  /** Set up TLS on the socket; then `handleSecure(epoch)`, or `handleClosed(epoch, error)`. */
  | { readonly type: "secure"; readonly epoch: number; readonly server: PoolServer }
  /** Find credentials; then `authenticate(epoch, …)`. */
  | {
      readonly type: "authenticate";
      readonly epoch: number;
      readonly server: PoolServer;
      readonly nonce: string | undefined;
    }
  /** Close the socket. `reset`: what the kernel still holds must not be delivered. */
  | { readonly type: "close"; readonly epoch: number; readonly reset: boolean }
  /** Find out how much of what was written the kernel still holds, if that can be known; then `handleLook(epoch, …)`. */
  | { readonly type: "look"; readonly epoch: number }
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
      readonly cause: Cause;
      /** Messages on the dead link without a confirmation, that will be written again. */
      readonly unconfirmed: number;
      /** Messages on the dead link that will not be written again. */
      readonly abandoned: number;
      /** Bytes of headers and payload of the largest message on the dead link without a confirmation; 0: there was none. */
      readonly largest: number;
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
      /** Its number in the outage. */
      readonly attempt: number;
      readonly error: Error;
      readonly cause: Cause;
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
      /** Another process serves us than before, by its `server_id`. */
      readonly serverChanged: boolean;
    }
  | {
      readonly type: "move";
      readonly from: string;
      readonly to: string;
      readonly reason: MoveReason;
      readonly overlap: number;
      readonly twins: number;
    }
  | {
      readonly type: "spare";
      readonly purpose: SparePurpose;
      readonly server: string;
      readonly ready: boolean;
      /** Why it is not. */
      readonly error: Error | undefined;
      readonly cause: Cause | undefined;
    }
  | { readonly type: "update"; readonly added: string[]; readonly deleted: string[] }
  | { readonly type: "serverInfo"; readonly info: ServerInfo }
  | { readonly type: "lameDuck"; readonly server: string }
  | { readonly type: "error"; readonly error: Error }
  | { readonly type: "stale"; readonly server: string }
  | { readonly type: "messageLost"; readonly messages: LostMessage[] }
  /** So many messages, with so many encoded bytes, found no room since the last turn. */
  | {
      readonly type: "overflow";
      readonly policy: string;
      readonly messages: number;
      readonly bytes: number;
    }
  | { readonly type: "buffer"; readonly level: BufferLevel }
  | { readonly type: "ping"; readonly pendingPings: number }
  | { readonly type: "writable" }
  | {
      readonly type: "close";
      readonly error: Error | undefined;
      readonly cause: Cause;
      readonly dropped: number;
      readonly unconfirmed: number;
    };
