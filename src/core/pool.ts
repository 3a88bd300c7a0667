import type { ServerInfo } from "../wire/info.js";
import { type Address, checkUnmixed, isWebSocket, parseAddress, withPath } from "./address.js";
import type { Random } from "./backoff.js";
import { Standing } from "./standing.js";

/** A server of the pool and what happened with it. */
export interface PoolServer {
  readonly address: Address;
  /** Learnt from another server, not from the options. */
  gossiped: boolean;
  /** Failed attempts since it was last connected. */
  reconnects: number;
  /** Monotonic ms of the last attempt; 0 before the first. */
  lastConnect: number;
  didConnect: boolean;
  /** Host name to verify certificates against, when the address is a gossiped IP address. */
  tlsName: string;
  /** Times in a row that it refused who or what we are. */
  refusals: number;
  /** The pass in which it had its turn last; 0: in none. Belongs to {@link ServerPool}. */
  triedIn: number;
  /** What it said of itself last; undefined until it was reached. */
  info: ServerInfo | undefined;
  /** Whether others are tried before it. */
  readonly standing: Standing;
}

/** Change of the pool by gossip. */
export interface PoolUpdate {
  added: string[];
  deleted: string[];
}

/** Most servers that gossip may bring into the pool. */
export const MAX_GOSSIPED = 256;

/**
 * The servers of a connection in the order of the next attempts. One *pass* tries each once; only when
 * every server has been tried does the connection wait.
 */
export class ServerPool {
  private servers: PoolServer[];
  /** Number of the pass; the servers say in which they had their turn last. */
  private pass = 1;
  private readonly random: Random | undefined;

  /**
   * @param random shuffles the list; undefined keeps its order (`noRandomize`)
   * @throws CodedError `INVALID_OPTION` when websockets and other servers are mixed
   */
  constructor(addresses: readonly Address[], random: Random | undefined) {
    checkUnmixed(addresses);
    this.random = random;
    this.servers = unique(addresses).map((address) => entry(address, false));
    this.shuffle();
  }

  get all(): readonly PoolServer[] {
    return this.servers;
  }

  /** The first server that has not had its turn in this pass, if there is one. */
  get untried(): PoolServer | undefined {
    return this.servers.find((candidate) => !this.wasTried(candidate));
  }

  has(server: PoolServer): boolean {
    return this.servers.includes(server);
  }

  /** The server has had its turn in this pass. */
  wasTried(server: PoolServer): boolean {
    return server.triedIn === this.pass;
  }

  /** Begins a new pass. */
  newPass(): void {
    this.pass++;
  }

  /** Counts a server as tried in this pass: it is dialled, or was lost right after it had been reached. */
  markTried(server: PoolServer): void {
    this.known(server).triedIn = this.pass;
  }

  /** The server keeps its turn in this pass: its attempt was dropped before anything came of it. */
  markUntried(server: PoolServer): void {
    this.known(server).triedIn = 0;
  }

  /** The pool's own entry for a server that may have left the pool and come back since. */
  known(server: PoolServer): PoolServer {
    const { listen } = server.address;
    return this.servers.find((other) => other.address.listen === listen) ?? server;
  }

  /** A server has said something of itself. */
  told(server: PoolServer, info: ServerInfo, now: number): void {
    const known = this.known(server);
    known.info = info;
    known.standing.told(info.ldm === true, now);
  }

  /** The connection to `server` was lost or failed: others come first. */
  toTail(server: PoolServer): void {
    const at = this.servers.indexOf(this.known(server));
    if (at !== -1) this.servers.push(...this.servers.splice(at, 1));
  }

  remove(server: PoolServer): void {
    const gone = this.known(server);
    this.servers = this.servers.filter((other) => other !== gone);
  }

  /**
   * Takes in what a server says about the cluster. Configured servers always stay; gossiped ones go when
   * they are no longer named, except the one in use. An empty or absent list says nothing.
   */
  gossip(
    urls: readonly string[] | undefined,
    current: PoolServer | undefined,
    inUse = current,
  ): PoolUpdate | undefined {
    if (urls === undefined || urls.length === 0) return undefined;
    const named = new Map<string, Address>();
    for (const url of urls) {
      const address = inherit(tryParse(url, current), current);
      if (address !== undefined && named.size < MAX_GOSSIPED) named.set(address.listen, address);
    }
    const deleted = this.servers.filter(
      (server) =>
        server.gossiped && server !== current && server !== inUse && !named.has(server.address.listen),
    );
    for (const server of deleted) this.remove(server);
    const known = new Set(this.servers.map((server) => server.address.listen));
    const added = [...named.values()].filter((address) => !known.has(address.listen));
    const tlsName = current === undefined ? "" : current.tlsName || current.address.hostname;
    for (const address of added) this.insert({ ...entry(address, true), tlsName });
    if (added.length === 0 && deleted.length === 0) return undefined;
    return {
      added: added.map((address) => address.listen),
      deleted: deleted.map((server) => server.address.listen),
    };
  }

  /**
   * Replaces the pool (`setServers`): what was known of servers in both lists is kept, also that one has had its turn: an
   * application that sets the same list again and again must not make us dial without a wait.
   *
   * @throws CodedError `INVALID_OPTION` when websockets and other servers are mixed, also with what was there; nothing has
   * changed then
   */
  replace(addresses: readonly Address[]): void {
    checkUnmixed([...this.servers.map((server) => server.address), ...addresses]);
    const old = new Map(this.servers.map((server) => [server.address.listen, server]));
    this.servers = unique(addresses).map((address) => {
      const known = old.get(address.listen);
      if (known === undefined) return entry(address, false);
      return Object.assign(known, { address, gossiped: false, reconnects: 0 });
    });
    this.shuffle();
  }

  private insert(server: PoolServer): void {
    // Gossiped servers are mixed in behind the first, so that clients spread over the cluster.
    const { random, servers } = this;
    const at = random === undefined ? servers.length : 1 + Math.floor(random() * servers.length);
    servers.splice(Math.min(at, servers.length), 0, server);
  }

  private shuffle(): void {
    const { random, servers } = this;
    if (random === undefined) return;
    for (let i = servers.length - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      [servers[i], servers[j]] = [servers[j], servers[i]];
    }
  }
}

function unique(addresses: readonly Address[]): Address[] {
  return [...new Map(addresses.map((address) => [address.listen, address])).values()];
}

function entry(address: Address, gossiped: boolean): PoolServer {
  return {
    address,
    gossiped,
    reconnects: 0,
    lastConnect: 0,
    didConnect: false,
    tlsName: "",
    refusals: 0,
    triedIn: 0,
    info: undefined,
    standing: new Standing(),
  };
}

/**
 * Gossip carries no credentials: those in the URL of the server that told us hold for its cluster (as
 * in nats.go), and so does its demand for TLS: credentials never go out in plain text because of gossip. What a websocket
 * server tells is how its cluster is reached over websockets, by the same path.
 */
function inherit(address: Address | undefined, from: PoolServer | undefined): Address | undefined {
  if (from === undefined || address === undefined) return address;
  const { scheme, user, pass, token } = from.address;
  if (isWebSocket(address.scheme) !== isWebSocket(scheme)) return undefined;
  const secure = scheme === "tls" || scheme === "wss";
  return withPath({ ...address, scheme: secure ? scheme : address.scheme, user, pass, token }, from.address);
}

/** Gossip is untrusted: what does not parse is passed over. A server without a scheme has that of the one that tells. */
function tryParse(url: string, from: PoolServer | undefined): Address | undefined {
  try {
    return parseAddress(url, from?.address.scheme);
  } catch {
    return undefined;
  }
}
