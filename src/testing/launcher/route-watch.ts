import { get } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { NatsServer } from "../server.js";
import { NatsServerError } from "./error.js";

const POLL_MS = 20;
const ANSWER_TIMEOUT_MS = 2_000;

interface Routez {
  server_id: string;
  routes?: { remote_id: string }[];
}

interface Varz {
  cluster?: { pool_size?: number };
}

/** Reads from the servers' monitoring endpoints whether they see each other. */
export class RouteWatch {
  /** How many connections there are from one server to another. It is part of the configuration, so it is read once. */
  readonly #wanted = new Map<NatsServer, number>();

  /**
   * Resolves when each of the servers (asked for anew each time, since one may go down meanwhile) has all its routes to each
   * other one. Rejects (`STUCK`) after `timeout` ms, naming what is missing.
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
        wanted: await this.#wantedBy(server),
        routez: await ask<Routez>(server, "/routez"),
      })),
    );
    for (const { server, wanted, routez } of seen) {
      for (const other of seen) {
        if (other.server === server) continue;
        // By id, not by name: after a restart, routes to the predecessor may still be listed.
        const count =
          routez.routes?.filter((route) => route.remote_id === other.routez.server_id).length ?? 0;
        if (count < wanted) return `${server.name} has ${count} of ${wanted} routes to ${other.server.name}`;
      }
    }
    return undefined;
  }

  /** A pool that the accounts share, and one for the system account; without a pool, a single one. */
  async #wantedBy(server: NatsServer): Promise<number> {
    let wanted = this.#wanted.get(server);
    if (wanted === undefined) {
      const pool = (await ask<Varz>(server, "/varz")).cluster?.pool_size ?? 0;
      wanted = pool > 0 ? pool + 1 : 1;
      this.#wanted.set(server, wanted);
    }
    return wanted;
  }
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
