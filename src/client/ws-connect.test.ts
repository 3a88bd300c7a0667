import { describe, expect, it } from "vitest";
import type { ConnectionOptions } from "./options.js";
import { toWebSockets } from "./ws-connect.js";

describe("servers of wsconnect()", () => {
  it.each<[ConnectionOptions, ConnectionOptions]>([
    [{}, { servers: "wss://127.0.0.1" }],
    [
      { port: 8080, name: "a" },
      { servers: "wss://127.0.0.1:8080", name: "a" },
    ],
    [{ servers: "h" }, { servers: ["wss://h"] }],
    [{ servers: "h:1, ws://i" }, { servers: ["wss://h:1", "ws://i"] }],
    [
      { servers: ["WSS://h", "http://h:80/p", "https://h", "me:secret@h"] },
      { servers: ["WSS://h", "ws://h:80/p", "wss://h", "wss://me:secret@h"] },
    ],
    [{ servers: "nats://h" }, { servers: ["nats://h"] }],
    [
      { servers: "h", port: 1 },
      { servers: ["wss://h"], port: 1 },
    ],
    [{ servers: 4222 as never }, { servers: 4222 as never }],
    [{ servers: [1] as never }, { servers: [1] as never }],
  ])("%o: %o", (options, expected) => {
    const given = structuredClone(options);
    expect(toWebSockets(options)).toEqual(expected);
    expect(options).toEqual(given);
  });
});
