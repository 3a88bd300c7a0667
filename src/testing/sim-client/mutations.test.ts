import { describe, expect, it } from "vitest";
import { catchClientMutation } from "./catch-client.js";
import { CLIENT_MUTATIONS } from "./mutations.js";

describe("a client without one of its safeguards is found out", () => {
  it.each(CLIENT_MUTATIONS)(
    "$name",
    async (mutation) => {
      const { caught, noticed } = await catchClientMutation(mutation);
      expect(caught, `noticed: ${noticed.join(", ")}`).toBeDefined();
    },
    60_000,
  );
});
