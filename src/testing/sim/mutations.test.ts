import { describe, expect, it } from "vitest";
import { catchMutation } from "./catch.js";
import { DELIVERY_MUTATIONS } from "./mutations.js";

describe("the simulator notices when the engine is spoilt:", () => {
  it.each(DELIVERY_MUTATIONS)("$name", (mutation) => {
    expect(catchMutation(mutation).caught).toBeDefined();
  });
});
