import type { CodedError } from "../errors.js";
import type { ServerInfo } from "../wire/info.js";
import type { ConnectFields } from "../wire/lines.js";
import type { MessageReceiver } from "../wire/parser.js";
import type { OnTheWay } from "./causes/facts.js";
import type { Rewind, Window } from "./window.js";

/** What the session asks of the engine around it. */
export interface SessionOwner extends MessageReceiver {
  /**
   * A PONG has confirmed what is before `position`.
   *
   * @param behindSince monotonic ms: what is behind it was accepted later; 0: that is not known
   * @param bytes of what its link had been handed of the window
   * @param delay ms that it took longer than the quickest one on that link
   */
  onConfirmed(
    window: Window,
    position: number,
    behindSince: number,
    now: number,
    bytes: number,
    delay: number,
  ): void;
  onServerInfo(info: ServerInfo): void;
  onPermissionViolation(error: CodedError): void;
  /**
   * SUB lines for a fresh link, which carries the window from now on (`hold`: but not its replay yet), and how
   * many messages will be written that a link has carried before.
   */
  onRestore(hold: boolean): { lines: Uint8Array[]; replay: number };
  /** Another link carries the window from now on: nothing of it is on the way. */
  onFollow(): void;
  /** What the link that carries the window has been handed of it without a confirmation. */
  onTheWay(): OnTheWay;
  /** The link that carried the window is gone. */
  onLinkLost(cause: Error | undefined, unclean: boolean, now: number): Rewind;
  /** The state is `connected` from now on. */
  onConnected(): void;
  /** The state is not `connected` any more. */
  onOutage(): void;
  onReplayReleased(): void;
  /** Nothing more is tried. */
  onGaveUp(error: Error, now: number): void;
  /** Whether what the last link met is being dealt with, so that the next one need not wait. */
  readonly onTrial: boolean;
}

/** What is found by an authenticator: the credentials' part of CONNECT. */
export type Credentials = Pick<ConnectFields, "user" | "pass" | "auth_token" | "jwt" | "nkey" | "sig">;
