import type { CodedError } from "../errors.js";
import type { ServerInfo } from "../wire/info.js";
import type { ConnectFields } from "../wire/lines.js";
import type { Rewind, Window } from "./window.js";

/** What the session asks of the engine around it. */
export interface SessionOwner {
  onMessage(
    buf: Buffer,
    sid: number,
    subject: number,
    subjectEnd: number,
    reply: number,
    replyEnd: number,
    start: number,
    body: number,
    end: number,
  ): void;
  onConfirmed(window: Window, position: number, now: number): void;
  onServerInfo(info: ServerInfo): void;
  onPermissionViolation(error: CodedError): void;
  /**
   * SUB lines for a fresh link, which carries the window from now on (`hold`: but not its replay yet), and how
   * many messages of the replay were dropped because the server would not take them.
   */
  onRestore(hold: boolean): { lines: Uint8Array[]; dropped: number };
  /** The link that carried the window is gone. */
  onLinkLost(cause: Error | undefined, unclean: boolean, now: number): Rewind;
  /** The state is not `connected` any more. */
  onOutage(): void;
  onReplayReleased(): void;
  onGaveUp(error: Error, now: number): void;
}

/** What is found by an authenticator: the credentials' part of CONNECT. */
export type Credentials = Pick<ConnectFields, "user" | "pass" | "auth_token" | "jwt" | "nkey" | "sig">;
