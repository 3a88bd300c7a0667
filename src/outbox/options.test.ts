import { describe, expect, it } from "vitest";
import { readOutboxOptions } from "./options.js";
import { MemoryStore } from "./store/memory-store.js";

const path = "/tmp/outbox";
const same = (bytes: Uint8Array) => bytes;

describe("options of openOutbox()", () => {
  it("have their defaults", () => {
    expect(readOutboxOptions({ path })).toEqual({
      path,
      store: undefined,
      mode: "overflow",
      maxBytes: 1024 ** 3,
      maxAge: Number.POSITIVE_INFINITY,
      threshold: 10_000,
      stream: undefined,
      domain: undefined,
      window: 256,
      encrypt: undefined,
      decrypt: undefined,
    });
    const store = new MemoryStore();
    const given = {
      store,
      mode: "always",
      stream: "S",
      domain: "hub",
      window: 7,
      encrypt: same,
      decrypt: same,
      maxAge: 5,
    };
    expect(readOutboxOptions(given)).toMatchObject(given);
  });

  it.each<[object | undefined, string, RegExp]>([
    [undefined, "path", /is missing/],
    [{}, "path", /is missing/],
    [{ path: "" }, "path", /must be the path/],
    [{ path: 7 }, "path", /must be the path/],
    [{ path: "a\0b" }, "path", /NUL/],
    [{ path, store: new MemoryStore() }, "store", /alternative to option path/],
    [{ store: {} }, "store", /must be an OutboxStore/],
    [{ store: { ...new MemoryStore(), path: 1 } }, "store", /must be an OutboxStore/],
    [{ path, mode: "allways" }, "mode", /"overflow" or "always"/],
    [{ path, maxBytes: 10 }, "maxBytes", /from 65536/],
    [{ path, maxBytes: Number.NaN }, "maxBytes", /must be a number/],
    [{ path, maxAge: 0 }, "maxAge", /milliseconds from 1/],
    [{ path, threshold: -1 }, "threshold", /milliseconds from 0/],
    [{ path, mode: "always", threshold: 5 }, "threshold", /is for mode "overflow"/],
    [{ path, stream: "S", threshold: 5 }, "threshold", /without option stream/],
    [{ path, stream: "a.b" }, "stream", /must be the name of a stream/],
    [{ path, stream: "a b" }, "stream", /must be the name of a stream/],
    [{ path, stream: "" }, "stream", /must be the name of a stream/],
    [{ path, stream: "x".repeat(256) }, "stream", /at most 255 characters/],
    [{ path, domain: "hub" }, "domain", /needs option stream/],
    [{ path, stream: "S", domain: "a.b" }, "domain", /must be the name of a JetStream domain/],
    [{ path, window: 5 }, "window", /needs option stream/],
    [{ path, stream: "S", window: 0 }, "window", /messages from 1/],
    [{ path, encrypt: same }, "encrypt", /needs option decrypt/],
    [{ path, decrypt: same }, "decrypt", /needs option encrypt/],
    [{ path, encrypt: "aes", decrypt: same }, "encrypt", /must be a function/],
    [{ path, maxbytes: 5 }, "maxbytes", /did you mean "maxBytes"/],
    [{ path, maxSize: 5 }, "maxSize", /did you mean "maxBytes"/],
    [{ dir: path }, "dir", /did you mean "path"/],
    [{ folder: path }, "folder", /did you mean "path"/],
    [{ directory: path }, "directory", /did you mean "path"/],
    [{ path, ttl: 5 }, "ttl", /did you mean "maxAge"/],
    [{ path, streamName: "S" }, "streamName", /did you mean "stream"/],
    [{ path, toString: 1 }, "toString", /is unknown$/],
    [path as unknown as object, "", /write openOutbox\(\{ path: "…" \}\)/],
  ])("%o are refused", (given, option, message) => {
    expect(() => readOutboxOptions(given)).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION", option, message: expect.stringMatching(message) }),
    );
  });
});
