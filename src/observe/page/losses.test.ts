import { describe, expect, it } from "vitest";
import { BOOKS } from "../../../test/observe/support/views.js";
import { lossesOf } from "./losses.js";

describe("what did not get through", () => {
  it("is nothing when nothing is lost", () => {
    expect(lossesOf({ books: BOOKS, subscriptionsSlow: 0 })).toEqual([]);
  });

  it("is not what nobody misses: pulls, requests whose caller knows, what was to expire", () => {
    const books = { ...BOOKS, dropped: 5, dropReasons: { pull: 1, timeout: 1, ttl: 1, unsent: 1, kept: 1 } };
    expect(lossesOf({ books, subscriptionsSlow: 0 })).toEqual([]);
  });

  it("is told, the worst first, with reasons", () => {
    const books = {
      ...BOOKS,
      dropped: 214,
      dropReasons: { "drop-oldest": 200, closed: 10, ttl: 3, pull: 1, poison: 0 },
      refused: 1,
      unconfirmed: 7,
    };
    expect(
      lossesOf({ books, subscriptionsSlow: 1 }).map(({ count, text, tone }) => [count, text, tone]),
    ).toEqual([
      [210, "210 messages were given up (drop-oldest 200, closed 10)", "bad"],
      [1, "1 message was refused by the server: permissions", "bad"],
      [7, expect.stringContaining("may or may not have arrived"), "busy"],
      [1, expect.stringContaining("1 subscription does not keep up"), "busy"],
    ]);
  });
});
