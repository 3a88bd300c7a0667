import { describe, expect, it } from "vitest";
import type { Overflow, OverflowMessage } from "../core/overflow.js";
import { isHoldfastError } from "../errors.js";
import { checkOverflow, toOverflow } from "./overflow.js";

const MESSAGE: OverflowMessage = { subject: "a", reply: "", headers: undefined, payload: "x", bytes: 12 };

/** An overflow of the application's as the engine sees it, and what was reported of it. */
function guarded(given: { offer: unknown; engaged?: unknown }) {
  const reports: Error[] = [];
  const own = Object.assign(given, { name: "mine" }) as unknown as Overflow;
  const overflow = toOverflow(own, (error) => reports.push(error));
  return { overflow, reports };
}

describe("a named policy", () => {
  it.each(["reject", "drop-oldest", "drop-newest"] as const)("%s decides what it is called", (name) => {
    const overflow = toOverflow(name, () => {});
    expect(overflow.name).toBe(name);
    expect(overflow.offer(MESSAGE)).toBe(name);
    expect(overflow.engaged ?? false).toBe(false);
  });
});

describe("an overflow of the application's", () => {
  it.each(["reject", "drop-oldest", "drop-newest", "taken"] as const)("may answer %s", (decision) => {
    const offered: OverflowMessage[] = [];
    const { overflow, reports } = guarded({
      offer: (message: OverflowMessage) => {
        offered.push(message);
        return decision;
      },
    });
    expect(overflow.name).toBe("mine");
    expect(overflow.offer(MESSAGE)).toBe(decision);
    expect(offered).toEqual([MESSAGE]);
    expect(reports).toEqual([]);
  });

  it("keeps its this", () => {
    class Own implements Overflow {
      readonly name = "own";
      engaged = false;
      private readonly answer = "taken";
      offer() {
        return this.answer as "taken";
      }
    }
    const own = new Own();
    const overflow = toOverflow(own, () => {});
    expect(overflow.offer(MESSAGE)).toBe("taken");
    expect(overflow.engaged).toBe(false);
    own.engaged = true;
    expect(overflow.engaged).toBe(true);
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("oops");
      },
      "oops",
    ],
    [
      "throws nothing",
      () => {
        throw undefined;
      },
      "undefined",
    ],
    [
      "throws something odd",
      () => {
        throw Object.create(null);
      },
      "no text",
    ],
    ["answers nonsense", () => "drop", "answered drop"],
    ["answers nothing", () => undefined, "undefined"],
    ["answers with a symbol", () => Symbol("odd"), "odd"],
  ])("that %s is reported, and the message is rejected", (_what, offer, text) => {
    const { overflow, reports } = guarded({ offer });
    expect(overflow.offer(MESSAGE)).toBe("reject");
    expect(reports).toMatchObject([{ code: "CALLBACK_FAILED", option: "overflow" }]);
    expect(reports[0].message).toContain("mine");
    expect(reports[0].message).toContain(text);
    expect(isHoldfastError(reports[0])).toBe(true);
  });

  it("that answers with a promise that rejects does not end the process", async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on("unhandledRejection", note);
    const { overflow, reports } = guarded({ offer: () => Promise.reject(new Error("later")) });
    expect(overflow.offer(MESSAGE)).toBe("reject");
    for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", note);
    expect(reports).toHaveLength(1);
    expect(unhandled).toEqual([]);
  });

  it("whose engaged throws is reported and counts as not engaged", () => {
    const { overflow, reports } = guarded({
      offer: () => "taken",
      get engaged(): boolean {
        throw new Error("oops");
      },
    });
    expect(overflow.engaged).toBe(false);
    expect(reports).toMatchObject([{ code: "CALLBACK_FAILED", option: "overflow" }]);
  });

  it("is engaged by true alone", () => {
    for (const engaged of [undefined, false, 1, "yes", null]) {
      expect(guarded({ offer: () => "taken", engaged }).overflow.engaged).toBe(false);
    }
  });
});

describe("option overflow", () => {
  it("is one of the policies, or an object with name and offer()", () => {
    for (const right of ["reject", "drop-oldest", "drop-newest", { name: "", offer() {} }]) {
      expect(checkOverflow(right)).toBeUndefined();
    }
    for (const wrong of ["taken", "", null, undefined, 5, () => "reject", { offer() {} }, { name: "x" }]) {
      expect(checkOverflow(wrong)).toContain('"drop-oldest"');
    }
  });
});
