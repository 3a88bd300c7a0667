import { checkServerIdentity, type SecureVersion } from "node:tls";
import { type Connection, connect } from "../src/index.js";
import { CertificateAuthority } from "../src/testing/certificates/authority.js";
import { FaultProxy } from "../src/testing/fault-proxy.js";
import { NatsServer } from "../src/testing/server.js";
import { duration } from "./figures.js";
import { table } from "./report/tables.js";
import { quantile } from "./statistics.js";

/** ms of latency each way. */
const ONE_WAY = 25;

/** One way of coming back to a server. */
interface Way {
  readonly version: SecureVersion;
  readonly resumed: boolean;
  /** The server wants to see a certificate of ours. */
  readonly shows: boolean;
}

const WAYS: readonly Way[] = (["TLSv1.3", "TLSv1.2"] as const).flatMap((version) =>
  [false, true].flatMap((shows) => [false, true].map((resumed) => ({ version, shows, resumed }))),
);

/** What one reconnect took: ms between the links, and bytes that came from the server meanwhile. */
interface Reconnect {
  readonly ms: number;
  readonly bytes: number;
}

/**
 * Measures what resumed TLS sessions gain: reconnects through a proxy with 50 ms per round trip, with a full handshake and a resumed
 * one in turns. The proxy takes TCP connections by itself: their round trip is not in it.
 *
 * @param rounds reconnects of each kind
 * @returns a table
 */
export async function measureDials(rounds: number): Promise<string> {
  using authority = await CertificateAuthority.create();
  const links: Link[] = [];
  try {
    for (const way of WAYS) links.push(await Link.open(way, authority));
    const found = new Map<Link, Reconnect[]>(links.map((link) => [link, []]));
    for (let round = 0; round < rounds; round++) {
      for (const link of links) found.get(link)!.push(await link.again());
    }
    return report(found);
  } finally {
    for (const link of links) await link.close();
  }
}

/** A connection through a proxy of its own to a server of its own. */
class Link {
  readonly way: Way;
  private readonly server: NatsServer;
  private readonly proxy: FaultProxy;
  private readonly nc: Connection;

  private constructor(way: Way, server: NatsServer, proxy: FaultProxy, nc: Connection) {
    this.way = way;
    this.server = server;
    this.proxy = proxy;
    this.nc = nc;
  }

  static async open(way: Way, authority: CertificateAuthority): Promise<Link> {
    const server = await NatsServer.start({ tls: { authority, verify: way.shows } });
    const proxy = await FaultProxy.start({ target: server.hostport, nats: false });
    proxy.addToxic({ type: "latency", stream: "both", latency: ONE_WAY });
    const pair = way.shows ? await authority.issue({ client: true }) : undefined;
    const tls = {
      ca: authority.cert,
      ...(pair === undefined ? {} : { cert: pair.cert, key: pair.key }),
      maxVersion: way.version,
      // Who judges certificates wants to see each.
      ...(way.resumed ? {} : { checkServerIdentity }),
    };
    const nc = await connect({ servers: proxy.url, tls, reconnectDelayHandler: () => 0 });
    return new Link(way, server, proxy, nc);
  }

  async again(): Promise<Reconnect> {
    await this.nc.flush();
    const back = new Promise<number>((resolve) =>
      this.nc.once("reconnect", (info) => resolve(info.downtime)),
    );
    const before = this.proxy.stats().bytesDown;
    this.proxy.reset();
    return { ms: await back, bytes: this.proxy.stats().bytesDown - before };
  }

  async close(): Promise<void> {
    await this.nc.close();
    await this.proxy.close();
    await this.server.close();
  }
}

function report(found: ReadonlyMap<Link, readonly Reconnect[]>): string {
  const figures = table(["TLS", "certificates", "handshake", "median", "best", "worst", "bytes"], [0, 1, 2]);
  for (const [{ way }, list] of found) {
    const at = (q: number) =>
      duration(
        quantile(
          list.map(({ ms }) => ms),
          q,
        ),
      );
    const bytes = list.map((one) => one.bytes);
    figures.push([
      way.version.slice(4),
      way.shows ? "of both" : "the server's",
      way.resumed ? "resumed" : "full",
      ...[0.5, 0, 1].map(at),
      Math.round(quantile(bytes, 0.5)),
    ]);
  }
  const [list] = found.values();
  const how = `Reconnects with TLS, ${2 * ONE_WAY} ms per round trip, ${list.length} of each kind in turns`;
  return `${how}\n${figures}`;
}
