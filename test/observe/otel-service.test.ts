import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ComponentFacts, type ConsumerFacts, connect } from "../../src/index.js";
import { instrument } from "../../src/observe/otel/index.js";
import { consume, handle } from "../../src/service/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { Cleanup } from "../support/cleanup.js";
import { until } from "../support/until.js";
import { Collected, useContextManager } from "./otel-collected.js";

let server: NatsServer;
let manager: { disable(): void };
beforeAll(async () => {
  manager = useContextManager();
  server = await NatsServer.start({ jetstream: true });
});
afterAll(async () => {
  await server?.close();
  manager.disable();
});

const traceOf = (span: ReadableSpan) => span.spanContext().traceId;
const parentOf = (span: ReadableSpan) => span.parentSpanContext?.spanId;

it("handle(): a message has one span, from its arrival until it is done with; tries and the answer are in its trace", async () => {
  await using seen = new Collected();
  await using nc = await connect({ servers: server.url });
  instrument(nc, seen.options);
  let tries = 0;
  handle(
    nc,
    "a",
    async () => {
      await new Promise((resolve) => setImmediate(resolve));
      await seen.within(`try ${++tries}`, () => {});
      if (tries === 1) throw new Error("not yet");
      return 17;
    },
    { backoff: { initial: 1, jitter: 0 } },
  );
  await nc.flush();
  const answer = await nc.request("a", "{}");
  expect(answer.json()).toBe(17);
  const processed = await seen.span("process");
  const request = await seen.span("request");
  expect(parentOf(processed)).toBe(request.spanContext().spanId);
  for (const name of ["try 1", "try 2", "publish"])
    expect(parentOf(await seen.span(name)), name).toBe(processed.spanContext().spanId);
});

describe("consume()", () => {
  const filter = (subject: string) => !subject.startsWith("$JS.API.") && !subject.includes("unseen");
  const errorsOf = (span: ReadableSpan) =>
    span.events.map(
      ({ attributes }) => `${attributes?.["exception.type"]}: ${attributes?.["exception.message"]}`,
    );

  const isConsumer = (facts: ComponentFacts): facts is ConsumerFacts => facts.kind === "consumer";

  /** A stream with this name, and an instrumented connection. */
  async function scene(cleanup: Cleanup, name: string, more: object = {}) {
    const seen = cleanup.use(new Collected());
    const nc = cleanup.use(await connect({ servers: server.url }));
    const jsm = await jetstreamManager(nc);
    await jsm.streams.add({ name, subjects: [`${name}.>`] });
    const tracing = instrument(nc, { ...seen.options, filter, ...more });
    const options = { stream: name, durable: "books", ensure: { consumer: {} } };
    const processed = () => seen.spans.filter((span) => span.name === "process");
    return { seen, nc, js: jetstream(nc), tracing, options, processed };
  }

  it("gives each message a span in the trace of who has published it, and its context, whoever was there before", async () => {
    await using cleanup = new Cleanup();
    const { seen, nc, js, options, processed } = await scene(cleanup, "PAID");
    for (const data of [1, 2, 3, 4])
      await seen.within(`pay ${data}`, async () => void (await js.publish("PAID.17", String(data))));
    await using consumption = await consume<number>(nc, { ...options, concurrency: 2 }, async (data) => {
      await new Promise((resolve) => setImmediate(resolve));
      await seen.within(`book ${data}`, () => nc.publish("booked", String(data)));
    });
    await until(() => processed().length === 4, "four spans");
    for (const data of [1, 2, 3, 4]) {
      const [paid, booked] = [await seen.span(`pay ${data}`), await seen.span(`book ${data}`)];
      expect(traceOf(booked), String(data)).toBe(traceOf(paid));
      const own = processed().find((span) => span.spanContext().spanId === parentOf(booked))!;
      expect(own.kind).toBe(SpanKind.CONSUMER);
      expect(own.status.code).toBe(SpanStatusCode.UNSET);
      expect(own.links.map(({ context }) => context.spanId)).toEqual([parentOf(own)]);
      expect(own.attributes).toMatchObject({
        "messaging.operation.type": "process",
        "messaging.destination.name": "PAID.17",
        "messaging.consumer.group.name": "books",
        "messaging.message.body.size": 1,
      });
      expect(own.attributes).not.toHaveProperty("messaging.message.conversation_id");
      const acks = seen.spans.filter((span) => span.name === "ack PAID" && traceOf(span) === traceOf(own));
      expect(acks.map(parentOf)).toEqual([own.spanContext().spanId]);
    }
    expect(consumption.facts().handled).toBe(4);
  });

  it("leaves a message that is not to be traced alone: also not in the context of the one before", async () => {
    await using cleanup = new Cleanup();
    const { seen, nc, js, options } = await scene(cleanup, "LEFT");
    await seen.within("seen", async () => void (await js.publish("LEFT.a", "1")));
    await js.publish("LEFT.unseen", "2");
    const traces: (string | undefined)[] = [];
    await using _ = await consume<number>(nc, options, async (data) => {
      const waiting = () => nc.components.map((component) => component.facts()).find(isConsumer)?.waiting;
      // The second one begins at the end of the first.
      if (data === 1) await until(() => waiting() === 1, "the second message");
      traces.push(trace.getActiveSpan()?.spanContext().traceId);
    });
    await until(() => traces.length === 2, "two messages");
    expect(traces).toEqual([traceOf(await seen.span("seen")), undefined]);
  });

  it("leaves no context to the messages that come when the instrumentation is stopped", async () => {
    await using cleanup = new Cleanup();
    const { seen, nc, js, tracing, options } = await scene(cleanup, "ENDED");
    for (const data of ["1", "2", "3"])
      await seen.within(`ask ${data}`, async () => void (await js.publish("ENDED.a", data)));
    const traces: (string | undefined)[] = [];
    await using consumption = await consume<number>(nc, options, async (data) => {
      if (data === 1) {
        await until(() => consumption.facts().waiting === 2, "the others");
        tracing.stop();
      }
      traces.push(trace.getActiveSpan()?.spanContext().traceId);
    });
    await until(() => traces.length === 3, "three messages");
    expect(traces).toEqual([traceOf(await seen.span("ask 1")), undefined, undefined]);
  });

  it("tells of failed tries: those in their place in one span, those that come again in one each", async () => {
    await using cleanup = new Cleanup();
    const { nc, js, options, processed } = await scene(cleanup, "TRIED");
    const fail = (_: unknown, { attempt }: { attempt: number }) => {
      if (attempt < 3) throw new TypeError(`not yet ${attempt}`);
    };
    const backoff = { initial: 1, jitter: 0 };
    await using inPlace = await consume(nc, { ...options, backoff, retry: "inPlace" }, fail);
    await js.publish("TRIED.a", "1");
    await until(() => processed().length === 1, "a span");
    const [placed] = processed();
    expect(placed.status.code).toBe(SpanStatusCode.UNSET);
    expect(errorsOf(placed)).toEqual(["TypeError: not yet 1", "TypeError: not yet 2"]);
    expect(placed.events[0].attributes?.["exception.stacktrace"]).toContain("otel-service.test");
    await inPlace.stop();
    await using again = await consume(nc, { ...options, backoff }, fail);
    await js.publish("TRIED.b", "1");
    await until(() => processed().length === 4, "three more");
    const [first, second, third] = processed().slice(1);
    expect([first, second, third].map(({ attributes }) => attributes["error.type"])).toEqual([
      "HANDLER_FAILED",
      "HANDLER_FAILED",
      undefined,
    ]);
    expect(errorsOf(first)).toEqual(["TypeError: not yet 1"]);
    expect(again.facts().handled).toBe(1);
  });

  it("has the dead letter within the span, with the code of what was wrong, also when the time was up", async () => {
    await using cleanup = new Cleanup();
    const { seen, nc, js, options, processed } = await scene(cleanup, "DEADLY");
    const deadLetter = { subject: "buried", stream: "BURIED", ensure: true };
    const given = { ...options, deadLetter, maxDeliver: 1, timeout: 20, concurrency: 3 };
    await using _ = await consume(nc, given, () => new Promise(() => {}));
    await js.publish("DEADLY.a", "not JSON");
    await until(() => processed().length === 1, "a span");
    await js.publish("DEADLY.b", "1");
    await until(() => processed().length === 2, "another one");
    expect(processed().map(({ attributes }) => attributes["error.type"])).toEqual([
      "INVALID_MESSAGE",
      "HANDLER_TIMEOUT",
    ]);
    for (const own of processed()) {
      const within = seen.spans.filter((span) => parentOf(span) === own.spanContext().spanId);
      expect(within.map(({ name }) => name).sort()).toEqual(["request", "term DEADLY"]);
      expect(own.status.code).toBe(SpanStatusCode.ERROR);
    }
  });

  it("ends the span of what is handed back at its stop, or left at the end of the connection", async () => {
    await using cleanup = new Cleanup();
    const { nc, js, options, processed } = await scene(cleanup, "STOPPED");
    let running = 0;
    const hang = () => new Promise(() => running++);
    const first = await consume(nc, { ...options, timeout: 0 }, hang);
    await js.publish("STOPPED.a", "1");
    await until(() => running === 1, "the handler");
    await first.stop({ timeout: 10 });
    expect(processed().map(({ attributes }) => attributes["error.type"])).toEqual(["HANDLER_TIMEOUT"]);
    await consume(nc, { ...options, timeout: 0 }, hang);
    await until(() => running === 2, "the handler again");
    await nc.close();
    expect(processed().map(({ attributes }) => attributes["error.type"])).toEqual([
      "HANDLER_TIMEOUT",
      "CONNECTION_CLOSED",
    ]);
  });

  it("process() in its handler makes no second span, and stop() of the instrumentation ends all this", async () => {
    await using cleanup = new Cleanup();
    const { nc, js, options, tracing, processed } = await scene(cleanup, "ONCE");
    let handled = 0;
    await using _ = await consume(nc, options, (_data, { msg }) =>
      tracing.process(msg, async () => handled++),
    );
    await js.publish("ONCE.a", "1");
    await until(() => processed().length === 1 && handled === 1, "a span");
    tracing.stop();
    await js.publish("ONCE.b", "1");
    await until(() => handled === 2, "the message");
    await nc.flush();
    expect(processed().length).toBe(1);
    expect(Object.getOwnPropertySymbols(nc).map(String)).not.toContain("Symbol(holdfast.follow)");
  });
});

it("handle(): what is given up is an error, with the dead letter and the answer within; a try before that is an event", async () => {
  await using seen = new Collected();
  await using nc = await connect({ servers: server.url });
  const handler = handle(
    nc,
    "fails",
    async (data) => {
      if (data === "hang") await new Promise(() => {});
      throw new TypeError("never");
    },
    { retries: 1, timeout: 50, backoff: { initial: 1, jitter: 0 }, deadLetter: "dead.fails" },
  );
  instrument(nc, seen.options);
  await handler.ready();
  const processed = () => seen.spans.filter(({ name }) => name === "process");
  for (const [index, [data, type]] of [
    ["1", "HANDLER_FAILED"],
    ['"hang"', "HANDLER_TIMEOUT"],
  ].entries()) {
    nc.publish("fails", data, { reply: "nobody" });
    await until(() => processed().length === index + 1, "a span");
    const own = processed()[index];
    expect(own.attributes).toMatchObject({
      "error.type": type,
      "messaging.destination.subscription.name": "fails",
    });
    expect(own.events).toHaveLength(2);
    const within = seen.spans.filter((span) => parentOf(span) === own.spanContext().spanId);
    expect(within.map(({ attributes }) => attributes["messaging.destination.name"]).sort()).toEqual([
      "dead.fails",
      "nobody",
    ]);
  }
});

it("handle(): messages that wait for their turn run in their own context", async () => {
  await using seen = new Collected();
  await using nc = await connect({ servers: server.url });
  instrument(nc, seen.options);
  let done = 0;
  handle<string>(nc, "b", async (data) => {
    await new Promise((resolve) => setImmediate(resolve));
    await seen.within(`work ${data}`, () => {});
    done++;
  });
  await nc.flush();
  for (const data of ["one", "two", "three"])
    await seen.within(`ask ${data}`, () => nc.publish("b", JSON.stringify(data)));
  await until(() => done === 3, "three messages");
  for (const data of ["one", "two", "three"]) {
    const asked = await seen.span(`ask ${data}`);
    expect(traceOf(await seen.span(`work ${data}`)), data).toBe(traceOf(asked));
  }
});

it("handle(): a further try runs in the context of its own message, whoever's timer it was", async () => {
  await using seen = new Collected();
  await using nc = await connect({ servers: server.url });
  instrument(nc, seen.options);
  let done = 0;
  const work = async (data: string, { attempt }: { attempt: number }) => {
    await new Promise((resolve) => setImmediate(resolve));
    if (attempt === 1) throw new Error("not yet");
    await seen.within(`again ${data}`, () => {});
    done++;
  };
  handle<string>(nc, "c", work, { concurrency: 2, backoff: { initial: 5, jitter: 0 } });
  await nc.flush();
  for (const data of ["one", "two"])
    await seen.within(`ask ${data}`, () => nc.publish("c", JSON.stringify(data)));
  await until(() => done === 2, "two messages");
  for (const data of ["one", "two"]) {
    const asked = await seen.span(`ask ${data}`);
    expect(traceOf(await seen.span(`again ${data}`)), data).toBe(traceOf(asked));
  }
});

it("handle(): a further try runs in the context of its own message, also when the time of several is up at once", async () => {
  await using seen = new Collected();
  await using nc = await connect({ servers: server.url });
  instrument(nc, seen.options);
  let done = 0;
  const work = async (data: string, { attempt }: { attempt: number }) => {
    if (attempt === 1) await new Promise(() => {});
    await seen.within(`late ${data}`, () => {});
    done++;
  };
  handle<string>(nc, "d", work, { concurrency: 2, timeout: 50, backoff: { initial: 5, jitter: 0 } });
  await nc.flush();
  for (const data of ["one", "two"])
    await seen.within(`ask ${data}`, () => nc.publish("d", JSON.stringify(data)));
  await until(() => done === 2, "two messages");
  for (const data of ["one", "two"]) {
    const asked = await seen.span(`ask ${data}`);
    expect(traceOf(await seen.span(`late ${data}`)), data).toBe(traceOf(asked));
  }
});

it("handle(): what has waited when it is stopped has its dead letter in its own trace", async () => {
  await using seen = new Collected();
  await using nc = await connect({ servers: server.url });
  instrument(nc, seen.options);
  const handler = handle<string>(nc, "e", () => new Promise(() => {}), { deadLetter: "dead.e" });
  await nc.flush();
  for (const data of ["one", "two", "three"])
    await seen.within(`ask ${data}`, () => nc.publish("e", JSON.stringify(data)));
  await until(() => handler.facts().waiting === 2, "two that wait");
  await seen.within("stop", () => handler.stop({ timeout: 1 }));
  const processed = seen.spans.filter(({ name }) => name === "process");
  const letters = seen.spans.filter(
    ({ attributes, name }) => name === "publish" && attributes["messaging.destination.name"] === "dead.e",
  );
  const traces = (spans: ReadableSpan[]) => spans.map(traceOf).sort();
  expect(new Set(traces(processed)).size).toBe(3);
  expect(traces(letters)).toEqual(traces(processed));
});

it("handle(): when the time of several is up at once, each is aborted in its own context, also one that is not to be traced", async () => {
  await using seen = new Collected();
  await using nc = await connect({ servers: server.url });
  instrument(nc, { ...seen.options, filter: (subject) => !subject.includes("unseen") });
  const active = () => trace.getActiveSpan()?.spanContext().traceId;
  const told: Record<string, unknown[]> = { one: [], two: [], unseen: [] };
  const work = async (data: string, { attempt, signal }: { attempt: number; signal: AbortSignal }) => {
    const tell = () => void told[data].push(active());
    if (attempt === 2) return tell();
    signal.addEventListener("abort", tell);
    await new Promise(() => {});
  };
  handle<string>(nc, "f.*", work, { concurrency: 3, timeout: 50, backoff: { initial: 5, jitter: 0 } });
  await nc.flush();
  for (const data of ["one", "two", "unseen"])
    await seen.within(`ask ${data}`, () => nc.publish(`f.${data}`, JSON.stringify(data)));
  await until(() => Object.values(told).every(({ length }) => length === 2), "second tries");
  for (const data of ["one", "two"]) {
    const asked = traceOf(await seen.span(`ask ${data}`));
    expect(told[data], data).toEqual([asked, asked]);
  }
  expect(told.unseen).toEqual([undefined, undefined]);
});
