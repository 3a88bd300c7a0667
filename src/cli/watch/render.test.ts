import { describe, expect, it } from "vitest";
import { coloured, plain } from "../colours.js";
import { widthOf } from "../cut.js";
import { Memory } from "./memory.js";
import { renderLines, renderScreen } from "./render.js";
import { awayView, hasHello, readHealth, readOutages } from "./view.js";

const T = Date.UTC(2026, 0, 1);
const STATS = {
  inMsgs: 100,
  outMsgs: 50,
  inBytes: 10_240,
  outBytes: 0,
  confirmed: 40,
  pending: 10,
  dropped: 0,
  replayed: 2,
};

function health(facts: object = {}): string {
  return JSON.stringify({
    status: "healthy",
    connected: true,
    state: "connected",
    server: "10.0.0.1:4222",
    lastConnectedAt: new Date(T - 90_000).toISOString(),
    reconnectCount: 1,
    rtt: 0.5,
    buffer: { messages: 10, bytes: 2048, limit: 4096, ratio: 0.5 },
    stats: STATS,
    components: [
      {
        kind: "consumer",
        name: "ORDERS/books",
        state: "recovering",
        failing: "no heartbeats",
        handled: 5,
        pending: 7,
      },
    ],
    ...facts,
  });
}

const look = (memory: Memory, at: number, body: string) => {
  const view = readHealth(at, body, 200, "application/json");
  memory.take(view);
  return view;
};
const canvas = { columns: 80, rows: 40, paint: plain, where: "http://x", now: T };

describe("the screen", () => {
  it("has what the process tells, and rates from the second look on", () => {
    const memory = new Memory();
    look(memory, T - 2000, health());
    const more = { ...STATS, inMsgs: 300, inBytes: 12_288 };
    const text = renderScreen(look(memory, T, health({ stats: more })), memory, canvas).join("\n");
    expect(text).toContain("● connection  connected for 1 m 30 s at 10.0.0.1:4222");
    expect(text).toContain("in 100/s 1 KiB/s   out 0/s 0 B/s");
    expect(text).toContain("██████████░░░░░░░░░░ 2 KiB of 4 KiB");
    expect(text).toMatch(/consumer {2}ORDERS\/books {2}recovering {2}no heartbeats {2}handled 5, pending 7/);
  });

  it("fits, whatever comes, with colours as well", () => {
    const long = "x".repeat(5000);
    const components = Array.from({ length: 100 }, (_, index) => ({
      kind: long,
      name: `注文${index}${long}`,
      state: long,
    }));
    const body = health({
      status: "unhealthy",
      state: "reconnecting",
      reason: long,
      components,
      server: long,
      cause: { kind: "network", message: long, advice: [long, "a b ".repeat(300)] },
    });
    for (const [columns, rows] of [
      [80, 24],
      [120, 40],
      [20, 5],
      [1, 1],
    ]) {
      const memory = new Memory();
      const lines = renderScreen(look(memory, T, body), memory, {
        ...canvas,
        columns,
        rows,
        paint: coloured,
      });
      expect(lines.length).toBeLessThanOrEqual(rows);
      for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(columns);
    }
  });

  it("says since when there is no answer, and forgets rates", () => {
    const memory = new Memory();
    look(memory, T - 9000, health());
    memory.take(awayView(T - 5000, "nobody listens there"));
    const view = awayView(T, "nobody listens there");
    memory.take(view);
    expect(renderScreen(view, memory, canvas).join("\n")).toContain(
      "✗ no answer for 5 s: nobody listens there",
    );
    expect(renderLines(view, memory)).toEqual(["2026-01-01T00:00:00.000Z away: nobody listens there"]);
    const back = look(memory, T + 1000, health());
    expect(renderLines(back, memory)[0]).toBe("2026-01-01T00:00:01.000Z answers again");
    expect(memory.ratesOf("connection")).toBeUndefined();
    // Another process has begun to count anew.
    look(memory, T + 2000, health({ stats: { ...STATS, inMsgs: 1 } }));
    expect(memory.ratesOf("connection")).toBeUndefined();
  });
});

it("times of day are UTC wherever it runs, and an outage of another day has its date", () => {
  const memory = new Memory();
  const cause = { kind: "stale", message: "no PONG", advice: [] };
  look(memory, T - 9000, health());
  const facts = { status: "unhealthy", state: "reconnecting", cause };
  const [first, ...rest] = renderScreen(look(memory, T - 5000, health(facts)), memory, canvas);
  expect(first).toMatch(/ {2}00:00:00Z$/);
  expect(rest.join("\n")).toContain("  2025-12-31 23:59:55Z  for 5 s  stale");
});

it("who looks once is not told that it is asked on, nor for how long there was no answer", () => {
  const memory = new Memory();
  const view = awayView(T, "nobody listens there");
  memory.take(view);
  const text = renderScreen(view, memory, { ...canvas, once: true }).join("\n");
  expect(text).toMatch(/✗ no answer: nobody listens there$/);
  expect(renderScreen(view, memory, canvas).join("\n")).toMatch(/\n {2}asking on$/);
});

describe("outages", () => {
  const cause = { kind: "stale", message: "no PONG", advice: ["look at the way"] };

  it("are seen from here where the process has no dashboard", () => {
    const memory = new Memory();
    look(memory, T - 9000, health());
    look(memory, T - 5000, health({ status: "unhealthy", state: "reconnecting", cause }));
    look(memory, T - 4000, health({ status: "unhealthy", state: "reconnecting", cause }));
    const view = look(memory, T - 3000, health({ server: "10.0.0.2:4222" }));
    expect(memory.outages).toEqual([
      expect.objectContaining({
        kind: "stale",
        startedAt: T - 5000,
        endedAt: T - 3000,
        next: "10.0.0.2:4222",
      }),
    ]);
    expect(renderScreen(view, memory, canvas).join("\n")).toMatch(
      /Outages\n.* 2 s {2}stale {2}no PONG {2}10.0.0.2:4222\n +→ look at the way/,
    );
  });

  it("are read of the first event of a stream, and of nothing else", () => {
    const hello = {
      connections: [
        {
          name: "a",
          outages: [{ startedAt: 5, endedAt: null, kind: "tls", cause: "c", advice: ["d"] }, null, 7],
        },
        3,
      ],
    };
    const frame = `retry: 1000\n\nevent: hello\ndata: ${JSON.stringify(hello)}\n\n`;
    expect([hasHello(frame), hasHello(frame.slice(0, -1))]).toEqual([true, false]);
    expect(readOutages(frame)).toEqual([
      {
        connection: "a",
        startedAt: 5,
        endedAt: null,
        server: "",
        next: "",
        kind: "tls",
        cause: "c",
        advice: ["d"],
      },
    ]);
    for (const text of [
      "",
      "event: hello\ndata: {\n\n",
      "event: hello\ndata: []\n\n",
      "event: sample\ndata: {}\n\n",
    ])
      expect(readOutages(text)).toBeUndefined();
  });
});

it("two connections of the same name are told apart", () => {
  const one = JSON.parse(health({ name: "orders" }));
  const { connections } = readHealth(
    T,
    JSON.stringify({ status: "healthy", connections: [one, one, null] }),
    200,
    "",
  );
  expect(connections.map(({ name }) => name)).toEqual(["orders", "orders #2"]);
});
