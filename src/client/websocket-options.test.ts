import { describe, expect, it } from "vitest";
import { CodedError } from "../errors.js";
import { toWebSocket } from "./websocket-options.js";

function thrown(action: () => unknown): CodedError {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(CodedError);
    return error as CodedError;
  }
  throw new Error("it should have thrown");
}

describe("option websocket", () => {
  it("is nothing special when it is absent or empty", () => {
    for (const given of [undefined, {}, { headers: undefined, compression: undefined }]) {
      const { headers, compression } = toWebSocket(given);
      expect([headers(), compression]).toEqual([{}, false]);
    }
  });

  it("keeps the headers as they were when they were given", () => {
    const given = { "X-Name": "a", authorization: "Bearer é" };
    const { headers } = toWebSocket({ headers: given, compression: true });
    given["X-Name"] = "b";
    expect(headers()).toEqual({ "X-Name": "a", authorization: "Bearer é" });
  });

  it("asks a function for headers each time, and not before", () => {
    let asked = 0;
    const { headers } = toWebSocket({ headers: () => ({ n: `${++asked}` }) });
    expect(asked).toBe(0);
    expect([headers(), headers()]).toEqual([{ n: "1" }, { n: "2" }]);
  });

  it.each<[string, unknown]>([
    ["websocket", 5],
    ["websocket", null],
    ["websocket.header", { header: {} }],
    ["websocket.compression", { compression: "yes" }],
    ["websocket.headers", { headers: null }],
    ["websocket.headers", { headers: [["a", "b"]] }],
    ["websocket.headers", { headers: { a: ["S3CRET"] } }],
    ["websocket.headers", { headers: new Map([["a", "S3CRET"]]) }],
    ["websocket.headers", { headers: new Headers({ a: "S3CRET" }) }],
    ["websocket.headers", { headers: { "": "S3CRET" } }],
    ["websocket.headers", { headers: { "a:": "S3CRET" } }],
    ["websocket.headers", { headers: { a: "S3CRET\0" } }],
    ["websocket.headers", { headers: { a: "S3CRET \u{1f600}" } }],
    ["websocket.headers", { headers: { "sec-websocket-protocol": "S3CRET" } }],
  ])("%s is refused by name, without what is in it: %j", (option, given) => {
    const error = thrown(() => toWebSocket(given));
    expect(error).toMatchObject({ code: "INVALID_OPTION", detail: { option } });
    expect(error.message).not.toContain("S3CRET");
  });

  it.each<[string, () => unknown]>([
    [
      "has thrown: oh",
      () => {
        throw new Error("oh");
      },
    ],
    ["must be an object of strings", () => "a: S3CRET"],
    ["must be an object of strings", async () => ({ a: "S3CRET" })],
    ["must be an object of strings", () => Promise.reject(new Error("nobody waits for this"))],
    [
      "must be an object of strings",
      () => ({
        get a(): string {
          throw new Error("S3CRET");
        },
      }),
    ],
    [
      "must be an object of strings",
      () => ({
        // biome-ignore lint/suspicious/noThenProperty: what a user's function may return
        get then(): string {
          throw new Error("S3CRET");
        },
      }),
    ],
    ["must not have", () => ({ Connection: "S3CRET" })],
  ])("whose function fails says so: %s", (text, headers) => {
    const error = thrown(() => toWebSocket({ headers }).headers());
    expect(error).toMatchObject({ code: "CALLBACK_FAILED", detail: { option: "websocket.headers" } });
    expect(error.message).toContain(text);
    expect(error.message).not.toContain("S3CRET");
  });
});
