import type { BackoffOptions } from "../../core/backoff.js";
import type { ConnectionOptions, FailbackOptions } from "../options.js";
import type { PendingLimit } from "../pending-limit.js";
import type { TlsOptions } from "../tls-options.js";
import type { WebSocketOptions } from "../websocket-options.js";
import type { Kind } from "./kinds.js";

/** An option, or one inside another: `backoff.initial`. */
export type OptionPath =
  | Exclude<keyof ConnectionOptions, "backoff" | "pendingLimit" | "websocket">
  | `backoff.${keyof BackoffOptions}`
  | `failback.${keyof FailbackOptions}`
  | `pendingLimit.${keyof PendingLimit}`
  | `tls.${keyof TlsOptions}`
  | `websocket.${keyof WebSocketOptions}`;

/** A variable of the environment. */
export interface Variable {
  readonly name: string;
  /** The option that it sets. */
  readonly option: OptionPath;
  readonly kind: Kind;
  /** What it is, for people. */
  readonly doc: string;
  /** What holds without it, for people. */
  readonly standard?: string;
  /** Names that other programs have for it; taken where it is not set itself. */
  readonly also?: readonly string[];
  /** Bytes, at most; default 64 KiB. */
  readonly most?: number;
  /** What it says is shown to nobody. */
  readonly secret?: true;
  /** It may also come from the file that `<name>_FILE` names. */
  readonly file?: true;
}

/** Variables of one theme. */
export interface Theme {
  readonly title: string;
  readonly variables: readonly Variable[];
}
