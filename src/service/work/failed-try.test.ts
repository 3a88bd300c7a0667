import { expect, it, vi } from "vitest";
import { codedError } from "../../checks/coded-error.js";
import type { Connection } from "../../index.js";
import { tellFailedTry } from "./failed-try.js";

const ERROR = codedError("HANDLER_FAILED", "no");

function tell(onError: ((error: Error, context: string) => unknown) | undefined) {
  const report = vi.fn();
  tellFailedTry({ report } as unknown as Connection, onError, ERROR, "context", 'consumer "c"');
  return report;
}

it("tells the error and the context", () => {
  const onError = vi.fn();
  expect(tell(onError)).not.toHaveBeenCalled();
  expect(onError.mock.calls).toEqual([[ERROR, "context"]]);
  expect(tell(undefined)).not.toHaveBeenCalled();
});

const cause = new Error("bug");
const callable = () => {};
Reflect.set(callable, "then", (_: unknown, reject: (error: Error) => void) => reject(cause));

it.each<[string, () => unknown]>([
  [
    "throws",
    () => {
      throw cause;
    },
  ],
  ["rejects", () => Promise.reject(cause)],
  ["returns a function that is a promise and rejects", () => callable],
])("what %s is reported, and harms nobody", async (_, onError) => {
  const report = tell(onError);
  await new Promise(setImmediate);
  expect(report.mock.calls).toEqual([[expect.objectContaining({ code: "CALLBACK_FAILED", cause })]]);
  expect(report.mock.calls[0][0].message).toBe('onError of consumer "c" failed: bug');
});
