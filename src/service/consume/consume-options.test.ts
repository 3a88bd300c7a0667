import { expect, test } from "vitest";
import { type ConsumeOptions, readConsumeOptions } from "./consume-options.js";

const NAMES = { stream: "s", durable: "d" };

test("defaults", () => {
  expect(readConsumeOptions(NAMES)).toMatchObject({
    concurrency: 1,
    prefetch: 10,
    maxDeliver: 5,
    timeout: 30_000,
    apiTimeout: 2_000,
    working: true,
    confirmAcks: false,
    isInPlace: false,
    wanted: { stream: undefined, consumer: undefined },
    deadLetter: undefined,
  });
  expect(readConsumeOptions({ ...NAMES, concurrency: 50 }).prefetch).toBe(50);
  expect(readConsumeOptions({ ...NAMES, concurrency: 500 }).prefetch).toBe(100);
  expect(readConsumeOptions({ ...NAMES, key: () => "" }).isInPlace).toBe(true);
  expect(readConsumeOptions({ ...NAMES, key: () => "", retry: "redeliver" }).isInPlace).toBe(false);
});

test("ensure makes what is named", () => {
  const wanted = (ensure: ConsumeOptions["ensure"]) => readConsumeOptions({ ...NAMES, ensure }).wanted;
  expect(wanted(true)).toEqual({ stream: {}, consumer: {} });
  expect(wanted(false)).toEqual({ stream: undefined, consumer: undefined });
  expect(wanted({ consumer: true })).toEqual({ stream: undefined, consumer: {} });
  expect(wanted({ stream: { max_msgs: 5 } })).toEqual({ stream: { max_msgs: 5 }, consumer: undefined });
});

test.each([
  [{ stream: "s" }, "durable"],
  [{ durable: "d" }, "stream"],
  [{ ...NAMES, stream: "a.b" }, "stream"],
  [{ ...NAMES, concurrency: 0 }, "concurrency"],
  [{ ...NAMES, prefetch: 1.5 }, "prefetch"],
  [{ ...NAMES, ensure: "yes" }, "ensure"],
  [{ ...NAMES, ensure: { streams: {} } }, "ensure.streams"],
  [{ ...NAMES, ensure: { consumer: { durable_name: "other" } } }, "ensure.consumer.durable_name"],
  [{ ...NAMES, deadLetter: "a.*" }, "deadLetter"],
  [{ ...NAMES, deadLetter: {} }, "deadLetter.subject"],
  [{ ...NAMES, deadLetter: { subject: "a", ensure: true } }, "deadLetter.stream"],
  [{ ...NAMES, retry: "never" }, "retry"],
  [{ ...NAMES, backoff: { initial: -1 } }, "backoff.initial"],
  [{ ...NAMES, codec: "xml" }, "codec"],
])("refuses %j, naming %s", (options, option) => {
  expect(() => readConsumeOptions(options as ConsumeOptions)).toThrow(
    expect.objectContaining({ code: "INVALID_OPTION", option }),
  );
});

test.each([
  ["retries", "maxDeliver"],
  ["durable_name", "durable"],
])("%s is called %s here", (other, name) => {
  expect(() => readConsumeOptions({ ...NAMES, [other]: 3 } as ConsumeOptions)).toThrow(
    `option "${other}" is unknown; did you mean "${name}"?`,
  );
});
