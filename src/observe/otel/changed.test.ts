import { expect, it } from "vitest";
import { changed } from "./changed.js";

class Options {
  a = 1;
  get b(): number {
    return 2;
  }
}

it("is a copy that has what the other has and inherits", () => {
  const given = new Options();
  const copy = changed(given, { a: 3, c: 4 });
  expect(copy).toMatchObject({ a: 3, c: 4 });
  expect([copy.b, given.a, Object.keys(given)]).toEqual([2, 1, ["a"]]);
  expect(changed(undefined, { a: 1 })).toEqual({ a: 1 });
});
