import { randomBytes } from "node:crypto";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createServer,
  type SecureVersion,
  type TLSSocket,
  type TlsOptions,
  type Server as TlsServer,
} from "node:tls";
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Connection, type ConnectionOptions, connect } from "../../src/index.js";
import { CertificateAuthority, type IssuedCertificate } from "../../src/testing/certificates/authority.js";
import { FaultProxy } from "../../src/testing/fault-proxy.js";
import { freePort, releasePort } from "../../src/testing/launcher/ports.js";
import { NatsServer } from "../../src/testing/server.js";
import { FakeLink, speaksNats } from "../support/fake-server.js";
import { tlsOf } from "../support/inside.js";
import { expectNoSecret } from "../support/secrets.js";

let authority: CertificateAuthority;
let stranger: CertificateAuthority;
let folder: string;

beforeAll(async () => {
  [authority, stranger] = await Promise.all([CertificateAuthority.create(), CertificateAuthority.create()]);
  folder = mkdtempSync(join(tmpdir(), "holdfast-tls-"));
});
afterAll(() => {
  authority.close();
  stranger.close();
  rmSync(folder, { recursive: true });
});

const QUICK = { reconnectTimeWait: 10, reconnectJitter: 0 } satisfies ConnectionOptions;

/** Whether the link of the moment has resumed a session. */
const resumed = (nc: Connection): boolean => (tlsOf(nc).at(-1) as TLSSocket).isSessionReused();

/** Cuts the link, and tells whether the next one has resumed a session, and how many attempts failed. */
async function again(nc: Connection, cut: () => unknown): Promise<{ resumed: boolean; failed: number }> {
  let failed = 0;
  const count = () => failed++;
  nc.on("attemptFailed", count);
  // The server's tickets are behind all that it has answered.
  await nc.flush();
  const back = new Promise((resolve) => nc.once("reconnect", resolve));
  await cut();
  await back;
  nc.off("attemptFailed", count);
  return { resumed: resumed(nc), failed };
}

const RESUMED = { resumed: true, failed: 0 };
const ANEW = { resumed: false, failed: 0 };

describe("a TLS session", () => {
  it.each<SecureVersion>(["TLSv1.3", "TLSv1.2"])(
    "is resumed by each reconnect, with %s",
    async (maxVersion) => {
      await using server = await NatsServer.start({ tls: { authority } });
      await using proxy = await FaultProxy.start({ target: server.hostport });
      const tls = { ca: authority.cert, maxVersion };
      await using nc = await connect({ servers: proxy.url, tls, ...QUICK });
      expect(resumed(nc)).toBe(false);
      for (let i = 0; i < 3; i++) expect(await again(nc, () => proxy.reset())).toEqual(RESUMED);
      expect(tlsOf(nc)[0].getProtocol()).toBe(maxVersion);
    },
  );

  it("is resumed where TLS comes first, and under wss", async () => {
    await using server = await NatsServer.start({
      tls: { authority, handshakeFirst: true },
      websocket: true,
    });
    const urls = [server.url, server.wsUrl!];
    for (const url of urls) {
      const { protocol, host } = new URL(url);
      await using proxy = await FaultProxy.start({ target: host, nats: false });
      const tls = { ca: authority.cert, ...(protocol === "nats:" ? { handshakeFirst: true } : {}) };
      await using nc = await connect({ servers: `${protocol}//${proxy.hostport}`, tls, ...QUICK });
      expect(await again(nc, () => proxy.reset())).toEqual(RESUMED);
    }
  });

  it("is resumed with a client's certificate, and the server still knows who we are", async () => {
    await using server = await NatsServer.start({
      tls: { authority, verify: "map" },
      config: 'authorization { users: [{ user: "CN=me", permissions: { publish: ["mine"] } }] }',
    });
    const pair = await authority.issue({ client: true, commonName: "me" });
    await using proxy = await FaultProxy.start({ target: server.hostport });
    const tls = { ca: authority.cert, cert: pair.cert, key: pair.key };
    await using nc = await connect({ servers: proxy.url, tls, ...QUICK });
    expect(await again(nc, () => proxy.reset())).toEqual(RESUMED);
    await nc.publishConfirmed("mine");
    await expect(nc.publishConfirmed("theirs")).rejects.toMatchObject({ code: "PERMISSIONS_VIOLATION" });
  });

  it("that the server does not know any more becomes a full handshake in the same attempt", async () => {
    await using server = await NatsServer.start({ tls: { authority } });
    await using proxy = await FaultProxy.start({ target: server.hostport });
    for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
      const tls = { ca: authority.cert, maxVersion };
      await using nc = await connect({ servers: proxy.url, tls, ...QUICK });
      const failed: string[] = [];
      nc.on("attemptFailed", (error) => failed.push((error as Error & { code: string }).code));
      const restart = async () => {
        proxy.down();
        await server.kill();
        await server.restart();
        await proxy.up();
      };
      // What the server has forgotten is offered to it once.
      expect((await again(nc, restart)).resumed).toBe(false);
      expect(failed).not.toContain("TLS_FAILED");
      expect(await again(nc, () => proxy.reset())).toEqual(RESUMED);
    }
  });

  it("does not outlive a change of this client's certificate", async () => {
    await using server = await NatsServer.start({ tls: { authority, verify: true } });
    await using proxy = await FaultProxy.start({ target: server.hostport });
    const certFile = join(folder, "client.pem");
    const keyFile = join(folder, "client.key");
    const install = (pair: IssuedCertificate) => {
      copyFileSync(pair.certFile, certFile);
      copyFileSync(pair.keyFile, keyFile);
    };
    install(await authority.issue({ client: true }));
    const tls = { ca: authority.cert, certFile, keyFile };
    await using nc = await connect({ servers: proxy.url, tls, ...QUICK });
    install(await authority.issue({ client: true }));
    expect(await again(nc, () => proxy.reset())).toEqual(ANEW);
    expect(await again(nc, () => proxy.reset())).toEqual(RESUMED);
    install(await stranger.issue({ client: true }));
    nc.on("attemptFailed", () => install(good));
    const good = await authority.issue({ client: true });
    const { resumed, failed } = await again(nc, () => proxy.reset());
    expect([resumed, failed > 0]).toEqual([false, true]);
  });

  it("of a server that was not verified, or is judged by the application, is not kept", async () => {
    await using server = await NatsServer.start({ tls: { authority } });
    await using proxy = await FaultProxy.start({ target: server.hostport });
    let judged = 0;
    const checkServerIdentity = () => {
      judged++;
      return undefined;
    };
    for (const tls of [{ rejectUnauthorized: false }, { ca: authority.cert, checkServerIdentity }]) {
      await using nc = await connect({ servers: proxy.url, tls, ...QUICK });
      expect(await again(nc, () => proxy.reset())).toEqual(ANEW);
    }
    expect(judged).toBe(2);
  });

  it("is in nothing that a connection tells", async () => {
    await using server = await NatsServer.start({ tls: { authority } });
    await using proxy = await FaultProxy.start({ target: server.hostport });
    const lines: unknown[] = [];
    const print = vi.spyOn(console, "error").mockImplementation((line) => lines.push(line));
    const tls = { ca: authority.cert };
    await using nc = await connect({ servers: proxy.url, tls, debug: true, ...QUICK });
    expect(await again(nc, () => proxy.reset())).toEqual(RESUMED);
    print.mockRestore();
    const session = tlsOf(nc)[0].getSession() as Buffer;
    const parts = [session.toString("hex"), session.toString("base64"), inspect(session).slice(1, 60)];
    expectNoSecret(nc, [...lines], parts);
  });
});

describe("a server that knows its sessions, and has changed", () => {
  const ticketKeys = randomBytes(48);
  const serve = async (port: number, options: TlsOptions) => {
    const server = createServer({ ticketKeys, ...options });
    server.on("secureConnection", (socket) => {
      const link = new FakeLink(socket);
      socket.on("error", () => {});
      socket.on("data", (data) => {
        link.received += data.toString("latin1");
      });
      speaksNats()(link);
      open.add(socket);
    });
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    return server;
  };
  const open = new Set<TLSSocket>();
  const stop = (server: TlsServer) => {
    for (const socket of open) socket.destroy();
    open.clear();
    return new Promise((resolve) => server.close(resolve));
  };

  it.each<[SecureVersion, SecureVersion]>([
    ["TLSv1.3", "TLSv1.2"],
    ["TLSv1.2", "TLSv1.3"],
  ])("its version from %s to %s makes full handshakes of them", async (before, after) => {
    const { cert, key } = await authority.issue();
    // One that nobody else is given while nobody listens there.
    const port = await freePort("127.0.0.1");
    const first = await serve(port, { cert, key, minVersion: before, maxVersion: before });
    const tls = { ca: authority.cert, handshakeFirst: true };
    await using nc = await connect({ servers: `127.0.0.1:${port}`, tls, ...QUICK });
    const cut = () => {
      for (const socket of open) socket.destroy();
    };
    expect(await again(nc, cut)).toEqual(RESUMED);
    let second: TlsServer | undefined;
    const result = await again(nc, async () => {
      const stopped = stop(first);
      await stopped;
      second = await serve(port, { cert, key, minVersion: after, maxVersion: after });
    });
    expect(result.resumed).toBe(false);
    expect(tlsOf(nc)[0].getProtocol()).toBe(after);
    await nc.close();
    await stop(second!);
    releasePort(port);
  });
});
