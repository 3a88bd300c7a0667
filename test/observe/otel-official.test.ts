import { AckPolicy, type JsMsg, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { SpanKind } from "@opentelemetry/api";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Connection, connect } from "../../src/index.js";
import { type Instrumentation, instrument } from "../../src/observe/otel/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { exerciseJetStream } from "../official/jetstream-exercise.js";
import { exerciseServices } from "../official/services-exercise.js";
import { exerciseKv, exerciseObjects } from "../official/stores-exercise.js";
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

let collected: Collected;
let nc: Connection;
let tracing: Instrumentation;
beforeEach(async () => {
  collected = new Collected();
  nc = await connect({ servers: server.url });
  tracing = instrument(nc, collected.options);
});
afterEach(() => nc.close());

describe("the official packages work on an instrumented connection", () => {
  it("@nats-io/jetstream", () => exerciseJetStream(nc));

  it("@nats-io/kv", () => exerciseKv(nc));

  it("@nats-io/obj", () => exerciseObjects(nc));

  it("@nats-io/services: a span for each call of an endpoint", async () => {
    await exerciseServices(nc);
    const processed = collected.spans.filter(({ name }) => name === "process");
    expect(processed.length).toBeGreaterThan(0);
    expect(processed[0].parentSpanContext).toBeDefined();
  });
});

describe("JetStream", () => {
  async function stream(name: string): Promise<void> {
    const jsm = await jetstreamManager(nc);
    await jsm.streams.add({ name, subjects: [`${name}.>`] });
    await jsm.consumers.add(name, { durable_name: "worker", ack_policy: AckPolicy.Explicit });
    collected.exporter.reset();
  }

  /** Reads one message, within process(). */
  async function handleOne(name: string, handle: (msg: JsMsg) => unknown): Promise<void> {
    const consumer = await jetstream(nc).consumers.get(name, "worker");
    const messages = await consumer.fetch({ max_messages: 1, expires: 5_000 });
    for await (const msg of messages) {
      await tracing.process(msg, () => handle(msg));
      break;
    }
  }

  it("stores the context with the message: its handler goes on with the trace, and so does the acknowledgement", async () => {
    await stream("CTX");
    await collected.within("shop", () => jetstream(nc).publish("CTX.new", "x", { msgID: "m-1" }));
    let got: JsMsg | undefined;
    await handleOne("CTX", (msg) => {
      got = msg;
      msg.ack();
    });
    const request = collected.spans.find(
      ({ name, attributes }) => name === "request" && attributes["messaging.destination.name"] === "CTX.new",
    )!;
    const processed = await collected.span("process");
    const ack = await collected.span("ack CTX");
    expect(got!.headers!.get("traceparent")).toContain(request.spanContext().spanId);
    expect(request.attributes["messaging.message.id"]).toBe("m-1");
    expect(processed.parentSpanContext?.spanId).toBe(request.spanContext().spanId);
    expect(processed.attributes).toMatchObject({
      "messaging.destination.name": "CTX.new",
      "messaging.consumer.group.name": "worker",
      "messaging.message.id": "m-1",
    });
    expect(processed.attributes).not.toHaveProperty("messaging.message.conversation_id");
    expect(ack.kind).toBe(SpanKind.CLIENT);
    expect(ack.parentSpanContext?.spanId).toBe(processed.spanContext().spanId);
    expect(ack.attributes).toMatchObject({
      "messaging.operation.name": "ack",
      "messaging.operation.type": "settle",
      "messaging.destination.name": "CTX",
      "messaging.consumer.group.name": "worker",
    });
  });

  it.each([
    ["nak", (msg: JsMsg) => msg.nak()],
    ["nak", (msg: JsMsg) => msg.nak(10)],
    ["term", (msg: JsMsg) => msg.term("broken")],
    ["working", (msg: JsMsg) => msg.working()],
  ])("tells how a message is settled: %s", async (name, settle) => {
    const subject = `SETTLE_${settle.toString().length}_${name}`;
    await stream(subject);
    await jetstream(nc).publish(`${subject}.x`);
    await handleOne(subject, settle);
    await collected.span(`${name} ${subject}`);
  });

  it("acknowledges in the server what is acknowledged, with no headers in it", async () => {
    await stream("ACKED");
    await jetstream(nc).publish("ACKED.x");
    const acks: [string, boolean][] = [];
    await using plain = await connect({ servers: server.url });
    plain.subscribe("$JS.ACK.>", {
      callback: (_, msg) => acks.push([msg.string(), msg.headers === undefined]),
    });
    await plain.flush();
    await handleOne("ACKED", (msg) => msg.ackAck());
    await handleNothing("ACKED");
    await until(() => acks.length > 0, "the acknowledgement");
    expect(acks[0][1]).toBe(true);
    const { num_ack_pending: pending } = await (await jetstreamManager(nc)).consumers.info("ACKED", "worker");
    expect(pending).toBe(0);
  });

  async function handleNothing(name: string): Promise<void> {
    const consumer = await jetstream(nc).consumers.get(name, "worker");
    expect(await consumer.next({ expires: 1_000 })).toBeNull();
  }

  it("gets requests to its API with a span, and as they are", async () => {
    const asked: boolean[] = [];
    await using plain = await connect({ servers: server.url });
    plain.subscribe("$JS.API.INFO", { callback: (_, msg) => asked.push(msg.headers === undefined) });
    await plain.flush();
    await (await jetstreamManager(nc)).getAccountInfo();
    await until(() => asked.length > 0, "the request");
    expect(asked.every((isBare) => isBare)).toBe(true);
    const [request] = collected.spans;
    expect(request.attributes["messaging.destination.name"]).toBe("$JS.API.INFO");
    expect(request.attributes).not.toHaveProperty("messaging.operation.type");
  });

  it("does not give spans to its machinery: pulls, and what comes in for a consumer before it is handed out", async () => {
    await stream("PULLED");
    await jetstream(nc).publish("PULLED.x");
    collected.exporter.reset();
    await handleOne("PULLED", (msg) => msg.ack());
    const names = collected.spans.map(
      ({ name, attributes }) => `${name} ${attributes["messaging.destination.name"]}`,
    );
    expect(names.filter((name) => name.includes("MSG.NEXT"))).toEqual([]);
    expect(names.filter((name) => name.startsWith("process"))).toEqual(["process PULLED.x"]);
    // A push consumer with a subject of its own: no inbox, and yet it only hands on.
    const jsm = await jetstreamManager(nc);
    const deliver_subject = "deliver.here";
    await jsm.consumers.add("PULLED", {
      durable_name: "pushed",
      ack_policy: AckPolicy.Explicit,
      deliver_subject,
    });
    const consumer = await jetstream(nc).consumers.getPushConsumer("PULLED", "pushed");
    collected.exporter.reset();
    const messages = await consumer.consume();
    for await (const msg of messages) {
      tracing.process(msg, () => msg.ack());
      break;
    }
    expect(collected.spans.filter(({ name }) => name === "process").length).toBe(1);
  });

  it("an acknowledgement by itself, in no span, has none", async () => {
    await stream("BARE");
    await jetstream(nc).publish("BARE.x");
    collected.exporter.reset();
    const consumer = await jetstream(nc).consumers.get("BARE", "worker");
    const msg = await consumer.next({ expires: 5_000 });
    msg!.ack();
    await nc.flush();
    expect(
      collected.spans.filter(({ attributes }) => attributes["messaging.operation.type"] === "settle"),
    ).toEqual([]);
  });
});
