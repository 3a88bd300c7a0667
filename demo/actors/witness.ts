import { type Arrival, ArrivalWatch } from "../ledger/arrivals.js";
import { Bitmap } from "../ledger/bitmap.js";
import { isSampled, TimeSamples } from "../ledger/samples.js";
import { type FromWitness, TICK, type ToWitness } from "../protocol.js";
import { takeRole } from "./role.js";
import { type Inversion, type TapSpan, type TapTarget, Wiretap } from "./wiretap.js";

/** Enough to see what went wrong; the count goes on. */
const KEPT_INVERSIONS = 10_000;

let taps: Wiretap[] = [];
let serverVersion = "";
let inversionCount = 0;
const inversions: Inversion[] = [];
const arrivals: Arrival[] = [];
const spans = new Set<TapSpan>();
const firstSeen = new TimeSamples();
const watch = new ArrivalWatch((arrival) => arrivals.push(arrival));
const ready = new Set<string>();
/** Of every outage under way, the nodes that are still alive. */
const dying = new Map<number, Set<string>>();

const tell = takeRole<ToWitness, FromWitness>(obey);

function obey(order: ToWitness): void {
  switch (order.type) {
    case "watch":
      startWatching(order.nodes);
      break;
    case "arm":
      watch.arm(order.outage);
      dying.set(order.outage, new Set(order.nodes));
      break;
    case "gone":
      if (dying.has(order.outage)) declareDead(order.outage, order.at);
      break;
    case "collect":
      report();
      break;
  }
}

function startWatching(nodes: TapTarget[]): void {
  taps = nodes.map(
    (node) =>
      new Wiretap(node, new Bitmap(), {
        firstSeenHere: (sequence, at) => {
          if (isSampled(sequence)) firstSeen.note(sequence, at);
        },
        chunkEnd: (sentAt, at) => {
          if (watch.watching) watch.note(sentAt, at);
        },
        inversion: (inversion) => {
          inversionCount++;
          if (inversions.length < KEPT_INVERSIONS) inversions.push(inversion);
        },
        span: (span) => {
          spans.add(span);
          if (span.closedAt !== Number.POSITIVE_INFINITY) return noteDeath(span.node, span.closedAt);
          ready.add(span.node);
          if (ready.size === nodes.length) tell({ type: "ready" });
        },
        serverVersion: (version) => {
          serverVersion = version;
        },
      }),
  );
  for (const tap of taps) tap.start();
  setInterval(() => tell({ type: "tick", heard: taps.reduce((sum, tap) => sum + tap.heard, 0) }), TICK);
}

/** A wiretap's connection breaks the moment its node's process is gone: no other clock tells it better. */
function noteDeath(node: string, at: number): void {
  for (const [outage, nodes] of dying) {
    nodes.delete(node);
    if (nodes.size === 0) declareDead(outage, at);
  }
}

function declareDead(outage: number, at: number): void {
  dying.delete(outage);
  watch.dead(outage, at);
  tell({ type: "dead", outage, at });
}

function report(): void {
  tell({
    type: "report",
    seen: taps.map((tap) => tap.seen.bytes()),
    firstSeen: firstSeen.values(),
    arrivals,
    inversions,
    inversionCount,
    spans: [...spans],
    serverVersion,
  });
}
