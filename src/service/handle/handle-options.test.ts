import { describe, expect, it } from "vitest";
import { z } from "zod";
import { thrown } from "../../../test/support/until.js";
import { readHandleOptions } from "./handle-options.js";

describe("the options of a handler", () => {
  it("have the defaults that are documented", () => {
    expect(readHandleOptions("orders", undefined)).toMatchObject({
      concurrency: 1,
      timeout: 30_000,
      retries: 2,
      respond: true,
      codec: { name: "json" },
    });
  });

  it("are taken", () => {
    const key = () => "k";
    const given = {
      queue: "workers",
      concurrency: 9,
      retries: 0,
      timeout: 0,
      deadLetter: "dead",
      respond: false,
      key,
    };
    expect(readHandleOptions("orders", given)).toMatchObject(given);
  });

  it.each<[unknown, string]>([
    [{ retries: -1 }, "retries"],
    [{ retries: 1.5 }, "retries"],
    [{ retries: "2" }, "retries"],
    [{ deadLetter: "" }, "deadLetter"],
    [{ deadLetter: "dead.*" }, "deadLetter"],
    [{ deadLetter: "dead letters" }, "deadLetter"],
    [{ deadLetter: { stream: "DEAD" } }, "deadLetter"],
    [{ respond: 1 }, "respond"],
    [{ concurrency: Number.POSITIVE_INFINITY }, "concurrency"],
    [{ codec: "xml" }, "codec"],
    [{ schema: {} }, "schema"],
    [{ codec: "none", schema: z.string() }, "schema"],
    [{ backoff: { initial: "1s" } }, "backoff.initial"],
    [{ retry: 3 }, "retry"],
    [7, ""],
  ])("%o are refused", (given, option) => {
    expect(thrown(() => readHandleOptions("orders", given as never))).toMatchObject({
      code: "INVALID_OPTION",
      option,
    });
  });

  it.each([
    ["retry", "retries"],
    ["maxDeliver", "retries"],
    ["queueGroup", "queue"],
  ])("%s is called %s here", (other, name) => {
    const error = thrown(() => readHandleOptions("orders", { [other]: 3 } as never));
    expect(error.message).toBe(`option "${other}" is unknown; did you mean "${name}"?`);
  });

  it.each(["orders.>", "orders.*", "orders.dead", ">"])("dead letters do not go to %s itself", (subject) => {
    const error = thrown(() => readHandleOptions(subject, { deadLetter: "orders.dead" }));
    expect(error).toMatchObject({ code: "INVALID_OPTION", option: "deadLetter" });
    expect(error.message).toContain(`is handled itself, by "${subject}"`);
  });
});
