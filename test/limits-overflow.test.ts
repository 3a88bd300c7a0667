import { describe, expect, it } from "vitest";
import type {
  BufferInfo,
  ConnectionOptions,
  LostMessage,
  OverflowInfo,
  OverflowPolicy,
} from "../src/index.js";
import { expectBalanced } from "./support/books.js";
import { Outage } from "./support/outage.js";
import { publishNumbers } from "./support/publisher.js";
import { rejection, thrown, until } from "./support/until.js";

const range = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => String(from + i));

/** An outage, with everything told of messages that found no room. */
class FullOutage implements AsyncDisposable {
  readonly lost: LostMessage[][] = [];
  readonly overflows: OverflowInfo[] = [];
  readonly levels: BufferInfo[] = [];
  readonly outage: Outage;

  private constructor(outage: Outage) {
    this.outage = outage;
    outage.nc.on("messageLost", (batch) => this.lost.push(batch));
    outage.nc.on("overflow", (info) => this.overflows.push(info));
    outage.nc.on("buffer", (info) => this.levels.push(info));
  }

  static async begin(options: ConnectionOptions): Promise<FullOutage> {
    const outage = await Outage.prepare(options);
    const full = new FullOutage(outage);
    await outage.begin();
    return full;
  }

  /** The texts of the messages that were lost. */
  get lostTexts(): string[] {
    return this.lost.flat().map(({ data }) => Buffer.from(data ?? "none").toString());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.outage[Symbol.asyncDispose]();
  }
}

/** The size of a message on `a` on the wire. */
const encoded = (text: string): number => `PUB a ${text.length}\r\n${text}\r\n`.length;

/** What a buffer keeps, and what it rejects, by the words of the documentation. */
class BufferModel {
  kept: string[] = [];
  readonly dropped: string[] = [];
  readonly rejected: string[] = [];
  private readonly policy: OverflowPolicy;
  private readonly maxBytes: number;
  private readonly maxMessages: number;

  constructor(policy: OverflowPolicy, maxBytes: number, maxMessages: number) {
    this.policy = policy;
    this.maxBytes = maxBytes;
    this.maxMessages = maxMessages;
  }

  add(text: string): void {
    if (this.fits(this.kept, text)) this.kept.push(text);
    else if (this.policy === "drop-newest") this.dropped.push(text);
    else if (this.policy === "reject" || !this.fits([], text)) this.rejected.push(text);
    else {
      while (!this.fits(this.kept, text)) this.dropped.push(this.kept.shift()!);
      this.kept.push(text);
    }
  }

  private fits(kept: string[], text: string): boolean {
    const bytes = kept.reduce((sum, one) => sum + encoded(one), encoded(text));
    return bytes <= this.maxBytes && kept.length + 1 <= this.maxMessages;
  }
}

/** Texts of all lengths, always the same; some are larger than the whole buffer. */
const TEXTS = range(0, 300).map((number, i) => {
  const length = i % 37 === 36 ? 2_500 : (i * i * 7919) % 211;
  return number.padEnd(length, ".");
});

describe.each<OverflowPolicy>(["reject", "drop-oldest", "drop-newest"])("overflow: %s [B3]", (overflow) => {
  it.each([
    ["bytes", { reconnectBufSize: 2_000 }],
    ["count", { maxBufferedMessages: 20 }],
    ["bytes and count", { reconnectBufSize: 2_000, maxBufferedMessages: 18 }],
  ])("by %s: exactly what should arrives, in order, and the rest is told", async (_, limits) => {
    await using full = await FullOutage.begin({ overflow, ...limits });
    const { nc, got } = full.outage;
    const { reconnectBufSize = 8 * 1024 * 1024, maxBufferedMessages = Number.POSITIVE_INFINITY } =
      limits as ConnectionOptions;
    const model = new BufferModel(overflow, reconnectBufSize, maxBufferedMessages);
    const rejected: string[] = [];
    for (const text of TEXTS) {
      model.add(text);
      try {
        nc.publish("a", text);
      } catch (error) {
        expect(error).toMatchObject({ code: "BUFFER_FULL", subject: "a" });
        rejected.push(text);
      }
      expect(nc.buffered.messages).toBe(model.kept.length);
    }
    expect(rejected).toEqual(model.rejected);
    expect(nc.buffered.bytes).toBeLessThanOrEqual(reconnectBufSize);
    expect(nc.buffered.ratio).toBeLessThanOrEqual(1);
    expectBalanced(nc);
    await full.outage.end();
    expect(got).toEqual(model.kept);
    expect(full.lostTexts).toEqual(model.dropped);
    for (const message of full.lost.flat()) {
      expect(message).toMatchObject({ subject: "a", reason: overflow, maybeDelivered: false });
      expect(message.size).toBe(message.data?.length);
      expect(message.age).toBeGreaterThanOrEqual(0);
    }
    expect(expectBalanced(nc)).toMatchObject({
      accepted: model.kept.length + model.dropped.length,
      confirmed: model.kept.length,
      dropped: model.dropped.length,
      rejected: model.rejected.length,
      pending: 0,
    });
  });

  it("tells a turn's messages in one overflow event, and each turn anew", async () => {
    await using full = await FullOutage.begin({ overflow, maxBufferedMessages: 10, reconnectBufSize: 1_000 });
    const { nc } = full.outage;
    const attempt = (text: string) => {
      try {
        nc.publish("a", text);
      } catch {}
    };
    for (let turn = 1; turn <= 3; turn++) {
      for (let i = 0; i < 110; i++) attempt("12345");
      expect(full.overflows).toHaveLength(turn - 1);
      await until(() => full.overflows.length === turn, "the event");
      await new Promise((resolve) => setImmediate(resolve));
      const messages = turn === 1 ? 100 : 110;
      expect(full.overflows[turn - 1]).toEqual({
        policy: overflow,
        messages,
        bytes: messages * encoded("12345"),
        limit: 1_000,
        buffered: 10 * encoded("12345"),
      });
    }
    expect(full.overflows).toHaveLength(3);
    const batches = overflow === "reject" ? [] : [100, 110, 110];
    expect(full.lost.map((batch) => batch.length)).toEqual(batches);
  });

  it("counts only what was accepted since the disconnect, and never evicts what was on its way before", async () => {
    await using outage = await Outage.prepare({ overflow, maxBufferedMessages: 10 });
    const { nc, server, got } = outage;
    server.stop();
    publishNumbers(nc, "a", 0, 50);
    await until(() => nc.stats().pending === 50, "all are on their way");
    await outage.begin();
    for (let number = 50; number < 150; number++) {
      try {
        nc.publish("a", String(number));
      } catch {}
    }
    expect(nc.buffered.messages).toBe(60);
    await outage.end();
    const later = overflow === "drop-oldest" ? range(140, 150) : range(50, 60);
    expect(got).toEqual([...range(0, 50), ...later]);
    expectBalanced(nc);
  });

  it("holds for requests, too: they are rejected, and never dropped for others", async () => {
    await using full = await FullOutage.begin({ overflow, maxBufferedMessages: 5 });
    const { nc, got } = full.outage;
    publishNumbers(nc, "a", 0, 5);
    const options = { timeout: 20_000 };
    expect((await rejection(nc.request("a", "asked", options))).code).toBe("BUFFER_FULL");
    await full.outage.end();
    expect(got).toEqual(range(0, 5));
    expectBalanced(nc);
  });
});

describe("publishConfirmed() without room", () => {
  const OUTCOMES = {
    reject: ["none", "BUFFER_FULL"],
    "drop-newest": ["none", "MESSAGE_DROPPED"],
    "drop-oldest": ["MESSAGE_DROPPED", "none"],
  };

  it.each(["reject", "drop-newest", "drop-oldest"] as const)(
    "overflow %s: rejects for the one that is given up",
    async (overflow) => {
      await using full = await FullOutage.begin({ overflow, maxBufferedMessages: 1 });
      const { nc, got } = full.outage;
      const outcome = (promise: Promise<void>) =>
        promise.then(
          () => "none",
          (error) => error.code as string,
        );
      const first = outcome(nc.publishConfirmed("a", "first"));
      const second = outcome(nc.publishConfirmed("a", "second"));
      await full.outage.end();
      expect(await Promise.all([first, second])).toEqual(OUTCOMES[overflow]);
      expect(got).toEqual([overflow === "drop-oldest" ? "second" : "first"]);
      expectBalanced(nc);
    },
  );
});

describe("messages that are dropped just before the connection is closed", () => {
  it.each(["drop-oldest", "drop-newest"] as const)(
    "%s: all are told, and before the close",
    async (overflow) => {
      await using full = await FullOutage.begin({ overflow, maxBufferedMessages: 5, closeTimeout: 0 });
      const { nc } = full.outage;
      publishNumbers(nc, "a", 0, 20);
      await until(() => full.lost.flat().length === 15, "the first are told");
      publishNumbers(nc, "a", 20, 40);
      let told = 0;
      nc.on("close", () => {
        told = full.lost.flat().length;
      });
      await nc.close();
      expect(told).toBe(40);
      expect(full.overflows.reduce((sum, { messages }) => sum + messages, 0)).toBe(35);
      expect(expectBalanced(nc).dropReasons).toMatchObject({ [overflow]: 35, closed: 5 });
    },
  );
});

describe("the data of a lost message", () => {
  it("is kept only for who asks: from the moment of asking on", async () => {
    await using outage = await Outage.prepare({ overflow: "drop-oldest", maxBufferedMessages: 1 });
    const { nc } = outage;
    await outage.begin();
    publishNumbers(nc, "a", 0, 11);
    const batches: LostMessage[][] = [];
    const listener = (batch: LostMessage[]) => batches.push(batch);
    nc.on("messageLost", listener);
    publishNumbers(nc, "a", 11, 21);
    await until(() => batches.length === 1, "the batch");
    const texts = batches[0].map(({ data }) => data && Buffer.from(data).toString());
    expect(texts).toEqual([...Array(10).fill(undefined), ...range(10, 20)]);
    nc.off("messageLost", listener);
    publishNumbers(nc, "a", 21, 25);
    nc.once("messageLost", listener);
    await until(() => batches.length === 2, "the second batch");
    expect(batches[1].every(({ data, size }) => data === undefined && size === 2)).toBe(true);
  });
});

describe("the level of the buffer [B5]", () => {
  it.each([
    ["count", { maxBufferedMessages: 10 }, 8],
    ["bytes", { reconnectBufSize: 10 * encoded("0") }, 8],
  ])("by %s: high at 80 %%, normal again, once each", async (_, limits, high) => {
    await using full = await FullOutage.begin(limits);
    const { nc } = full.outage;
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    publishNumbers(nc, "a", 0, high - 1);
    await turn();
    expect(full.levels).toEqual([]);
    publishNumbers(nc, "a", 9, 10);
    await until(() => full.levels.length > 0, "the warning");
    expect(full.levels).toEqual([{ level: "high", ...pick(nc.buffered) }]);
    expect(full.levels[0]).toMatchObject({ messages: high, bytes: high * encoded("0") });
    expect(full.levels[0].ratio).toBeCloseTo(0.8);
    publishNumbers(nc, "a", 8, 10);
    await turn();
    expect(nc.buffered.ratio).toBeCloseTo(1);
    expect(full.levels).toHaveLength(1);
    await full.outage.end();
    await until(() => full.levels.length > 1, "the end of it");
    expect(full.levels.map(({ level }) => level)).toEqual(["high", "normal"]);
    expect(full.levels[1].ratio).toBeLessThan(0.6);
    await full.outage.begin();
    expect(full.levels).toHaveLength(2);
    publishNumbers(nc, "a", 0, high);
    await until(() => full.levels.length === 3, "high in the second outage");
  });

  function pick({ messages, bytes, limit, ratio }: Omit<BufferInfo, "level">) {
    return { messages, bytes, limit, ratio };
  }

  it("is in nc.buffered, with the age of the oldest", async () => {
    await using full = await FullOutage.begin({ maxBufferedMessages: 100, reconnectBufSize: 10_000 });
    const { nc } = full.outage;
    expect(nc.buffered).toEqual({ messages: 0, bytes: 0, limit: 10_000, ratio: 0, oldestAge: 0 });
    publishNumbers(nc, "a", 0, 10);
    const since = performance.now();
    await until(() => performance.now() - since > 30, "some age");
    const { oldestAge, ...rest } = nc.buffered;
    expect(rest).toEqual({ messages: 10, bytes: 10 * encoded("0"), limit: 10_000, ratio: 0.1 + 0 });
    expect(oldestAge).toBeGreaterThan(20);
    expect(oldestAge).toBeLessThan(performance.now() - since + 1_000);
    expect(nc.health().buffer).toMatchObject({ messages: 10, limit: 10_000 });
    await full.outage.end();
    expect(nc.buffered).toMatchObject({ messages: 0, bytes: 0, ratio: 0, oldestAge: 0 });
    expect(nc.buffered.limit).toBe(64 * 1024 * 1024);
  });
});

describe("back-pressure through an outage [B7]", () => {
  it("publish() says false, and writable() resolves when the buffer has gone out", async () => {
    await using outage = await Outage.prepare({
      reconnectBufSize: 16 * 1024 * 1024,
      maxPending: 1024 * 1024,
    });
    const { nc } = outage;
    await outage.begin();
    const payload = Buffer.alloc(20_000);
    let count = 1;
    while (nc.publish("b", payload)) count++;
    expect(count * payload.length).toBeGreaterThan(200_000);
    let writable = false;
    const waiting = nc.writable().then(() => {
      writable = true;
    });
    while (count < 100) count += nc.publish("b", payload) ? 1_000 : 1;
    await until(() => nc.health().reconnectAttempts > 3, "some attempts");
    expect(writable).toBe(false);
    await outage.server.restart();
    await waiting;
    expect(nc.publish("b", payload)).toBe(true);
    await nc.flush();
    expect(expectBalanced(nc)).toMatchObject({ accepted: count + 1, confirmed: count + 1 });
  });

  it("writable() resolves when the connection is closed in the outage", async () => {
    await using outage = await Outage.prepare({ maxPending: 1024 * 1024 });
    const { nc } = outage;
    await outage.begin();
    while (nc.publish("b", Buffer.alloc(20_000)));
    const waiting = nc.writable();
    await nc.close();
    await waiting;
    expect(thrown(() => nc.publish("b")).code).toBe("CONNECTION_CLOSED");
    expectBalanced(nc);
  });
});
