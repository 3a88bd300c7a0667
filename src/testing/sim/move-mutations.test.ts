import { describe, expect, it } from "vitest";
import { catchMutation } from "./catch.js";
import { MOVE_MUTATIONS } from "./move-mutations.js";

describe("a simulation of planned moves", () => {
  it.each(MOVE_MUTATIONS)("notices that $name", (mutation) => {
    expect(catchMutation(mutation).caught, mutation.name).toBeDefined();
  });
});
