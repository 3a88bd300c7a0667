import { describe, expect, it } from "vitest";
import { describeReport, type ShutdownReport } from "./report.js";

const CLEAN: ShutdownReport = {
  reason: "SIGTERM",
  signal: "SIGTERM",
  forcedBy: undefined,
  timedOut: false,
  took: 1_234,
  complete: true,
  connections: [
    {
      name: "orders",
      closed: true,
      drained: true,
      buffered: { messages: 0, bytes: 0 },
      dropped: 0,
      unconfirmed: 0,
    },
  ],
  components: [
    {
      connection: "orders",
      kind: "handler",
      name: "orders.*",
      stopped: true,
      inFlight: 0,
      waiting: 0,
      deadLettered: 0,
      discarded: 0,
    },
  ],
  servers: [{ name: "server 1", closed: true, connections: 0, requests: 0 }],
  errors: [],
};

describe("the line of a report", () => {
  it("says that nothing was left", () => {
    expect(describeReport(CLEAN)).toBe("shutdown (SIGTERM): complete after 1.2 s");
  });

  it("names what was left, and only that", () => {
    const left: ShutdownReport = {
      ...CLEAN,
      complete: false,
      forcedBy: "SIGINT",
      connections: [
        ...CLEAN.connections,
        {
          name: "billing",
          closed: false,
          drained: false,
          buffered: { messages: 3, bytes: 40 },
          dropped: 5,
          unconfirmed: 6,
        },
      ],
      components: [
        ...CLEAN.components,
        { ...CLEAN.components[0], stopped: false, inFlight: 2, waiting: 7, deadLettered: 3, discarded: 4 },
      ],
      servers: [{ name: "server 1", closed: false, connections: 2, requests: 1 }],
      errors: [new Error("before() did not settle in time")],
    };
    expect(describeReport(left)).toBe(
      "shutdown (SIGTERM), forced by SIGINT: incomplete after 1.2 s: " +
        'connection "billing": 3 messages (40 bytes) buffered, 5 messages dropped, 6 messages unconfirmed, ' +
        "callbacks of subscriptions still at work, not closed; " +
        'handler "orders.*": not done in time, 2 in flight, 7 waiting, 3 given up to the dead letters, 4 discarded; server 1: 2 connections, 1 requests; ' +
        "error: before() did not settle in time",
    );
  });

  it("stays one line of a bounded length, whatever errors and names say", () => {
    const errors = Array.from({ length: 50 }, () => new Error(`a\r\nb\u2028c\u0085${"x".repeat(5_000)}`));
    const components = [{ ...CLEAN.components[0], name: "n\n".repeat(5_000), stopped: false }];
    const line = describeReport({ ...CLEAN, complete: false, errors, components });
    expect(line).not.toMatch(/[\r\n\u0085\u2028]/);
    expect(line.length).toBeLessThan(1_200);
    expect(line).toContain("47 more errors");
  });
});
