import * as api from "@opentelemetry/api";
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from "@opentelemetry/core";
import { describe, expect, it } from "vitest";
import { headers } from "../../index.js";
import { Carrier } from "./carrier.js";

const SPAN = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", traceFlags: 1 };
const TRACEPARENT = `00-${SPAN.traceId}-${SPAN.spanId}-01`;
const propagators = [new W3CTraceContextPropagator(), new W3CBaggagePropagator()];
const carrier = new Carrier(api, new CompositePropagator({ propagators }));
const baggage = api.propagation.createBaggage({ tenant: { value: "blue" } });
const context = api.propagation.setBaggage(
  api.trace.setSpanContext(api.ROOT_CONTEXT, { ...SPAN, traceState: api.createTraceState("a=1") }),
  baggage,
);

describe("filling", () => {
  it("makes headers where there are none", () => {
    const filled = carrier.fill(context, undefined)!;
    expect(Object.fromEntries(filled)).toEqual({
      traceparent: [TRACEPARENT],
      tracestate: ["a=1"],
      baggage: ["tenant=blue"],
    });
  });

  it("copies those that are given, with all values, code and description", () => {
    const given = headers(503, "no");
    given.append("A", "1");
    given.append("A", "2");
    const filled = carrier.fill(context, given)!;
    expect([filled.code, filled.description, filled.values("A")]).toEqual([503, "no", ["1", "2"]]);
    expect(given.keys()).toEqual(["A"]);
  });

  it("leaves what the application has said, in any spelling", () => {
    const given = headers();
    given.set("Baggage", "mine=1");
    const filled = carrier.fill(context, given)!;
    expect(filled.keys()).toEqual(["Baggage", "traceparent", "tracestate"]);
    expect(filled.get("Baggage")).toBe("mine=1");
  });

  it("adds nothing where there is nothing", () => {
    expect(carrier.fill(api.ROOT_CONTEXT, undefined)).toBeUndefined();
    expect(carrier.fill(api.ROOT_CONTEXT, headers())).toBeUndefined();
  });
});

describe("reading", () => {
  it.each(["traceparent", "Traceparent", "TRACEPARENT"])("finds %s", (name) => {
    const carried = headers();
    carried.set(name, TRACEPARENT);
    expect(carrier.spanIn(carried)).toMatchObject({ ...SPAN, isRemote: true });
  });

  it("finds what was filled in, several values together", () => {
    const carried = carrier.fill(context, undefined)!;
    carried.append("tracestate", "b=2");
    const read = carrier.read(api.ROOT_CONTEXT, carried);
    expect(carrier.spanOf(read)?.traceState?.serialize()).toBe("a=1,b=2");
    expect(api.propagation.getBaggage(read)?.getEntry("tenant")?.value).toBe("blue");
  });

  it.each(["", "00-0-0-01", `00-${"0".repeat(32)}-${SPAN.spanId}-01`, "x".repeat(10_000)])(
    "takes no span out of %.20s",
    (text) => {
      const carried = headers();
      carried.set("traceparent", text);
      expect(carrier.spanIn(carried)).toBeUndefined();
    },
  );

  it("gives the context back where there are no headers", () => {
    expect(carrier.read(context, undefined)).toBe(context);
    expect(carrier.spanOf(api.ROOT_CONTEXT)).toBeUndefined();
  });
});

it("knows whether there is a propagator", () => {
  expect(new Carrier(api, undefined).reads).toBe(false);
  expect(carrier.reads).toBe(true);
  api.propagation.setGlobalPropagator(propagators[0]);
  try {
    expect(new Carrier(api, undefined).reads).toBe(true);
  } finally {
    api.propagation.disable();
  }
});
