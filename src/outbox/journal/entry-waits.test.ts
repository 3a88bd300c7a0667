import { expect, it } from "vitest";
import { EntryWaits } from "./entry-waits.js";

const NO = new Error("no");

/** How it has ended by now. */
async function endOf(promise: Promise<void>): Promise<unknown> {
  const turn = new Promise((resolve) => setImmediate(resolve));
  return await Promise.race([promise.then(() => "confirmed"), turn.then(() => "open")]).catch(
    (error: unknown) => error,
  );
}

it("tells who waits for an entry of its end, and nobody else", async () => {
  const waits = new EntryWaits();
  const [one, two, three] = [1, 2, 3].map((slot) => waits.confirmation(slot));
  waits.confirmed(0);
  waits.confirmed(2);
  waits.ended(3, NO);
  expect(await Promise.all([one, two, three].map(endOf))).toEqual(["open", "confirmed", NO]);
  waits.ended(2, NO);
  waits.allEnded(new Error("late"));
  expect((await endOf(one)) as Error).toMatchObject({ message: "late" });
  expect(await Promise.all([two, three].map(endOf))).toEqual(["confirmed", NO]);
});

it("gives one promise for one entry", () => {
  const waits = new EntryWaits();
  expect(waits.confirmation(1)).toBe(waits.confirmation(1));
  expect(waits.confirmation(1)).not.toBe(waits.confirmation(2));
});

it("takes over those of a record that has been added to its own", async () => {
  const [all, added] = [new EntryWaits(), new EntryWaits()];
  const first = all.confirmation(0);
  const second = added.confirmation(0);
  all.join(added, 5);
  added.allEnded(NO);
  all.confirmed(5);
  expect(await Promise.all([first, second].map(endOf))).toEqual(["open", "confirmed"]);
});
