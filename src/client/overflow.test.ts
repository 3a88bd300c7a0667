import { describe, expect, it } from "vitest";
import type { Overflow, OverflowMessage } from "../core/overflow.js";
import { isHoldfastError } from "../errors.js";
import type { DurableOverflow } from "./durable.js";
import { checkOutbox, checkOverflow, overflowOf, toOverflow } from "./overflow.js";

const MESSAGE: OverflowMessage = { subject: "a", reply: "", headers: undefined, payload: "x", bytes: 12 };

/** An overflow of the application's as the engine sees it, and what was reported of it. */
function guarded(given: { offer: unknown; engaged?: unknown; keep?: unknown; refusal?: unknown }) {
  const reports: Error[] = [];
  const own = Object.assign(given, { name: "mine" }) as unknown as Overflow;
  const overflow = toOverflow(own, (error) => reports.push(error));
  return { overflow, reports };
}

function thrown(): never {
  throw new Error("no");
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
  it.each(["reject", "drop-oldest", "drop-newest", "taken", "pass"] as const)("may answer %s", (decision) => {
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

  it("may say why it rejects, as long as it has rejected", () => {
    const why = new Error("my disk is full");
    let decision = "reject";
    const { overflow, reports } = guarded({ offer: () => decision, refusal: () => why });
    expect(overflow.refusal?.()).toBeUndefined();
    overflow.offer(MESSAGE);
    expect(overflow.refusal?.()).toBe(why);
    decision = "taken";
    overflow.offer(MESSAGE);
    expect(overflow.refusal?.()).toBeUndefined();
    decision = "nonsense";
    expect(overflow.offer(MESSAGE)).toBe("reject");
    expect(overflow.refusal?.()).toBeUndefined();
    expect(reports).toHaveLength(1);
  });

  it.each<[string, () => unknown]>([
    ["has thrown: no", () => thrown()],
    ["has answered 17", () => 17],
  ])("that cannot say why it rejects is told once: it %s", (text, refusal) => {
    const { overflow, reports } = guarded({ offer: () => "reject", refusal });
    for (let i = 0; i < 3; i++) {
      overflow.offer(MESSAGE);
      expect(overflow.refusal?.()).toBeUndefined();
    }
    expect(reports.map(({ message }) => message)).toEqual([
      expect.stringContaining(`option "overflow" (mine) ${text} when asked why it rejects`),
    ]);
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

describe("an overflow of the application's at the end of a connection", () => {
  it("keeps what it wants, with its this, and one without keep() is not asked", () => {
    const asked: unknown[][] = [];
    const given = {
      offer: () => "reject",
      wanted: true,
      keep(...args: unknown[]) {
        asked.push(args);
        return this.wanted;
      },
    };
    const { overflow, reports } = guarded(given);
    expect(overflow.keep?.(MESSAGE, true)).toBe(true);
    given.wanted = false;
    expect(overflow.keep?.(MESSAGE, false)).toBe(false);
    expect(asked).toEqual([
      [MESSAGE, true],
      [MESSAGE, false],
    ]);
    expect(reports).toEqual([]);
    expect(guarded({ offer: () => "reject" }).overflow.keep).toBeUndefined();
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("oops");
      },
      "oops",
    ],
    ["answers nonsense", () => "yes", "yes"],
    ["answers nothing", () => undefined, "undefined"],
    ["answers with a promise", () => Promise.reject(new Error("later")), "keep"],
  ])("that %s keeps nothing, and is reported once", (_what, keep, text) => {
    const { overflow, reports } = guarded({ offer: () => "reject", keep });
    for (let i = 0; i < 3; i++) expect(overflow.keep?.(MESSAGE, false)).toBe(false);
    expect(reports).toMatchObject([{ code: "CALLBACK_FAILED", option: "overflow" }]);
    expect(reports[0].message).toContain(text);
  });
});

describe("an outbox", () => {
  /** An outbox as the engine sees it, and what was reported of it. */
  function boxed(given: object) {
    const reports: Error[] = [];
    const outbox = Object.assign({ name: "box", engaged: false, offer: () => "taken" }, given);
    const overflow = overflowOf({ outbox: outbox as unknown as DurableOverflow }, (e) => reports.push(e));
    return { outbox, overflow, reports };
  }

  it("is the overflow, engaged as it says at that moment", () => {
    const { outbox, overflow } = boxed({});
    expect(overflow.name).toBe("box");
    expect(overflow.engaged).toBe(false);
    outbox.engaged = true;
    expect(overflow.engaged).toBe(true);
    expect(overflow.offer(MESSAGE)).toBe("taken");
  });

  it("is not asked about its own messages: taken once more they would be sent twice", () => {
    const offered: OverflowMessage[] = [];
    const offer = (message: OverflowMessage) => {
      offered.push(message);
      return "taken";
    };
    const { overflow } = boxed({ offer });
    expect(overflow.offer({ ...MESSAGE, own: true })).toBe("reject");
    expect(overflow.offer({ ...MESSAGE, own: false })).toBe("taken");
    expect(offered).toHaveLength(1);
  });

  it("that throws is reported by its option, and the message is rejected", () => {
    const { overflow, reports } = boxed({
      offer: () => {
        throw new Error("oops");
      },
    });
    expect(overflow.offer(MESSAGE)).toBe("reject");
    expect(reports).toMatchObject([{ code: "CALLBACK_FAILED", option: "outbox" }]);
  });

  it("comes from openOutbox(), awaited", () => {
    expect(checkOutbox(Promise.resolve({}))).toContain("await openOutbox()");
    expect(checkOutbox({})).toContain("openOutbox() of holdfast/outbox");
  });
});

describe("the overflow that the options name", () => {
  it("is to reject when there is none", () => {
    expect(overflowOf({}, () => {}).offer(MESSAGE)).toBe("reject");
    expect(overflowOf({ overflow: "drop-newest" }, () => {}).offer(MESSAGE)).toBe("drop-newest");
  });
});

describe("option overflow", () => {
  it("is one of the policies, or an object with name and offer()", () => {
    for (const right of ["reject", "drop-oldest", "drop-newest", "outbox", { name: "", offer() {} }]) {
      expect(checkOverflow(right)).toBeUndefined();
    }
    for (const wrong of ["taken", "", null, undefined, 5, () => "reject", { offer() {} }, { name: "x" }]) {
      expect(checkOverflow(wrong)).toContain('"drop-oldest"');
    }
  });
});
