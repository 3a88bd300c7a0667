import { expect, it } from "vitest";
import { thrown } from "../../../test/support/until.js";
import { readOptions } from "../../checks/read-options.js";
import { countOf, WORK_CHECKS, type WorkOptions } from "./work-options.js";

type Options = WorkOptions<unknown, unknown, unknown>;

it.each<[unknown, string, string]>([
  [{ concurrency: 0 }, "concurrency", "must be a whole number of messages from 1 to 1000000"],
  [{ concurrency: 1.5 }, "concurrency", "must be a whole number of messages from 1 to 1000000"],
  [{ timeout: -1 }, "timeout", "must be a number of milliseconds from 0 to 2147483647"],
  [{ timeout: Number.POSITIVE_INFINITY }, "timeout", "must be a number of milliseconds"],
  [{ key: "id" }, "key", "must be a function"],
  [{ onError: 7 }, "onError", "must be a function"],
  [{ backoff: 100 }, "backoff", "must be an object"],
  [{ concurency: 2 }, "concurency", 'did you mean "concurrency"?'],
])("%o is refused", (given, option, text) => {
  const error = thrown(() => readOptions<Options>(given, WORK_CHECKS));
  expect(error).toMatchObject({ code: "INVALID_OPTION", option });
  expect(error.message).toContain(text);
});

it("whole numbers are counted", () => {
  expect(countOf("tries", 0, 3)(3)).toBeUndefined();
  expect(countOf("tries", 0, 3)("3")).toBe("must be a whole number of tries from 0 to 3");
});
