import { type BackoffOptions, exponential, further } from "../../core/backoff.js";
import type { EngineOptions } from "../../core/options.js";
import { namedOverflow, type Overflow } from "../../core/overflow.js";
import type { TlsPolicy } from "../../core/tls-policy.js";
import { Random } from "../random.js";
import { Parking } from "./parking.js";
import type { Conditions } from "./pipe.js";
import type { RouteConditions } from "./routes.js";
import type { ServerSetup } from "./server-setup.js";
import { makeSpares, type SpareProfile } from "./spare-profile.js";

/** Things that go wrong, by name. */
export const FAULTS = [
  "link-lost",
  "half-open",
  "half-open-up",
  "half-open-down",
  "server-kill",
  "all-killed",
  "server-stops-reading",
  "server-frozen",
  "server-slow",
  "client-frozen",
  "blackhole",
  "greeting",
  "auth-refused",
  "error-and-close",
  "error-only",
  "lame-duck",
  "account-full",
  "setup-changes",
  "reload",
  "gossip-changes",
  "reconnect-called",
  "servers-changed",
  "partition",
  "max-connections",
  "name-changes",
  "names-fail",
  "names-slow",
] as const;
export type Fault = (typeof FAULTS)[number];

/** What the application does, by name. */
export const ACTIONS = [
  "publish",
  "burst",
  "publish-confirmed",
  "request",
  "fence",
  "ping",
  "subscribe",
  "unsubscribe",
  "unsubscribe-max",
  "drain-subscription",
  "outside",
  "bad-call",
  "move-subscription",
] as const;
export type Action = (typeof ACTIONS)[number];

/** Packets that a narrow way lets through within the shortest timeout. */
const PACKETS = 20;

/** How likely servers are far apart, and how far, in times that a move settles: by four it recognises what comes by both links. */
const FAR = { calm: 0.5, other: 0.1 };
const NEAREST = 1.5;
const FARTHEST = 2.5;
/** Where they are, a client is as close as that to its server, ms; things happen this much apart at least, and moves at most, mean ms: each takes its time. */
const NEAR = 1;
const FAR_APART = 5;
const FAR_MOVES = 700;
/** ms that a move settles at least, if nobody says otherwise. */
export const SETTLE = 50;

/** What servers say that end a connection because of a message: the last one is not known to the engine. */
const POISON_TEXTS = [
  "maximum control line exceeded",
  "Unknown Protocol Operation",
  "Message Not To My Taste",
];

/** How a run ends: left alone until all is quiet, or closed in the middle. */
export const ENDINGS = ["quiet", "finish", "finish-early", "close-early", "close-in-sink"] as const;
export type Ending = (typeof ENDINGS)[number];

/** All that a seed decides before the run begins. */
export interface Profile {
  readonly seed: number;
  readonly setups: ServerSetup[];
  /** Servers that the client is told of. */
  readonly configured: string[];
  readonly conditions: Conditions;
  readonly maxInFlight: number;
  readonly keepIdleChunks: number;
  readonly lateness: number;
  readonly options: EngineOptions;
  /** Shortest wait in ms that the options allow before a server that has failed is tried again. */
  readonly minWait: number;
  /** ms of trouble before it ends. */
  readonly duration: number;
  /** Mean ms between two actions, and between two faults. */
  readonly actionEvery: number;
  readonly faultEvery: number;
  readonly actions: Partial<Record<Action, number>>;
  readonly faults: Partial<Record<Fault, number>>;
  /** Largest payload, bytes. */
  readonly maxSize: number;
  /** How many messages have a `ttl`, as a share. */
  readonly ttl: number;
  /** Messages for which servers end the connection, at most. */
  readonly poison: number;
  /** How likely a sink does something by itself when a message comes in. */
  readonly reentrance: number;
  readonly gossip: boolean;
  readonly routes: RouteConditions;
  /** Mean ms between two messages that others publish; Infinity: they do not. */
  readonly flowEvery: number;
  readonly ending: Ending;
}

/** Ingredients that can be left out, to see which of them a failure needs. */
export const INGREDIENTS = [
  ...FAULTS,
  ...ACTIONS,
  "margin",
  "hold",
  "reentrance",
  "limits",
  "auth",
  "once",
  "overflow",
  "ttl",
  "poison",
  "narrow",
  "names",
  "server-pings",
  "tls",
  "flows",
  "slow-routes",
  "far",
  "calm",
  "standby",
  "preferred",
  "failback",
  "spread",
  /** Whatever nobody has planned: what is left is a client that moves. */
  "unplanned",
] as const;

/** Decides about a run. `without`: ingredients that are left out, without moving the others. */
export function makeProfile(seed: number, without: ReadonlySet<string>): Profile {
  const random = new Random(seed, 7);
  const size = random.pick([1, 1, 2, 3, 3, 4]);
  const plain = Array.from({ length: size }, (_, i) => makeSetup(random, i, without));
  const told = random.chance(0.7) ? size : 1 + random.int(size);
  const latency = random.scale(0.05, 20);
  const conditions: Conditions = {
    latency,
    jitter: latency * random.between(0, 2),
    split: random.pick([0, 0.1, 0.5, 0.9]),
    capacity: random.pick([512, 8 * 1024, 64 * 1024, 1024 * 1024]),
    receive: 0,
    bandwidth: Number.POSITIVE_INFINITY,
    writtenDelay: random.pick([0, 0.1, 5]),
  };
  const extra = random.fork(13);
  conditions.receive = Math.floor(conditions.capacity * extra.pick([0, 0.2, 0.7]));
  // What a kernel holds goes out within seconds, or a world would have no time for anything else.
  if (!without.has("narrow") && extra.chance(0.15))
    conditions.bandwidth = extra.scale(3 + conditions.capacity / 20_000, 500);
  const weights = <K extends string>(names: readonly K[], share: number): Partial<Record<K, number>> => {
    const chosen: Partial<Record<K, number>> = {};
    for (const name of names) {
      const weight = random.chance(share) ? random.scale(0.2, 5) : 0;
      if (weight > 0 && !without.has(name)) chosen[name] = weight;
    }
    return chosen;
  };
  const slowest = latency * 12 + 50 + (PACKETS * 1460) / conditions.bandwidth;
  const more = random.fork(22);
  const named = without.has("names") ? "none" : more.pick(["none", "none", "none", "one", "each"] as const);
  const setups = plain.map((setup) => adorn(setup, more, named, slowest, without));
  const faults = weights(FAULTS, 0.35);
  const poison = extra.chance(0.2) && !without.has("poison") ? 1 + extra.int(3) : 0;
  const text = extra.pick(POISON_TEXTS);
  if (poison > 0) for (const setup of setups) if (extra.chance(0.9)) setup.poison = text;
  const tls = random.fork(31);
  const encrypted = tls.chance(0.15) && !without.has("tls");
  if (encrypted) for (const setup of setups) setup.tls = tls.pick(["required", "available"]);
  const wish = encrypted ? tls.pick(["offered", "required"] as const) : "offered";
  const actions = weights(ACTIONS.slice(0, -1), 0.7);
  if (Object.keys(actions).length === 0) actions.publish = 1;
  // What came later, with luck of its own.
  const later = random.fork(46);
  if (later.chance(0.3) && !without.has("move-subscription"))
    actions["move-subscription"] = later.scale(0.2, 3);
  const moving = random.fork(41);
  const isCalm = (size > 1 && moving.chance(0.3) && !without.has("calm")) || without.has("unplanned");
  const rest: Profile = {
    seed,
    setups,
    configured: [
      ...new Set(setups.slice(0, told).map(({ dnsName, host, port }) => `${dnsName ?? host}:${port}`)),
    ],
    conditions,
    maxInFlight: random.pick([1024, 64 * 1024, 512 * 1024]),
    keepIdleChunks: random.pick([0, 1, 4, 64]),
    lateness: random.pick([0, 1, 20]),
    ...makeOptions(random, slowest, wish, makeSpares(random.fork(44), setups, without), without),
    duration: random.scale(300, 20_000),
    actionEvery: random.scale(0.3, 80),
    faultEvery: random.scale(3, 3000),
    actions,
    faults,
    maxSize: random.pick([100, 100, 2000, 20_000, 70 * 1024]),
    ttl: pickUnless(without.has("ttl"), 0, extra.pick([0, 0, 0.1, 0.7])),
    poison,
    reentrance: pickUnless(without.has("reentrance"), 0, random.pick([0, 0.05, 0.3])),
    gossip: random.chance(0.7),
    ending: random.pick([
      "quiet",
      "quiet",
      "quiet",
      "finish",
      "finish-early",
      "close-early",
      "close-in-sink",
    ]),
    routes: makeRoutes(moving, without),
    flowEvery: without.has("flows") || moving.chance(0.5) ? Number.POSITIVE_INFINITY : moving.scale(0.5, 50),
  };
  const profile = isCalm ? calm(rest, moving, without) : rest;
  const distant = random.fork(48);
  const isFar = distant.chance(isCalm ? FAR.calm : FAR.other) && !without.has("far");
  return isFar ? far(profile, distant) : profile;
}

/** What is planned, by how often it happens in a world in which little else does. */
const PLANNED = { "lame-duck": 3, "reconnect-called": 3, "servers-changed": 2, "account-full": 0.3 } as const;

/** A world in which the client moves often, others publish all the time, and little or nothing goes wrong. */
function calm(profile: Profile, random: Random, without: ReadonlySet<string>): Profile {
  const faults: Partial<Record<Fault, number>> = {};
  for (const [name, weight] of Object.entries(PLANNED)) faults[name as Fault] = weight;
  if (random.chance(0.3) && !without.has("unplanned")) faults[random.pick(FAULTS)] = 0.5;
  for (const name of Object.keys(faults) as Fault[]) if (without.has(name)) delete faults[name];
  const { options } = profile;
  const liveness = { ...options.liveness, stallTimeout: 5000, pingInterval: 20_000 };
  return {
    ...profile,
    setups: profile.setups.map((setup) => ({ ...setup, authLifetime: undefined })),
    configured: profile.setups.map(({ dnsName, host, port }) => `${dnsName ?? host}:${port}`),
    options: { ...options, liveness, reconnect: true, timeout: Math.max(options.timeout, 1000) },
    conditions: { ...profile.conditions, bandwidth: Number.POSITIVE_INFINITY },
    duration: random.scale(3000, 20_000),
    faultEvery: random.scale(200, 3000),
    faults,
    poison: 0,
    gossip: true,
    flowEvery: without.has("flows") ? Number.POSITIVE_INFINITY : random.scale(0.5, 20),
    ending: random.chance(0.8) ? "quiet" : profile.ending,
  };
}

/** A world in which servers are further apart than a move settles, so that it has to find out what they know of. */
function far(profile: Profile, random: Random): Profile {
  const { options, routes, conditions, actionEvery, flowEvery, faultEvery } = profile;
  const { settle = SETTLE } = options.move;
  const [latency, jitter] = [conditions.latency, conditions.jitter].map((ms) => Math.min(ms, NEAR));
  return {
    ...profile,
    conditions: { ...conditions, latency, jitter },
    routes: { ...routes, spikes: 0, distance: settle * random.between(NEAREST, FARTHEST) },
    actionEvery: Math.max(actionEvery, FAR_APART),
    flowEvery: Math.max(flowEvery, FAR_APART),
    faultEvery: Math.min(faultEvery, FAR_MOVES),
  };
}

function makeRoutes(random: Random, without: ReadonlySet<string>): RouteConditions {
  const delay = random.pick([0.5, 2, 2, 5]);
  const setup = random.pick([0, 20, 500]);
  const spikes = random.pick([0, 0.01, 0.1]);
  return { distance: 0, delay, spikes: without.has("slow-routes") ? 0 : spikes, spike: 20, setup };
}

function makeSetup(random: Random, i: number, without: ReadonlySet<string>): ServerSetup {
  const auth = random.chance(0.3);
  return {
    name: `n${i + 1}`,
    host: `10.0.0.${i + 1}`,
    port: 4222,
    greeting: "normal",
    maxPayload: random.chance(0.7) ? 1024 * 1024 : random.pick([1000, 8000, 40_000]),
    headers: random.chance(0.9),
    requireAuth: !without.has("auth") && auth,
    rejectAuth: false,
    denyPublish: random.chance(0.5),
    denySubscribe: random.chance(0.5),
    poison: undefined,
  };
}

/** Names, pings and lifetimes: what came later, with luck of its own. */
function adorn(
  setup: ServerSetup,
  random: Random,
  named: "none" | "one" | "each",
  slowest: number,
  without: ReadonlySet<string>,
): ServerSetup {
  const dnsName = { none: undefined, one: "nats.sim", each: `${setup.name}.sim` }[named];
  const expires = random.chance(0.1) && !without.has("auth");
  const authLifetime = expires ? random.scale(50, 5000) : undefined;
  const pings = random.chance(0.2) && !without.has("server-pings");
  const pingInterval = pings ? random.scale(slowest, 20_000) : undefined;
  return { ...setup, dnsName, authLifetime, pingInterval };
}

function makeOptions(
  random: Random,
  slowest: number,
  wish: TlsPolicy["wish"],
  { standby, failback, preference }: SpareProfile,
  without: ReadonlySet<string>,
): { options: EngineOptions; minWait: number } {
  const given: BackoffOptions = {
    initial: random.scale(5, 500),
    max: random.scale(500, 3000),
    factor: 2,
    jitter: random.chance(0.5) ? ("full" as const) : random.between(0, 0.5),
    maxAttempts: Number.POSITIVE_INFINITY,
  };
  const spread = random.fork(45).chance(0.3) && !without.has("spread");
  const backoff = spread ? { ...given, jitter: "spread" as const } : given;
  const delays = random.fork(11);
  const moves = random.fork(42);
  const extra = random.fork(12);
  const limited = random.chance(0.3) && !without.has("limits");
  const maxPending = limited ? random.pick([2000, 20_000, 200_000]) : 64 * 1024 * 1024;
  const stallTimeout = random.chance(0.15) ? 0 : random.scale(slowest, 5000);
  const minWait = backoff.initial * (typeof backoff.jitter === "number" ? 1 - backoff.jitter : 0.05);
  const options: EngineOptions = {
    connector: {
      maxReconnectAttempts: random.chance(0.07) ? random.int(6) : -1,
      maxPasses: random.chance(0.05) ? 1 + random.int(5) : Number.POSITIVE_INFINITY,
      delay: (pass, elapsed, full = false) =>
        full ? further(backoff, pass, delays.float) : exponential(backoff, pass, delays.float, elapsed),
      ignoreAuthErrorAbort: random.chance(0.7),
      stableAfter: random.scale(20, 2000),
      preference,
    },
    liveness: {
      // One of the two always watches: a half-open link would stay for ever otherwise, as it should.
      pingInterval: stallTimeout > 0 && random.chance(0.2) ? 0 : random.scale(slowest, 20_000),
      maxPingOut: 1 + random.int(3),
      stallTimeout,
      flusherTimeout: extra.pick([0, 60_000, extra.scale(slowest, 5000)]),
    },
    tls: { wish, first: false },
    connect: { verbose: false, pedantic: false, echo: random.chance(0.8), lang: "sim", version: "0" },
    inbox: "_INBOX.sim.",
    secret: () => "_INBOX.own.",
    timeout: random.scale(slowest * 2, 5000),
    reconnect: !random.chance(0.03),
    retryFirst: random.chance(0.9),
    reconnectBufSize: limited ? random.pick([-1, 0, 300, 5000, 100_000]) : 8 * 1024 * 1024,
    maxBufferedMessages: limited
      ? extra.pick([Number.POSITIVE_INFINITY, 3, 50, 1000])
      : Number.POSITIVE_INFINITY,
    overflow: without.has("overflow") ? namedOverflow("reject") : makeOverflow(extra, random.fork(47)),
    maxPending,
    highWater: Math.min(4 * 1024 * 1024, maxPending / 4),
    atLeastOnce: without.has("once") || random.chance(0.85),
    replayMargin: pickUnless(without.has("margin"), 0, random.pick([0, 0, 5, 100, 1000])),
    holdTimeout: pickUnless(without.has("hold"), 0, random.pick([0, 0, 50, 2000])),
    ignoreClusterUpdates: random.chance(0.2),
    confirmInterval: random.pick([1, 10, 10, 200]),
    move: { settle: pickSettle(moves), lameDuckDelay: () => moves.scale(0.1, 2000) },
    failback,
    standby,
  };
  return { options, minWait };
}

function makeOverflow(random: Random, habits: Random): Overflow {
  const name = random.pick(["reject", "drop-oldest", "drop-newest", "parking"] as const);
  if (name !== "parking") return namedOverflow(name);
  return new Parking(random.pick([2, 30, 1000]), random.pick(["reject", "drop-newest"]), {
    keeps: habits.chance(0.8),
    passes: habits.chance(0.3),
  });
}

function pickSettle(random: Random): number | undefined {
  return random.pick([undefined, undefined, undefined, 0, 30, 200]);
}

function pickUnless<T>(left: boolean, otherwise: T, value: T): T {
  return left ? otherwise : value;
}
