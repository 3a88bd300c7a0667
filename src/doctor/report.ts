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
  /** What was done, in its order; `error`: why it failed, as its `code` and its `message`. */
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
  /** Its name, as its INFO has it; missing, as all of INFO, when it was not reached. */
  name?: string;
  /** Its id, a new one whenever it is started. */
  id?: string;
  /** Version of nats-server. */
  version?: string;
  /** Name of its cluster, where it is in one. */
  cluster?: string;
  /** What was found, step by step. */
  probe: DoctorProbe;
}

/** What a monitoring endpoint is called. */
export type MonitorEndpoint = "varz" | "connz" | "connz?state=closed" | "healthz" | "jsz" | "routez";

/** One endpoint, and what came of it. */
export interface MonitorAnswer {
  /** What was asked: its path, and its query where there are two. */
  endpoint: MonitorEndpoint;
  /** It has answered with what it should; `healthz` also when that is bad news. */
  ok: boolean;
  /** ms until the answer, or until it was given up. */
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
  /** How many it has ended so, of those that it remembers. */
  count: number;
  /** The last one: ms since the epoch, by the server's clock. */
  last?: number;
  /** Names of some of these clients. */
  names: string[];
}

/** A connection as its server sees it. */
export interface SeenConnection {
  /** The server's number for it. */
  cid: number;
  /** Name of the client, where it has given one. */
  name?: string;
  /** Bytes that wait for it at the server. */
  pending: number;
  /** The round trip that the server has measured, ms. */
  rtt?: number;
}

/** JetStream as `jsz` tells it. Bytes and counts. */
export interface SeenJetStream {
  /** Whether it is enabled on this server; when it is not, all the rest is missing. */
  enabled: boolean;
  /** Bytes that its streams take in memory. */
  memory?: number;
  /** Bytes that its streams take on disk. */
  storage?: number;
  /** Bytes that they may take in memory. */
  maxMemory?: number;
  /** Bytes that they may take on disk. */
  maxStorage?: number;
  /** Streams that have a replica here. */
  streams?: number;
  /** Consumers that have a replica here. */
  consumers?: number;
  /** Requests to its API since it was started: `total`, and `errors` of them that failed. */
  api?: { total: number; errors: number };
  /** The Raft group that decides where streams lie; missing on a server that is in no cluster. */
  meta?: {
    /** Name of its leader; empty when it has none, and nothing can be created or changed. */
    leader: string;
    /** Servers that belong to it, this one among them. */
    size: number;
    /** The others: `name`, whether it has what the leader has (`current`), whether it is `offline`, and operations that it is behind (`lag`). */
    peers: { name: string; current: boolean; offline: boolean; lag?: number }[];
  };
}

/** What a server tells of itself by HTTP. What it did not tell is missing. */
export interface SeenServer {
  /** Its id, a new one whenever it is started. */
  id?: string;
  /** Its name (`server_name`). */
  name?: string;
  /** Version of nats-server. */
  version?: string;
  /** Name of its cluster, where it is in one. */
  cluster?: string;
  /** The port for clients. */
  port?: number;
  /** Its clock less ours, ms; what half a round trip may hide is not counted. */
  skew?: number;
  /** When it was started: ms since the epoch, by its clock. */
  start?: number;
  /** ms that it runs. */
  uptime?: number;
  /** What it uses of the processor, percent of one core. */
  cpu?: number;
  /** Cores that it may use (`GOMAXPROCS`). */
  cores?: number;
  /** Resident memory of its process, bytes. */
  memory?: number;
  /** Connections of clients that it has now. */
  connections?: number;
  /** Connections of clients that it takes (`max_connections`). */
  maxConnections?: number;
  /** Subscriptions that it has now. */
  subscriptions?: number;
  /** Slow consumers since it was started: `total`, and by kind of connection, where it tells: `clients`, `routes`, `gateways`, `leafs`. */
  slowConsumers?: { total: number; clients?: number; routes?: number; gateways?: number; leafs?: number };
  /** Connections that it has ended since it was started because they did not answer its PINGs. */
  staleConnections?: number;
  /** ms that a write to a client may take before it counts as a slow consumer (`write_deadline`). */
  writeDeadline?: number;
  /** ms between its PINGs to a connection (`ping_interval`). */
  pingInterval?: number;
  /** Largest message that it takes, bytes (`max_payload`). */
  maxPayload?: number;
  /** Bytes that may wait for one connection before it counts as a slow consumer (`max_pending`). */
  maxPending?: number;
  /** What `healthz` says: whether it is `ok`, and as `text` why not. */
  health?: { ok: boolean; text: string };
  /** What `jsz` tells. */
  jetstream?: SeenJetStream;
  /** Other servers of its cluster that it has a route to: `id`, `name`, and the round trip `rtt` in ms, of several routes the longest. */
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
  /** What came of each endpoint, as they have answered; only `varz` when nobody has. */
  answers: MonitorAnswer[];
  /** What they have told of the server. */
  server: SeenServer;
}

/** What {@link doctor} has found. Plain data, without secrets: `JSON.stringify()` gives what `holdfast doctor --json` prints. */
export interface DoctorReport {
  /** What all findings come to. */
  verdict: DoctorVerdict;
  /** The most important finding in one sentence; the first line of the text. */
  summary: string;
  /** The worst first. */
  findings: DoctorFinding[];
  /** Those given first, in their order. */
  servers: DoctorServer[];
  /** Those of option `monitor`, in their order. */
  monitors: DoctorMonitor[];
  /** When it began: ms since the epoch. */
  at: number;
  /** What it took, ms. */
  ms: number;
  /** It was ended by option `signal`: what is missing was not looked at, and the verdict is on what was. */
  aborted?: true;
}
