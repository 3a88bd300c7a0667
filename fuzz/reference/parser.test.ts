import { describe, expect, it } from "vitest";
import { readStream } from "./parser.js";

describe("the reference parser", () => {
  const limits = { line: 20, infoLine: 30, payload: 10 };
  it.each([
    ["PING\r\nMSG a 1 r 2\r\nhi\r\n", [["PING"], ["MSG", "1", "a", "r", "", "hi"]], "clean"],
    ["HMSG a 1 1 2\r\nhi\r\n", [["MSG", "1", "a", "", "h", "i"]], "clean"],
    ["-ERR 'no'\r\n+OK\r", [["-ERR", "no"]], "open"],
    ["MSG a 1 2\r\nh", [], "open"],
    ["MSG a 1 11\r\n", [], "wrong"],
    ["MSG a 1 2\r\nhix\r\n", [], "wrong"],
    ["PONG\nPONG\r\n", [], "wrong"],
    ["x".repeat(21), [], "wrong"],
    [`INFO ${"x".repeat(25)}`, [], "open"],
  ])("%j", (text, frames, end) => {
    expect(readStream(text, limits)).toEqual({ frames, end });
  });
});
