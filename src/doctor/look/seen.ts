import type { EndedConnections, SeenConnection, SeenJetStream, SeenServer } from "../report.js";
import type { Fetched } from "./http.js";
import type { Reading } from "./reading.js";

/** Most entries of a list that are read, and that are kept. */
const MAX_READ = 1024;
const MAX_KEPT = 8;
/** Peers, and routes, of a cluster. */
const MAX_PEERS = 128;
/** How the probes call themselves: what they leave behind is no finding. */
export const PROBE_NAME = "holdfast-doctor";
const NS = 1_000_000;

/** Leaves out what is not known. */
function known<T extends object>(facts: T): T {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)) as T;
}

/** `varz`, with the difference of its clock from ours. */
export function readVarz(varz: Reading, { sent, received }: Pick<Fetched, "sent" | "received">): SeenServer {
  const now = varz.time("now");
  const start = varz.time("start");
  const slow = varz.inner("slow_consumer_stats");
  const total = varz.number("slow_consumers");
  const cores = varz.number("gomaxprocs") ?? varz.number("cores");
  const inMs = (name: string) => {
    const value = varz.number(name);
    return value === undefined ? undefined : value / NS;
  };
  return known({
    id: varz.text("server_id"),
    name: varz.text("server_name"),
    version: varz.text("version"),
    cluster: varz.inner("cluster").text("name"),
    port: varz.number("port"),
    skew: now === undefined ? undefined : skewOf(now, sent, received),
    start,
    uptime: now === undefined || start === undefined ? undefined : Math.max(0, now - start),
    cpu: varz.number("cpu"),
    cores,
    memory: varz.number("mem"),
    connections: varz.number("connections"),
    maxConnections: varz.number("max_connections"),
    subscriptions: varz.number("subscriptions"),
    slowConsumers:
      total === undefined
        ? undefined
        : known({
            total,
            clients: slow.number("clients"),
            routes: slow.number("routes"),
            gateways: slow.number("gateways"),
            leafs: slow.number("leafs"),
          }),
    staleConnections: varz.number("stale_connections"),
    writeDeadline: inMs("write_deadline"),
    pingInterval: inMs("ping_interval"),
    maxPayload: varz.number("max_payload"),
    maxPending: varz.number("max_pending"),
  });
}

/**
 * How far its clock is from ours, ms: it was read at some instant between the two of ours, so that much is not known, and not counted.
 */
export function skewOf(now: number, sent: number, received: number): number {
  const half = Math.max(0, received - sent) / 2;
  const difference = now - (sent + half);
  return Math.abs(difference) <= half ? 0 : difference - Math.sign(difference) * half;
}

export function readHealth(healthz: Reading, status: number | undefined): SeenServer["health"] {
  const text = healthz.text("status") ?? "";
  const why = healthz.text("error");
  return { ok: status === 200 && text === "ok", text: why ?? text };
}

export function readJetStream(jsz: Reading): SeenJetStream {
  if (jsz.true("disabled")) return { enabled: false };
  const config = jsz.inner("config");
  const api = jsz.inner("api");
  const total = api.number("total");
  return known({
    enabled: true,
    memory: jsz.number("memory"),
    storage: jsz.number("storage"),
    maxMemory: config.number("max_memory"),
    maxStorage: config.number("max_storage"),
    streams: jsz.number("streams"),
    consumers: jsz.number("consumers"),
    api: total === undefined ? undefined : { total, errors: api.number("errors") ?? 0 },
    meta: jsz.has("meta_cluster") ? readMeta(jsz.inner("meta_cluster")) : undefined,
  });
}

function readMeta(meta: Reading): SeenJetStream["meta"] {
  const peers = meta.list("replicas", MAX_PEERS).map((peer) =>
    known({
      name: peer.text("name") ?? peer.text("peer") ?? "?",
      current: peer.true("current"),
      offline: peer.true("offline"),
      lag: peer.number("lag"),
    }),
  );
  return { leader: meta.text("leader") ?? "", size: meta.number("cluster_size") ?? 0, peers };
}

/** A server has several routes to each other one: one of them is told. */
export function readRoutes(routez: Reading): NonNullable<SeenServer["routes"]> {
  const routes = new Map<string, NonNullable<SeenServer["routes"]>[number]>();
  for (const route of routez.list("routes", MAX_READ)) {
    const id = route.text("remote_id");
    if (id === undefined || routes.size >= MAX_PEERS) continue;
    const rtt = route.duration("rtt");
    const known_ = routes.get(id);
    if (known_ === undefined || (rtt ?? 0) > (known_.rtt ?? 0)) {
      routes.set(id, known({ id, name: route.text("remote_name"), rtt }));
    }
  }
  return [...routes.values()];
}

/** `connz`: those with the most bytes waiting, and our own. */
export function readConnections(
  connz: Reading,
  ownName: string | undefined,
): Pick<SeenServer, "slow" | "own"> {
  const all = connz.list("connections", MAX_READ).map(
    (entry): SeenConnection =>
      known({
        cid: entry.number("cid") ?? 0,
        name: entry.text("name"),
        pending: entry.number("pending_bytes") ?? 0,
        rtt: entry.duration("rtt"),
      }),
  );
  const slow = all.filter(({ pending }) => pending > 0).toSorted((a, b) => b.pending - a.pending);
  const own = ownName === undefined ? [] : all.filter(({ name }) => name === ownName);
  return { slow: slow.slice(0, MAX_KEPT), ...(own.length === 0 ? {} : { own: own.slice(0, MAX_KEPT) }) };
}

/**
 * `connz?state=closed`: by reason, those that the probes have left excepted.
 *
 * @param before ms by the server's clock: what ended later may be of this run
 */
export function readClosed(
  connz: Reading,
  ownName: string | undefined,
  before: number | undefined,
): Pick<SeenServer, "ended" | "ownEnded"> {
  const all: Closed[] = connz
    .list("connections", MAX_READ)
    .map((entry) => ({ reason: entry.text("reason"), name: entry.text("name"), stop: entry.time("stop") }))
    .filter(({ name, stop }) => name !== PROBE_NAME && !(stop! > before!));
  const own = ownName === undefined ? [] : all.filter(({ name }) => name === ownName);
  return { ended: byReason(all), ...(own.length === 0 ? {} : { ownEnded: byReason(own) }) };
}

interface Closed {
  readonly reason: string | undefined;
  readonly name: string | undefined;
  readonly stop: number | undefined;
}

function byReason(closed: readonly Closed[]): EndedConnections[] {
  const reasons = new Map<string, EndedConnections>();
  for (const { reason = "not told", name, stop } of closed) {
    const entry: EndedConnections = reasons.get(reason) ?? { reason, count: 0, names: [] };
    reasons.set(reason, entry);
    entry.count++;
    if (stop !== undefined) entry.last = Math.max(entry.last ?? 0, stop);
    if (name !== undefined && !entry.names.includes(name) && entry.names.length < MAX_KEPT)
      entry.names.push(name);
  }
  return [...reasons.values()].toSorted((a, b) => b.count - a.count);
}
