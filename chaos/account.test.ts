import { describe, expect, it } from "vitest";
import { TimeSamples } from "../demo/ledger/samples.js";
import { settleAccount } from "./account.js";
import { MESSAGES, START, type Story, tell } from "./story.js";
import { brokenPromises, HELD_AT_MOST } from "./verdict.js";

function judged(story: Story) {
  const evidence = tell(story);
  const account = settleAccount(evidence);
  return { account, broken: brokenPromises(account, evidence) };
}

const gone = (...ids: number[]) => Object.fromEntries(ids.map((id) => [id, 0]));

describe("the account of a trial", () => {
  it("in which all went well has nothing to complain of", () => {
    const { account, broken } = judged({});
    expect(broken).toEqual([]);
    expect(account).toMatchObject({
      accepted: MESSAGES,
      confirmed: MESSAGES,
      delivered: MESSAGES,
      lost: [],
      duplicated: 0,
      duplicatedThoughConfirmed: 0,
      missed: 0,
      subscribed: true,
      rate: 1000,
    });
  });

  it("calls lost what was accepted, not heard and not reported, and says when it was published", () => {
    const { account, broken } = judged({ heard: gone(640, 641) });
    expect(account.lost).toEqual([
      { id: 640, at: 640 },
      { id: 641, at: 640 },
    ]);
    expect(broken).toEqual(["messages were lost: 2"]);
  });

  it("does not call lost what was reported as unconfirmed or dropped", () => {
    const { account, broken } = judged({
      subject: { delivery: "at-most-once" },
      heard: gone(10, 11, 500),
      books: { confirmed: MESSAGES - 4, unconfirmed: 3, dropped: 1 },
      publisher: { unconfirmed: [{ from: 9, to: 12 }], dropped: [{ id: 500, reason: "max-payload" }] },
    });
    expect(broken).toEqual([]);
    expect(account.reported).toEqual({ unconfirmed: 3, "max-payload": 1 });
    const kept = judged({
      heard: gone(10),
      books: { confirmed: MESSAGES - 1, unconfirmed: 1 },
      publisher: { unconfirmed: [{ from: 10, to: 11 }] },
    });
    expect(kept.broken).toEqual(["messages were given up under at-least-once: 1 unconfirmed"]);
  });

  it("calls lost what a client without books has not delivered", () => {
    const { account, broken } = judged({ subject: { client: "natsjs" }, heard: gone(1, 2, 3) });
    expect(account).toMatchObject({ confirmed: undefined, duplicatedThoughConfirmed: undefined });
    expect(account.lost).toHaveLength(3);
    expect(broken).toContain("messages were lost: 3");
  });

  it("counts apart what a killed server had confirmed and not passed on", () => {
    const firstHeard = new TimeSamples();
    for (let id = 0; id < 590; id += 32) firstHeard.note(id, START + id);
    for (let id = 608; id < MESSAGES; id += 32) firstHeard.note(id, START + 900);
    const story = {
      kills: [600],
      words: [{ at: 602, settled: 600, accepted: 620 }],
      witness: { firstHeard: firstHeard.values() },
    };
    expect(judged({ ...story, heard: gone(598, 599) }).account).toMatchObject({
      lost: [],
      diedWithServer: 2,
    });
    // It was not confirmed before the kill; something newer had been passed on; there was no kill.
    expect(judged({ ...story, heard: gone(601) }).account.lost).toHaveLength(1);
    expect(judged({ ...story, heard: gone(500) }).account.lost).toHaveLength(1);
    expect(judged({ ...story, kills: [], heard: gone(599) }).account.lost).toHaveLength(1);
  });

  it("counts apart what was changed on the way", () => {
    const { account } = judged({ heard: gone(5, 6), witness: { damaged: [5] } });
    expect(account.damaged).toBe(1);
    expect(account.lost.map(({ id }) => id)).toEqual([6]);
    const misled = judged({ heard: gone(5), publisher: { errors: ["Invalid Publish Subject"] } });
    expect(misled.account).toMatchObject({ damaged: 1, lost: [] });
  });

  it("counts what was delivered twice, once for the cluster", () => {
    const story = { heard: { 7: 2, 8: 3 }, elsewhere: { 7: 2 } };
    const words = [{ at: 110, settled: 7, accepted: 9 }];
    const { account, broken } = judged({ ...story, words });
    expect(account).toMatchObject({ duplicated: 2, copies: 3, duplicatedThoughConfirmed: 0 });
    expect(broken).toEqual([]);
    expect(judged({ ...story, words, subject: { delivery: "at-most-once" } }).broken).toEqual([
      "duplicates under at-most-once: 3",
    ]);
  });

  it("finds duplicates of what was confirmed when the link died", () => {
    const words = [{ at: 110, settled: 8, accepted: 9 }];
    expect(judged({ heard: { 7: 2, 8: 2 }, words }).broken).toEqual([
      "messages came twice though they were confirmed: 1",
    ]);
  });

  it("lets those come twice that were pending when an attempt failed", () => {
    const words = [
      { at: 110, settled: 5, accepted: 6 },
      { at: 120, word: "failed" as const, settled: 7, accepted: 9 },
    ];
    expect(judged({ heard: { 7: 2, 8: 2 }, words }).broken).toEqual([]);
  });

  it("counts what the client's own subscription has missed, and whether it works in the end", () => {
    const heard = new Uint8Array(MESSAGES).fill(1).fill(0, 100, 120);
    expect(judged({ publisher: { heard } }).account).toMatchObject({ missed: 20, subscribed: true });
    expect(judged({ publisher: { heard: heard.subarray(0, 900) } }).broken).toEqual([
      "its own subscription did not hear the last message",
    ]);
  });

  it("measures the rate without the time for which a fault held the process up", () => {
    const publisher = { elapsed: 5000 };
    expect(judged({ publisher }).account.rate).toBe(200);
    expect(judged({ publisher, fault: "stop-client" }).account.rate).toBeCloseTo(333.3, 1);
  });

  it("measures from each injection what was told before the next one", () => {
    const { account } = judged({
      injectedAt: [100, 500, 800],
      words: [
        { at: 103, cause: "network", code: "CONNECTION_LOST" },
        { at: 110, word: "up" },
        { at: 120 },
        { at: 140, word: "up" },
        { at: 820, cause: "network", code: "CONNECTION_LOST" },
      ],
    });
    expect(account.detection).toEqual([3, 20]);
    expect(account.recovery).toEqual([40]);
    expect(account.causes).toEqual(["network (CONNECTION_LOST)"]);
  });

  it.each<[string, Story]>([
    ["its link was not encrypted", { fault: "tls:reset", inClear: true }],
    ["gave up a link", { fault: "freeze-short", words: [{ at: 110, settled: 0 }] }],
    ["the books did not balance", { publisher: { unbalanced: 1 } }],
    ["messages still pending at the end: 3", { books: { confirmed: MESSAGES - 3, pending: 3 } }],
    ["the last flush failed: late", { publisher: { flushError: "late" } }],
    ["MiB more than at the start", { held: HELD_AT_MOST + 1 }],
    ["999 confirmed by the books, 1000 by what was told", { books: { confirmed: 999 } }],
    ["1001 accepted by the books", { books: { accepted: 1001 } }],
    ["never published", { publisher: { accepted: 999 }, books: { accepted: 999, confirmed: 999 } }],
  ])("finds that %s", (words, story) => {
    expect(judged(story).broken.join("; ")).toContain(words);
  });
});
