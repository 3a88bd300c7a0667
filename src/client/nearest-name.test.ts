import { expect, it } from "vitest";
import { nearestName } from "./nearest-name.js";

const KNOWN = ["maxPayload", "maxPending", "user", "jetstream"];

it.each([
  ["maxpayload", "maxPayload"],
  ["maxPayloads", "maxPayload"],
  ["jetStream", "jetstream"],
  ["users", "user"],
])("%s was meant to be %s", (name, meant) => expect(nearestName(name, KNOWN)).toBe(meant));

it.each(["colour", "u", ""])('"%s" is a misspelling of none', (name) =>
  expect(nearestName(name, KNOWN)).toBeUndefined(),
);

it("nothing is near where nothing is known", () => expect(nearestName("x", [])).toBeUndefined());
