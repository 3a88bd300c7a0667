import type { ConnectionOptions, PreferredServer } from "../../client/options.js";
import { Random } from "../random.js";
import { makeProfile, type Profile } from "../sim/profile.js";
import { SimPreference } from "../sim/spare-profile.js";

/** What the application does through the public API, by name. */
export const CLIENT_ACTIONS = [
  "publish",
  "burst",
  "publish-confirmed",
  "request",
  "request-many",
  "subscribe",
  "subscribe-iterator",
  "unsubscribe",
  "unsubscribe-max",
  "drain-subscription",
  "flush",
  "fence",
  "rtt",
  "writable",
  "status",
  "look",
  "outside",
  "bad-call",
  "move-subscription",
] as const;
export type ClientAction = (typeof CLIENT_ACTIONS)[number];

/** How a run ends for the client. */
export const CLIENT_ENDINGS = [
  "close",
  "drain",
  "close-early",
  "drain-early",
  "close-in-callback",
  "close-in-listener",
] as const;
export type ClientEnding = (typeof CLIENT_ENDINGS)[number];

/** All that a seed decides before a run of level two begins. */
export interface ClientProfile {
  readonly seed: number;
  /** Servers, network and faults: what level one makes of the seed. */
  readonly world: Profile;
  readonly options: ConnectionOptions;
  readonly actions: Partial<Record<ClientAction, number>>;
  readonly ending: ClientEnding;
  /** How likely a callback or listener publishes, and how likely it throws. */
  readonly reentrance: number;
  readonly clumsiness: number;
  /** Whether the system tells of send queues. */
  readonly tellsQueues: boolean;
}

/** Decides about a run. `without`: ingredients that are left out, as on level one. */
export function makeClientProfile(seed: number, without: ReadonlySet<string>): ClientProfile {
  // Node's TLS finds no other end in a simulated socket.
  const world = makeProfile(seed, new Set([...without, "tls"]));
  const random = new Random(seed, 21);
  const actions: Partial<Record<ClientAction, number>> = {};
  for (const name of CLIENT_ACTIONS.slice(0, -1)) {
    const weight = random.chance(0.75) ? random.scale(0.2, 5) : 0;
    if (weight > 0 && !without.has(name)) actions[name] = weight;
  }
  if (Object.keys(actions).length === 0) actions.publish = 1;
  // What came later, with luck of its own.
  const later = random.fork(46);
  if (later.chance(0.3) && !without.has("move-subscription"))
    actions["move-subscription"] = later.scale(0.2, 3);
  return {
    seed,
    world,
    options: makeOptions(random, world),
    actions,
    ending: random.pick(["close", "close", "drain", "drain", ...CLIENT_ENDINGS]),
    reentrance: without.has("reentrance") ? 0 : random.pick([0, 0.05, 0.3]),
    clumsiness: random.pick([0, 0, 0.02, 0.2]),
    tellsQueues: random.chance(0.7),
  };
}

/** The public options; what decides how fast a run goes is taken from level one's options of the engine. */
function makeOptions(random: Random, world: Profile): ConnectionOptions {
  const { options: engine, configured } = world;
  const { liveness } = engine;
  const limited = random.chance(0.4);
  const options: ConnectionOptions = {
    servers: [...configured],
    timeout: engine.timeout,
    pingInterval: liveness.pingInterval,
    maxPingOut: liveness.maxPingOut,
    stallTimeout: liveness.stallTimeout,
    flusherTimeout: liveness.flusherTimeout,
    maxReconnectAttempts: engine.connector.maxReconnectAttempts,
    noRandomize: random.chance(0.3),
    noEcho: random.chance(0.2),
    ignoreClusterUpdates: random.chance(0.2),
    ignoreAuthErrorAbort: random.chance(0.8),
    delivery: random.chance(0.8) ? "at-least-once" : "at-most-once",
    closeTimeout: random.scale(1, 5000),
    drainTimeout: random.scale(1, 5000),
    partitionThreshold: random.scale(1, 5000),
    ...moves(random.fork(43)),
    reconnect: !random.chance(0.03),
    ...random.pick([{ retryOnFailedConnect: true }, { waitOnFirstConnect: true }, {}]),
    ...credentials(random),
    ...waits(random),
  };
  if (options.backoff !== undefined && random.fork(47).chance(0.3)) options.backoff.jitter = "spread";
  Object.assign(options, spares(random.fork(44), engine, options.reconnect === true));
  if (limited) {
    options.reconnectBufSize = random.pick([-1, 300, 5000, 100_000]);
    options.maxBufferedMessages = random.pick([-1, 3, 50, 1000]);
    options.overflow = random.pick(["reject", "drop-oldest", "drop-newest"]);
    options.maxPending = random.pick([2000, 50_000, 64 * 1024 * 1024]);
    options.pendingLimit = {
      messages: random.pick([1, 10, 500_000]),
      policy: random.pick(["drop-newest", "drop-oldest"] as const),
    };
  }
  return options;
}

function moves(random: Random): ConnectionOptions {
  const settle = random.pick([undefined, undefined, undefined, 0, 30, 200]);
  const lameDuckJitter = random.pick([0, 100, 2000]);
  return settle === undefined ? { lameDuckJitter } : { lameDuckJitter, moveSettle: settle };
}

/** What level one has drawn, by the public options; a preference may be a function, which may be a bad one. */
function spares(random: Random, engine: Profile["options"], reconnects: boolean): ConnectionOptions {
  const { standby, failback, connector } = engine;
  const { preference } = connector;
  const options: ConnectionOptions = standby === undefined || !reconnects ? {} : { standby: true };
  const [interval, stable] = [random.scale(20, 3000), random.scale(5, 2000)];
  const [asks, errs] = [random.chance(0.4), random.chance(0.3) ? random.float() : 0];
  if (!(preference instanceof SimPreference)) return options;
  const { wanted } = preference;
  options.failback = failback === undefined ? false : { interval, stable };
  options.preferredServers = asks ? asking(wanted, errs, random.fork(1)) : [...wanted];
  return options;
}

/** @param errs how likely a question gets no good answer */
function asking(wanted: readonly string[], errs: number, random: Random): PreferredServer {
  return ({ hostname }, info) => {
    if (random.chance(errs)) {
      if (random.chance(0.5)) throw new Error("a predicate that fails");
      return random.pick([undefined, "yes", Promise.resolve(true)]) as unknown as boolean;
    }
    return wanted.includes(hostname) || wanted.includes(info?.server_name ?? "");
  };
}

function credentials(random: Random): ConnectionOptions {
  const known = { user: "sim", pass: "secret" };
  return random.chance(0.5) ? known : { authenticator: () => ({ ...known }) };
}

function waits(random: Random): ConnectionOptions {
  const initial = random.scale(1, 100);
  return random.pick<ConnectionOptions>([
    {
      backoff: {
        initial,
        max: initial * random.scale(1, 50),
        jitter: random.pick(["full", 0.2, 0] as const),
      },
    },
    { reconnectTimeWait: initial, reconnectJitter: random.pick([0, initial]) },
    { reconnectDelayHandler: () => initial },
  ]);
}
