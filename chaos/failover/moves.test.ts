import { expect, it } from "vitest";
import { damagesOf, inTurns } from "./moves.js";
import { move, receipt, standing } from "./story.js";

it("says during which move it was that messages were lost, or came twice", () => {
  const receipts = [
    receipt({
      lost: 3,
      lostIds: [
        { publisher: 0, id: 320 },
        { publisher: 0, id: 322 },
        { publisher: 0, id: 960 },
      ],
    }),
    receipt({ receiver: "group", duplicated: 1, twice: [{ publisher: 0, id: 512, at: 561 }] }),
  ];
  // Messages are published at the ms of their id, and one more.
  const results = [move({ at: 300, ms: 20 }), move({ at: 550, ms: 20 })];
  const common = { publisher: "publisher 1" };
  expect(damagesOf(standing({ receipts }), results)).toEqual([
    { ...common, receiver: "subscriber 1", what: "lost", messages: 2, ids: [320, 322], during: 0, late: 0 },
    {
      ...common,
      receiver: "subscriber 1",
      what: "lost",
      messages: 1,
      ids: [960, 960],
      during: undefined,
      late: 0,
    },
    { ...common, receiver: "group", what: "twice", messages: 1, ids: [512, 512], during: 1, late: 48 },
  ]);
});

it("moves one of each kind first", () => {
  const plans = [
    { name: "a1", duty: { kind: "receive" } },
    { name: "a2", duty: { kind: "receive" } },
    { name: "b1", duty: { kind: "receive", queue: "b" } },
    { name: "c1", duty: { kind: "ask" } },
    { name: "b2", duty: { kind: "receive", queue: "b" } },
  ] as const;
  expect(inTurns(plans)).toEqual(["a1", "b1", "c1", "a2", "b2"]);
});
