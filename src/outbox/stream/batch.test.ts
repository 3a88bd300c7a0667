import { expect, it } from "vitest";
import { codedError } from "../../checks/coded-error.js";
import type { Connection } from "../../index.js";
import { OutgoingBatch } from "./batch.js";
import { readPublisherOptions } from "./options.js";

const SETTINGS = readPublisherOptions({ stream: "S" });
const ACK = '{"stream":"S","seq":3}';

/** A server that gives these answers, one after the other; what it was sent. */
function server(version: [number, number], answers: readonly (string | Error)[]) {
  const sent: string[] = [];
  const nc = {
    getServerVersion: () => ({ major: version[0], minor: version[1], micro: 0 }),
    request: async (_: string, payload: string) => {
      const answer = answers[sent.length];
      sent.push(payload);
      if (typeof answer !== "string") throw answer;
      return { data: Buffer.from(answer), string: () => answer };
    },
  } as unknown as Connection;
  return { nc, sent };
}

const batch = (...payloads: string[]) =>
  new OutgoingBatch(
    payloads.map((payload) => ({ subject: "s", payload })),
    SETTINGS,
    () => {},
    () => {},
  );

it("a server that knows no batches gets nothing", async () => {
  const { nc, sent } = server([2, 11], []);
  expect(await batch("a", "b").sendTo(nc)).toMatchObject({
    failure: { mayPass: false, maybeDelivered: false, error: { code: "INVALID_OPERATION" } },
  });
  expect(sent).toEqual([]);
});

it("one behind it that has stored the first as a single message gets no second one", async () => {
  const { nc, sent } = server([2, 12], [ACK]);
  expect(await batch("a", "b", "c").sendTo(nc)).toMatchObject({
    failure: { mayPass: false, maybeDelivered: true, error: { code: "INVALID_OPERATION" } },
  });
  expect(sent).toEqual(["a"]);
});

it("an answer to the commit that speaks of no batch is no success", async () => {
  const { nc } = server([2, 12], ["", ACK]);
  expect(await batch("a", "b").sendTo(nc)).toMatchObject({
    failure: { mayPass: false, maybeDelivered: true },
  });
});

it("nothing is stored without the commit; whether with it, its answer tells", async () => {
  const late = codedError("TIMEOUT", "late", { maybeDelivered: true });
  const first = server([2, 12], [late]);
  expect(await batch("a", "b").sendTo(first.nc)).toMatchObject({
    failure: { mayPass: true, maybeDelivered: false },
  });
  expect(first.sent).toEqual(["a"]);
  const last = server([2, 12], ["", "", late]);
  expect(await batch("a", "b", "c").sendTo(last.nc)).toMatchObject({
    failure: { mayPass: true, maybeDelivered: true },
  });
});
