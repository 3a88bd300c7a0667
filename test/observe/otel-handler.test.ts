import { SpanStatusCode } from "@opentelemetry/api";
import { describe, expect, it } from "vitest";
import { connect } from "../../src/index.js";
import { instrument } from "../../src/observe/otel/index.js";
import { rejection, until } from "../support/until.js";
import { usePair } from "./otel-pair.js";

const two = usePair();

describe("a handler", () => {
  it("runs within its span, also after what it awaits", async () => {
    await two.handle("a", async () => {
      await new Promise((resolve) => setImmediate(resolve));
      await two.handled.within("later", () => two.receiver.publish("b"));
    });
    two.sender.publish("a");
    const processed = await two.handled.span("process");
    const later = await two.handled.span("later");
    expect(later.parentSpanContext?.spanId).toBe(processed.spanContext().spanId);
    expect((await two.handled.span("publish")).parentSpanContext?.spanId).toBe(later.spanContext().spanId);
    // It has ended when the promise has settled, not before.
    expect(two.handled.spans.map(({ name }) => name)).toEqual(["publish", "later", "process"]);
  });

  it("runs in no other context than that of its message", async () => {
    // What is active where the connection was made is active in all that comes of its socket.
    await two.handled.within("start", async () => {
      await using early = await connect({ servers: two.server.url });
      instrument(early, two.handled.options);
      early.subscribe("a", { callback: () => {} });
      await early.flush();
      await using plain = await connect({ servers: two.server.url });
      plain.publish("a");
      await two.handled.span("process");
    });
    expect(two.handled.spans.find(({ name }) => name === "process")!.parentSpanContext).toBeUndefined();
  });

  it.each([
    [
      "throws",
      () => {
        throw new TypeError("broken");
      },
    ],
    [
      "rejects",
      async () => {
        throw new TypeError("broken");
      },
    ],
  ])(
    "that %s: the span has the error, the connection tells it, the next message is handled",
    async (_, fail) => {
      const told: Error[] = [];
      two.receiver.on("error", (error) => told.push(error));
      let calls = 0;
      await two.handle("a", () => (++calls === 1 ? fail() : undefined));
      two.sender.publish("a");
      two.sender.publish("a");
      await until(() => two.handled.spans.length === 2 && told.length === 1, "both spans, and the error");
      const [failed] = two.handled.spans.filter(({ status }) => status.code === SpanStatusCode.ERROR);
      expect(failed.attributes["error.type"]).toBe("TypeError");
      expect(failed.status.message).toBe("broken");
      expect(told[0]).toMatchObject({ code: "CALLBACK_FAILED", cause: { message: "broken" } });
      expect(calls).toBe(2);
    },
  );

  it("that answers with a promise of a foreign kind: its work is done once", async () => {
    let done = 0;
    const lazy = {
      // biome-ignore lint/suspicious/noThenProperty: that is what such a promise is
      then(resolve: (value: unknown) => void) {
        done++;
        setImmediate(resolve, undefined);
      },
    };
    await two.handle("a", () => lazy);
    two.sender.publish("a");
    await two.handled.span("process");
    expect(done).toBe(1);
  });

  it("is told an error of its subscription without a span", async () => {
    two.receiving.stop();
    const asked: string[] = [];
    instrument(two.receiver, { ...two.handled.options, filter: (subject) => asked.push(subject) > 0 });
    const told: (Error | null)[] = [];
    two.receiver.subscribe("a", { timeout: 20, callback: (error) => told.push(error) });
    await until(() => told.length === 1, "the error");
    expect(told[0]).toMatchObject({ code: "TIMEOUT" });
    expect([two.handled.spans, asked]).toEqual([[], []]);
  });

  it("that is at work when the connection is drained ends its span", async () => {
    const releases: (() => void)[] = [];
    await two.handle("a", () => new Promise<void>((resolve) => releases.push(resolve)));
    two.sender.publish("a");
    await until(() => releases.length === 1, "the handler");
    const drained = two.receiver.drain();
    expect(two.handled.spans).toEqual([]);
    releases[0]();
    await drained;
    expect(two.handled.spans.map(({ name }) => name)).toEqual(["process"]);
  });

  it("may be linked to the sender instead: a trace of its own", async () => {
    two.receiving.stop();
    instrument(two.receiver, { ...two.handled.options, parent: "link" });
    await two.handle("a", (_, msg) => msg.respond());
    two.sender.publish("a", "", { reply: "b" });
    const processed = await two.handled.span("process");
    const published = await two.sent.span("publish");
    expect(processed.parentSpanContext).toBeUndefined();
    expect(processed.spanContext().traceId).not.toBe(published.spanContext().traceId);
    expect(processed.links.map(({ context }) => context)).toEqual([
      expect.objectContaining({ spanId: published.spanContext().spanId }),
    ]);
    expect((await two.handled.span("publish")).parentSpanContext?.spanId).toBe(
      processed.spanContext().spanId,
    );
  });

  it("of a message without a context begins a trace", async () => {
    await two.handle("a", () => {});
    await using plain = await connect({ servers: two.server.url });
    plain.publish("a");
    const processed = await two.handled.span("process");
    expect([processed.parentSpanContext, processed.links]).toEqual([undefined, []]);
  });
});

describe("process(), for messages that are read", () => {
  it("is a child of the sender, runs in its context, and has a link to what is active around it", async () => {
    const sub = two.receiver.subscribe("a", { queue: "workers" });
    await two.receiver.flush();
    two.sender.publish("a", "x");
    const result = await two.handled.within("loop", async () => {
      for await (const msg of sub) {
        return two.receiving.process(
          msg,
          async () => {
            await Promise.resolve();
            two.receiver.publish("b");
            return msg.string();
          },
          { queue: "workers" },
        );
      }
      return undefined;
    });
    expect(result).toBe("x");
    const processed = await two.handled.span("process");
    const published = await two.sent.span("publish");
    const loop = await two.handled.span("loop");
    expect(processed.parentSpanContext?.spanId).toBe(published.spanContext().spanId);
    expect(processed.links.map(({ context }) => context.spanId)).toEqual([
      published.spanContext().spanId,
      loop.spanContext().spanId,
    ]);
    expect(processed.attributes["messaging.consumer.group.name"]).toBe("workers");
    expect((await two.handled.span("publish")).parentSpanContext?.spanId).toBe(
      processed.spanContext().spanId,
    );
  });

  it('with "link" it is a child of what is active around it', async () => {
    two.receiving.stop();
    const linked = instrument(two.receiver, { ...two.handled.options, parent: "link" });
    const sub = two.receiver.subscribe("a", { max: 1 });
    await two.receiver.flush();
    two.sender.publish("a", "x");
    await two.handled.within("loop", async () => {
      for await (const msg of sub) linked.process(msg, () => {});
    });
    const processed = await two.handled.span("process");
    expect(processed.parentSpanContext?.spanId).toBe((await two.handled.span("loop")).spanContext().spanId);
    expect(processed.links.map(({ context }) => context.spanId)).toEqual([
      (await two.sent.span("publish")).spanContext().spanId,
    ]);
  });

  it("returns, throws and rejects as the handler does", async () => {
    const msg = { subject: "a", data: new Uint8Array(0) };
    expect(two.receiving.process(msg, () => 17)).toBe(17);
    expect(() =>
      two.receiving.process(msg, () => {
        throw new RangeError("no");
      }),
    ).toThrow(RangeError);
    const error = await rejection(two.receiving.process(msg, () => Promise.reject(undefined)));
    expect(error).toBeUndefined();
    expect(two.handled.spans.map(({ attributes }) => attributes["error.type"])).toEqual([
      undefined,
      "RangeError",
      "_OTHER",
    ]);
    expect(() => two.receiving.process(undefined as never, () => {})).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
    expect(() => two.receiving.process(msg, undefined as never)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
  });
});
