import fc from "fast-check";
import { target } from "./target.js";

/** Fails when a text has an "x" behind an "a". */
export const sample = target<{ text: string }>({
  name: "sample",
  about: "an example",
  inputs: () => fc.record({ text: fc.string({ unit: fc.constantFrom("a", "b", "x") }) }),
  check: ({ text }) => {
    if (/a.*x/.test(text)) throw new Error(`wrong: ${text}`.slice(0, 5));
  },
});
/** Holds always. */
export const good = target<null>({
  name: "good",
  about: "an example",
  inputs: () => fc.constant(null),
  check: () => {},
});
