import { expect, it } from "vitest";
import { FIRST_BYTES, MOST_BYTES, Pace } from "./pace.js";

it("begins with little, doubles with each confirmation, and ends at the most", () => {
  const pace = new Pace();
  expect(pace.room).toBe(FIRST_BYTES);
  pace.sent(FIRST_BYTES + 100);
  expect(pace.room).toBe(0);
  pace.confirmed(FIRST_BYTES + 100);
  expect(pace.room).toBe(2 * FIRST_BYTES);
  for (let i = 0; i < 20; i++) {
    pace.sent(10);
    pace.confirmed(10);
  }
  expect(pace).toMatchObject({ room: MOST_BYTES, portion: MOST_BYTES / 2, outstanding: 0 });
  pace.sent(500);
  pace.begin();
  expect(pace.room).toBe(FIRST_BYTES - 500);
  pace.failed(500);
  expect(pace.room).toBe(FIRST_BYTES);
});
