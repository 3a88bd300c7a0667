import { describe, expect, it } from "vitest";
import { load } from "./load.js";

describe("load", () => {
  it("gives a package that is there", () => {
    expect(load("@nats-io/jetstream", "x").jetstream).toBeTypeOf("function");
  });

  it("names the call and the package that is missing", () => {
    const missing = () => load("@nats-io/not-there" as "@nats-io/kv", "js.views.kv()");
    expect(missing).toThrow(
      expect.objectContaining({
        name: "NatsError",
        code: "PACKAGE_MISSING",
        message: "js.views.kv() needs the package @nats-io/not-there: npm install @nats-io/not-there",
      }),
    );
  });
});
