import { describe, expect, it } from "vitest";
import { checkContradictions } from "./contradictions.js";
import type { ConnectionOptions } from "./options.js";

const call = () => 1;

describe("contradictions", () => {
  it.each([
    [{ servers: "h", port: 1 }, "servers"],
    [{ backoff: {}, reconnectTimeWait: 1 }, "backoff"],
    [{ token: "t", user: "u" }, "token"],
    [{ pass: "p" }, "pass"],
    [{ token: "t", pass: "p" }, "pass"],
    [{ backoff: {}, reconnectJitter: 5 }, "backoff"],
    [{ backoff: {}, reconnectJitterTLS: 5 }, "backoff"],
    [{ dialer: call, resolve: true }, "dialer"],
    [{ dialer: call, localAddress: "127.0.0.1" }, "dialer"],
    [{ dialer: call, localPort: 1 }, "dialer"],
    [{ dialer: call, keepAlive: false }, "dialer"],
    [{ dialer: call, noDelay: true }, "dialer"],
    [{ beforeReplayTimeout: 5 }, "beforeReplayTimeout"],
    [{ overflow: "outbox" }, "overflow"],
    [{ overflow: "reject", outbox: {} }, "overflow"],
    [{ overflow: { name: "mine", offer: call }, outbox: {} }, "overflow"],
    [{ failback: {} }, "failback"],
    [{ reconnect: false, standby: true }, "standby"],
    [{ reconnect: false, preferredServers: ["h"], failback: {} }, "failback"],
    [{ reconnect: false, waitOnFirstConnect: true }, "reconnect"],
    [{ reconnect: false, retryOnFailedConnect: true }, "reconnect"],
  ])("%o is refused, naming %s", (options, name) => {
    expect(() => checkContradictions(options as ConnectionOptions)).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION", detail: { option: name } }),
    );
  });

  it.each([
    [{ servers: "h", port: undefined }],
    [{ backoff: undefined, reconnectTimeWait: 1 }],
    [{ user: "u" }],
    [{ reconnect: false, waitOnFirstConnect: false }],
    [{ token: "t", authenticator: call }],
    [{ reconnectTimeWait: 1, reconnectJitterTLS: 5 }],
    [{ reconnectJitter: 5 }],
    [{ reconnectJitterTLS: 5 }],
    [{ backoff: {}, reconnectDelayHandler: call }],
    [{ reconnectTimeWait: 1, reconnectJitter: 5, reconnectDelayHandler: call }],
    [{ dialer: call, reconnectToServer: call }],
    [{ failback: false }],
    [{ overflow: "outbox", outbox: {} }],
    [{ overflow: "drop-oldest", outbox: undefined }],
    [{ outbox: {} }],
    [{ failback: {}, preferredServers: ["h"] }],
    [{ reconnect: false, standby: false }],
    [{ reconnect: false, preferredServers: ["h"] }],
    [{ reconnect: false, preferredServers: ["h"], failback: false }],
    [{ preferredServers: ["h"], reconnectToServer: call, noRandomize: true }],
  ])("%o is none", (options) => {
    expect(() => checkContradictions(options as ConnectionOptions)).not.toThrow();
  });
});
