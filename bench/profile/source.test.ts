import { expect, it } from "vitest";
import { place } from "./source.js";

const frame = (url: string) => ({ functionName: "f", url, lineNumber: 8, columnNumber: 0 });

it("packages are named by themselves, whatever folder they lie in", () => {
  const file = "/somewhere/node_modules/@nats-io/nats-core/lib/semver.js";
  for (const url of [file, `file://${file}`]) expect(place(frame(url))).toBe("nats-core/lib/semver.js:9");
});

it("what Node itself does stands for itself", () => {
  expect(place(frame("node:net"))).toBe("node:net:9");
  expect(place(frame(""))).toBe("");
});
