import { describe, expect, it } from "vitest";
import { CodedError } from "../errors.js";
import { checkOptions } from "./check-options.js";
import type { ConnectionOptions } from "./options.js";

const call = () => 1;
const OUTBOX = { name: "mine", engaged: false, offer: call, attach: call, detach: call, store: call };
const CALLBACK = { right: [call, async () => {}], wrong: [1, "x", {}, [call]] };

/** For every option: what is right, and what is wrong beside the values that are wrong for all of its type. */
const OPTIONS: {
  [K in keyof Required<ConnectionOptions>]: {
    right: unknown[];
    wrong: unknown[];
    with?: object;
    /** `null` says something. */
    nullable?: true;
  };
} = {
  servers: { right: ["h", "h:1,i:2", ["h", "i"]], wrong: [[], [1], ["h", null], {}, 4222, true] },
  port: { right: [1, 4222, 65_535], wrong: [0, 65_536, 4222.5, "4222"] },
  name: { right: ["", "me"], wrong: [1, {}, ["me"], true] },
  user: { right: ["me"], wrong: [1, {}, true] },
  pass: { right: ["secret"], wrong: [1, {}, true], with: { user: "me" } },
  token: { right: ["t"], wrong: [1, {}, true] },
  authenticator: { right: [call, [call, call]], wrong: [{}, "x", [call, 1], [null]] },
  timeout: { right: [1, 5000, 0.5 + 1], wrong: [0, 0.5, -1, "5000", Number.POSITIVE_INFINITY] },
  reconnect: { right: [true, false], wrong: [0, 1, "true"] },
  maxReconnectAttempts: { right: [-1, 0, 60], wrong: [-2, 1.5, "1", Number.POSITIVE_INFINITY] },
  backoff: { right: [{}, { initial: 1 }], wrong: [5, "full", true, [], [1], call] },
  reconnectTimeWait: { right: [0, 2000], wrong: [-1, "2000", Number.POSITIVE_INFINITY] },
  reconnectJitter: { right: [0, 100], wrong: [-1, "100"], with: { reconnectTimeWait: 1 } },
  reconnectJitterTLS: { right: [0, 1000], wrong: [-1, "1000", true], with: { reconnectTimeWait: 1 } },
  reconnectDelayHandler: { right: [call], wrong: [1, "x", {}] },
  reconnectToServer: { right: [call], wrong: [1, "nats://a", {}, ["a"], true] },
  tls: { right: [{}], wrong: [1, true, "tls", [], call], nullable: true },
  websocket: { right: [{}], wrong: [1, true, "wss", [], call] },
  resolve: { right: [true, false], wrong: [0, "yes", {}] },
  dialer: { right: [call], wrong: [1, "tcp", {}, [call], true] },
  localAddress: { right: ["127.0.0.1", "::1"], wrong: ["", "localhost", "127.0.0", "1.2.3.4:5", 127, {}] },
  localPort: { right: [1, 65_535], wrong: [0, -1, 65_536, 1.5, "4222"] },
  keepAlive: { right: [true, false, 1, 60_000], wrong: [0, -1, "30s", {}, Number.POSITIVE_INFINITY] },
  noDelay: { right: [true, false], wrong: [0, "yes"] },
  debug: { right: [true, false], wrong: [0, "yes", {}] },
  noAsyncTraces: { right: [true, false], wrong: [0, "yes"] },
  preferredServers: {
    right: [["h"], ["h:1", "name"], call],
    wrong: [[], "h", [1], ["h", null], {}, true, Array.from({ length: 257 }, () => "h")],
  },
  failback: {
    right: [false, {}, { interval: 5 }, { interval: 1, stable: 0 }],
    wrong: [true, 5000, "no", [], call],
    with: { preferredServers: ["h"] },
  },
  standby: { right: [true, false], wrong: [0, "yes", {}] },
  moveSettle: { right: [0, 50, 0.5], wrong: [-1, "50", Number.POSITIVE_INFINITY] },
  lameDuckJitter: { right: [0, 3000], wrong: [-1, "3s", Number.POSITIVE_INFINITY] },
  noRandomize: { right: [true, false], wrong: [0, "yes"] },
  pingInterval: { right: [20_000, 0, -1], wrong: ["20000", Number.POSITIVE_INFINITY] },
  maxPingOut: { right: [1, 2], wrong: [0, -1, 1.5, "2"] },
  stallTimeout: { right: [0, 5000], wrong: [-1, "5000", Number.POSITIVE_INFINITY] },
  flusherTimeout: { right: [0, 60_000], wrong: [-1, "5000", Number.POSITIVE_INFINITY] },
  partitionThreshold: { right: [0, 30_000], wrong: [-1, "30s", Number.POSITIVE_INFINITY] },
  noEcho: { right: [true, false], wrong: [0, "yes"] },
  verbose: { right: [true, false], wrong: [0, "yes"] },
  pedantic: { right: [true, false], wrong: [0, "yes"] },
  ignoreClusterUpdates: { right: [true, false], wrong: [0, "yes"] },
  resubscribeOnPermission: { right: [true, false], wrong: [0, "yes", null] },
  inboxPrefix: { right: ["_INBOX", "_MINE.me"], wrong: [1, {}] },
  ignoreAuthErrorAbort: { right: [true, false], wrong: [0, "yes"] },
  waitOnFirstConnect: { right: [true, false], wrong: [0, "yes"] },
  retryOnFailedConnect: { right: [true, false], wrong: [0, "yes"] },
  delivery: { right: ["at-least-once", "at-most-once"], wrong: ["exactly-once", "", 1, true] },
  reconnectBufSize: { right: [-1, 0, 8_388_608], wrong: [-2, 1.5, "8MB", Number.POSITIVE_INFINITY] },
  maxBufferedMessages: {
    right: [1, 10_000, -1, Number.POSITIVE_INFINITY],
    wrong: [0, -2, 1.5, "10", 10 ** 9 + 1],
  },
  overflow: {
    right: ["reject", "drop-oldest", "drop-newest", { name: "mine", offer: call, keep: call }],
    wrong: [
      "taken",
      { name: "mine", offer: call, keep: true },
      "drop",
      "",
      1,
      {},
      [],
      call,
      { name: "mine" },
      { offer: call },
      { name: 1, offer: call },
    ],
  },
  outbox: {
    right: [OUTBOX, { ...OUTBOX, engaged: true }],
    wrong: [
      "outbox",
      1,
      true,
      [],
      {},
      call,
      Promise.resolve(OUTBOX),
      { name: "mine", offer: call },
      { ...OUTBOX, store: 1 },
    ],
  },
  maxPending: { right: [1, 67_108_864], wrong: [0, -1, 1.5, "1", Number.POSITIVE_INFINITY] },
  pendingLimit: { right: [{}, { messages: 1 }], wrong: [5, "drop-oldest", true, [], [1], call] },
  replayMargin: { right: [0, 250], wrong: [-1, 60_001, "250"] },
  beforeReplay: { right: [call], wrong: [1, {}, "x"] },
  beforeReplayTimeout: { right: [1, 5000], wrong: [0, -1, "5000"], with: { beforeReplay: call } },
  closeTimeout: { right: [0, 5000], wrong: [-1, "5000", Number.POSITIVE_INFINITY] },
  drainTimeout: { right: [0, 30_000], wrong: [-1, "30000", Number.POSITIVE_INFINITY] },
  connectedCb: CALLBACK,
  closedCb: CALLBACK,
  disconnectedCb: CALLBACK,
  reconnectedCb: CALLBACK,
  reconnectErrCb: CALLBACK,
  discoveredServersCb: CALLBACK,
  asyncErrorCb: CALLBACK,
  lameDuckCb: CALLBACK,
};
const NAMES = Object.keys(OPTIONS) as (keyof typeof OPTIONS)[];

function refusal(options: unknown): CodedError {
  try {
    checkOptions(options);
  } catch (error) {
    expect(error).toBeInstanceOf(CodedError);
    expect((error as CodedError).code).toBe("INVALID_OPTION");
    return error as CodedError;
  }
  throw new Error(`was taken: ${JSON.stringify(options)}`);
}

describe("every option", () => {
  it.each(NAMES)("%s is taken with the right type, and undefined counts as absent", (name) => {
    const { right, with: others } = OPTIONS[name];
    for (const value of [...right, undefined]) {
      expect(() => checkOptions({ ...others, [name]: value })).not.toThrow();
    }
  });

  it.each(NAMES)("%s of a wrong type or value is refused with its name", (name) => {
    const { wrong, with: others, nullable } = OPTIONS[name];
    for (const value of [...wrong, ...(nullable ? [] : [null]), Number.NaN, Symbol("s"), 5n]) {
      const error = refusal({ ...others, [name]: value });
      expect(error.detail.option).toBe(name);
      expect(error.message).toContain(`"${name}"`);
    }
  });

  it("can stand alone or with what it needs, and there are no others", () => {
    expect(() => checkOptions({})).not.toThrow();
    refusal({ "": 1 });
  });
});

describe("backoff", () => {
  it.each([
    [{ initial: 1, max: 1 }],
    [{ initial: 1000, max: 30_000, factor: 2, jitter: "full", maxAttempts: 3 }],
    [{ jitter: "spread" }],
    [{ jitter: 0 }],
    [{ jitter: 1, maxAttempts: Number.POSITIVE_INFINITY, max: undefined }],
  ])("%j is taken", (backoff) => {
    expect(() => checkOptions({ backoff })).not.toThrow();
  });

  it.each([
    ["initial", 0],
    ["initial", -1],
    ["initial", Number.NaN],
    ["initial", "1"],
    ["max", 0],
    ["max", Number.POSITIVE_INFINITY],
    ["factor", 0.5],
    ["factor", -2],
    ["factor", Number.NaN],
    ["jitter", -0.1],
    ["jitter", 1.1],
    ["jitter", "half"],
    ["jitter", Number.NaN],
    ["maxAttempts", 0],
    ["maxAttempts", 1.5],
    ["maxAttempts", -1],
    ["maxAttempts", null],
  ])("%s: %j is refused with its full name", (name, value) => {
    expect(refusal({ backoff: { [name]: value } }).detail.option).toBe(`backoff.${name}`);
  });

  it("with a first wait longer than the longest is refused", () => {
    expect(refusal({ backoff: { initial: 2000, max: 1000 } }).detail.option).toBe("backoff.initial");
  });

  it("with an unknown name is refused, with a suggestion", () => {
    const error = refusal({ backoff: { initail: 5 } });
    expect(error.detail.option).toBe("backoff.initail");
    expect(error.message).toContain('"backoff.initial"');
  });
});

describe("failback", () => {
  it.each([
    ["interval", 0],
    ["interval", "30s"],
    ["stable", -1],
    ["stable", Number.NaN],
    ["intervall", 5],
  ])("with %s: %j is refused by the name of the part", (name, value) => {
    const error = refusal({ preferredServers: ["h"], failback: { [name]: value } });
    expect(error.detail.option).toBe(`failback.${name}`);
  });
});

describe("unknown names", () => {
  it.each([
    ["reconnectBufsize", "reconnectBufSize"],
    ["reconnectbufsize", "reconnectBufSize"],
    ["pinginterval", "pingInterval"],
    ["PingInterval", "pingInterval"],
    ["maxReconnectAttempt", "maxReconnectAttempts"],
    ["maxReconnectAtempts", "maxReconnectAttempts"],
    ["server", "servers"],
    ["password", "pass"],
    ["norandomize", "noRandomize"],
    ["maxpingout", "maxPingOut"],
    ["timeOut", "timeout"],
    ["reconectTimeWait", "reconnectTimeWait"],
    ["waitOnFirstConect", "waitOnFirstConnect"],
    ["inboxprefix", "inboxPrefix"],
    ["beforereplay", "beforeReplay"],
    ["reconnectToserver", "reconnectToServer"],
    ["reconnectJitterTls", "reconnectJitterTLS"],
    ["localAdress", "localAddress"],
    ["keepalive", "keepAlive"],
    ["nodelay", "noDelay"],
    ["resolver", "resolve"],
    ["dial", "dialer"],
    ["noAsyncTrace", "noAsyncTraces"],
    ["url", "servers"],
    ["username", "user"],
    ["maxReconnects", "maxReconnectAttempts"],
  ])("%s: did you mean %s?", (name, wanted) => {
    const error = refusal({ [name]: 1 });
    expect(error.detail.option).toBe(name);
    expect(error.message).toContain(`did you mean "${wanted}"?`);
  });

  it.each([
    ["creds", "credsFileAuthenticator(path)"],
    ["nkey", "nkeyAuthenticator(seed)"],
    ["caFile", 'option "tls"'],
  ])("%s: says where it belongs", (name, wanted) => {
    expect(refusal({ [name]: "S3CRET" }).message).toContain(wanted);
    expect(refusal({ [name]: "S3CRET" }).message).not.toContain("S3CRET");
  });

  it.each(["x", "foo", "completelyDifferent", "", "__proto_", "toString", "constructor", "hasOwnProperty"])(
    "%j is refused without a wild guess",
    (name) => {
      const error = refusal({ [name]: 1 });
      expect(error.message).toContain("unknown");
      expect(error.message).not.toContain("did you mean");
    },
  );

  it("count only when they have a value", () => {
    expect(() => checkOptions({ foo: undefined })).not.toThrow();
  });
});

describe("the options as a whole", () => {
  it.each([null, undefined, 1, "nats://h", true, [], ["h"], call, Symbol("s")])(
    "%o is refused",
    (options) => {
      expect(refusal(options).message).toContain("object");
    },
  );

  it("never appear in an error with the secrets in them", () => {
    const secret = "S3CRET";
    for (const options of [
      { user: "me", pass: secret, timeout: -1 },
      { token: secret, user: "me" },
      { pass: secret },
      { token: { secret } },
      { pass: [secret], user: "me" },
      { passwort: secret },
      { servers: [`nats://me:${secret}@h`, 5] },
      { servers: { url: secret } },
    ]) {
      expect(refusal(options).message).not.toContain(secret);
    }
  });
});
