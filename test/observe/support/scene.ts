import type {
  ComponentView,
  ConnectionView,
  Hello,
  LogView,
  OutageView,
  Sample,
  Series,
} from "../../../src/observe/dashboard/protocol.js";
import { BOOKS, componentOf, helloOf, sampleOf, seriesOf, viewOf } from "./views.js";

const MINUTE = 60_000;

/** A service with three connections after a bad hour: what screenshots show. `now`: ms since the epoch. */
export interface Scene {
  readonly hello: Hello;
  readonly sample: Sample;
  history(connection: string): Series;
}

export function sceneAt(now: number): Scene {
  const hello = helloOf([orders(now), billing(now), telemetry(now)], {
    processes: [
      { id: "p1", name: "order-service-1" },
      { id: "p2", name: "order-service-2" },
    ],
  });
  return {
    hello: { ...hello, process: { ...hello.process, name: "order-service-1", now } },
    sample: { at: now, connections: hello.connections.map((view) => sampleFor(view, 0)) },
    history: (connection) => {
      const view = hello.connections.find(({ id }) => id === connection)!;
      return seriesOf(connection, now, (ago) => sampleFor(view, ago));
    },
  };
}

/** Waves, so that a chart looks like one. */
function sampleFor(view: ConnectionView, ago: number) {
  const now = Math.max(...view.timeline.map(({ at }) => at), view.since, Date.now());
  const at = now - ago * 1000;
  const outage = view.outages.find(({ startedAt, endedAt }) => startedAt <= at && (endedAt ?? now + 1) > at);
  const wave = 1 + 0.25 * Math.sin(ago / 47) + 0.12 * Math.sin(ago / 7.3) + 0.05 * Math.sin(ago * 1.7);
  const out = Math.round(Number(view.id === "3" ? 240 : 980) * wave);
  const down = outage === undefined ? 0 : (at - outage.startedAt) / 1000;
  const share = (text: number) => Math.round(out * text);
  return sampleOf({
    id: view.id,
    state: outage === undefined ? "connected" : "reconnecting",
    outMsgs: outage === undefined ? out : 0,
    inMsgs: outage === undefined ? share(1.22 + 0.1 * Math.cos(ago / 19)) : 0,
    outBytes: outage === undefined ? out * 960 : 0,
    inBytes: outage === undefined ? share(1.2) * 1040 : 0,
    rtt:
      outage === undefined ? 0.31 + 0.08 * Math.abs(Math.sin(ago / 31)) + (ago % 211 === 0 ? 0.6 : 0) : null,
    bufferMessages: outage === undefined ? 12 : Math.round(down * out),
    bufferBytes: outage === undefined ? 11_520 : Math.round(Math.min(8_388_608, down * out * 960)),
    bufferLimit: outage === undefined ? 67_108_864 : 8_388_608,
    bufferRatio: outage === undefined ? 11_520 / 67_108_864 : Math.min(1, (down * out * 960) / 8_388_608),
    oldestAge: outage === undefined ? 4 : down * 1000,
    books: view.books,
    components: COMPONENTS[view.id],
  });
}

const NONE = { inFlight: null, waiting: null, deadLettered: null, discarded: null };

/** What works on each connection, by its id. */
const COMPONENTS: Readonly<Record<string, readonly ComponentView[]>> = {
  "1": [
    componentOf(),
    componentOf({
      kind: "consumer",
      name: "ORDERS/books",
      state: "consuming",
      inFlight: 8,
      waiting: 31,
      done: 401_223,
      failed: 96,
      deadLettered: 3,
      lag: 1_240,
      lastError: "HANDLER_TIMEOUT: a handler did not settle within 30000 ms",
    }),
    componentOf({
      ...NONE,
      kind: "policy",
      name: "prices",
      state: "open",
      done: 12_903,
      failed: 212,
      breakers: [{ subject: "prices.{id}", state: "open" }],
    }),
  ],
  "2": [
    componentOf({
      kind: "consumer",
      name: "BILLS/print",
      state: "recovering",
      trouble: "no messages and no heartbeats for 14 s",
      lag: 310,
      discarded: 2,
    }),
  ],
};

function outage(startedAt: number, duration: number | null, changes: Partial<OutageView> = {}): OutageView {
  return {
    startedAt,
    endedAt: duration === null ? null : startedAt + duration,
    duration,
    server: "10.0.0.1:4222",
    next: duration === null ? "" : "10.0.0.2:4222",
    kind: "server-shutdown",
    cause: "CONNECTION_LOST: the server closed the connection",
    evidence: ["the socket was closed by the server", "nothing had been heard of it for 12 ms"],
    advice: ["look at the server's log and uptime"],
    attempts: 1,
    unconfirmed: 31,
    replayed: 31,
    abandoned: 0,
    lost: 0,
    ...changes,
  };
}

function timelineOf(now: number, outages: readonly OutageView[]): ConnectionView["timeline"] {
  const timeline: { at: number; state: "connecting" | "connected" | "reconnecting" }[] = [
    { at: now - 52 * MINUTE, state: "connecting" },
    { at: now - 52 * MINUTE + 40, state: "connected" },
  ];
  for (const { startedAt, endedAt } of outages.toReversed()) {
    timeline.push({ at: startedAt, state: "reconnecting" });
    if (endedAt !== null) timeline.push({ at: endedAt, state: "connected" });
  }
  return timeline;
}

function logOf(
  now: number,
  entries: readonly [ago: number, event: string, level: LogView["level"], text: string, times?: number][],
): LogView[] {
  return entries.map(([ago, event, level, text, times = 1], i) => ({
    id: i + 1,
    at: now - ago,
    lastAt: now - ago + (times - 1) * 800,
    times,
    event,
    level,
    text,
  }));
}

function orders(now: number): ConnectionView {
  const outages = [
    outage(now - 192_000 - 2_310, 2_310),
    outage(now - 21 * MINUTE, 41_200, {
      next: "10.0.0.1:4222",
      kind: "network",
      cause: "CONNECTION_LOST: read ECONNRESET",
      evidence: ["the system said ECONNRESET", "the link had stood for 28 min"],
      attempts: 17,
      unconfirmed: 112,
      replayed: 112,
    }),
    outage(now - 34 * MINUTE, 820, {
      kind: "lame-duck",
      cause: "the server had said that it would shut down",
    }),
    outage(now - 34.6 * MINUTE, 1_140, {
      kind: "lame-duck",
      cause: "the server had said that it would shut down",
    }),
  ];
  const server = (host: string, changes: Partial<ConnectionView["servers"][number]>) => ({
    server: `${host}:4222`,
    current: false,
    gossiped: false,
    reconnects: 1,
    lastConnectAt: now - 34 * MINUTE,
    failures: 0,
    lastError: "",
    lastErrorAt: null,
    ...changes,
  });
  return viewOf({
    server: "10.0.0.2:4222",
    serverName: "n2",
    since: now - 192_000,
    reconnects: outages.length,
    books: { ...BOOKS, replayed: outages.reduce((sum, { replayed }) => sum + replayed, 0) },
    servers: [
      server("10.0.0.1", {
        failures: 18,
        lastConnectAt: now - 20.3 * MINUTE,
        reconnects: 2,
        lastError: "CONNECTION_REFUSED: connect ECONNREFUSED 10.0.0.1:4222",
        lastErrorAt: now - 192_000,
      }),
      server("10.0.0.2", { current: true, lastConnectAt: now - 192_000, reconnects: 3 }),
      server("10.0.0.3", { gossiped: true, lastConnectAt: null, reconnects: 0 }),
    ],
    outages,
    timeline: timelineOf(now, outages),
    log: logOf(now, [
      [52 * MINUTE, "connect", "info", "connected to 10.0.0.1:4222"],
      [34.7 * MINUTE, "lameDuck", "warning", "10.0.0.1:4222 shuts down (lame duck)"],
      [
        21 * MINUTE,
        "disconnect",
        "error",
        "lost 10.0.0.1:4222: CONNECTION_LOST: read ECONNRESET; 112 messages will be written again",
      ],
      [
        20.9 * MINUTE,
        "attemptFailed",
        "warning",
        "attempt 1 at 10.0.0.2:4222 failed: CONNECTION_REFUSED: connect ECONNREFUSED 10.0.0.2:4222",
        17,
      ],
      [
        20.3 * MINUTE,
        "reconnect",
        "info",
        "back on 10.0.0.1:4222 after 41.2 s, 17 attempts; 112 messages written again",
      ],
      [20.3 * MINUTE - 40, "partition", "warning", "was without a link for 41.2 s: caches may be stale"],
      [
        194_310,
        "disconnect",
        "error",
        "lost 10.0.0.1:4222: CONNECTION_LOST: the server closed the connection; 31 messages will be written again",
      ],
      [
        192_000,
        "reconnect",
        "info",
        "back on 10.0.0.2:4222 after 2.3 s, 1 attempt; 31 messages written again",
      ],
      [150_000, "update", "info", "servers came: 10.0.0.3:4222"],
    ]),
  });
}

function billing(now: number): ConnectionView {
  const outages = [
    outage(now - 18_400, null, {
      server: "10.0.1.1:4222",
      kind: "refused",
      cause: "CONNECTION_REFUSED: connect ECONNREFUSED 10.0.1.1:4222",
      attempts: 6,
      replayed: 0,
      lost: 214,
    }),
  ];
  return viewOf({
    id: "2",
    name: "billing",
    state: "reconnecting",
    since: now - 18_400,
    server: "",
    serverName: "",
    serverVersion: "",
    cluster: "",
    reconnects: 0,
    attempts: 6,
    lastCause: "CONNECTION_REFUSED: connect ECONNREFUSED 10.0.1.1:4222",
    books: {
      ...BOOKS,
      accepted: 64_000,
      confirmed: 55_269,
      pending: 8_510,
      dropped: 214,
      unconfirmed: 7,
      dropReasons: { "drop-oldest": 214 },
    },
    servers: [
      {
        server: "10.0.1.1:4222",
        current: false,
        gossiped: false,
        reconnects: 1,
        lastConnectAt: now - 52 * MINUTE,
        failures: 7,
        lastError: "CONNECTION_REFUSED: connect ECONNREFUSED 10.0.1.1:4222",
        lastErrorAt: now - 2_000,
      },
    ],
    outages,
    timeline: timelineOf(now, outages),
    log: logOf(now, [
      [52 * MINUTE, "connect", "info", "connected to 10.0.1.1:4222"],
      [
        18_400,
        "disconnect",
        "error",
        "lost 10.0.1.1:4222: CONNECTION_LOST: the server closed the connection",
      ],
      [
        18_300,
        "attemptFailed",
        "warning",
        "attempt 1 at 10.0.1.1:4222 failed: CONNECTION_REFUSED: connect ECONNREFUSED 10.0.1.1:4222",
        6,
      ],
      [9_000, "overflow", "error", "no room for 200 messages: buffer of 8388608 bytes is full (drop-oldest)"],
      [8_900, "messageLost", "error", "214 messages were given up"],
    ]),
  });
}

function telemetry(now: number): ConnectionView {
  return viewOf({
    id: "3",
    name: "telemetry",
    state: "draining",
    since: now - 3_000,
    server: "10.0.0.3:4222",
    serverName: "n3",
    reconnects: 0,
    timeline: [...timelineOf(now, []), { at: now - 3_000, state: "draining" as never }],
    log: logOf(now, [[52 * MINUTE, "connect", "info", "connected to 10.0.0.3:4222"]]),
  });
}
