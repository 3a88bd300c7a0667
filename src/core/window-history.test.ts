import fc from "fast-check";
import { describe, it } from "vitest";
import { WindowModel } from "../testing/worlds/window-model.js";
import type { Step } from "../testing/worlds/window-step.js";
import { MESSAGES } from "../testing/worlds/window-world.js";
import { Kind } from "../wire/frame.js";

const subject = fc.constantFrom("a", "b.c", "é");
/** A payload in few words, so that a counterexample can be read. */
const payload = fc.oneof(
  { weight: 6, arbitrary: fc.record({ of: fc.constant("x"), times: fc.nat(120) }) },
  { weight: 2, arbitrary: fc.record({ of: fc.constant("é"), times: fc.nat(12) }) },
  { weight: 3, arbitrary: fc.record({ of: fc.constant(""), times: fc.integer({ min: 5000, max: 30_000 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ of: fc.constant("€"), times: fc.integer({ min: 20_000, max: 24_000 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ of: fc.constant(""), times: fc.integer({ min: 65_480, max: 65_560 }) }),
  },
);
const few = fc.integer({ min: 1, max: 4 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      op: fc.constant("append" as const),
      kind: fc.oneof(
        { weight: 3, arbitrary: fc.constant(Kind.Data as number) },
        fc.constantFrom(...MESSAGES),
      ),
      subject,
      reply: fc.constantFrom("", "", "_INBOX.1"),
      headers: fc.boolean(),
      payload,
    }),
  },
  { weight: 4, arbitrary: fc.record({ op: fc.constant("ping" as const) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("sub" as const) }) },
  { weight: 7, arbitrary: fc.record({ op: fc.constant("write" as const), runs: few }) },
  { weight: 4, arbitrary: fc.record({ op: fc.constant("ended" as const), count: few }) },
  { weight: 5, arbitrary: fc.record({ op: fc.constant("pong" as const), count: few }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant("refuse" as const), subject }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant("takeBack" as const), back: fc.nat(4) }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant("ttl" as const), back: fc.nat(12) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant("dropOldest" as const),
      messages: fc.nat(3),
      bytes: fc.constantFrom(0, 10, 50_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("sweep" as const) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("limit" as const), suspects: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("probe" as const) }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant("die" as const), unclean: fc.boolean() }) },
  {
    weight: 4,
    arbitrary: fc.record({
      op: fc.constant("connect" as const),
      maxPayload: fc.constantFrom(50, 10_000, 1e9, 1e9),
      headers: fc.constantFrom(true, true, false),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ op: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 60 }) }),
  },
);

describe("any history", () => {
  it.each([
    ["without a margin", 0],
    ["with a margin of 50 ms", 50],
  ])(
    "%s agrees with a list of frames: books, positions, bytes and what goes out (property)",
    (_what, duration) => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 80, size: "max" }), (steps) => {
          const model = new WindowModel(duration);
          for (const one of steps) {
            model.step(one);
            model.check();
          }
          model.close();
        }),
        { numRuns: 100 },
      );
    },
  );
});
