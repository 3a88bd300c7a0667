import type { ClientTls } from "../../src/testing/server.js";
import type { Books, BufferLevel, ClientKind } from "../protocol.js";

/** What the demo needs from a client; one thin adapter per client, so that both actors are the same code. */
export interface DemoClient {
  /** Hands a message to the client. False advises a pause (see {@link room}); throws when it was not accepted. */
  publish(subject: string, payload: Uint8Array): boolean;
  /** Resolves when the publisher may go on after a false or an error. */
  room(): Promise<void>;
  subscribe(subject: string, heard: (payload: Uint8Array, respond: () => void) => void): void;
  /** `host:port` of the server of the current, or else the last, link. */
  server(): string;
  flush(): Promise<void>;
  /** The buffer's level and the books, where the client has them. */
  buffer(): BufferLevel | undefined;
  books(): Books | undefined;
  /** Messages named by `messageLost`, and unconfirmed ones named when a link died. */
  readonly reportedLost: number;
  readonly unconfirmedAtDisconnect: number;
  /** Requests that the adapter itself has sent on this connection. */
  readonly probes: number;
  /** Address of the page that shows it live, if it was asked for and the client has one. */
  readonly dashboard?: string | undefined;
  close(): Promise<void>;
}

/** What happens to the link, in the client's own words. */
export interface ClientEvents {
  up(server: string, detail: string): void;
  /** `cause` is the kind of the cause and `code` its code, from a client that names them. */
  down(detail: string, cause?: string, code?: string): void;
  error(message: string): void;
  /** An attempt to connect has failed, from a client that tells of each. */
  attemptFailed?(detail: string): void;
  /** Closed for good, by whomever. */
  closed?(detail: string): void;
  /** Accepted messages were given up. */
  lost?(messages: readonly { readonly data: Uint8Array | undefined; readonly reason: string }[]): void;
}

/** What both clients are told. */
export interface ClientSettings {
  readonly kind: ClientKind;
  readonly name: string;
  readonly servers: string[];
  readonly replayMargin: number;
  /** Hold a replay back until the subscriber answers. */
  readonly awaitSubscriber: boolean;
  /** Where the client knows more than one kind of delivery. Default: at-least-once. */
  readonly delivery?: "at-least-once" | "at-most-once";
  /** Stay with the servers that were given. Default: false. */
  readonly ignoreClusterUpdates?: boolean;
  /** Go on although a server has refused the credentials twice. Default: false. */
  readonly ignoreAuthErrorAbort?: boolean;
  readonly user?: string;
  readonly pass?: string;
  /** Show it live on a page, and beside it what these addresses show. Default: not. */
  readonly dashboard?: { readonly peers: readonly string[] };
  /** Insist on TLS, with this. Default: without. */
  readonly tls?: ClientTls;
}

/** The sentence of an error, without its stack; also of what is no Error at all. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
