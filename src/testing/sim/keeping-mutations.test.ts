import { describe, expect, it } from "vitest";
import { catchMutation } from "./catch.js";
import { KEEPING_MUTATIONS } from "./keeping-mutations.js";

describe("the simulator notices when the engine is spoilt:", () => {
  it.each(KEEPING_MUTATIONS)("$name", (mutation) => {
    expect(catchMutation(mutation).caught).toBeDefined();
  });
});
