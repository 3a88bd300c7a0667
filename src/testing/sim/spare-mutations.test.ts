import { describe, expect, it } from "vitest";
import { catchMutation } from "./catch.js";
import { SPARE_MUTATIONS } from "./spare-mutations.js";

describe("a simulation of links beside the one in use", () => {
  it.each(SPARE_MUTATIONS)("notices that $name", (mutation) => {
    expect(catchMutation(mutation).caught, mutation.name).toBeDefined();
  });
});
