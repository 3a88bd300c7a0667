import { describe, expect, it } from "vitest";
import {
  consumerFacts,
  HandMade,
  handlerFacts,
  oneOfEach,
  outboxFacts,
  policyFacts,
  publisherFacts,
} from "../../../test/observe/support/components.js";
import type { Component, Connection } from "../../index.js";
import { componentViews } from "./component-views.js";
import { toSample } from "./shapes.js";

const of = (components: readonly Component[], most = 50) =>
  componentViews({ components } as unknown as Connection, most);
const sampleWith = (more: object) => {
  const books = { accepted: 0, confirmed: 0, pending: 0, dropped: 0, refused: 0, unconfirmed: 0 };
  const levels = { bufferMessages: 0, bufferBytes: 0, bufferLimit: 0, bufferRatio: 0, oldestAge: 0 };
  const rates = { inMsgs: 0, outMsgs: 0, inBytes: 0, outBytes: 0, rtt: null };
  const all = { ...books, replayed: 0, rejected: 0, dropReasons: {} };
  const connection = { id: "1", state: "connected", ...levels, ...rates, books: all, ...more };
  return JSON.parse(JSON.stringify({ at: 1, connections: [connection] }));
};

describe("components as the dashboard tells them", () => {
  it("have their figures, by kind", () => {
    const work = {
      inFlight: 1,
      waiting: 2,
      handled: 3,
      failed: 4,
      timedOut: 5,
      invalid: 6,
      deadLettered: 7,
      discarded: 8,
    };
    const breakers = [
      { subject: "a.17", state: "open", opened: 1 },
      { subject: "b", state: "closed", opened: 1 },
    ] as const;
    const { components } = of([
      new HandMade(handlerFacts(work)),
      new HandMade(consumerFacts({ ...work, pending: 9, failing: "no leader" })),
      new HandMade(policyFacts({ calls: 10, failed: 11, breakers })),
    ]);
    const figures = { inFlight: 1, waiting: 2, done: 3, failed: 15, deadLettered: 7, discarded: 8 };
    expect(components).toEqual([
      {
        kind: "handler",
        name: "orders.*",
        state: "running",
        trouble: "",
        lastError: "",
        ...figures,
        lag: null,
        breakers: [],
      },
      {
        kind: "consumer",
        name: "ORDERS/books",
        state: "consuming",
        trouble: "no leader",
        lastError: "",
        ...figures,
        lag: 9,
        breakers: [],
      },
      {
        kind: "policy",
        name: "prices",
        state: "open",
        trouble: "",
        lastError: "",
        inFlight: null,
        waiting: null,
        done: 10,
        failed: 11,
        deadLettered: null,
        discarded: null,
        lag: null,
        breakers: [{ subject: "a.{id}", state: "open" }],
      },
    ]);
  });

  it("have what an outbox holds, and what publishers wait for", () => {
    const counts = { messages: 1, confirmed: 2, failures: 3, parked: 4, expired: 5, lost: 6 };
    const { components } = of([
      new HandMade(outboxFacts({ ...counts, state: "sending", bytes: 7, maxBytes: 8, oldestAge: 9.4 })),
      new HandMade(outboxFacts({ maxBytes: Number.POSITIVE_INFINITY })),
      new HandMade(publisherFacts({ inFlight: 1, waiting: 2, acked: 3, failed: 4 })),
    ]);
    expect(components).toMatchObject([
      {
        kind: "outbox",
        state: "sending",
        ...{ inFlight: null, waiting: 1, done: 2, failed: 3, deadLettered: 4, discarded: 11 },
        held: { bytes: 7, limit: 8, oldestAge: 9 },
      },
      { held: { bytes: 0, limit: null, oldestAge: 0 } },
      { kind: "publisher", inFlight: 1, waiting: 2, done: 3, failed: 4, deadLettered: null },
    ]);
    expect(components![2]).not.toHaveProperty("held");
    const [told] = toSample(sampleWith({ components })).connections;
    expect(told.components).toEqual(components);
    const wrong = [{ ...components![0], held: { bytes: "1", limit: null, oldestAge: 0 } }];
    expect(() => toSample(sampleWith({ components: wrong }))).toThrow(/another protocol/);
  });

  it("are a bounded number with bounded texts; those with troubles are among them", () => {
    const long = "x ".repeat(10_000);
    const many = Array.from({ length: 500 }, () => new HandMade(handlerFacts({ name: long })));
    many[499].tell({ unready: long });
    const { components, moreComponents } = of(many);
    expect([components!.length, moreComponents]).toEqual([50, 450]);
    expect(components![0].trouble).not.toBe("");
    expect(components![0].trouble.length).toBe(240);
    expect(JSON.stringify(components).length).toBeLessThan(50 * 700);
    expect(of(many, 0)).toEqual({ components: [], moreComponents: 500 });
  });

  it("come through to another process, and what is no component does not", () => {
    const views = of(oneOfEach());
    const [told] = toSample(sampleWith(views)).connections;
    expect(told).toMatchObject(views);
    const [old] = toSample(sampleWith({})).connections;
    expect(JSON.stringify(old)).not.toContain("omponents");
    const [component] = views.components!;
    const hostile = {
      ...component,
      extra: "x",
      name: "n".repeat(1_000),
      breakers: new Array(99).fill({ subject: "a", state: "open" }),
    };
    const [kept] = toSample(sampleWith({ components: new Array(1_000).fill(hostile) })).connections;
    expect(kept.components).toHaveLength(64);
    expect(kept.components![0].name).toHaveLength(256);
    expect(kept.components![0].breakers).toHaveLength(16);
    expect(kept.components![0]).not.toHaveProperty("extra");
    for (const wrong of [7, "x", [null], [{ ...component, done: "1" }], [{ ...component, breakers: {} }]])
      expect(() => toSample(sampleWith({ components: wrong }))).toThrow(/another protocol/);
    const newer = { ...component, kind: "printer", state: "resting" };
    expect(toSample(sampleWith({ components: [newer] })).connections[0].components).toEqual([newer]);
  });
});
