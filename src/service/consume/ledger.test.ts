import { expect, test } from "vitest";
import { Ledger } from "./ledger.js";

test("knows a message by sequence and time", () => {
  const ledger = new Ledger();
  ledger.add(5, "100");
  expect(ledger.has(5, "100")).toBe(true);
  expect(ledger.has(5, "101")).toBe(false);
  expect(ledger.has(6, "100")).toBe(false);
  expect(ledger.knows(5)).toBe(true);
});

test("forgets what the server knows of", () => {
  const ledger = new Ledger();
  for (const sequence of [3, 1, 2, 7]) ledger.add(sequence, "t");
  ledger.settled(2);
  expect(ledger.size).toBe(2);
  expect(ledger.has(3, "t")).toBe(true);
});

test("says up to where all are done with", () => {
  const ledger = new Ledger();
  for (const sequence of [4, 5, 7]) ledger.add(sequence, "t");
  expect(ledger.contiguous(3)).toBe(5);
  expect(ledger.contiguous(5)).toBe(5);
  expect(ledger.contiguous(6)).toBe(7);
  expect(ledger.contiguous(0)).toBe(0);
});

test("is bounded: the oldest goes first", () => {
  const ledger = new Ledger(3);
  for (const sequence of [1, 2, 3, 1, 4]) ledger.add(sequence, "t");
  expect([1, 2, 3, 4].filter((sequence) => ledger.has(sequence, "t"))).toEqual([1, 3, 4]);
});
