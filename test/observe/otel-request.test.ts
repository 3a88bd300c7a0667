import { SpanKind, SpanStatusCode } from "@opentelemetry/api";
import { describe, expect, it } from "vitest";
import { connect } from "../../src/index.js";
import { rejection } from "../support/until.js";
import { usePair } from "./otel-pair.js";

const two = usePair();

describe("a request", () => {
  it("has a span until the answer, which is in the same trace from end to end", async () => {
    await two.handle("price", (_, msg) => msg.respond("42"));
    const answer = await two.sent.within("shop", () => two.sender.request("price", "apple"));
    expect(answer.string()).toBe("42");
    const request = await two.sent.span("request");
    const processed = await two.handled.span("process");
    const reply = await two.handled.span("publish");
    expect(request.kind).toBe(SpanKind.CLIENT);
    expect(request.parentSpanContext?.spanId).toBe((await two.sent.span("shop")).spanContext().spanId);
    expect(processed.parentSpanContext?.spanId).toBe(request.spanContext().spanId);
    expect(reply.parentSpanContext?.spanId).toBe(processed.spanContext().spanId);
    expect(reply.spanContext().traceId).toBe(request.spanContext().traceId);

    const conversation = answer.subject;
    expect(request.attributes).toMatchObject({
      "messaging.operation.name": "request",
      "messaging.operation.type": "send",
      "messaging.destination.name": "price",
      "messaging.message.conversation_id": conversation,
    });
    expect(processed.attributes["messaging.message.conversation_id"]).toBe(conversation);
    expect(reply.attributes).toMatchObject({
      "messaging.destination.name": conversation,
      "messaging.destination.temporary": true,
      "messaging.destination.anonymous": true,
      "messaging.message.conversation_id": conversation,
    });
    expect(answer.headers!.get("traceparent")).toContain(reply.spanContext().spanId);
  });

  it("over an inbox of its own has no other span for that", async () => {
    await two.handle("price", (_, msg) => msg.respond("42"));
    await two.sender.request("price", "apple", { noMux: true, timeout: 1_000 });
    const many = await two.sender.requestMany("price", "pear", { strategy: "count", maxMessages: 1 });
    for await (const answer of many) expect(answer.string()).toBe("42");
    await two.sender.request("price", "fig", { noMux: true, reply: "answers.here", timeout: 1_000 });
    expect(two.sent.spans.map(({ name }) => name)).toEqual(["request", "request", "request"]);
  });

  it("from a connection with an inbox prefix of its own is answered to a temporary destination", async () => {
    await two.handle("price", (_, msg) => msg.respond("42"));
    await using other = await connect({ servers: two.server.url, inboxPrefix: "_MINE" });
    await other.request("price");
    const reply = await two.handled.span("publish");
    expect(reply.attributes["messaging.destination.temporary"]).toBe(true);
    expect(reply.attributes["messaging.destination.name"]).toMatch(/^_MINE\./);
  });

  it("that fails has a span with the error, and may be left alone", async () => {
    void two.sender.request("nobody");
    const request = await two.sent.span("request");
    expect(request.attributes["error.type"]).toBe("NO_RESPONDERS");
    expect(request.status.code).toBe(SpanStatusCode.ERROR);
    const error = await rejection(two.sender.request("nobody"));
    expect(error.code).toBe("NO_RESPONDERS");
  });

  it("for many answers has a span until the last is read", async () => {
    await two.handle("many", (_, msg) => {
      msg.respond("1");
      msg.respond("2");
    });
    const many = await two.sender.requestMany("many", "x", { strategy: "count", maxMessages: 2 });
    const texts: string[] = [];
    for await (const answer of many) {
      expect(two.sent.spans).toEqual([]);
      texts.push(answer.string());
    }
    expect(texts).toEqual(["1", "2"]);
    const request = await two.sent.span("request");
    expect(request.attributes["messaging.batch.message_count"]).toBe(2);
    expect((await two.handled.span("process")).parentSpanContext?.spanId).toBe(request.spanContext().spanId);
  });

  it("for many answers whose reader leaves, or that nobody answers", async () => {
    await two.handle("many", (_, msg) => msg.respond("1"));
    for await (const _ of await two.sender.requestMany("many", "x")) break;
    expect((await two.sent.span("request")).status.code).toBe(SpanStatusCode.UNSET);
    two.sent.exporter.reset();
    const read = async () => {
      for await (const _ of await two.sender.requestMany("nobody", "x"));
    };
    expect((await rejection(read())).code).toBe("NO_RESPONDERS");
    expect((await two.sent.span("request")).attributes["error.type"]).toBe("NO_RESPONDERS");
    two.sent.exporter.reset();
    (await two.sender.requestMany("many", "x")).stop();
    expect((await two.sent.span("request")).attributes["messaging.batch.message_count"]).toBe(0);
    two.sent.exporter.reset();
    const wrong = two.sender.requestMany("many", "x", { strategy: "none" as "count" });
    expect((await rejection(wrong)).code).toBe("INVALID_ARGUMENT");
    expect((await two.sent.span("request")).attributes["error.type"]).toBe("INVALID_ARGUMENT");
  });
});
