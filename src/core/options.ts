import type { ConnectFields } from "../wire/lines.js";
import type { ConnectorOptions } from "./connector.js";
import type { LivenessOptions } from "./liveness.js";
import type { Overflow } from "./overflow.js";
import type { TlsPolicy } from "./tls-policy.js";

/** What the engine needs to know; the public options are translated to this by `client/`. */
export interface EngineOptions {
  connector: ConnectorOptions;
  liveness: LivenessOptions;
  tls: TlsPolicy;
  /** What every CONNECT says, without credentials. */
  connect: ConnectFields;
  /** `_INBOX.<unique>.` for the answers of requests. */
  inbox: string;
  /** `_INBOX.<unique>.` as well, another one for each move, that nobody is told: for what it sends to itself. */
  secret: () => string;
  /** Deadline of one attempt, from the dial to the PONG behind the SUBs, ms. */
  timeout: number;
  /** Reconnect at all. */
  reconnect: boolean;
  /** Go on trying when no server could be reached at first. */
  retryFirst: boolean;
  /** Encoded bytes that are accepted during an outage; -1: none. */
  reconnectBufSize: number;
  /** Messages that are accepted during an outage; Infinity: no limit but the bytes. */
  maxBufferedMessages: number;
  /** Decides about messages for which there is no room. */
  overflow: Overflow;
  /** Encoded bytes without a confirmation that are borne while connected. */
  maxPending: number;
  /** `publish()` says false above this many unconfirmed bytes. */
  highWater: number;
  /** What plain messages are: at-least-once or at-most-once. */
  atLeastOnce: boolean;
  /** ms that confirmed frames are kept for a replay after an unclean death. */
  replayMargin: number;
  /** `beforeReplay` is set: hold the replay back until `releaseReplay`, or for so many ms. 0: no hold. */
  holdTimeout: number;
  ignoreClusterUpdates: boolean;
  /** ms after the first unconfirmed byte at which a PING follows, if no chunk was closed before. */
  confirmInterval: number;
  move: MoveOptions;
  /** Go back to a server of `connector.preference`; undefined: stay. */
  failback: FailbackOptions | undefined;
  /** Keep a second link ready at another server; undefined: none. */
  standby: StandbyOptions | undefined;
}

/** How a server is left for another one without a gap. */
interface MoveOptions {
  /** ms that both links stay after the new one has proved to get messages; undefined: as its round trip demands. */
  settle: number | undefined;
  /** ms until the move begins after a lame duck has told; another number each time. */
  lameDuckDelay: () => number;
}

/** When a better server than the one in use is gone back to. */
export interface FailbackOptions {
  /** ms until the next look at better servers; another number each time. */
  delay: () => number;
  /** ms that one must have stayed up. */
  stable: number;
}

/** How a second link is kept. */
export interface StandbyOptions {
  /** ms until an attempt, after so many failures in a row; another number each time. */
  delay: (failures: number) => number;
}

/** Values of {@link EngineOptions} that are no one's wish but measured to be good. */
export const DEFAULT_HIGH_WATER = 4 * 1024 * 1024;
export const DEFAULT_CONFIRM_INTERVAL = 10;
export const DEFAULT_STABLE_AFTER = 1000;
/** No burst, however synchronous, is buffered beyond this many encoded bytes (promises.md §3). */
export const BURST_CAP = 256 * 1024 * 1024;
