import { context, createTraceState, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { describe, expect, it } from "vitest";
import { type Connection, connect, headers, type Msg, type OverflowMessage } from "../../src/index.js";
import { instrument } from "../../src/observe/otel/index.js";
import { rejection, until } from "../support/until.js";
import { usePair } from "./otel-pair.js";

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-01$/;

const two = usePair();

describe("a message that is published", () => {
  it("takes the context of its span along, and is handled by a child of it", async () => {
    const got: Msg[] = [];
    await two.handle("orders.*", (_, msg) => got.push(msg), "workers");
    await two.sent.within("checkout", () => two.sender.publish("orders.17", "hello"));

    const published = await two.sent.span("publish");
    const processed = await two.handled.span("process");
    const checkout = await two.sent.span("checkout");
    expect(published.parentSpanContext?.spanId).toBe(checkout.spanContext().spanId);
    expect(processed.spanContext().traceId).toBe(checkout.spanContext().traceId);
    expect(processed.parentSpanContext).toMatchObject({
      spanId: published.spanContext().spanId,
      isRemote: true,
    });
    expect(processed.links.map(({ context }) => context.spanId)).toEqual([published.spanContext().spanId]);
    const [, traceId, spanId] = TRACEPARENT.exec(got[0].headers!.get("traceparent"))!;
    expect({ traceId, spanId }).toEqual({
      traceId: published.spanContext().traceId,
      spanId: published.spanContext().spanId,
    });
  });

  it("has spans by the conventions", async () => {
    await two.handle("orders.*", () => {}, "workers");
    two.sender.publish("orders.17", "hällo");
    const published = await two.sent.span("publish");
    const processed = await two.handled.span("process");
    const { port } = new URL(two.server.url);
    const both = {
      "messaging.system": "nats",
      "messaging.system.name": "nats",
      "messaging.destination.name": "orders.17",
      "messaging.message.body.size": 6,
      "server.address": "127.0.0.1",
      "server.port": Number(port),
    };
    expect(published.kind).toBe(SpanKind.PRODUCER);
    expect(published.attributes).toEqual({
      ...both,
      "messaging.operation.name": "publish",
      "messaging.operation.type": "send",
      "messaging.client.id": "sender",
    });
    expect(processed.kind).toBe(SpanKind.CONSUMER);
    expect(processed.attributes).toEqual({
      ...both,
      "messaging.operation.name": "process",
      "messaging.operation.type": "process",
      "messaging.client.id": "receiver",
      "messaging.consumer.group.name": "workers",
      "messaging.destination.subscription.name": "orders.*",
    });
    expect(published.instrumentationScope.name).toBe("holdfast");
    expect(published.status.code).toBe(SpanStatusCode.UNSET);
  });

  it("keeps the headers of the application, whose object stays as it was", async () => {
    const got: Msg[] = [];
    await two.handle("a", (_, msg) => got.push(msg));
    const given = headers();
    given.append("Order", "17");
    given.append("Order", "18");
    given.set("Nats-Msg-Id", "m-1");
    two.sender.publish("a", "x", { headers: given, reply: "answers" });
    await until(() => got.length === 1, "the message");
    expect(got[0].headers!.values("Order")).toEqual(["17", "18"]);
    expect(got[0].reply).toBe("answers");
    expect(got[0].headers!.get("traceparent")).toMatch(TRACEPARENT);
    expect(given.keys()).toEqual(["Order", "Nats-Msg-Id"]);
    const published = await two.sent.span("publish");
    expect(published.attributes["messaging.message.id"]).toBe("m-1");
    expect((await two.handled.span("process")).attributes["messaging.message.id"]).toBe("m-1");
  });

  it("keeps a context that the application has put in, in any spelling; the span is linked to it", async () => {
    const got: Msg[] = [];
    await two.handle("a", (_, msg) => got.push(msg));
    const given = headers();
    const own = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    given.set("Traceparent", own);
    two.sender.publish("a", "x", { headers: given });
    const published = await two.sent.span("publish");
    expect(published.links.map(({ context }) => context.spanId)).toEqual(["b7ad6b7169203331"]);
    const processed = await two.handled.span("process");
    expect(processed.parentSpanContext?.spanId).toBe("b7ad6b7169203331");
    expect(got[0].headers!.keys()).toEqual(["Traceparent"]);
  });

  it("mixes nothing of another context into one that the application has put in", async () => {
    const got: Msg[] = [];
    await two.handle("a", (_, msg) => got.push(msg));
    const given = headers();
    given.set("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    const other = {
      traceId: "1".repeat(32),
      spanId: "2".repeat(16),
      traceFlags: 1,
      traceState: createTraceState("a=1"),
    };
    context.with(trace.setSpanContext(ROOT_CONTEXT, other), () =>
      two.sender.publish("a", "x", { headers: given }),
    );
    await until(() => got.length === 1, "the message");
    expect(got[0].headers!.keys()).toEqual(["traceparent"]);
  });

  it("by publishMessage() and respondMessage(), which go the same way", async () => {
    await two.handle("a", () => {});
    const msg = { subject: "a", data: new Uint8Array(3), reply: "a" } as Msg;
    two.sender.publishMessage(msg);
    two.sender.respondMessage(msg);
    await until(() => two.handled.spans.length === 2, "both");
    expect(two.sent.spans.map(({ name }) => name)).toEqual(["publish", "publish"]);
    const parents = two.handled.spans.map(({ parentSpanContext }) => parentSpanContext?.spanId);
    expect(parents).toEqual(two.sent.spans.map((span) => span.spanContext().spanId));
  });

  it("by publishConfirmed(): one span, which ends with the confirmation", async () => {
    await two.handle("a", () => {});
    const confirmed = two.sender.publishConfirmed("a", "x");
    expect(two.sent.spans).toEqual([]);
    await confirmed;
    expect(two.sent.spans.map(({ name }) => name)).toEqual(["publish"]);
    const processed = await two.handled.span("process");
    expect(processed.parentSpanContext?.spanId).toBe(two.sent.spans[0].spanContext().spanId);
  });

  it("by publishDurable(): one span, which ends when it is stored, and the context is stored with it", async () => {
    const kept: string[] = [];
    const disk = { name: "disk", offer: () => "pass" as const, attach() {}, async detach() {} } as const;
    const outbox = {
      ...disk,
      store: async ({ headers }: OverflowMessage) => void kept.push(`${Buffer.from(headers!)}`),
    };
    await using nc = await connect({ servers: two.server.url, outbox });
    instrument(nc, two.sent.options);
    const stored = nc.publishDurable("a", "x");
    expect(two.sent.spans).toEqual([]);
    await stored;
    const span = await two.sent.span("publish");
    expect(span.attributes["messaging.destination.name"]).toBe("a");
    expect(kept[0]).toContain(span.spanContext().traceId);
    two.sent.exporter.reset();
    expect((await rejection(nc.publishDurable("a b"))).code).toBe("INVALID_SUBJECT");
    expect((await two.sent.span("publish")).attributes["error.type"]).toBe("INVALID_SUBJECT");
  });

  it("with headers that are encoded already goes as it is, with a span", async () => {
    await using nc = await connect({ servers: two.server.url });
    const given: unknown[] = [];
    const publish = nc.publish.bind(nc);
    nc.publish = (subject, payload, options) => {
      given.push(options);
      return publish(subject, payload, options);
    };
    instrument(nc, two.sent.options);
    const options = { encodedHeaders: Buffer.from("NATS/1.0\r\nk: v\r\n\r\n") };
    nc.publish("a", "x", options);
    expect(given).toEqual([options]);
    expect((await two.sent.span("publish")).attributes["messaging.message.body.size"]).toBe(1);
  });

  it("of an overflow, which has had its span before, goes without another", async () => {
    two.sender.publish("a", "x", { bypassOverflow: true });
    await two.sender.publishConfirmed("a", "x", { bypassOverflow: true });
    await two.sender.flush();
    expect(two.sent.spans).toEqual([]);
  });

  it("that is not accepted has a span with the error, and the caller gets it as before", async () => {
    expect(() => two.sender.publish("a b", "x")).toThrow(
      expect.objectContaining({ code: "INVALID_SUBJECT" }),
    );
    const refused = await two.sent.span("publish");
    expect(refused.status).toEqual({ code: SpanStatusCode.ERROR, message: expect.stringContaining("a b") });
    expect(refused.attributes["error.type"]).toBe("INVALID_SUBJECT");
    expect(refused.events.map(({ name }) => name)).toEqual(["exception"]);
    two.sent.exporter.reset();
    const error = await rejection(two.sender.publishConfirmed("", "x"));
    expect(error.code).toBe("INVALID_SUBJECT");
    expect((await two.sent.span("publish")).attributes["error.type"]).toBe("INVALID_SUBJECT");
  });

  it.each([
    ["a number as subject", 17, undefined, undefined],
    ["null as payload", "a", null, undefined],
    ["options that are none", "a", "x", 17],
    ["an array as options", "a", "x", []],
    ["null as options", "a", "x", null],
    ["headers that are none", "a", "x", { headers: {} }],
    ["a wrong ttl", "a", "x", { ttl: -1 }],
  ])("with %s fails as on a connection without", async (_, subject, payload, options) => {
    const publish = (nc: Connection) => {
      try {
        return nc.publish(subject as string, payload as string, options as object);
      } catch (error) {
        return { name: (error as Error).name, message: (error as Error).message };
      }
    };
    const request = async (nc: Connection) => {
      const { name, message } = await rejection(
        nc.request(subject as string, payload as string, options as object),
      );
      return { name, message };
    };
    await using plain = await connect({ servers: two.server.url });
    expect(publish(two.sender)).toEqual(publish(plain));
    if (options === undefined || "ttl" in Object(options) === false)
      expect(await request(two.sender)).toEqual(await request(plain));
  });

  it("stays below max_payload: a message that has no room for a context goes without", async () => {
    const got: Msg[] = [];
    await two.handle("big", (_, msg) => got.push(msg));
    const most = new Uint8Array(two.sender.info!.max_payload);
    two.sender.publish("big", most);
    await two.sender.publishConfirmed("big", most);
    await until(() => got.length === 2, "both");
    expect(got.map((msg) => [msg.headers, msg.data.length])).toEqual([
      [undefined, most.length],
      [undefined, most.length],
    ]);
    expect(two.sent.spans.map(({ status }) => status.code)).toEqual([
      SpanStatusCode.UNSET,
      SpanStatusCode.UNSET,
    ]);
    const answer = rejection(two.sender.request("big", most, { timeout: 100 }));
    await until(() => got.length === 3, "the request");
    expect((await answer).code).toBe("TIMEOUT");
    expect(got[2].headers).toBeUndefined();
    const over = () => two.sender.publish("big", new Uint8Array(most.length + 1));
    expect(over).toThrow(expect.objectContaining({ code: "MAX_PAYLOAD_EXCEEDED" }));
  });
});
