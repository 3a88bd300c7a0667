import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "../src/index.js";
import { CertificateAuthority } from "../src/testing/certificates/authority.js";
import { NatsCluster } from "../src/testing/cluster.js";
import { FaultProxy } from "../src/testing/fault-proxy.js";
import { duration } from "./figures.js";
import { table } from "./report/tables.js";
import { quantile } from "./statistics.js";

/** ms of latency each way. */
const ONE_WAY = 25;
/** ms between two messages. */
const EVERY = 1;
/** ms for which a link has stood when it is killed: then the next server is dialled without a wait. */
const AGE = 1500;
/** ms after the kill: what was published in that very instant may still pass through the dying server. */
const GRACE = 1;
const SUBJECT = "bench";

/**
 * Measures what a second link gains: from SIGKILL of the server in use to the first message that was published after it and reaches
 * a subscriber at another server, with and without option `standby` in turns. TLS 1.3, and a proxy with 50 ms per round trip in
 * front of each server; the proxy takes TCP connections by itself: their round trip is not in it.
 *
 * @param rounds kills of each kind
 * @returns a table
 */
export async function measureStandby(rounds: number): Promise<string> {
  await using ground = await Ground.open();
  const found = new Map<boolean, number[]>([
    [false, []],
    [true, []],
  ]);
  for (let round = 0; round < rounds; round++) {
    for (const [standby, list] of found) list.push(await ground.kill(standby, round));
  }
  return report(found);
}

/** A cluster with TLS, and a slow way to each of its servers. */
class Ground implements AsyncDisposable {
  private readonly authority: CertificateAuthority;
  private readonly cluster: NatsCluster;
  private readonly proxies: readonly FaultProxy[];

  private constructor(authority: CertificateAuthority, cluster: NatsCluster, proxies: readonly FaultProxy[]) {
    this.authority = authority;
    this.cluster = cluster;
    this.proxies = proxies;
  }

  static async open(): Promise<Ground> {
    const authority = await CertificateAuthority.create();
    const cluster = await NatsCluster.start({ tls: { authority } });
    const proxies = await Promise.all(
      cluster.servers.map(({ hostport }) => FaultProxy.start({ target: hostport, nats: false })),
    );
    for (const proxy of proxies) proxy.addToxic({ type: "latency", stream: "both", latency: ONE_WAY });
    return new Ground(authority, cluster, proxies);
  }

  /** Kills the server of a client; resolves with the ms until it works again. */
  async kill(standby: boolean, round: number): Promise<number> {
    const { servers } = this.cluster;
    const [victim, next, watched] = [0, 1, 2].map((at) => (round + at) % servers.length);
    const tls = { ca: this.authority.cert };
    await using observer = await connect({ servers: servers[watched].url, tls, ignoreClusterUpdates: true });
    await using nc = await connect({
      servers: [victim, next].map((at) => this.proxies[at].url),
      tls,
      noRandomize: true,
      ignoreClusterUpdates: true,
      standby,
    });
    const ready = standby ? new Promise((resolve) => nc.once("standby", resolve)) : undefined;
    let heard = (_at: number): void => {};
    observer.subscribe(SUBJECT, { callback: (_, msg) => heard(Number(msg.string())) });
    await observer.flush();
    const timer = setInterval(() => nc.publish(SUBJECT, String(performance.now())), EVERY);
    try {
      await Promise.all([sleep(AGE), ready]);
      await new Promise<void>((resolve) => {
        heard = () => resolve();
      });
      const begun = performance.now();
      const recovered = new Promise<number>((resolve) => {
        heard = (at) => {
          if (at > begun + GRACE) resolve(performance.now() - begun);
        };
      });
      await servers[victim].kill();
      return await recovered;
    } finally {
      clearInterval(timer);
      await servers[victim].restart();
      await this.cluster.settled();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const proxy of this.proxies) await proxy.close();
    await this.cluster.close();
    this.authority.close();
  }
}

function report(found: ReadonlyMap<boolean, readonly number[]>): string {
  const figures = table(["standby", "median", "best", "worst"], [0]);
  for (const [standby, list] of found) {
    figures.push([standby ? "yes" : "no", ...[0.5, 0, 1].map((q) => duration(quantile(list, q)))]);
  }
  const [list] = found.values();
  const how = `SIGKILL to first delivery with TLS 1.3, ${2 * ONE_WAY} ms per round trip, ${list.length} kills of each kind in turns`;
  return `${how}\n${figures}`;
}
