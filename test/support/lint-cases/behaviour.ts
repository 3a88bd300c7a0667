import { type Cases, MIB } from "./case.js";

/** Of the rules about times, buffers and the end. */
export const BEHAVIOUR_CASES: Cases = {
  "patient-backoff": {
    red: [{ options: { backoff: { max: 90_000 } }, level: "warning", option: "backoff.max", says: /90 s/ }],
    green: [{ backoff: { max: 60_000 } }],
  },
  "patient-first-wait": {
    red: [
      {
        options: { backoff: { initial: 11_000 } },
        level: "warning",
        option: "backoff.initial",
        says: /11 s/,
      },
      { options: { reconnectTimeWait: 20_000 }, level: "warning", option: "reconnectTimeWait", says: /20 s/ },
    ],
    green: [{ backoff: { initial: 10_000 } }],
  },
  "attempt-timeout": {
    red: [
      { options: { timeout: 31_000 }, level: "warning", option: "timeout", says: /31 s/ },
      { options: { timeout: 200 }, level: "warning", option: "timeout", says: /200 ms/ },
    ],
    green: [{ timeout: 30_000 }, { timeout: 500 }, { servers: "localhost", timeout: 50 }],
  },
  "timeout-over-probe": {
    red: [
      { options: {}, around: { probeTimeout: 1000 }, level: "warning", option: "timeout", says: /5 s.*1 s/ },
    ],
    green: [{}, { timeout: 1000 }],
  },
  "late-move": {
    red: [{ options: { lameDuckJitter: 90_000 }, level: "warning", option: "lameDuckJitter", says: /90 s/ }],
    green: [{ lameDuckJitter: 60_000 }],
  },
  "moves-together": {
    red: [{ options: { lameDuckJitter: 0 }, level: "hint", option: "lameDuckJitter", says: /0/ }],
    green: [{ lameDuckJitter: 1 }],
  },
  "ping-budget": {
    red: [
      // nats.js's defaults, carried over.
      {
        options: { pingInterval: 120_000, maxPingOut: 2 },
        level: "warning",
        option: "pingInterval",
        says: /6 min/,
      },
      {
        options: { pingInterval: 500, maxPingOut: 1 },
        level: "warning",
        option: "pingInterval",
        says: /1 s/,
      },
      { options: { pingInterval: 0 }, level: "warning", option: "pingInterval", says: /no PINGs/ },
      { options: { pingInterval: -1 }, level: "warning", option: "pingInterval", says: /-1/ },
    ],
    green: [{ pingInterval: 40_000 }, { pingInterval: 1000, maxPingOut: 1 }],
  },
  "idle-link": {
    red: [
      {
        options: { pingInterval: 60_000, maxPingOut: 1 },
        level: "hint",
        option: "pingInterval",
        says: /60 s/,
      },
    ],
    green: [{ pingInterval: 59_000, maxPingOut: 1 }],
  },
  "stall-timeout": {
    red: [
      { options: { stallTimeout: 0 }, level: "warning", option: "stallTimeout", says: /0$/ },
      { options: { stallTimeout: 90_000 }, level: "warning", option: "stallTimeout", says: /90 s/ },
      { options: { stallTimeout: 100 }, level: "warning", option: "stallTimeout", says: /100 ms/ },
    ],
    green: [{ stallTimeout: 500 }, { stallTimeout: 60_000 }],
  },
  "write-timeout": {
    red: [{ options: { flusherTimeout: 0 }, level: "hint", option: "flusherTimeout", says: /0$/ }],
    green: [{ flusherTimeout: 1 }],
  },
  "no-keep-alive": {
    red: [
      {
        options: { keepAlive: false, pingInterval: 0 },
        level: "warning",
        option: "keepAlive",
        says: /neither/,
      },
    ],
    green: [{ keepAlive: false }, { pingInterval: 0 }],
  },
  "no-buffer": {
    red: [{ options: { reconnectBufSize: -1 }, level: "warning", option: "reconnectBufSize", says: /-1/ }],
    green: [{ reconnectBufSize: 0 }],
  },
  "small-buffer": {
    red: [
      { options: { reconnectBufSize: 4096 }, level: "hint", option: "reconnectBufSize", says: /4 KiB/ },
      {
        options: { maxBufferedMessages: 10 },
        level: "hint",
        option: "maxBufferedMessages",
        says: /10 messages/,
      },
    ],
    green: [{ reconnectBufSize: MIB }, { maxBufferedMessages: 100 }, { maxBufferedMessages: -1 }],
  },
  "large-buffer": {
    red: [
      {
        options: { reconnectBufSize: 2048 * MIB },
        level: "warning",
        option: "reconnectBufSize",
        says: /2048 MiB.*4096 MiB/,
      },
      {
        options: { reconnectBufSize: 4096 * MIB },
        level: "error",
        option: "reconnectBufSize",
        says: /4096 MiB/,
      },
      {
        options: {},
        around: { heapLimit: 16 * MIB },
        level: "warning",
        option: "reconnectBufSize",
        says: /8 MiB/,
      },
    ],
    green: [{ reconnectBufSize: 1024 * MIB }, { reconnectBufSize: -1 }],
  },
  "large-window": {
    red: [
      {
        options: {},
        around: { heapLimit: 128 * MIB },
        level: "warning",
        option: "maxPending",
        says: /64 MiB.*128 MiB/,
      },
    ],
    green: [{ maxPending: 1024 * MIB }],
  },
  "silent-drops": {
    red: [{ options: { overflow: "drop-oldest" }, level: "hint", option: "overflow", says: /drop-oldest/ }],
    green: [{ overflow: "reject" }],
  },
  "at-most-once": {
    red: [
      { options: { delivery: "at-most-once" }, level: "hint", option: "delivery", says: /at-most-once/ },
      {
        options: { delivery: "at-most-once", replayMargin: 100 },
        level: "warning",
        option: "replayMargin",
        says: /100/,
      },
    ],
    green: [{ delivery: "at-least-once", replayMargin: 100 }],
  },
  "long-margin": {
    red: [{ options: { replayMargin: 20_000 }, level: "hint", option: "replayMargin", says: /20 s/ }],
    green: [{ replayMargin: 5000 }],
  },
  "long-hold": {
    red: [
      {
        options: { beforeReplay: () => {}, beforeReplayTimeout: 60_000 },
        level: "hint",
        option: "beforeReplayTimeout",
        says: /60 s/,
      },
    ],
    green: [{ beforeReplay: () => {} }],
  },
  "unbounded-queue": {
    red: [
      {
        options: { pendingLimit: { messages: -1, bytes: -1 } },
        level: "warning",
        option: "pendingLimit.bytes",
        says: /no limit/,
      },
      {
        options: { pendingLimit: { bytes: Number.POSITIVE_INFINITY } },
        level: "warning",
        option: "pendingLimit.bytes",
        says: /500000 messages/,
      },
    ],
    green: [{ pendingLimit: { messages: -1 } }],
  },
  "large-queue": {
    red: [
      {
        options: { pendingLimit: { bytes: 2048 * MIB } },
        level: "warning",
        option: "pendingLimit.bytes",
        says: /2048 MiB.*4096 MiB/,
      },
    ],
    green: [{ pendingLimit: { bytes: 1024 * MIB } }],
  },
  "late-end": {
    red: [
      { options: { drainTimeout: 60_000 }, level: "warning", option: "drainTimeout", says: /60 s.*30 s/ },
      {
        options: { drainTimeout: 5000, closeTimeout: 40_000 },
        level: "warning",
        option: "closeTimeout",
        says: /40 s/,
      },
      {
        options: {},
        around: { gracePeriod: 10_000 },
        level: "warning",
        option: "drainTimeout",
        says: /30 s.*10 s/,
      },
    ],
    green: [{ drainTimeout: 30_000 }],
  },
  "hasty-end": {
    red: [
      { options: { drainTimeout: 100 }, level: "hint", option: "drainTimeout", says: /100 ms/ },
      { options: { closeTimeout: 0 }, level: "hint", option: "closeTimeout", says: /0 ms/ },
    ],
    green: [{ drainTimeout: 1000, closeTimeout: 100 }],
  },
  // Of a running connection only: test/diagnose-wildcards.test.ts.
  "wildcard-publish": { red: [], green: [{}] },
  "no-name": {
    red: [
      { options: { name: undefined }, level: "hint", option: "name", says: /no name/ },
      { options: { name: " " }, level: "hint", option: "name", says: /no name/ },
    ],
    green: [{ name: "a" }],
  },
  "costly-looks": {
    red: [
      { options: { debug: true }, level: "hint", option: "debug", says: /stderr/ },
      { options: { verbose: true }, level: "hint", option: "verbose", says: /OK/ },
      { options: { pedantic: true }, level: "hint", option: "pedantic", says: /pedantic/ },
      { options: { noDelay: false }, level: "hint", option: "noDelay", says: /false/ },
      { options: { noAsyncTraces: false }, level: "hint", option: "noAsyncTraces", says: /false/ },
    ],
    green: [{ debug: false, verbose: false, pedantic: false, noDelay: true, noAsyncTraces: true }],
  },
};
