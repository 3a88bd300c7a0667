import { expect, it } from "vitest";
import { Ring } from "./ring.js";

function filled(most: number, count: number): Ring<number> {
  const ring = new Ring<number>(most);
  for (let i = 1; i <= count; i++) ring.push(i);
  return ring;
}

it.each([
  [0, []],
  [2, [1, 2]],
  [3, [1, 2, 3]],
  [4, [2, 3, 4]],
  [6, [4, 5, 6]],
  [7, [5, 6, 7]],
])("of %i items has the last three, oldest first", (count, expected) => {
  expect(filled(3, count).toArray()).toEqual(expected);
});

it("is indexed as the array that it stands for, whatever its length", () => {
  for (let count = 0; count <= 8; count++) {
    const ring = filled(3, count);
    const array = ring.toArray();
    for (let index = -5; index <= 5; index++) expect(ring.at(index)).toBe(array.at(index));
  }
});
