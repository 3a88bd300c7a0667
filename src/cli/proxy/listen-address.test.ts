import { expect, it } from "vitest";
import { isLocal, parseListen } from "./listen-address.js";

it.each([
  ["4333", { host: "127.0.0.1", port: 4333 }],
  [":4333", { host: "127.0.0.1", port: 4333 }],
  ["0.0.0.0:4333", { host: "0.0.0.0", port: 4333 }],
  ["[::1]:4333", { host: "::1", port: 4333 }],
  ["localhost", { host: "localhost", port: undefined }],
])("%s is where to listen", (text, address) => {
  expect(parseListen(text)).toEqual(address);
});

it.each(["", ":", "0", "a:0", "a:65536", "99999", "a:b", "nats://a:1", "u:p@a:1", "::1"])(
  "%s is not",
  (text) => {
    expect(() => parseListen(text)).toThrow("a port, or host:port");
  },
);

it("knows what only this machine reaches", () => {
  expect(["127.0.0.1", "127.8.0.1", "localhost", "::1"].every(isLocal)).toBe(true);
  expect(["0.0.0.0", "::", "10.0.0.1", "127.0.0.1.example"].some(isLocal)).toBe(false);
});
