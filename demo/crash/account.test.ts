import { describe, expect, it } from "vitest";
import { brokenPromises, Resolutions, settle } from "./account.js";
import { type Name, nameIn, payloadOf } from "./names.js";

function resolutions(...ranges: [life: number, from: number, to: number][]): Resolutions {
  const resolved = new Resolutions();
  for (const [life, from, to] of ranges) resolved.add(life, { type: "resolved", from, to });
  return resolved;
}

/** `1.0 1.1 2.0` as the stream's messages. */
function stream(text: string): (Name | undefined)[] {
  return text.split(" ").map((name) => nameIn(`${name}.`));
}

describe("the account of the crash demo", () => {
  it("is good when the stream has what resolved, and what nobody was left to hear of", () => {
    const account = settle(resolutions([1, 0, 1], [2, 0, 2]), stream("1.0 1.1 1.2 2.0 2.1 2.2"));
    expect(account).toEqual({
      resolved: 5,
      stored: 6,
      missing: 0,
      twice: 0,
      outOfOrder: 0,
      unasked: 1,
      strangers: 0,
      examples: [],
    });
    expect(brokenPromises(account)).toEqual([]);
  });

  it("finds what is missing, wherever it is", () => {
    const account = settle(resolutions([1, 0, 2], [2, 0, 0]), stream("1.0 1.2"));
    expect(account).toMatchObject({ resolved: 4, missing: 2, examples: ["1.1", "2.0"] });
    expect(brokenPromises(account)).toEqual([
      "2 messages whose publishDurable() had resolved are not in the stream, such as 1.1, 2.0",
    ]);
  });

  it("finds what is there twice, also of another life, and does not call it out of order as well", () => {
    const account = settle(resolutions([1, 0, 1], [2, 0, 0]), stream("1.0 1.1 1.0 2.0 1.1"));
    expect(account).toMatchObject({ missing: 0, twice: 2, outOfOrder: 0, examples: ["1.0", "1.1"] });
    expect(brokenPromises(account)[0]).toContain("2 messages are in the stream a second time");
  });

  it("finds what came before what is older", () => {
    expect(settle(resolutions([1, 0, 2]), stream("1.0 1.2 1.1"))).toMatchObject({
      outOfOrder: 1,
      examples: ["1.1"],
    });
    expect(settle(resolutions([1, 0, 0], [2, 0, 0]), stream("2.0 1.0"))).toMatchObject({ outOfOrder: 1 });
  });

  it("finds messages of somebody else, and that nothing has resolved at all", () => {
    expect(brokenPromises(settle(resolutions(), [undefined]))).toEqual([
      "no publishDurable() has resolved",
      "1 messages in the stream are of somebody else",
    ]);
  });

  it("gives a few examples", () => {
    expect(settle(resolutions([1, 0, 999]), []).examples).toEqual(["1.0", "1.1", "1.2", "1.3", "1.4"]);
  });
});

describe("the name of a message", () => {
  it("is in its payload, which is filled up", () => {
    const name = { life: 3, sequence: 12_345 };
    expect(payloadOf(name, 32)).toHaveLength(32);
    expect(nameIn(payloadOf(name, 32))).toEqual(name);
    expect(nameIn(payloadOf(name, 1))).toEqual(name);
  });

  it.each(["", "1", "1.2", "a.b.", "1.2.y", "1.2.xxy", "-1.2."])("is not in %j", (payload) => {
    expect(nameIn(payload)).toBeUndefined();
  });
});
