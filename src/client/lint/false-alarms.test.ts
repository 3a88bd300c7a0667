import { describe, expect, it } from "vitest";
import type { ConnectionOptions } from "../options.js";
import { lint } from "./lint.js";

const AROUND = { heapLimit: 4 * 1024 ** 3 };
const SOUND: ConnectionOptions = { servers: ["tls://a.example", "tls://b.example"], name: "orders" };
const levels = (options: ConnectionOptions) =>
  lint({ ...SOUND, ...options }, AROUND).map(({ rule, level }) => `${level}: ${rule}`);

describe("what is sensible is no finding, and what is not is one [X3]", () => {
  it.each<[string, ConnectionOptions, string[]]>([
    [
      "an address has no other addresses",
      { servers: "tls://10.0.0.1", resolve: false },
      ["warning: one-server"],
    ],
    [
      "a name may have some",
      { servers: "tls://a.example", resolve: false },
      ["warning: one-server", "warning: one-address"],
    ],
    ["any address is this host", { servers: "nats://0.0.0.0:4222" }, ["hint: one-server"]],
    ["any address of IPv6 as well", { servers: "nats://[::]:4222" }, ["hint: one-server"]],
    ["a short wait with a long jitter is spread", { reconnectTimeWait: 50, reconnectJitter: 5000 }, []],
    [
      "with TLS as well",
      { reconnectTimeWait: 50, reconnectJitter: 5000, reconnectJitterTLS: 100 },
      ["warning: eager-retry"],
    ],
    [
      "a short jitter spreads nothing",
      { reconnectTimeWait: 50, reconnectJitter: 200 },
      ["warning: eager-retry"],
    ],
    ["a service of Kubernetes", { servers: "tls://nats.default.svc.cluster.local" }, ["hint: one-server"]],
    [
      "that alone is dialled",
      { servers: "tls://nats.default.svc", ignoreClusterUpdates: true },
      ["warning: gossip-ignored", "hint: one-server"],
    ],
    [
      "one of its pods",
      { servers: "tls://nats-0.nats-headless.default.svc", ignoreClusterUpdates: true },
      ["error: one-server", "warning: gossip-ignored"],
    ],
    [
      "one address of it",
      { servers: "tls://nats.default.svc", resolve: false },
      ["warning: one-server", "warning: one-address"],
    ],
  ])("%s", (_what, options, found) => {
    expect(levels(options)).toEqual(found);
  });
});
