import { beforeEach, expect, it, vi } from "vitest";
import { codedError } from "../../checks/coded-error.js";
import { type Connection, headers } from "../../index.js";
import { OutgoingBatch } from "./batch.js";
import { refusedByStream } from "./failure.js";
import { readPublisherOptions, type StreamPublishOptions } from "./options.js";
import { Outgoing } from "./outgoing.js";
import { SizeLimit } from "./size-limit.js";
import { StreamInfo } from "./stream-info.js";

beforeEach(() => {
  vi.useFakeTimers();
  return () => vi.useRealTimers();
});

const SETTINGS = readPublisherOptions({ stream: "S" });
const ignore = () => {};
const turn = () => vi.advanceTimersByTimeAsync(0);

let count = 0;
function message(size: number, options: StreamPublishOptions = {}): Outgoing {
  const out = new Outgoing(
    { subject: "s.a", payload: "", options: { msgID: "m", ...options } },
    SETTINGS,
    ignore,
    ignore,
  );
  return numbered(
    new Outgoing(
      { subject: "s.a", payload: "x".repeat(size - out.size), options: { msgID: "m", ...options } },
      SETTINGS,
      ignore,
      ignore,
    ),
  );
}
function numbered<T extends Outgoing>(out: T): T {
  out.number = ++count;
  return out;
}

/** A stream whose limit can be changed, behind a server whose limit can be changed. */
class World {
  maxMsgSize = -1;
  answers = true;
  asked = 0;
  told = 0;
  readonly nc = {
    info: undefined as { max_payload: number } | undefined,
    request: async () => {
      this.asked++;
      if (!this.answers) throw codedError("PERMISSIONS_VIOLATION", "no");
      const { maxMsgSize } = this;
      return { string: () => JSON.stringify({ config: { subjects: ["s.>"], max_msg_size: maxMsgSize } }) };
    },
  };
  readonly info = new StreamInfo(this.nc as unknown as Connection, "S", undefined, 100);
  readonly sizes = new SizeLimit(
    this.nc as unknown as Connection,
    "S",
    this.info,
    () => count,
    () => this.told++,
  );

  /** The stream has said so; by whomever it was asked. */
  async said(maxMsgSize: number): Promise<void> {
    this.maxMsgSize = maxMsgSize;
    await this.info.look(performance.now());
    this.asked = 0;
  }

  /** A server refuses it for its size. */
  refused(out: Outgoing, isBound = false): void {
    const refusal = { code: 400, apiCode: 10054, text: "message size exceeds maximum allowed" };
    this.sizes.failed(out, refusedByStream(out, refusal), isBound);
  }
}

it("of what is not known to be too large nothing is asked", async () => {
  const world = new World();
  expect(world.sizes.refusal(message(1e6))).toBeUndefined();
  await world.said(-1);
  expect(world.sizes.refusal(message(1e6))).toBeUndefined();
  await world.said(300);
  expect(world.sizes.refusal(message(300))).toBeUndefined();
  await turn();
  expect(world).toMatchObject({ asked: 0, told: 0 });
});

it("one that is too large is refused when the stream says so once more, and all that were there with it", async () => {
  const world = new World();
  await world.said(300);
  const [one, two] = [message(301), message(400)];
  expect([world.sizes.refusal(one), world.sizes.refusal(two)]).toEqual(["asking", "asking"]);
  // Taken in the same turn, before the question goes out.
  const three = message(500);
  await turn();
  expect(world).toMatchObject({ asked: 1, told: 1 });
  for (const [out, size] of [
    [one, 301],
    [two, 400],
    [three, 500],
  ] as const) {
    expect(world.sizes.refusal(out)).toMatchObject({
      mayPass: false,
      maybeDelivered: false,
      apiCode: 10054,
      error: {
        code: "STREAM_REFUSED",
        message: `stream "S" takes no message of ${size} bytes (headers and payload) to "s.a": its max_msg_size is 300 (10054)`,
      },
    });
  }
  expect(world.asked).toBe(1);
});

it("a limit that was raised refuses nothing that was published afterwards", async () => {
  const world = new World();
  await world.said(300);
  const one = message(301);
  world.sizes.refusal(one);
  await turn();
  expect(world.sizes.refusal(one)).toMatchObject({ apiCode: 10054 });
  world.maxMsgSize = 400;
  const two = message(301);
  expect(world.sizes.refusal(two)).toBe("asking");
  await turn();
  expect(world.sizes.refusal(two)).toBeUndefined();
  expect(world.sizes.refusal(message(400))).toBeUndefined();
});

it("a limit that was raised while a message waited behind others does not refuse it", async () => {
  const world = new World();
  await world.said(300);
  const out = message(301);
  world.sizes.taken(out);
  await turn();
  expect(world).toMatchObject({ asked: 1, told: 1 });
  // Then it is another one's turn, for long.
  await vi.advanceTimersByTimeAsync(60_000);
  world.maxMsgSize = 400;
  expect(world.sizes.refusal(out)).toBe("asking");
  await turn();
  expect(world).toMatchObject({ asked: 2, told: 2 });
  expect(world.sizes.refusal(out)).toBeUndefined();
  const larger = message(401);
  expect(world.sizes.refusal(larger)).toBe("asking");
  await turn();
  await vi.advanceTimersByTimeAsync(900);
  expect(world.sizes.refusal(larger)).toMatchObject({ apiCode: 10054 });
  expect(world.asked).toBe(3);
});

it("what the last link's stream has said is not enough for the next one", async () => {
  const world = new World();
  await world.said(300);
  const one = message(301);
  world.sizes.refusal(one);
  await turn();
  world.sizes.linked();
  expect(world.sizes.refusal(one)).toBe("asking");
  // The question is on its way when the link goes.
  await Promise.resolve();
  world.sizes.linked();
  await turn();
  expect(world.sizes.refusal(one)).toBe("asking");
  await turn();
  expect(world.sizes.refusal(one)).toMatchObject({ apiCode: 10054 });
});

it("a refusal of the server teaches a limit, or a lower one; while it is asked the refused one waits", async () => {
  const world = new World();
  world.maxMsgSize = 300;
  const one = message(301);
  world.refused(one, true);
  expect(world.sizes.refusal(one)).toBe("asking");
  // What is as large had better wait for the answer, too.
  expect([299, 301].map((size) => world.sizes.refusal(message(size)))).toEqual([undefined, "asking"]);
  await turn();
  expect(world.sizes.refusal(one)).toMatchObject({ apiCode: 10054 });
  world.maxMsgSize = 100;
  const two = message(200);
  expect(world.sizes.refusal(two)).toBeUndefined();
  world.refused(two, true);
  await turn();
  expect(world.sizes.refusal(two)).toMatchObject({ apiCode: 10054 });
});

it("one that is too large by the header that has bound it is no reason to ask", async () => {
  const world = new World();
  await world.said(300);
  const out = message(290);
  world.refused(out, true);
  await turn();
  expect(world.asked).toBe(0);
  // By itself it is: the limit is another one.
  world.refused(out);
  await turn();
  expect(world.asked).toBe(1);
});

it("a stream that cannot be asked is left to its server, and not asked for each refusal", async () => {
  const world = new World();
  await world.said(300);
  world.answers = false;
  const one = message(301);
  expect(world.sizes.refusal(one)).toBe("asking");
  await turn();
  expect(world).toMatchObject({ asked: 1, told: 1 });
  for (let times = 0; times < 3; times++) {
    expect(world.sizes.refusal(one)).toBeUndefined();
    world.refused(one);
    await turn();
  }
  expect(world.asked).toBe(1);
  await vi.advanceTimersByTimeAsync(5_000);
  world.refused(one);
  await turn();
  expect(world.asked).toBe(2);
  // Somebody else has got an answer since.
  world.answers = true;
  await world.said(300);
  expect(world.sizes.refusal(message(301))).toBeUndefined();
  expect(world.asked).toBe(0);
});

it("one that may be stored is sent again, whatever its size", async () => {
  const world = new World();
  await world.said(300);
  world.nc.info = { max_payload: 300 };
  world.sizes.linked();
  const out = message(301);
  out.doubtSince = 0;
  expect(world.sizes.refusal(out)).toBeUndefined();
});

it("one for another stream is none of its business", async () => {
  const world = new World();
  await world.said(300);
  const out = message(301, { expect: { streamName: "T" } });
  expect(world.sizes.refusal(out)).toBeUndefined();
  world.sizes.taken(out);
  world.refused(out);
  await turn();
  expect(world.asked).toBe(0);
});

it("one that waits for its turn is asked about meanwhile", async () => {
  const world = new World();
  await world.said(300);
  world.sizes.taken(message(300));
  await turn();
  expect(world.asked).toBe(0);
  const out = message(301);
  world.sizes.taken(out);
  await turn();
  expect(world.asked).toBe(1);
  expect(world.sizes.refusal(out)).toMatchObject({ apiCode: 10054 });
});

it("max_payload of the server counts at once, as it is now", () => {
  const world = new World();
  world.nc.info = { max_payload: 300 };
  world.sizes.linked();
  expect(world.sizes.refusal(message(300))).toBeUndefined();
  expect(world.sizes.refusal(message(301))).toMatchObject({
    mayPass: false,
    error: {
      code: "MAX_PAYLOAD_EXCEEDED",
      message: "a message of 301 bytes (headers and payload) is over the server's max_payload of 300",
    },
  });
  // Of the server that has come in its place nobody has told yet.
  world.nc.info = { max_payload: 400 };
  expect(world.sizes.refusal(message(301))).toBeUndefined();
  expect(world.asked).toBe(0);
});

it("a batch is too large when one message of it is", async () => {
  const world = new World();
  await world.said(300);
  const given = ["a", "b".repeat(400), "c"].map((payload) => ({
    subject: "s.a",
    payload,
    msgID: payload[0],
  }));
  const batch = numbered(new OutgoingBatch(given, SETTINGS, ignore, ignore));
  world.sizes.taken(batch);
  await turn();
  expect(world.sizes.refusal(batch)).toMatchObject({
    apiCode: 10054,
    error: { message: expect.stringMatching(/ of 4\d\d bytes /) },
  });
});

it("sizes are those on the wire, and a usual message's is not computed", () => {
  const given = headers();
  given.append("X", "grün");
  given.append("X", "zwei");
  const encoded = Buffer.from("NATS/1.0\r\nX: grün\r\n\r\n");
  const own = "Nats-Expected-Stream: S\r\nNats-Msg-Id: ä\r\n";
  const of = (payload: string | Uint8Array, options: StreamPublishOptions) =>
    new Outgoing({ subject: "s", payload, options: { msgID: "ä", ...options } }, SETTINGS, ignore, ignore);
  const bytes = (text: string) => Buffer.byteLength(text);
  const plain = of("日本", {});
  expect(plain.size).toBe(bytes(`NATS/1.0\r\n${own}\r\n日本`));
  const rich = of(new Uint8Array(5), { headers: given });
  const richSize = bytes(`NATS/1.0\r\nX: grün\r\nX: zwei\r\n${own}\r\n`) + 5;
  // Whatever the last try has added.
  rich.headers.toSend([["Nats-Expected-Last-Sequence", "17"]]);
  expect(rich.size).toBe(richSize);
  const raw = of("y", { encodedHeaders: encoded });
  expect(raw.size).toBe(bytes(`NATS/1.0\r\nX: grün\r\n${own}\r\ny`));
  for (const out of [plain, rich, raw]) {
    expect(out.over(out.size)).toBeUndefined();
    expect(out.over(out.size - 1)).toBe(out);
  }
  const usual = of("x".repeat(100), {});
  const size = vi.spyOn(usual, "size", "get");
  expect(usual.over(1024)).toBeUndefined();
  expect(size).not.toHaveBeenCalled();
});
