import { afterEach, describe, expect, test } from "vitest";
import { type Connection, connect, headers } from "../../../src/index.js";
import type { StreamPublishError } from "../../../src/outbox/index.js";
import { streamPublisher } from "../../../src/outbox/stream/stream-publisher.js";
import { FaultProxy } from "../../../src/testing/fault-proxy.js";
import { Cleanup } from "../../support/cleanup.js";
import { rejection, until } from "../../support/until.js";
import { oneServer, stored, texts } from "./world.js";

let cleanup = new Cleanup();
afterEach(async () => {
  await cleanup[Symbol.asyncDispose]();
  cleanup = new Cleanup();
});

const DIRECT = { allow_direct: true };
const LIMIT = 300;
const LARGE = "x".repeat(500);

/** What goes out: large messages, all others, and questions to streams. */
function counted(nc: Connection) {
  const sent = { large: 0, others: 0, questions: 0 };
  const request = nc.request.bind(nc);
  nc.request = (subject, payload, options) => {
    if (subject.startsWith("$JS.API.")) sent.questions++;
    else if ((payload?.length ?? 0) >= LARGE.length) sent.large++;
    else sent.others++;
    return request(subject, payload, options);
  };
  return sent;
}

const refusedBy = (text: string) => ({
  code: "STREAM_REFUSED",
  apiCode: 10054,
  retryable: false,
  maybeDelivered: false,
  message: expect.stringContaining(text),
});

describe("a message that is larger than its stream takes", () => {
  test.each([true, false])(
    "costs the first one a try, and the others none (ordered: %s)",
    async (ordered) => {
      const { nc, jsm } = await oneServer(cleanup, { ...DIRECT, max_msg_size: LIMIT });
      const sent = counted(nc);
      const publisher = streamPublisher(nc, { stream: "S", ordered });
      const first = await rejection(publisher.publish("s.a", LARGE));
      expect(first).toMatchObject({ ...refusedBy("10054"), tries: 1 });
      const all = texts(1, 300).map((text) =>
        publisher.publish("s.a", Number(text) % 3 === 0 ? LARGE : text).then(
          () => text,
          (error: StreamPublishError) => error,
        ),
      );
      const outcomes = await Promise.all(all);
      const good = texts(1, 300).filter((text) => Number(text) % 3 !== 0);
      const inStream = await stored(jsm);
      expect(ordered ? inStream : inStream.sort((a, b) => Number(a) - Number(b))).toEqual(good);
      const refused = outcomes.filter((outcome) => typeof outcome !== "string");
      expect(refused).toHaveLength(100);
      for (const error of refused)
        expect(error).toMatchObject({ ...refusedBy(`max_msg_size is ${LIMIT}`), tries: 0 });
      // No good one twice either: no run was broken off. All of the burst shared the questions.
      expect(sent).toMatchObject({ large: 1, others: 200 });
      expect(sent.questions).toBeLessThanOrEqual(3);
      expect(publisher.stats()).toMatchObject({ failed: 101, acked: 200, retried: 0, pending: 0 });
      expect(publisher.stats().pendingBytes).toBe(0);
    },
  );

  test("is measured as the server measures it", async () => {
    const { nc, jsm } = await oneServer(cleanup, { ...DIRECT, max_msg_size: LIMIT });
    const publisher = streamPublisher(nc, { stream: "S" });
    await rejection(publisher.publish("s.a", LARGE));
    const hdrs = headers();
    hdrs.append("X", "grün");
    hdrs.append("X", "日本");
    const encodedHeaders = Buffer.from("NATS/1.0\r\nX: grün\r\n\r\n");
    const kinds = { plain: {}, given: { headers: hdrs }, encoded: { encodedHeaders } };
    for (const [kind, options] of Object.entries(kinds)) {
      // The longest that the server takes by itself.
      const taken = async (length: number) => {
        const direct = streamPublisher(nc, { stream: "S", retries: 0 });
        const outcome = direct.publish("s.a", "é".repeat(length), { ...options, msgID: `${kind}-${length}` });
        const error = await outcome.then(
          () => undefined,
          (failed: StreamPublishError) => failed,
        );
        await direct.stop();
        if (error !== undefined) expect(error).toMatchObject({ ...refusedBy("exceeds maximum"), tries: 1 });
        return error === undefined;
      };
      // Without the right to ask, so that the server is asked by sending.
      const request = nc.request.bind(nc);
      nc.request = (subject, ...rest) =>
        subject.startsWith("$JS.API.") ? Promise.reject(new Error("not asked")) : request(subject, ...rest);
      let most = 60;
      while (await taken(most + 1)) most++;
      nc.request = request;
      await publisher.publish("s.a", "é".repeat(most), { ...options, msgID: `${kind}_${most}` });
      const error = await rejection(
        publisher.publish("s.a", "é".repeat(most + 1), { ...options, msgID: `${kind}_${most + 1}` }),
      );
      expect(error).toMatchObject({ ...refusedBy(`max_msg_size is ${LIMIT}`), tries: 0 });
    }
    expect((await stored(jsm)).length).toBeGreaterThan(6);
  });

  test("is taken from the moment on in which the stream takes it, and not any more when the stream does not", async () => {
    const { nc, jsm } = await oneServer(cleanup, { ...DIRECT, max_msg_size: LIMIT });
    const sent = counted(nc);
    const publisher = streamPublisher(nc, { stream: "S" });
    await rejection(publisher.publish("s.a", LARGE));
    expect(await rejection(publisher.publish("s.a", LARGE))).toMatchObject({ tries: 0 });
    await jsm.streams.update("S", { max_msg_size: 2 * LARGE.length });
    await publisher.publish("s.a", LARGE);
    expect(sent.large).toBe(2);
    await jsm.streams.update("S", { max_msg_size: LIMIT });
    const many = await Promise.all([1, 2, 3].map(() => rejection(publisher.publish("s.a", LARGE))));
    for (const error of many) expect(error).toMatchObject(refusedBy("10054"));
    const before = sent.large;
    expect(await rejection(publisher.publish("s.a", LARGE))).toMatchObject({ tries: 0 });
    await jsm.streams.update("S", { max_msg_size: -1 });
    await publisher.publish("s.a", LARGE);
    expect(sent.large).toBe(before + 1);
    expect(await stored(jsm)).toEqual([LARGE, LARGE]);
  });

  test("is refused by the server where the stream may not be asked, and the application hears of that once", async () => {
    const { server, jsm } = await oneServer(
      cleanup,
      { ...DIRECT, max_msg_size: LIMIT },
      {
        config: `no_auth_user: all
        authorization { users: [
          { user: all, password: x }
          { user: some, password: x, permissions: { publish: ["s.>"], subscribe: ["_INBOX.>"] } }
        ] }`,
      },
    );
    const nc = await connect({ servers: server.url, user: "some", pass: "x" });
    cleanup.use({ close: () => nc.close({ timeout: 100 }) });
    const errors: Error[] = [];
    nc.on("error", (error) => errors.push(error));
    const publisher = streamPublisher(nc, { stream: "S" });
    await publisher.publish("s.a", "0");
    expect(errors).toEqual([]);
    for (let times = 0; times < 5; times++)
      expect(await rejection(publisher.publish("s.a", LARGE))).toMatchObject(refusedBy("exceeds maximum"));
    await publisher.publish("s.a", "1");
    expect(await stored(jsm)).toEqual(["0", "1"]);
    expect(errors.length).toBeLessThanOrEqual(1);
  });

  test("makes a batch with it one that is not sent", async () => {
    const { nc, jsm } = await oneServer(cleanup, {
      ...DIRECT,
      max_msg_size: LIMIT,
      allow_atomic: true,
    } as never);
    const sent = counted(nc);
    const publisher = streamPublisher(nc, { stream: "S" });
    await rejection(publisher.publish("s.a", LARGE));
    const batch = ["1", LARGE, "2"].map((payload) => ({ subject: "s.a", payload }));
    const error = await rejection(publisher.publishBatch(batch));
    expect(error).toMatchObject({ ...refusedBy(`max_msg_size is ${LIMIT}`), tries: 0 });
    expect(sent).toMatchObject({ large: 1, others: 0 });
    await publisher.publishBatch(batch.filter(({ payload }) => payload !== LARGE));
    expect(await stored(jsm)).toEqual(["1", "2"]);
  });
});

test("one over max_payload is refused at once, without a try and without one for those around it", async () => {
  const { server, jsm } = await oneServer(cleanup, DIRECT);
  const proxy = cleanup.use(await FaultProxy.start({ target: server.hostport }));
  const small = proxy.addToxic({ type: "rewrite_info", info: { max_payload: 400 } });
  const nc = await connect({ servers: proxy.url, reconnectTimeWait: 5 });
  cleanup.use({ close: () => nc.close({ timeout: 100 }) });
  const sent = counted(nc);
  const publisher = streamPublisher(nc, { stream: "S" });
  const all = texts(1, 60).map((text) =>
    publisher.publish("s.a", Number(text) % 3 === 0 ? LARGE : text).catch((error) => error),
  );
  const outcomes = await Promise.all(all);
  expect(outcomes.filter((outcome) => outcome instanceof Error)).toHaveLength(20);
  expect(outcomes[2]).toMatchObject({ code: "MAX_PAYLOAD_EXCEEDED", tries: 0, retryable: false });
  expect(sent).toEqual({ large: 0, others: 40, questions: 0 });
  // A server that takes more comes in its place.
  small.remove();
  await proxy.down();
  await until(() => nc.state === "reconnecting", "the outage");
  const waiting = publisher.publish("s.a", LARGE);
  await proxy.up();
  await waiting;
  expect((await stored(jsm)).at(-1)).toBe(LARGE);
});
