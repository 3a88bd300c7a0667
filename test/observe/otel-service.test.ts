import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connect } from "../../src/index.js";
import { instrument } from "../../src/observe/otel/index.js";
import { consume, handle } from "../../src/service/index.js";
import { NatsServer } from "../../src/testing/server.js";
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

it("consume(): process() gives a message its span, in the trace of who has published it", async () => {
  await using seen = new Collected();
  await using nc = await connect({ servers: server.url });
  const tracing = instrument(nc, { ...seen.options, filter: (subject) => !subject.startsWith("$JS.") });
  const jsm = await jetstreamManager(nc);
  await jsm.streams.add({ name: "PAID", subjects: ["paid.*"] });
  const options = { stream: "PAID", durable: "books", ensure: { consumer: {} }, concurrency: 2 };
  await using _consumption = await consume<number>(nc, options, (data, { msg }) =>
    tracing.process(msg, () => seen.within(`book ${data}`, () => {})),
  );
  const js = jetstream(nc);
  for (const data of [1, 2, 3])
    await seen.within(`pay ${data}`, async () => void (await js.publish("paid.17", String(data))));
  for (const data of [1, 2, 3]) {
    const [paid, booked] = [await seen.span(`pay ${data}`), await seen.span(`book ${data}`)];
    expect(traceOf(booked)).toBe(traceOf(paid));
    const processed = seen.spans.find((span) => span.spanContext().spanId === parentOf(booked))!;
    expect(processed.name).toBe("process");
    expect(processed.attributes).toMatchObject({
      "messaging.destination.name": "paid.17",
      "messaging.consumer.group.name": "books",
    });
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
