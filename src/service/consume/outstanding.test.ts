import { expect, test } from "vitest";
import { Outstanding } from "./outstanding.js";

test("messages count against the oldest pull, statuses end the one they name", () => {
  const pulls = new Outstanding();
  pulls.sent(1, 2, 100, 0);
  pulls.sent(2, 5, 200, 0);
  expect(pulls.messages).toBe(7);
  pulls.came();
  pulls.came();
  pulls.came();
  expect(pulls.messages).toBe(4);
  expect(pulls.ended(1)).toBeUndefined();
  expect(pulls.ended(2)).toMatchObject({ batch: 5, left: 4 });
  expect(pulls.isEmpty).toBe(true);
  pulls.came();
  expect(pulls.messages).toBe(0);
});

test("a pull that the server should have ended is overdue, until nothing is counted on any longer", () => {
  const pulls = new Outstanding();
  pulls.sent(1, 2, 100, 0);
  expect(pulls.isOverdue(100)).toBe(false);
  expect(pulls.isOverdue(101)).toBe(true);
  pulls.forget();
  expect(pulls.isOverdue(101)).toBe(false);
});
