import { expect, it } from "vitest";
import { releaseClientId, takeClientId } from "./client-ids.js";

it("gives a name once, and the lowest number that is free", () => {
  const ids = ["a", "a", "b", "a"].map(takeClientId);
  expect(ids).toEqual(["a", "a-2", "b", "a-3"]);
  releaseClientId("a-2");
  expect(takeClientId("a")).toBe("a-2");
  for (const id of ids) releaseClientId(id);
  expect(takeClientId("a")).toBe("a");
  releaseClientId("a");
});
