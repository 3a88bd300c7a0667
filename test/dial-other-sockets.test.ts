import { mkdtempSync, rmSync } from "node:fs";
import net, { type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import tls from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../src/index.js";
import { CertificateAuthority } from "../src/testing/certificates/authority.js";
import { NatsServer } from "../src/testing/server.js";

/** Node cannot reset these, and TLS that a dialer has made takes every write at once. */
const KINDS = ["a unix socket", "TLS of its own"] as const;

let authority: CertificateAuthority;
let server: NatsServer;
let folder: string;

beforeAll(async () => {
  authority = await CertificateAuthority.create();
  server = await NatsServer.start();
  folder = mkdtempSync(join(tmpdir(), "holdfast-dial-"));
});
afterAll(async () => {
  await server.close();
  authority.close();
  rmSync(folder, { recursive: true });
});

/** Leads connections of such a kind to the server. */
class Tunnel implements Disposable {
  readonly dial: () => Socket;
  private readonly ends = new Set<Socket>();
  private readonly listener: Server;

  private constructor(listener: Server, dial: () => Socket) {
    this.listener = listener;
    this.dial = dial;
  }

  static async open(kind: (typeof KINDS)[number]): Promise<Tunnel> {
    const lead = (end: Socket) => {
      const beyond = net.connect(server.port, server.host);
      tunnel.ends.add(end);
      for (const [one, other] of [
        [end, beyond],
        [beyond, end],
      ]) {
        one.on("error", () => other.destroy());
        one.on("close", () => other.destroy());
      }
      end.pipe(beyond).pipe(end);
    };
    const path = join(folder, "nats.sock");
    const { cert, key } = await authority.issue();
    const isUnix = kind === "a unix socket";
    const listener = isUnix ? net.createServer(lead) : tls.createServer({ cert, key }, lead);
    await new Promise<void>((resolve) => listener.listen(isUnix ? path : 0, resolve));
    const dial = () => {
      if (isUnix) return net.connect({ path });
      const { port } = listener.address() as net.AddressInfo;
      return tls.connect({ port, host: "localhost", ca: authority.cert });
    };
    const tunnel = new Tunnel(listener, dial);
    return tunnel;
  }

  /** Ends its connections. */
  cut(): void {
    for (const end of this.ends) end.end();
    this.ends.clear();
  }

  /** Takes nothing more from the client, and says nothing. */
  freeze(): void {
    for (const end of this.ends) end.unpipe().pause();
  }

  [Symbol.dispose](): void {
    for (const end of this.ends) end.destroy();
    this.listener.close();
  }
}

describe.each(KINDS)("a dialer that returns %s", (kind) => {
  it("loses nothing when its links end, and closes", async () => {
    using tunnel = await Tunnel.open(kind);
    await using nc = await connect({ servers: server.url, dialer: tunnel.dial });
    for (let round = 0; round < 3; round++) {
      for (let n = 0; n < 200; n++) nc.publish("a", "x");
      tunnel.cut();
      await nc.flush();
    }
    expect(nc.stats()).toMatchObject({ confirmed: 600, pending: 0, dropped: 0 });
    await nc.reconnect();
    await nc.flush();
    await nc.close();
  });

  it("notices within stallTimeout that nobody reads at the other end", async () => {
    using tunnel = await Tunnel.open(kind);
    await using nc = await connect({ servers: server.url, dialer: tunnel.dial, stallTimeout: 500 });
    const lost = new Promise<string>((resolve) =>
      nc.once("disconnect", (_error, { cause }) => resolve(cause.kind)),
    );
    tunnel.freeze();
    const writer = setInterval(() => nc.publish("a", "x"), 10);
    try {
      expect(await lost).toBe("stale");
    } finally {
      clearInterval(writer);
    }
    await nc.flush();
  });
});
