import type { EngineOptions } from "../../core/options.js";
import { namedOverflow } from "../../core/overflow.js";

/** Options of an engine in tests: the defaults of users, as far as a test does not say otherwise. */
export const OPTIONS: EngineOptions = {
  connector: {
    maxReconnectAttempts: -1,
    maxPasses: Number.POSITIVE_INFINITY,
    delay: () => 1000,
    ignoreAuthErrorAbort: false,
    stableAfter: 1000,
  },
  liveness: { pingInterval: 20_000, maxPingOut: 2, stallTimeout: 5000, flusherTimeout: 60_000 },
  tls: { wish: "offered", first: false },
  connect: { verbose: false, pedantic: false, echo: true, lang: "holdfast", version: "0" },
  inbox: "_INBOX.me.",
  secret: () => "_INBOX.own.",
  timeout: 5000,
  reconnect: true,
  retryFirst: false,
  reconnectBufSize: 8 * 1024 * 1024,
  maxBufferedMessages: Number.POSITIVE_INFINITY,
  overflow: namedOverflow("reject"),
  maxPending: 64 * 1024 * 1024,
  highWater: 4 * 1024 * 1024,
  atLeastOnce: true,
  replayMargin: 0,
  holdTimeout: 0,
  ignoreClusterUpdates: false,
  confirmInterval: 10,
  move: { settle: undefined, lameDuckDelay: () => 0 },
  failback: undefined,
  standby: undefined,
};
