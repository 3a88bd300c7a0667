import { expect, it } from "vitest";
import { mayPass } from "./pub-ack.js";

it.each<[number, string, boolean]>([
  [10111, "rollup not permitted", false],
  [10077, "message too large", false],
  [10077, "message to large", false],
  [10077, "maximum bytes exceeded", true],
  [10077, "maximum messages exceeded", true],
  [10077, "enlarged", true],
])("of code 50x, err_code %i %j may pass: %s", (apiCode, text, passes) => {
  expect(mayPass({ code: 503, apiCode, text })).toBe(passes);
});
