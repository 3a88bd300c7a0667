import { expect, it } from "vitest";
import { whileRoom } from "./turns.js";

it("publishes what there is room for, once in a turn, until it is over", async () => {
  const room = [2, 0, -1, 3, Number.NaN];
  const published: number[] = [];
  let turns = 0;
  const count = () => {
    turns++;
    if (room.length > 0) setImmediate(count);
  };
  setImmediate(count);
  await whileRoom(
    () => room.shift()!,
    (messages) => published.push(messages),
  );
  expect(published).toEqual([2, 3]);
  expect(turns).toBeGreaterThanOrEqual(3);
});
