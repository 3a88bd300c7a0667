import {
  type BooksView,
  type ComponentView,
  type ConnectionView,
  type Hello,
  PROTOCOL_VERSION,
  SAMPLES,
  type Sample,
  type SampleView,
  type Series,
} from "../../../src/observe/dashboard/protocol.js";

/** Views for tests of the page: true to their types, the rest is the test's. */

export const BOOKS: BooksView = {
  accepted: 120_400,
  confirmed: 120_388,
  pending: 12,
  dropped: 0,
  refused: 0,
  unconfirmed: 0,
  replayed: 31,
  rejected: 0,
  dropReasons: {},
};

export function viewOf(changes: Partial<ConnectionView> = {}): ConnectionView {
  const now = Date.now();
  return {
    id: "1",
    name: "orders",
    state: "connected",
    since: now - 192_000,
    server: "10.0.0.1:4222",
    serverName: "n1",
    serverVersion: "2.12.1",
    cluster: "east",
    reconnects: 2,
    attempts: 0,
    lastCause: "",
    lastConnectedAt: now - 192_000,
    lastDisconnectedAt: null,
    books: BOOKS,
    subscriptionsSlow: 0,
    servers: [],
    outages: [],
    log: [],
    timeline: [{ at: now - 3_600_000, state: "connected" }],
    ...changes,
  };
}

export function sampleOf(changes: Partial<SampleView> = {}): SampleView {
  return {
    id: "1",
    state: "connected",
    bufferMessages: 12,
    bufferBytes: 1_536,
    bufferLimit: 8_388_608,
    bufferRatio: 1_536 / 8_388_608,
    oldestAge: 4,
    inMsgs: 1_203,
    outMsgs: 980,
    inBytes: 1_260_000,
    outBytes: 940_000,
    rtt: 0.31,
    books: BOOKS,
    ...changes,
  };
}

export function componentOf(changes: Partial<ComponentView> = {}): ComponentView {
  return {
    kind: "handler",
    name: "orders.*",
    state: "running",
    trouble: "",
    lastError: "",
    inFlight: 2,
    waiting: 0,
    done: 84_120,
    failed: 12,
    deadLettered: 0,
    discarded: 0,
    lag: null,
    breakers: [],
    ...changes,
  };
}

export function samplesOf(...connections: SampleView[]): Sample {
  return { at: Date.now(), connections };
}

export function helloOf(connections: readonly ConnectionView[], changes: Partial<Hello> = {}): Hello {
  return {
    version: PROTOCOL_VERSION,
    process: {
      name: "order-service",
      pid: 4242,
      node: "v20.20.2",
      holdfast: "0.1.0",
      startedAt: Date.now() - 11_000_000,
      now: Date.now(),
    },
    processes: [{ id: "p1", name: "order-service" }],
    connections,
    ...changes,
  };
}

/** An hour of samples: `valueAt(i)` for the one that was taken i seconds ago. */
export function seriesOf(connection: string, until: number, valueAt: (ago: number) => SampleView): Series {
  const all = Array.from({ length: SAMPLES }, (_, i) => valueAt(SAMPLES - 1 - i));
  return {
    connection,
    until,
    state: all.map(({ rtt }) => (rtt === null ? 3 : 2)),
    bufferBytes: all.map((one) => one.bufferBytes),
    bufferLimit: all.map((one) => one.bufferLimit),
    inMsgs: all.map((one) => one.inMsgs),
    outMsgs: all.map((one) => one.outMsgs),
    inBytes: all.map((one) => one.inBytes),
    outBytes: all.map((one) => one.outBytes),
    rtt: all.map((one) => one.rtt),
  };
}
