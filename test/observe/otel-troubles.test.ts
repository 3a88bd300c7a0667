import { createConnection } from "node:net";
import {
  context,
  DiagLogLevel,
  diag,
  propagation,
  type TextMapPropagator,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { AlwaysOffSampler } from "@opentelemetry/sdk-trace-base";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Connection, connect, type Msg } from "../../src/index.js";
import { type InstrumentOptions, instrument } from "../../src/observe/otel/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { expectBalanced } from "../support/books.js";
import { until } from "../support/until.js";
import { Collected, useContextManager } from "./otel-collected.js";

let server: NatsServer;
let manager: { disable(): void };
beforeAll(async () => {
  manager = useContextManager();
  server = await NatsServer.start();
});
afterAll(async () => {
  await server?.close();
  manager.disable();
});

let nc: Connection;
let collected: Collected;
/** What OpenTelemetry's own log was told. */
let log: string[];
beforeEach(async () => {
  nc = await connect({ servers: server.url });
  collected = new Collected();
  log = [];
  const ignore = () => {};
  const error = (text: string) => log.push(text);
  diag.setLogger(
    { error, warn: ignore, info: ignore, debug: ignore, verbose: ignore },
    { logLevel: DiagLogLevel.ERROR, suppressOverrideMessage: true },
  );
});
afterEach(async () => {
  diag.disable();
  expectBalanced(nc);
  await nc.close();
});

/** Publishes what no client of ours would: the name of a header has a space in it. */
async function publishBadHeader(subject: string): Promise<void> {
  const headers = "NATS/1.0\r\nmy key: 1\r\n\r\n";
  const socket = createConnection({ host: "127.0.0.1", port: server.port });
  socket.write(`CONNECT {"headers":true,"verbose":false}\r\n`);
  socket.write(`HPUB ${subject} ${headers.length} ${headers.length + 1}\r\n${headers}x\r\nPING\r\n`);
  for await (const chunk of socket) if (String(chunk).includes("PONG")) break;
  socket.destroy();
}

describe("a message whose headers nobody can read", () => {
  it("is handled all the same, with tracing, without a tracer, and behind stop()", async () => {
    for (const options of [collected.options, {}] as InstrumentOptions[]) {
      const instrumentation = instrument(nc, options);
      const got: string[] = [];
      const sub = nc.subscribe("bad", { callback: (_, msg) => void got.push(msg.string()) });
      await nc.flush();
      await publishBadHeader("bad");
      await until(() => got.length === 1, "the message");
      instrumentation.stop();
      await publishBadHeader("bad");
      await until(() => got.length === 2, "the message behind stop()");
      sub.unsubscribe();
    }
  });
});

/** Publishes, requests, and handles; returns what has come in. */
async function exercise(): Promise<Msg[]> {
  const got: Msg[] = [];
  nc.subscribe("a", {
    callback: async (_, msg) => {
      got.push(msg);
      await Promise.resolve();
      msg.respond("answer");
    },
  });
  nc.publish("a", "1");
  await nc.publishConfirmed("a", "2");
  expect((await nc.request("a", "3")).string()).toBe("answer");
  for await (const answer of await nc.requestMany("a", "4", { strategy: "count", maxMessages: 1 }))
    expect(answer.string()).toBe("answer");
  expect(got.map((msg) => msg.string())).toEqual(["1", "2", "3", "4"]);
  return got;
}

function fail(): never {
  throw new Error("broken");
}

describe("whatever OpenTelemetry does, messages go their way", () => {
  const brokenSpan = new Proxy({}, { get: () => fail });
  const cases: [string, string, (options: InstrumentOptions) => InstrumentOptions][] = [
    [
      "a tracer that throws",
      "the tracer",
      ({ propagator }) => ({
        tracer: { startSpan: fail, startActiveSpan: fail },
        propagator,
      }),
    ],
    [
      "spans that throw",
      "a span",
      () => ({
        tracer: { startSpan: () => brokenSpan, startActiveSpan: fail } as unknown as Tracer,
      }),
    ],
    [
      "a tracer that makes nothing",
      "",
      () => ({
        tracer: { startSpan: () => undefined, startActiveSpan: fail } as unknown as Tracer,
      }),
    ],
    [
      "a propagator that throws",
      "the propagator",
      ({ tracerProvider }) => ({
        tracerProvider,
        propagator: { inject: fail, extract: fail, fields: fail },
      }),
    ],
    [
      "a propagator with a line break in its header",
      "the propagator",
      ({ tracerProvider }) => ({
        tracerProvider,
        propagator: {
          inject: (_, carrier, setter) => setter.set(carrier, "broken", "a\r\nInjected: b"),
          extract: (given) => given,
          fields: () => ["broken"],
        } satisfies TextMapPropagator,
      }),
    ],
    ["a template that throws", 'option "template"', (options) => ({ ...options, template: fail })],
    ["a template that returns no text", "", (options) => ({ ...options, template: (() => 17) as never })],
    ["a filter that throws", 'option "filter"', (options) => ({ ...options, filter: fail })],
  ];

  it.each(cases)("%s", async (_, told, change) => {
    instrument(nc, { metrics: false, ...change({ ...collected.options, metrics: undefined }) });
    const got = await exercise();
    for (const msg of got) expect(msg.headers?.get("Injected") ?? "").toBe("");
    expect(log).toEqual(told === "" ? [] : [`holdfast: ${told} has failed; this is told once`]);
  });

  it.each(["with", "without"])(
    "a context manager that throws, %s an SDK for spans: each handler is called once",
    async (sdk) => {
      manager.disable();
      const broken = {
        active: () => fail() as never,
        with: fail,
        bind: fail,
        enable: () => broken,
        disable: () => broken,
      };
      context.setGlobalContextManager(broken as never);
      try {
        const { tracerProvider, ...others } = collected.options;
        const tracing = instrument(nc, sdk === "with" ? { tracerProvider, ...others } : others);
        const got = await exercise();
        expect(got.length).toBe(4);
        expect(tracing.process(got[0], () => "once")).toBe("once");
        const own = log.filter((text) => text.startsWith("holdfast"));
        expect(own).toEqual(["holdfast: the context manager has failed; this is told once"]);
      } finally {
        context.disable();
        manager = useContextManager();
      }
    },
  );

  it("a log that throws as well", async () => {
    diag.disable();
    diag.setLogger(new Proxy({}, { get: () => fail }) as never);
    instrument(nc, { tracer: { startSpan: fail, startActiveSpan: fail }, metrics: false });
    expect((await exercise()).length).toBe(4);
  });
});

describe("a context", () => {
  it("is not put into messages of a server that takes no headers", async () => {
    await using bare = await NatsServer.start({ config: "no_header_support: true" });
    await nc.close();
    nc = await connect({ servers: bare.url });
    instrument(nc, collected.options);
    const got = await exercise();
    expect(got.map((msg) => msg.headers)).toEqual([undefined, undefined, undefined, undefined]);
    expect(collected.spans.filter(({ name }) => name === "request").length).toBe(2);
  });

  it("is not put in while no server is known: it may be one that takes none", async () => {
    await using bare = await NatsServer.start({ config: "no_header_support: true" });
    await bare.term();
    await using early = await connect({
      servers: bare.url,
      retryOnFailedConnect: true,
      reconnectTimeWait: 20,
    });
    instrument(early, collected.options);
    const got: Msg[] = [];
    early.subscribe("a", { callback: (_, msg) => got.push(msg) });
    early.publish("a");
    await bare.restart();
    await until(() => got.length === 1, "the message");
    expect(early.stats().dropped).toBe(0);
  });

  it("is put in once the server is known, on a connection that began without one", async () => {
    const { port } = new URL(server.url);
    await server.term();
    const early = await connect({ servers: server.url, retryOnFailedConnect: true, reconnectTimeWait: 20 });
    instrument(early, collected.options);
    early.publish("first");
    await server.restart();
    await until(() => early.state === "connected", "the connection");
    await nc.flush();
    const got: Msg[] = [];
    early.subscribe("second", { callback: (_, msg) => got.push(msg) });
    early.publish("second");
    await until(() => got.length === 1, "the message");
    expect(got[0].headers!.has("traceparent")).toBe(true);
    const [first, second] = collected.spans.filter(({ name }) => name === "publish");
    expect(first.attributes).not.toHaveProperty("server.address");
    expect(second.attributes["server.port"]).toBe(Number(port));
    expectBalanced(early);
    await early.close();
  });

  it("goes on where spans are not sampled, and says so", async () => {
    const off = new Collected(new AlwaysOffSampler());
    instrument(nc, off.options);
    const got = await exercise();
    for (const msg of got) expect(msg.headers!.get("traceparent")).toMatch(/-00$/);
    expect(off.spans).toEqual([]);
  });

  it("goes on without an SDK for spans, if one is active", async () => {
    instrument(nc, { propagator: collected.propagator, metrics: false });
    const got: Msg[] = [];
    let inside: string | undefined;
    nc.subscribe("a", {
      callback: (_, msg) => {
        got.push(msg);
        inside = trace.getSpanContext(context.active())?.spanId;
      },
    });
    nc.publish("a");
    await until(() => got.length === 1, "the first");
    expect([got[0].headers, inside]).toEqual([undefined, undefined]);
    await collected.within("outer", async (span) => {
      nc.publish("a");
      await until(() => got.length === 2, "the second");
      expect(got[1].headers!.get("traceparent")).toContain(span.spanContext().spanId);
      expect(inside).toBe(span.spanContext().spanId);
    });
  });
});

describe("an SDK that is registered", () => {
  afterEach(() => {
    trace.disable();
    propagation.disable();
  });

  it("is used, also if that happens after instrument()", async () => {
    const asked: string[] = [];
    const filter = (subject: string, operation: string) => asked.push(`${operation} ${subject}`) > 0;
    instrument(nc, { metrics: false, filter });
    const got: Msg[] = [];
    nc.subscribe("a", { callback: (_, msg) => got.push(msg) });
    nc.publish("a");
    await nc.publishConfirmed("a");
    await until(() => got.length === 2, "the first");
    expect(got[0].headers).toBeUndefined();
    // Nothing was done for them.
    expect(asked).toEqual([]);
    trace.setGlobalTracerProvider(collected.tracerProvider);
    propagation.setGlobalPropagator(collected.propagator);
    nc.publish("a");
    await until(() => got.length === 3 && collected.spans.length === 2, "the third, and its spans");
    expect(asked).toEqual(["publish a", "process a"]);
    expect(got[2].headers!.get("traceparent")).toContain(
      collected.spans.find(({ name }) => name === "publish")!.spanContext().spanId,
    );
  });
});

describe("instrument()", () => {
  it("refuses what is no connection", () => {
    for (const given of [undefined, null, 17, "nc", {}, [], { publish() {} }])
      expect(() => instrument(given as never)).toThrow(
        expect.objectContaining({
          code: "INVALID_ARGUMENT",
          message: "nc must be a connection that connect() of holdfast has made",
        }),
      );
    expect(() => instrument({ holdfast: nc } as never)).toThrow("give the property holdfast");
  });

  it("refuses a connection that is closed", async () => {
    await nc.close();
    expect(() => instrument(nc)).toThrow(expect.objectContaining({ code: "CONNECTION_CLOSED" }));
  });

  it("refuses a connection that is instrumented already, which stays as it is", () => {
    const first = instrument(nc, collected.options);
    const { publish } = nc;
    expect(() => instrument(nc, collected.options)).toThrow(
      expect.objectContaining({ code: "INVALID_OPERATION" }),
    );
    expect(nc.publish).toBe(publish);
    first.stop();
    instrument(nc, collected.options).stop();
  });

  it.each([
    ["", 17, "must be an object"],
    ["tracr", { tracr: {} }, 'is unknown; did you mean "tracer"?'],
    ["tracer", { tracer: {} }, "must be a Tracer of OpenTelemetry"],
    ["tracerProvider", { tracerProvider: { getTracer: 1 } }, "must be a TracerProvider of OpenTelemetry"],
    ["meter", { meter: null }, "must be a Meter of OpenTelemetry"],
    ["meterProvider", { meterProvider: "x" }, "must be a MeterProvider of OpenTelemetry"],
    ["propagator", { propagator: { inject() {} } }, "must be a TextMapPropagator of OpenTelemetry"],
    ["subjects", { subjects: "no" }, "must be true or false"],
    ["template", { template: "orders" }, "must be a function"],
    ["parent", { parent: "child" }, 'must be "producer" or "link"'],
    ["filter", { filter: true }, "must be a function"],
    ["traces", { traces: 1 }, "must be true or false"],
    ["metrics", { metrics: {} }, "must be true or false"],
    [
      "propagator",
      { traces: false, propagator: { inject() {}, extract() {} } },
      'is not looked at with "traces": false',
    ],
    [
      "meterProvider",
      { metrics: false, meterProvider: { getMeter() {} } },
      'is not looked at with "metrics": false',
    ],
    ["metrics", { traces: false, metrics: false }, "nothing is left"],
  ])("refuses a wrong option: %s", (option, options, why) => {
    expect(() => instrument(nc, options as never)).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION", option, message: expect.stringContaining(why) }),
    );
    expect(Object.hasOwn(nc, "publish")).toBe(false);
  });

  it("refuses a tracer and its provider together", () => {
    const { tracerProvider } = collected;
    const both = { tracerProvider, tracer: tracerProvider.getTracer("x") };
    expect(() => instrument(nc, both)).toThrow(expect.objectContaining({ option: "tracerProvider" }));
  });

  it("traces what its filter wants", async () => {
    const asked: string[] = [];
    const filter = (subject: string, operation: string) => {
      asked.push(`${operation} ${subject}`);
      return subject !== "a";
    };
    instrument(nc, { ...collected.options, filter });
    const got = await exercise();
    expect(got.map((msg) => msg.headers)).toEqual([undefined, undefined, undefined, undefined]);
    expect(asked).toContain("process a");
    expect(asked).toContain("request a");
    // Only the answers, to subjects of their own.
    expect(new Set(collected.spans.map(({ name }) => name))).toEqual(new Set(["publish"]));
  });

  it("two connections have nothing to do with each other", async () => {
    await using other = await connect({ servers: server.url });
    const others = new Collected();
    instrument(nc, collected.options);
    const second = instrument(other, others.options);
    nc.publish("a");
    expect([collected.spans.length, others.spans.length]).toEqual([1, 0]);
    second.stop();
    nc.publish("a");
    other.publish("a");
    expect([collected.spans.length, others.spans.length]).toEqual([2, 0]);
  });
});
