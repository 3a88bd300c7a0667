import type { Socket } from "node:net";
import type { BackoffOptions } from "../core/backoff.js";
import type { Overflow, OverflowPolicy } from "../core/overflow.js";
import type { AnyAuthenticator } from "../interop/auth.js";
import type { ReconnectToServerHandler, Server, ServerInfo } from "../interop/nats-core.js";
import type { CallbackOptions } from "./callbacks.js";
import type { Connection } from "./connection.js";
import type { DurableOverflow } from "./durable.js";
import type { PendingLimit } from "./pending-limit.js";
import type { TlsOptions } from "./tls-options.js";
import type { WebSocketOptions } from "./websocket-options.js";

/** What the delay handler is told. */
export interface DelayInfo {
  /** Why the last attempt failed. */
  error: Error | undefined;
}

/** A way to make TCP connections: returns a socket, connected or still connecting, or a promise of one. */
export type SocketDialer = (server: Server) => Socket | Promise<Socket>;

/** Whether a server is preferred, by its description and its last INFO; that is undefined until it was reached once. */
export type PreferredServer = (server: Server, info: ServerInfo | undefined) => boolean;

/** When a connection goes back to a preferred server. */
export interface FailbackOptions {
  /** How often better servers are looked at, ms; each time after 0.5 to 1.5 times of it, at random. Default 30,000. */
  interval?: number;
  /** How long one must have stayed up, ms. Default 10,000. */
  stable?: number;
}

/** Options of {@link connect}. Names and meaning are those of nats.js where it has the option. */
export interface ConnectionOptions extends CallbackOptions {
  /** Servers: `host`, `host:port`, `nats://[user:pass@]host:port`; one, a comma-separated list, or an array with one in each entry. Default `127.0.0.1:4222`. */
  servers?: string | string[];
  /** Port on 127.0.0.1, instead of `servers`. */
  port?: number;
  /** Name of the client, as the server's monitoring shows it. */
  name?: string;
  /** User; with `pass`. A user in a server's URL wins. */
  user?: string;
  /** Password of `user`. The one beside a user in a server's URL wins. */
  pass?: string;
  /** Token. A token in a server's URL wins. */
  token?: string;
  /**
   * Asked for credentials at every attempt, as nats-core's authenticators; may return a promise. Of several all are asked, and what
   * they say is sent together; of two for the same field (an nkey and a JWT both sign) the later one wins.
   */
  authenticator?: AnyAuthenticator | AnyAuthenticator[];
  /**
   * Encryption. Without it, TLS is used where the server wants or offers it. An object, also an empty one: TLS, or no link.
   * `null`: never; a server that wants it is refused.
   */
  tls?: TlsOptions | null;
  /** How servers with scheme `ws` and `wss` are asked for a websocket. Default: plainly. */
  websocket?: WebSocketOptions;
  /** Deadline of one attempt, from the dial to the PONG behind the subscriptions, ms. Default 5,000. */
  timeout?: number;
  /** Reconnect when the link is lost. Default true. `false`: its end is that of the connection, and there are no planned moves. */
  reconnect?: boolean;
  /** Failed attempts in a row after which a server leaves the pool; -1: never. Default -1. */
  maxReconnectAttempts?: number;
  /** Exponential waits between passes through the server list. The default: 1 s … 30 s, jitter `"spread"`, no limit. */
  backoff?: Partial<BackoffOptions>;
  /** Fixed wait between passes, ms, instead of `backoff`. Default 2,000 when one of the jitters below is given. */
  reconnectTimeWait?: number;
  /** Up to so many ms more, at random, than `reconnectTimeWait`. Default 100. */
  reconnectJitter?: number;
  /** The same where TLS is used: by option, by URL, or because the last server has asked for it. Default 1,000. */
  reconnectJitterTLS?: number;
  /** Says how long to wait, ms, after pass number `attempt` (from 1). When it fails to, the options above hold. */
  reconnectDelayHandler?: (attempt: number, info: DelayInfo) => number;
  /**
   * Chooses the server of every attempt, the first ones too. Gets a copy of the pool, the server that would be dialled
   * otherwise in front, and the INFO of the last server (`null` before the first). Returns a server of the pool;
   * `{ server, delay }` to have it dialled in `delay` ms, instead of the wait between passes; or `null` for the one in front. A
   * server without a delay that was tried in this pass already is dialled after the wait. Whatever else it returns, or throws,
   * is told by an `error` event, and the one in front is dialled.
   */
  reconnectToServer?: ReconnectToServerHandler;
  /**
   * Servers that are tried before the others: URLs, `host:port` or server names, in the order of the list, at most 256; or a function
   * that says of a server whether it is one, such as one of the same zone. Names, and the INFO that a function gets, are known only of
   * servers that were reached before. A server that has just failed, is full, shuts down or keeps dropping us is tried late all the
   * same. An entry that is neither address nor name is refused; one that is no server of the pool, and a function that throws or answers
   * nonsense, is told by an `error` event, and the default choice is taken. Default: none.
   */
  preferredServers?: string[] | PreferredServer;
  /**
   * While the server in use is not the most preferred one that there is, look for a better one, and move to it without a gap once a link
   * to it has lasted. What is found is told by the `failback` event. `false`: stay. Default: on with `preferredServers`.
   */
  failback?: FailbackOptions | false;
  /**
   * Keep a second link ready at another server, authenticated and without subscriptions: it takes over when the one in use dies, or its
   * server shuts down. It is made anew 1 to 3 s after it was used or lost, and less and less often (about a minute at most) where it cannot be had,
   * which is told by the `standby` event and never ends the connection. `reconnectToServer` is not asked about it. Default false.
   */
  standby?: boolean;
  /**
   * ms that a planned move waits, with both links up, after the new one has proved to get messages. Default: 4 round trips, at least 50 and at most 500.
   */
  moveSettle?: number;
  /**
   * A server that shuts down (lame duck) is left after a random time below this, ms, so that its clients do not leave together.
   * Default 5,000.
   */
  lameDuckJitter?: number;
  /** Keep the order of `servers`. Default false: clients spread over the cluster. */
  noRandomize?: boolean;
  /**
   * Try every address, IPv4 and IPv6, that a server's name has, in random order unless `noRandomize`; one that connected before
   * comes last. Names are resolved at every attempt. `false`: only the address that the system names first. Default true.
   */
  resolve?: boolean;
  /** Makes the TCP connection of every attempt itself; TLS and websocket are put upon it where they are wanted. Default: plain TCP. */
  dialer?: SocketDialer;
  /** IP address of this host that connections come from. Default: the system chooses. */
  localAddress?: string;
  /** Port of this host that connections come from; then there can be one at a time. Default: the system chooses. */
  localPort?: number;
  /** TCP keep-alive: ms of silence before the first probe; `true`: 30,000; `false`: none. Default true. */
  keepAlive?: boolean | number;
  /** Send at once instead of gathering small packets (Nagle). Default true. */
  noDelay?: boolean;
  /** ms between PINGs that look for life; 0 or less: none. Default 20,000. */
  pingInterval?: number;
  /** PINGs without any sign of life that are borne. Default 2. */
  maxPingOut?: number;
  /**
   * ms of silence that are borne while bytes wait for a confirmation; 0: any. Default 5,000. By the link's round trips it is a tenth
   * less where they are quick, and two of them where they take longer, a minute at most.
   */
  stallTimeout?: number;
  /**
   * ms that bytes may wait for the system to take them while it takes none; then the link is dead, whatever comes in.
   * 0: any. Default 60,000, as in nats.go.
   */
  flusherTimeout?: number;
  /** ms of downtime from which on a `partition` event follows the `reconnect`. Default 30,000. */
  partitionThreshold?: number;
  /** Do not deliver our own messages to us. Default false. */
  noEcho?: boolean;
  /** Ask the server for `+OK`s. Default false. */
  verbose?: boolean;
  /**
   * Print what comes in and goes out to stderr, protocol lines without payloads; credentials are masked. Default false.
   */
  debug?: boolean;
  /**
   * `false`: the stack of a request's error says where the request was made. It costs every request about as much as all the rest of it, so
   * the default is true; nats.js's is false.
   */
  noAsyncTraces?: boolean;
  /** Ask the server for strict checks. Default false. */
  pedantic?: boolean;
  /** Ignore what servers tell of their cluster. Default false. */
  ignoreClusterUpdates?: boolean;
  /**
   * A subscription that the server refuses stays: its error is told (event `error`, and its callback), and every reconnect tries
   * again. Each subscription may say otherwise. Default false: a refusal ends it, as in nats.js.
   */
  resubscribeOnPermission?: boolean;
  /** Prefix of inboxes. Default `_INBOX`. */
  inboxPrefix?: string;
  /** Go on after a server has refused the same credentials twice. Default: true with an `authenticator`, else false. */
  ignoreAuthErrorAbort?: boolean;
  /** Wait in `connect()` until a server can be reached, instead of rejecting. Default false. */
  waitOnFirstConnect?: boolean;
  /** Return from `connect()` although no server could be reached, and go on trying. Default false. */
  retryOnFailedConnect?: boolean;
  /**
   * `"at-least-once"` (default): what is not confirmed when a link dies is written again.
   * `"at-most-once"`: what was handed to the socket is never written twice.
   */
  delivery?: "at-least-once" | "at-most-once";
  /** Encoded bytes that are accepted during an outage; 0: the default of 8 MiB; -1: none. */
  reconnectBufSize?: number;
  /** Messages that are accepted during an outage, at most. Default: no limit but `reconnectBufSize`. */
  maxBufferedMessages?: number;
  /**
   * What becomes of a message for which there is no room: `"reject"` (default) throws, `"drop-oldest"` and
   * `"drop-newest"` drop buffered messages or the new one (`messageLost` tells), an {@link Overflow} decides itself.
   * Requests and JetStream's control messages are always rejected.
   */
  overflow?: OverflowPolicy | "outbox" | Overflow;
  /**
   * A place on disk for what must survive the process, made by `openOutbox()` of `holdfast/outbox`: takes what the buffer has no room for, or all that is published,
   * and sends it in order. Option `overflow` is `"outbox"` then, and may be left out. One connection at a time may have it; it stays open when the connection ends.
   */
  outbox?: DurableOverflow;
  /** Encoded bytes without a confirmation that are borne while connected. Default 64 MiB. */
  maxPending?: number;
  /**
   * How much may wait in each subscription that says nothing else. Default 500,000 messages and 64 MiB, as in
   * nats.go; beyond it the newest is dropped.
   */
  pendingLimit?: PendingLimit;
  /** ms that confirmed messages are kept and replayed after an unclean death, at the price of duplicates. Default 0. */
  replayMargin?: number;
  /** Called after each reconnect; the replay waits until it settles. Requests made in it go out ahead. */
  beforeReplay?: (nc: Connection) => Promise<void> | void;
  /** Deadline of `beforeReplay`, ms; then the replay goes on. Default 5,000. */
  beforeReplayTimeout?: number;
  /** Deadline of `close()`, ms: what is not confirmed by then is reported. Default 5,000. */
  closeTimeout?: number;
  /** Deadline of `drain()`, ms. Default 30,000. */
  drainTimeout?: number;
}
