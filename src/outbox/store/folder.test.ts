import { resolve } from "node:path";
import { expect, it } from "vitest";
import { thrown } from "../../../test/support/until.js";
import { outboxPath } from "./folder.js";

it.each<[string, unknown, RegExp]>([
  ["nothing", undefined, /^option "path" must be a string/],
  ["null", null, /must be a string/],
  ["a number", 7, /must be a string/],
  ["a URL", new URL("file:///tmp"), /must be a string/],
  ["an empty one", "", /must not be empty/],
  ["one with NUL", "/tmp/a\0b", /NUL/],
])("a path that is %s is refused by name", (_, path, message) => {
  expect(thrown(() => outboxPath(path))).toMatchObject({
    code: "INVALID_OPTION",
    option: "path",
    message: expect.stringMatching(message),
  });
});

it("a path is made absolute, and nothing in it is expanded", () => {
  expect(outboxPath("a/../b")).toBe(resolve("b"));
  expect(outboxPath("~/outbox")).toBe(resolve("~/outbox"));
  expect(outboxPath("/var/$HOME/x/")).toBe("/var/$HOME/x");
});
