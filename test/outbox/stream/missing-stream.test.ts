import { afterEach, expect, test } from "vitest";
import { streamPublisher } from "../../../src/outbox/stream/stream-publisher.js";
import { Cleanup } from "../../support/cleanup.js";
import { rejection, until } from "../../support/until.js";
import { addStream, oneServer, stored, texts } from "./world.js";

let cleanup = new Cleanup();
afterEach(async () => {
  await cleanup[Symbol.asyncDispose]();
  cleanup = new Cleanup();
});

const DIRECT = { allow_direct: true };

test.each([true, false])(
  "a stream that does not exist is named long before the last try (ordered: %s)",
  async (ordered) => {
    const { nc, jsm } = await oneServer(cleanup, DIRECT);
    const publisher = streamPublisher(nc, {
      stream: "NOPE",
      ordered,
      retries: 1_000,
      backoff: { initial: 1, max: 20 },
    });
    const all = texts(1, 200).map((text) => rejection(publisher.publish("t.a", text)));
    const errors = await Promise.all(all);
    for (const error of errors) {
      expect(error).toMatchObject({
        code: "NO_RESPONDERS",
        message: 'there is no stream "NOPE"',
        apiCode: 10059,
        retryable: false,
        maybeDelivered: false,
      });
    }
    expect(errors[0]).toMatchObject({ tries: 4 });
    // Who comes later does not ask for so long.
    if (ordered) expect(publisher.stats().retried).toBeLessThan(10);
    // It may have been a matter of time all the same.
    await addStream(jsm, { name: "NOPE", subjects: ["t.>"], ...DIRECT });
    await publisher.publish("t.a", "now");
    expect(await stored(jsm, "NOPE")).toEqual(["now"]);
  },
);

test("a batch as well", async () => {
  const { nc } = await oneServer(cleanup, DIRECT);
  const publisher = streamPublisher(nc, { stream: "NOPE", retries: 1_000, backoff: { initial: 1, max: 20 } });
  const error = await rejection(publisher.publishBatch([{ subject: "t.a" }, { subject: "t.b" }]));
  expect(error).toMatchObject({ message: 'there is no stream "NOPE"', apiCode: 10059, retryable: false });
});

test("whoever tries without end waits until it is made, and says what for", async () => {
  const { nc, jsm } = await oneServer(cleanup, DIRECT);
  const publisher = streamPublisher(nc, {
    stream: "LATE",
    retries: Number.POSITIVE_INFINITY,
    backoff: { initial: 1, max: 20 },
  });
  const all = texts(1, 50).map((text) => publisher.publish("t.a", text));
  await until(() => publisher.stats().retried > 10, "tries");
  expect(publisher.facts()).toMatchObject({ state: "recovering", failing: 'there is no stream "LATE"' });
  await addStream(jsm, { name: "LATE", subjects: ["t.>"], ...DIRECT });
  await Promise.all(all);
  expect(await stored(jsm, "LATE")).toEqual(texts(1, 50));
  expect(publisher.facts().failing).toBeUndefined();
});
