import { CertificateAuthority } from "./certificates/authority.js";
import { checkClusterOptions } from "./launcher/check-options.js";
import { bracketed } from "./launcher/config-text.js";
import type { NatsClusterOptions } from "./launcher/options.js";
import { freePort, releasePort } from "./launcher/ports.js";
import { RouteWatch } from "./launcher/route-watch.js";
import { type ClientTls, NatsServer, NatsServerError } from "./server.js";

export type { NatsClusterOptions } from "./launcher/options.js";

/** What all members have in common. */
type MemberOptions = Omit<ReturnType<typeof checkClusterOptions>, "size" | "name">;

const PORT_ATTEMPTS = 5;
const SETTLE_TIMEOUT_MS = 15_000;

/**
 * Several real nats-servers, each of which knows a route to each other one. As a {@link NatsServer}, none outlives this
 * process.
 *
 * ```ts
 * await using cluster = await NatsCluster.start({ size: 3 });
 * const nc = await connect({ servers: cluster.urls });
 * await cluster.servers[0].kill();
 * ```
 */
export class NatsCluster implements AsyncDisposable {
  /** The members, in order; one that was killed stays in its place. */
  readonly servers: NatsServer[];
  readonly #routes = new RouteWatch();
  /** The authority that was made for this cluster, and goes with it. */
  readonly #own: CertificateAuthority | undefined;

  private constructor(servers: NatsServer[], own: CertificateAuthority | undefined) {
    this.servers = servers;
    this.#own = own;
  }

  /**
   * Starts all servers at once; resolves when they are {@link settled}. Rejects as {@link NatsServer.start} does (`STUCK`
   * when they do not settle within 15 s), and then leaves none behind.
   */
  static async start(options: NatsClusterOptions = {}): Promise<NatsCluster> {
    const { size = 3, name = "holdfast", ...shared } = checkClusterOptions(options);
    const own = await ownAuthority(shared);
    if (own && shared.tls) shared.tls.authority = own;
    if (own && shared.websocket) shared.websocket.authority = own;
    for (let attempt = 1; ; attempt++) {
      try {
        const cluster = new NatsCluster(await startAll(size, name, shared), own);
        try {
          await cluster.settled();
          return cluster;
        } catch (error) {
          await cluster.close();
          throw error;
        }
      } catch (error) {
        const retry = error instanceof NatsServerError && error.code === "PORT_IN_USE";
        if (retry && attempt < PORT_ATTEMPTS) continue;
        own?.close();
        throw error;
      }
    }
  }

  /** The members' URLs for clients, without credentials, in order; also those of members that are down. */
  get urls(): string[] {
    return this.servers.map((server) => server.url);
  }

  /** The members' URLs for WebSocket clients, in order; empty without option `websocket`. */
  get wsUrls(): string[] {
    return this.servers.flatMap((server) => server.wsUrl ?? []);
  }

  /** What clients need for TLS with any member: as {@link NatsServer.tls}, of the first one. */
  get tls(): ClientTls | undefined {
    return this.servers[0].tls;
  }

  /** The authority that issues the members' certificates, where they need one: `tls.authority`, or the cluster's own. */
  get authority(): CertificateAuthority | undefined {
    return this.servers[0].authority;
  }

  /**
   * Resolves when every running server (stopped ones apart) has all its routes to every other one, so that what is published
   * at one reaches subscribers at all, and with JetStream, when those that run are a majority, knows a leader. Rejects
   * (`STUCK`) after 15 s with what is missing.
   */
  settled(): Promise<void> {
    return this.#routes.settled(
      () => this.servers.filter((one) => one.running && !one.stopped),
      SETTLE_TIMEOUT_MS,
    );
  }

  /** Kills all servers at once (SIGKILL); resolves when they are gone. Rejects (`STUCK`) after 10 s. */
  async killAll(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.kill()));
  }

  /**
   * Kills those that run, then starts all at once; resolves when each accepts clients. Rejects as {@link NatsServer.restart}
   * does. See also {@link settled}.
   */
  async restartAll(): Promise<void> {
    await this.killAll();
    await Promise.all(this.servers.map((server) => server.restart()));
  }

  /** Kills all servers and removes their temporary folders. Idempotent. Rejects as {@link killAll} does. */
  async close(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.close()));
    this.#own?.close();
  }

  /** {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** One for all members, where each would make its own. */
async function ownAuthority({ tls, websocket }: MemberOptions): Promise<CertificateAuthority | undefined> {
  if (!tls && !websocket?.tls) return undefined;
  const given = tls?.authority ?? tls?.certFile ?? websocket?.authority;
  return given === undefined ? await CertificateAuthority.create() : undefined;
}

/** All or none: when one fails, the others are closed. */
async function startAll(size: number, name: string, shared: MemberOptions): Promise<NatsServer[]> {
  const host = shared.host ?? "127.0.0.1";
  // Chosen beforehand, because each server must be told the others'.
  const ports = await Promise.all(Array.from({ length: size }, () => freePort(host)));
  const routes = ports.map((port) => `nats://${bracketed(host)}:${port}`);
  const starts = ports.map((port, index) =>
    NatsServer.start({
      ...shared,
      name: `n${index + 1}`,
      monitor: true,
      cluster: { name, port, routes: routes.filter((_, other) => other !== index) },
    }),
  );
  const results = await Promise.allSettled(starts);
  const servers = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const failure = results.find((result) => result.status === "rejected");
  if (!failure) return servers;
  await Promise.all(servers.map((server) => server.close()));
  for (const port of ports) releasePort(port);
  throw failure.reason;
}
