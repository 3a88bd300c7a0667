import { expect, it } from "vitest";
import { safeJson, safeLines, withoutCredentials } from "./safe.js";

it("JSON is harmless on a terminal, and the same to programs", () => {
  const value = { "\u009bname": "a\u001b[2J\u007f\u202e\u2066\u2028\u{e0001}é\n" };
  for (const indent of [undefined, 2]) {
    const text = safeJson(value, indent);
    expect(text).not.toMatch(/[^\P{Cc}\n]|[\p{Cf}\u2028]/u);
    expect(text).toContain("é");
    expect(JSON.parse(text)).toEqual(value);
  }
});

it("lines keep their ends", () => {
  expect(safeLines("Error: \u001b[2J\u009b\u202e\r\n    at x")).toBe("Error: ?[2J???\n    at x");
});

it("credentials of a URL go, however it is written", () => {
  for (const url of ["nats://me:p w/@x@h:4222", "nats://t0ken@h:4222"])
    expect(withoutCredentials(`'${url}' is wrong`)).toBe("'nats://***@h:4222' is wrong");
  expect(withoutCredentials("unknown me:pw@h")).toBe("unknown ***@h");
  expect(withoutCredentials("nats://h:4222 is wrong")).toBe("nats://h:4222 is wrong");
});
