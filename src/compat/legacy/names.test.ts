import { expect, it } from "vitest";
import { checkName } from "./names.js";

it("a name that would change the subject it becomes part of is refused", () => {
  expect(checkName("stream", "ORDERS-1")).toBe("ORDERS-1");
  for (const bad of ["a.b", "a*", ">", "a/b", "a\\b", "a b", "a\tb", "a\nb", "a\rb"])
    expect(() => checkName("durable", bad)).toThrow(
      /invalid durable name - durable name cannot contain '.+'/,
    );
  expect(() => checkName("durable", "a\nb")).toThrow("'\\n'");
  expect(() => checkName("stream", "")).toThrow("stream name required");
});
