import { expect, test } from "vitest";
import { Troubled } from "./troubled.js";

test("remembers what failed, of this very message, up to a bound", () => {
  const troubled = new Troubled(2);
  troubled.note(1, { stored: "a", attempts: 1, givenUp: undefined });
  troubled.note(1, { stored: "a", attempts: 2, givenUp: undefined });
  expect(troubled.find(1, "a")?.attempts).toBe(2);
  expect(troubled.find(1, "b")).toBeUndefined();
  troubled.note(2, { stored: "a", attempts: 1, givenUp: undefined });
  troubled.note(3, { stored: "a", attempts: 1, givenUp: undefined });
  expect(troubled.size).toBe(2);
  expect(troubled.find(1, "a")).toBeUndefined();
  troubled.forget(2);
  expect(troubled.find(2, "a")).toBeUndefined();
});
