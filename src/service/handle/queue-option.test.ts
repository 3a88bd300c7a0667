import { describe, expect, it } from "vitest";
import { thrown } from "../../../test/support/until.js";
import { readHandleOptions } from "./handle-options.js";

const read = (queue: unknown) => readHandleOptions("orders.new", { queue: queue as string });

describe("option queue", () => {
  it.each(["workers", "a.b", "größe", "ein\u00a0name"])("takes %j, as every subscription does", (queue) => {
    expect(read(queue).queue).toBe(queue);
  });

  it("that is empty is none, as for every subscription", () => {
    expect(read("").queue).toBe("");
    expect(read(undefined).queue).toBeUndefined();
  });

  it.each(["a b", "a\r\nPUB x 0", "tab\t", "nul\0", "del\u007f", " "])("refuses %j by its name", (queue) => {
    expect(thrown(() => read(queue))).toMatchObject({
      code: "INVALID_OPTION",
      message: 'option "queue" must have no white space and no control characters',
    });
  });

  it.each([5, true, {}, ["q"], null])("refuses %j by its name", (queue) => {
    expect(thrown(() => read(queue))).toMatchObject({
      code: "INVALID_OPTION",
      message: 'option "queue" must be a string',
    });
  });
});
