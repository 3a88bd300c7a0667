import { describe, expect, it } from "vitest";
import { checkOptions } from "../check-options.js";
import { optionsFromEnv } from "../env.js";
import type { ConnectionOptions } from "../options.js";

const NAME = { NATS_NAME: "n" };
const MIB = 1024 * 1024;

function refusal(
  env: Record<string, string>,
  defaults?: unknown,
): Error & { option?: string; code?: string } {
  try {
    optionsFromEnv({ ...NAME, ...env }, defaults as ConnectionOptions);
  } catch (error) {
    expect(error).toMatchObject({ code: "INVALID_OPTION" });
    return error as Error;
  }
  throw new Error("was taken");
}

describe("every tunable from the environment [R8]", () => {
  it("comes as the option's own type", () => {
    const options = optionsFromEnv({
      NATS_SERVERS: "a,b",
      NATS_NAME: "n",
      NATS_TIMEOUT: "10s",
      NATS_RECONNECT: "yes",
      NATS_MAX_RECONNECT_ATTEMPTS: "-1",
      NATS_BACKOFF_INITIAL: "250ms",
      NATS_BACKOFF_MAX: "1m",
      NATS_BACKOFF_FACTOR: "1.5",
      NATS_BACKOFF_JITTER: "full",
      NATS_BACKOFF_MAX_ATTEMPTS: "unlimited",
      NATS_PREFERRED_SERVERS: "a, zone-1",
      NATS_FAILBACK_INTERVAL: "1m",
      NATS_STANDBY: "on",
      NATS_NO_RANDOMIZE: "1",
      NATS_KEEP_ALIVE: "10s",
      NATS_PING_INTERVAL: "0",
      NATS_MAX_PING_OUT: "3",
      NATS_STALL_TIMEOUT: "2s",
      NATS_DELIVERY: "at-most-once",
      NATS_RECONNECT_BUF_SIZE: "16MiB",
      NATS_MAX_BUFFERED_MESSAGES: "1000",
      NATS_OVERFLOW: "drop-oldest",
      NATS_PENDING_LIMIT_MESSAGES: "unlimited",
      NATS_PENDING_LIMIT_BYTES: "1MiB",
      NATS_PENDING_LIMIT_POLICY: "drop-oldest",
      NATS_REPLAY_MARGIN: "500ms",
      NATS_INBOX_PREFIX: "_INBOX.orders",
      NATS_DEBUG: "off",
      NATS_TLS: "true",
      NATS_TLS_HANDSHAKE_FIRST: "true",
      NATS_TLS_MIN_VERSION: "TLSv1.3",
      NATS_WEBSOCKET_COMPRESSION: "true",
      NATS_DRAIN_TIMEOUT: "45s",
    });
    expect(options).toEqual({
      servers: "a,b",
      name: "n",
      timeout: 10_000,
      reconnect: true,
      maxReconnectAttempts: -1,
      backoff: {
        initial: 250,
        max: 60_000,
        factor: 1.5,
        jitter: "full",
        maxAttempts: Number.POSITIVE_INFINITY,
      },
      preferredServers: ["a", "zone-1"],
      failback: { interval: 60_000 },
      standby: true,
      noRandomize: true,
      keepAlive: 10_000,
      pingInterval: 0,
      maxPingOut: 3,
      stallTimeout: 2000,
      delivery: "at-most-once",
      reconnectBufSize: 16 * MIB,
      maxBufferedMessages: 1000,
      overflow: "drop-oldest",
      pendingLimit: { messages: Number.POSITIVE_INFINITY, bytes: MIB, policy: "drop-oldest" },
      replayMargin: 500,
      inboxPrefix: "_INBOX.orders",
      debug: false,
      tls: { handshakeFirst: true, minVersion: "TLSv1.3" },
      websocket: { compression: true },
      drainTimeout: 45_000,
    });
    expect(() => checkOptions(options)).not.toThrow();
  });

  it("says yes or no to TLS, and to going back", () => {
    expect(optionsFromEnv({ NATS_TLS: "true" }).tls).toEqual({});
    expect(optionsFromEnv({ NATS_TLS: "no" }).tls).toBeNull();
    expect(optionsFromEnv({ NATS_FAILBACK: "false" }).failback).toBe(false);
    expect(optionsFromEnv({ NATS_FAILBACK: "true", NATS_PREFERRED_SERVERS: "a" }).failback).toEqual({});
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ["NATS_TIMEOUT", { NATS_TIMEOUT: "5 sec" }, /must be a duration: .* 500ms, 2s, 1m/],
    ["NATS_TIMEOUT", { NATS_TIMEOUT: "0" }, /must be a number of milliseconds from 1 to/],
    ["NATS_RECONNECT", { NATS_RECONNECT: "maybe" }, /must be true or false \(or yes, no, on, off, 1, 0\)/],
    ["NATS_RECONNECT_BUF_SIZE", { NATS_RECONNECT_BUF_SIZE: "8M" }, /must be a size: .* 8MiB/],
    ["NATS_DELIVERY", { NATS_DELIVERY: "once" }, /must be "at-least-once" or "at-most-once"/],
    ["NATS_OVERFLOW", { NATS_OVERFLOW: "drop" }, /"reject", "drop-oldest" or "drop-newest"/],
    ["NATS_MAX_PING_OUT", { NATS_MAX_PING_OUT: "0" }, /must be an integer from 1/],
    [
      "NATS_BACKOFF_INITIAL",
      { NATS_BACKOFF_INITIAL: "1m", NATS_BACKOFF_MAX: "1s" },
      /must not be larger than/,
    ],
    ["NATS_BACKOFF_JITTER", { NATS_BACKOFF_JITTER: "2" }, /from 0 to 1/],
    [
      "NATS_BACKOFF_MAX",
      { NATS_BACKOFF_MAX: "1m", NATS_RECONNECT_TIME_WAIT: "2s" },
      /and NATS_RECONNECT_TIME_WAIT exclude each other/,
    ],
    ["NATS_PREFERRED_SERVERS", { NATS_PREFERRED_SERVERS: "," }, /must name at least one/],
    ["NATS_PREFERRED_SERVERS", { NATS_PREFERRED_SERVERS: "http://x" }, /neither an address nor a name/],
    ["NATS_FAILBACK_STABLE", { NATS_FAILBACK_STABLE: "1s" }, /needs option "preferredServers"/],
    [
      "NATS_FAILBACK",
      { NATS_FAILBACK: "false", NATS_FAILBACK_STABLE: "1s" },
      /false and NATS_FAILBACK_STABLE exclude/,
    ],
    ["NATS_TLS", { NATS_TLS: "false", NATS_TLS_SERVERNAME: "x" }, /false and NATS_TLS_SERVERNAME exclude/],
    ["NATS_TLS_CIPHERS", { NATS_TLS_CIPHERS: "none" }, /is refused/],
    ["NATS_TLS_MIN_VERSION", { NATS_TLS_MIN_VERSION: "1.3" }, /"TLSv1.3"/],
    ["NATS_TLS_PASSPHRASE", { NATS_TLS_PASSPHRASE: "S3CRET" }, /needs option "tls.key"/],
    ["NATS_BEFORE_REPLAY_TIMEOUT", { NATS_BEFORE_REPLAY_TIMEOUT: "1s" }, /needs option "beforeReplay"/],
    ["NATS_INBOX_PREFIX", { NATS_INBOX_PREFIX: "a b" }, /must be a subject/],
    ["NATS_LOCAL_ADDRESS", { NATS_LOCAL_ADDRESS: "eth0" }, /must be an IP address/],
    ["NATS_WEBSOCKET_HEADERS", { NATS_WEBSOCKET_HEADERS: "S3CRET" }, /must be name=value/],
    ["NATS_WEBSOCKET_HEADERS", { NATS_WEBSOCKET_HEADERS: "X=S3CRET%0A" }, /without control characters/],
    ["NATS_STANDBY", { NATS_STANDBY: "true", NATS_RECONNECT: "false" }, /and NATS_RECONNECT false exclude/],
  ])("%s of %o is refused", (variable, env, text) => {
    const error = refusal(env);
    expect(error.option).toBe(variable);
    expect(error.message).toContain(`environment variable ${variable}`);
    expect(error.message).toMatch(text);
    expect(error.message).not.toContain("S3CRET");
  });
});

describe("the defaults of a program [R8]", () => {
  it("lie under what the environment says", () => {
    const reconnectToServer = () => null;
    const defaults = {
      name: "mine",
      timeout: 1000,
      pingInterval: 5000,
      reconnectToServer,
      noEcho: undefined,
    };
    const options = optionsFromEnv({ NATS_TIMEOUT: "2s" }, defaults);
    expect(options).toEqual({ name: "mine", timeout: 2000, pingInterval: 5000, reconnectToServer });
    expect(Object.keys(options)).not.toContain("noEcho");
    expect(optionsFromEnv(NAME, defaults).name).toBe("n");
    expect(defaults).toEqual({ name: "mine", timeout: 1000, pingInterval: 5000, reconnectToServer });
  });

  it("give way as a whole where they say who we are, where to go, how to wait", () => {
    const defaults = { user: "me", pass: "secret", port: 4222, backoff: { max: 5000 } };
    const env = { ...NAME, NATS_TOKEN: "t", NATS_SERVERS: "a", NATS_RECONNECT_TIME_WAIT: "2s" };
    expect(optionsFromEnv(env, defaults)).toEqual({
      name: "n",
      token: "t",
      servers: "a",
      reconnectTimeWait: 2000,
    });
    const authenticator = () => ({ auth_token: "x" });
    const fixed = { authenticator, reconnectTimeWait: 5, reconnectJitter: 5 };
    expect(optionsFromEnv({ ...NAME, NATS_USER: "u", NATS_BACKOFF_MAX: "1m" }, fixed)).toEqual({
      name: "n",
      user: "u",
      backoff: { max: 60_000 },
    });
    expect(optionsFromEnv(NAME, fixed)).toEqual({ name: "n", ...fixed });
  });

  it("are merged one by one where an option holds others", () => {
    const defaults = { backoff: { initial: 5, max: 10 }, preferredServers: ["a"], failback: { stable: 7 } };
    const env = { ...NAME, NATS_BACKOFF_MAX: "20", NATS_FAILBACK_INTERVAL: "9" };
    expect(optionsFromEnv(env, defaults)).toEqual({
      name: "n",
      backoff: { initial: 5, max: 20 },
      preferredServers: ["a"],
      failback: { interval: 9, stable: 7 },
    });
    expect(optionsFromEnv({ NATS_FAILBACK: "no" }, defaults).failback).toBe(false);
    expect(optionsFromEnv({ NATS_TLS_SERVERNAME: "x" }, { tls: null }).tls).toEqual({ servername: "x" });
    expect(optionsFromEnv({ NATS_TLS: "false" }, { tls: { servername: "x" } }).tls).toBeNull();
    expect(optionsFromEnv({ NATS_TLS: "true" }, { tls: { servername: "x" } }).tls).toEqual({
      servername: "x",
    });
  });

  it("that are wrong, or that contradict the environment, are refused by their own names", () => {
    expect(refusal({}, { timeout: "5" })).toMatchObject({ option: "timeout" });
    expect(refusal({}, { tiemout: 5 }).message).toContain('did you mean "timeout"?');
    expect(refusal({}, null).message).toContain("must be an object");
    expect(refusal({}, []).message).toContain("must be an object");
    const throwing = {
      get timeout() {
        throw new Error("no");
      },
    };
    expect(refusal({}, throwing).message).toContain("cannot be read");
    const dialer = () => undefined as never;
    const error = refusal({ NATS_NO_DELAY: "true" }, { dialer });
    expect(error.message).toBe('option "dialer" and NATS_NO_DELAY exclude each other');
    expect(refusal({ NATS_BACKOFF_MAX: "5" }, { backoff: { initial: 10 } })).toMatchObject({
      option: "backoff.initial",
    });
  });
});
