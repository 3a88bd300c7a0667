import type { Finding, ProbeReport, ProbeStep } from "../index.js";

/** `"healthy"`: nothing but hints; `"warnings"`: it works, and something will cost time or strength; `"broken"`: an asked server cannot be used, messages would be lost, or it was ended before any server was found to work. */
export type DoctorVerdict = "healthy" | "warnings" | "broken";

/** Something that doctor has found. */
export interface DoctorFinding extends Finding {
  /** The servers that it is about, as `host:port`; empty: none in particular. */
  servers: string[];
  /** What was seen, one fact each. */
  evidence: string[];
}

/** A {@link ProbeReport} as plain data: errors have become their code and text. */
export interface DoctorProbe extends Omit<ProbeReport, "steps"> {
  steps: (Omit<ProbeStep, "error"> & { error?: { code: string; message: string } })[];
}

/** A server that was probed. */
export interface DoctorServer {
  /** `host:port`, without credentials. */
  server: string;
  /** It was named by who asks, or servers of the cluster have told of it. */
  origin: "given" | "gossip";
  /** Who told of it. */
  from?: string;
  /** Everything that was asked of it works. */
  ok: boolean;
  name?: string;
  id?: string;
  version?: string;
  cluster?: string;
  probe: DoctorProbe;
}

/** What a monitoring endpoint is called. */
export type MonitorEndpoint = "varz" | "connz" | "connz?state=closed" | "healthz" | "jsz" | "routez";

/** One endpoint, and what came of it. */
export interface MonitorAnswer {
  endpoint: MonitorEndpoint;
  ok: boolean;
  ms: number;
  /** The HTTP status, where there was an answer. */
  status?: number;
  /** Why there is nothing, in one line; empty when there is. */
  detail: string;
}

/** Connections that a server has ended, by its own reason. */
export interface EndedConnections {
  /** As nats-server calls it, such as `Slow Consumer (Write Deadline)`. */
  reason: string;
  count: number;
  /** The last one: ms since the epoch, by the server's clock. */
  last?: number;
  /** Names of some of these clients. */
  names: string[];
}

/** A connection as its server sees it. */
export interface SeenConnection {
  cid: number;
  name?: string;
  /** Bytes that wait for it at the server. */
  pending: number;
  /** The round trip that the server has measured, ms. */
  rtt?: number;
}

/** JetStream as `jsz` tells it. Bytes and counts. */
export interface SeenJetStream {
  enabled: boolean;
  memory?: number;
  storage?: number;
  maxMemory?: number;
  maxStorage?: number;
  streams?: number;
  consumers?: number;
  api?: { total: number; errors: number };
  /** Missing on a server that is in no cluster. */
  meta?: {
    leader: string;
    size: number;
    peers: { name: string; current: boolean; offline: boolean; lag?: number }[];
  };
}

/** What a server tells of itself by HTTP. What it did not tell is missing. */
export interface SeenServer {
  id?: string;
  name?: string;
  version?: string;
  cluster?: string;
  /** The port for clients. */
  port?: number;
  /** Its clock less ours, ms; what half a round trip may hide is not counted. */
  skew?: number;
  /** When it was started: ms since the epoch, by its clock. */
  start?: number;
  /** ms that it runs. */
  uptime?: number;
  /** Percent of one core, and how many it may use. */
  cpu?: number;
  cores?: number;
  /** Bytes. */
  memory?: number;
  connections?: number;
  maxConnections?: number;
  subscriptions?: number;
  /** Since it was started; by kind of connection, where it tells. */
  slowConsumers?: { total: number; clients?: number; routes?: number; gateways?: number; leafs?: number };
  staleConnections?: number;
  /** ms. */
  writeDeadline?: number;
  pingInterval?: number;
  /** Bytes. */
  maxPayload?: number;
  maxPending?: number;
  /** What `healthz` says: `ok`, or why not. */
  health?: { ok: boolean; text: string };
  jetstream?: SeenJetStream;
  /** Other servers of its cluster that it has a route to; ms. */
  routes?: { id: string; name?: string; rtt?: number }[];
  /** Connections that it has ended, of the last that it remembers, the most frequent first. */
  ended?: EndedConnections[];
  /** Connections with the most bytes waiting. */
  slow?: SeenConnection[];
  /** Those with the name of option `connection.name`. */
  own?: SeenConnection[];
  /** Those of them that it has ended. */
  ownEnded?: EndedConnections[];
}

/** A monitoring port. */
export interface DoctorMonitor {
  /** Without credentials. */
  url: string;
  /** All endpoints have answered. */
  ok: boolean;
  answers: MonitorAnswer[];
  server: SeenServer;
}

/** What {@link doctor} has found. Plain data, without secrets: `JSON.stringify()` gives what `holdfast doctor --json` prints. */
export interface DoctorReport {
  verdict: DoctorVerdict;
  /** The most important finding in one sentence; the first line of the text. */
  summary: string;
  /** The worst first. */
  findings: DoctorFinding[];
  /** Those given first, in their order. */
  servers: DoctorServer[];
  monitors: DoctorMonitor[];
  /** When it began: ms since the epoch. */
  at: number;
  /** What it took, ms. */
  ms: number;
  /** It was ended by option `signal`: what is missing was not looked at, and the verdict is on what was. */
  aborted?: true;
}
