import { get } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { NatsServer } from "../server.js";
import { NatsServerError } from "./error.js";
import { unplaced } from "./placement.js";

const POLL_MS = 20;
const ANSWER_TIMEOUT_MS = 2_000;

interface Routez {
  server_id: string;
  routes?: { remote_id: string }[];
}

interface Varz {
  cluster?: { pool_size?: number };
  jetstream?: { config?: object };
}

/** A server as the leader of JetStream sees it. */
interface Peer {
  name: string;
  current?: boolean;
  offline?: boolean;
}

interface Jsz {
  meta_cluster?: { leader?: string; cluster_size?: number; replicas?: Peer[] };
}

/** What the configuration says, so that it is read once. */
interface Setup {
  /** How many connections there are from one server to another. */
  readonly routes: number;
  readonly jetstream: boolean;
}

/** Reads from the servers' monitoring endpoints whether they see each other. */
export class RouteWatch {
  readonly #setups = new Map<NatsServer, Setup>();

  /**
   * Resolves when each of the servers (asked for anew each time, since one may go down meanwhile) has all its routes to each
   * other one and, with JetStream, knows its leader, who can place streams on all of them. Rejects (`STUCK`) after `timeout` ms, naming what is missing.
   */
  async settled(servers: () => NatsServer[], timeout: number): Promise<void> {
    const deadline = performance.now() + timeout;
    for (;;) {
      const missing = await this.#missing(servers()).catch((error: Error) => error.message);
      if (missing === undefined) return;
      if (performance.now() > deadline) {
        throw new NatsServerError("STUCK", `the cluster did not settle within ${timeout} ms: ${missing}`);
      }
      await sleep(POLL_MS);
    }
  }

  async #missing(servers: NatsServer[]): Promise<string | undefined> {
    const seen = await Promise.all(
      servers.map(async (server) => ({
        server,
        setup: await this.#setupOf(server),
        routez: await ask<Routez>(server, "/routez"),
      })),
    );
    for (const { server, setup, routez } of seen) {
      for (const other of seen) {
        if (other.server === server) continue;
        // By id, not by name: after a restart, routes to the predecessor may still be listed.
        const count =
          routez.routes?.filter((route) => route.remote_id === other.routez.server_id).length ?? 0;
        if (count < setup.routes) {
          return `${server.name} has ${count} of ${setup.routes} routes to ${other.server.name}`;
        }
      }
    }
    return this.#leaderless(seen.filter(({ setup }) => setup.jetstream).map(({ server }) => server));
  }

  /** Fewer than a majority cannot have a leader, so none is waited for. */
  async #leaderless(servers: NatsServer[]): Promise<string | undefined> {
    let leads: string | undefined;
    let complete = false;
    for (const server of servers) {
      const { leader, cluster_size = 1, replicas = [] } = (await ask<Jsz>(server, "/jsz")).meta_cluster ?? {};
      if (servers.length * 2 <= cluster_size) continue;
      complete = servers.length === cluster_size;
      if (!leader) return `${server.name} knows no leader of JetStream`;
      // While they change leaders, one may still name the last.
      leads ??= leader;
      if (leader !== leads)
        return `${server.name} takes ${leader} for the leader of JetStream, others ${leads}`;
      if (leader !== server.name) continue;
      // It places no stream on a peer that it has not heard of yet; until then it does not even list it by its name.
      const unheard = servers.find(
        (other) => other !== server && !replicas.some((peer) => isHeard(peer, other.name)),
      );
      if (unheard !== undefined) return `${leader} has not heard of ${unheard.name} as a peer of JetStream`;
    }
    // On one that is down it can place nothing.
    const leading = complete ? servers.find(({ name }) => name === leads) : undefined;
    return leading && unplaced(leading);
  }

  async #setupOf(server: NatsServer): Promise<Setup> {
    let setup = this.#setups.get(server);
    if (setup === undefined) {
      const { cluster, jetstream } = await ask<Varz>(server, "/varz");
      // A pool that the accounts share, and one for the system account; without a pool, a single one.
      const pool = cluster?.pool_size ?? 0;
      setup = { routes: pool > 0 ? pool + 1 : 1, jetstream: jetstream?.config !== undefined };
      this.#setups.set(server, setup);
    }
    return setup;
  }
}

function isHeard({ name, current, offline }: Peer, wanted: string): boolean {
  return name === wanted && current === true && offline !== true;
}

function ask<T>(server: NatsServer, path: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const { host, monitorPort: port, name } = server;
    const request = get({ host, port, path, agent: false, timeout: ANSWER_TIMEOUT_MS }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (text) => {
        body += text;
      });
      response.on("error", reject);
      response.on("end", () => {
        try {
          resolve(JSON.parse(body));
        } catch (error) {
          reject(error);
        }
      });
    });
    request.on("timeout", () => request.destroy(new Error(`${name} does not answer ${path}`)));
    request.on("error", (error) => reject(new Error(`${name}: ${error.message}`)));
  });
}
