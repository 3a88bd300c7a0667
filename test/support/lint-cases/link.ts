import type { AnyAuthenticator } from "../../../src/index.js";
import type { Cases } from "./case.js";

const authenticator: AnyAuthenticator = () => ({ auth_token: "s3cret" });

/** Of the rules about servers, secrets and retries. */
export const LINK_CASES: Cases = {
  "plain-text": {
    red: [
      { options: { tls: undefined }, level: "warning", option: "tls", says: /a\.example:4222/ },
      { options: { tls: null }, level: "warning", option: "tls", says: /null/ },
      {
        options: { tls: undefined, servers: ["ws://a.example", "ws://b.example"] },
        level: "warning",
        option: "tls",
        says: /a\.example:80/,
      },
    ],
    green: [
      { tls: undefined, servers: "localhost:4222" },
      { tls: undefined, servers: ["127.0.0.1:4222", "[::1]:4222", "nats.localhost:4222"] },
      { tls: undefined, servers: ["tls://a.example", "tls://b.example"] },
      { tls: undefined, servers: ["wss://a.example", "wss://b.example"] },
    ],
  },
  "plain-text-credentials": {
    red: [
      {
        options: { tls: undefined, token: "s3cret" },
        level: "error",
        option: "tls",
        says: /password or token/,
      },
      {
        options: { tls: null, user: "u", pass: "s3cret" },
        level: "error",
        option: "tls",
        says: /a\.example/,
      },
      {
        options: { tls: undefined, servers: ["nats://u:s3cret@a.example", "b.example"] },
        level: "error",
        option: "tls",
        says: /a\.example:4222/,
      },
    ],
    green: [
      { token: "s3cret" },
      { tls: undefined, servers: "127.0.0.1", token: "s3cret" },
      // They sign; no secret is sent.
      { tls: undefined, authenticator },
    ],
  },
  "unverified-tls": {
    red: [
      {
        options: { tls: { rejectUnauthorized: false } },
        level: "error",
        option: "tls.rejectUnauthorized",
        says: /false/,
      },
      {
        options: { servers: "localhost", tls: { rejectUnauthorized: false } },
        level: "hint",
        option: "tls.rejectUnauthorized",
        says: /false/,
      },
    ],
    green: [{ tls: { rejectUnauthorized: true } }],
  },
  "old-tls": {
    red: [
      {
        options: { tls: { minVersion: "TLSv1" } },
        level: "warning",
        option: "tls.minVersion",
        says: /TLSv1$/,
      },
      {
        options: { tls: { minVersion: "TLSv1", maxVersion: "TLSv1.1" } },
        level: "warning",
        option: "tls.minVersion",
        says: /TLSv1/,
      },
    ],
    green: [{ tls: { minVersion: "TLSv1.2", maxVersion: "TLSv1.3" } }],
  },
  "credentials-in-url": {
    red: [
      {
        options: { servers: ["tls://u:s3cret@a.example", "tls://b.example"] },
        level: "hint",
        option: "servers",
        says: /URL of a\.example:4222$/,
      },
      {
        options: { servers: ["s3cret@a.example", "b.example"] },
        level: "hint",
        option: "servers",
        says: /a\.example/,
      },
    ],
    green: [{ user: "u", pass: "s3cret" }],
  },
  "two-credentials": {
    red: [
      {
        options: { servers: ["tls://u:s3cret@a.example", "b.example"], token: "s3cret" },
        level: "warning",
        option: "servers",
        says: /URLs, token/,
      },
      {
        options: { user: "u", pass: "s3cret", authenticator },
        level: "warning",
        option: "authenticator",
        says: /user, authenticator/,
      },
    ],
    green: [{ authenticator: [authenticator, authenticator] }, { token: "s3cret" }],
  },
  "one-server": {
    red: [
      { options: { servers: "a.example" }, level: "warning", option: "servers", says: /a\.example:4222/ },
      {
        options: { servers: "a.example", ignoreClusterUpdates: true },
        level: "error",
        option: "servers",
        says: /ignored/,
      },
      {
        options: { servers: undefined, port: 4333 },
        level: "hint",
        option: "port",
        says: /127\.0\.0\.1:4333/,
      },
      {
        options: { servers: undefined, ignoreClusterUpdates: true },
        level: "hint",
        option: "servers",
        says: /only/,
      },
    ],
    green: [{ servers: ["a.example", "b.example"] }],
  },
  "gossip-ignored": {
    red: [
      {
        options: { ignoreClusterUpdates: true },
        level: "warning",
        option: "ignoreClusterUpdates",
        says: /ignored/,
      },
    ],
    green: [{ servers: ["localhost:1", "localhost:2"], ignoreClusterUpdates: true }],
  },
  "fixed-order": {
    red: [
      {
        options: { noRandomize: true },
        level: "warning",
        option: "noRandomize",
        says: /a\.example:4222 first/,
      },
    ],
    green: [{ servers: "a.example", noRandomize: true }],
  },
  "duplicate-servers": {
    red: [
      {
        options: { servers: ["a.example", "nats://a.example:4222", "b.example"] },
        level: "warning",
        option: "servers",
        says: /a\.example:4222$/,
      },
    ],
    green: [{ servers: ["a.example:1", "a.example:2"] }],
  },
  "one-host": {
    red: [
      {
        options: { servers: ["a.example:1", "A.example:2"] },
        level: "hint",
        option: "servers",
        says: /2 servers.*a\.example/i,
      },
    ],
    green: [{ servers: ["127.0.0.1:1", "127.0.0.1:2"] }, { servers: ["a.example", "b.example"] }],
  },
  "one-address": {
    red: [
      {
        options: { servers: "a.example", resolve: false },
        level: "warning",
        option: "resolve",
        says: /a\.example/,
      },
    ],
    green: [{ resolve: false }, { servers: "localhost", resolve: false }],
  },
  "fixed-port": {
    red: [{ options: { localPort: 5000 }, level: "warning", option: "localPort", says: /5000/ }],
    green: [{ localAddress: "127.0.0.1" }],
  },
  "no-failback": {
    red: [
      {
        options: { preferredServers: ["a.example"], failback: false },
        level: "hint",
        option: "failback",
        says: /false/,
      },
    ],
    green: [{ preferredServers: ["a.example"] }, { failback: false }],
  },
  "standby-alone": {
    red: [
      {
        options: { servers: "a.example", standby: true, ignoreClusterUpdates: true },
        level: "warning",
        option: "standby",
        says: /second/,
      },
    ],
    green: [
      { servers: "a.example", standby: true },
      { standby: true, ignoreClusterUpdates: true },
    ],
  },
  "eager-retry": {
    red: [
      { options: { reconnectTimeWait: 99 }, level: "warning", option: "reconnectTimeWait", says: /99 ms/ },
      { options: { backoff: { initial: 50 } }, level: "warning", option: "backoff.initial", says: /50 ms/ },
      {
        options: { backoff: { initial: 200, max: 500 } },
        level: "warning",
        option: "backoff.max",
        says: /500 ms/,
      },
      { options: { backoff: { max: 10 } }, level: "warning", option: "backoff.max", says: /10 ms/ },
    ],
    green: [
      { reconnectTimeWait: 100 },
      { backoff: { initial: 100, max: 1000 } },
      { reconnectTimeWait: 1, reconnectDelayHandler: () => 5000 },
    ],
  },
  "no-jitter": {
    red: [
      {
        options: { reconnectTimeWait: 1000, reconnectJitter: 0 },
        level: "warning",
        option: "reconnectJitter",
        says: /0$/,
      },
      { options: { reconnectJitterTLS: 0 }, level: "warning", option: "reconnectJitterTLS", says: /TLS/ },
      { options: { backoff: { jitter: 0 } }, level: "warning", option: "backoff.jitter", says: /no jitter/ },
      { options: { backoff: { jitter: 0.05 } }, level: "warning", option: "backoff.jitter", says: /0\.05/ },
    ],
    green: [{ backoff: { jitter: 0.5 } }, { backoff: { jitter: "full" } }, { reconnectTimeWait: 1000 }],
  },
  "no-growth": {
    red: [
      { options: { reconnectTimeWait: 2000 }, level: "hint", option: "reconnectTimeWait", says: /nats\.js/ },
      { options: { backoff: { factor: 1 } }, level: "hint", option: "backoff.factor", says: /1$/ },
    ],
    green: [{ backoff: { factor: 1.5 } }, { backoff: { initial: 30_000, max: 30_000, factor: 1 } }],
  },
  "gives-up": {
    red: [
      // nats.js's defaults, carried over.
      {
        options: { reconnectTimeWait: 2000, maxReconnectAttempts: 10 },
        level: "warning",
        option: "maxReconnectAttempts",
        says: /18 s: maxReconnectAttempts is 10/,
      },
      {
        options: { backoff: { maxAttempts: 3 } },
        level: "warning",
        option: "backoff.maxAttempts",
        says: /3 s/,
      },
      { options: { maxReconnectAttempts: 0 }, level: "warning", option: "maxReconnectAttempts", says: /0$/ },
      {
        options: { maxReconnectAttempts: 10 },
        level: "hint",
        option: "maxReconnectAttempts",
        says: /151 s|2\.5 min/,
      },
      {
        options: { maxReconnectAttempts: 10, reconnectDelayHandler: () => 1 },
        level: "hint",
        option: "maxReconnectAttempts",
        says: /some length/,
      },
    ],
    green: [
      { maxReconnectAttempts: -1 },
      { maxReconnectAttempts: 1000 },
      { reconnect: false, maxReconnectAttempts: 1 },
    ],
  },
  "no-reconnect": {
    red: [{ options: { reconnect: false }, level: "warning", option: "reconnect", says: /false/ }],
    green: [{ reconnect: true }],
  },
  "wait-gives-up": {
    red: [
      {
        options: { waitOnFirstConnect: true, maxReconnectAttempts: 1000 },
        level: "warning",
        option: "maxReconnectAttempts",
        says: /waitOnFirstConnect.*1000/,
      },
      {
        options: { retryOnFailedConnect: true, backoff: { maxAttempts: 1000 } },
        level: "warning",
        option: "backoff.maxAttempts",
        says: /retryOnFailedConnect/,
      },
    ],
    green: [{ waitOnFirstConnect: true }, { maxReconnectAttempts: 1000 }],
  },
  "refused-credentials": {
    red: [
      {
        options: { authenticator, ignoreAuthErrorAbort: false },
        level: "warning",
        option: "ignoreAuthErrorAbort",
        says: /two/,
      },
      {
        options: { token: "s3cret", ignoreAuthErrorAbort: true },
        level: "hint",
        option: "ignoreAuthErrorAbort",
        says: /again/,
      },
    ],
    green: [
      { authenticator, ignoreAuthErrorAbort: true },
      { token: "s3cret", ignoreAuthErrorAbort: false },
    ],
  },
};
