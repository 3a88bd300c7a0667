import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { rejection, until } from "../../test/support/until.js";
import { CertificateAuthority } from "./certificates/authority.js";
import { NatsCluster } from "./cluster.js";
import { freePort } from "./launcher/ports.js";
import { RawConnection } from "./launcher/raw-connection.js";
import { type ClientTls, NatsServer, type NatsServerError } from "./server.js";

const CONNECT = 'CONNECT {"verbose":false,"pedantic":false}';
const PONG = /PONG\r\n/;

let authority: CertificateAuthority;
beforeAll(async () => {
  authority = await CertificateAuthority.create();
});
afterAll(() => authority?.close());

/** Connects with TLS as the server says (`null`: without), and has a PING answered; resolves with the server's certificate and INFO. */
async function visit(server: NatsServer, tls: ClientTls | null | undefined = server.tls) {
  using connection = await RawConnection.open(server.host, server.port, tls ?? undefined);
  connection.send(CONNECT, "PING");
  await connection.until(PONG);
  return { certificate: connection.peerCertificate, info: connection.info };
}

/**
 * Connects with the handshake first, in such a way that the server finds the client's hello waiting: with `auto` it takes one that comes
 * 50 ms late for a client that waits for its INFO.
 */
async function visitAtOnce(server: NatsServer): Promise<void> {
  const { host, port } = server;
  const { caFile, certFile, keyFile } = server.tls!;
  const [ca, cert, key] = [caFile!, certFile!, keyFile!].map((path) => readFileSync(path));
  server.stop();
  const socket = connect({ host, port });
  try {
    const secure = connectTls({ socket, host, ca, cert, key });
    await until(() => socket.bytesWritten > 0, "the hello");
    server.cont();
    const [data] = await once(secure, "data");
    expect(String(data)).toMatch(/^INFO /);
  } finally {
    socket.destroy();
  }
}

describe("a server with TLS", () => {
  it("has a certificate for where it listens, from an authority of its own", async () => {
    await using server = await NatsServer.start({ tls: true });
    expect(server.url).toBe(`nats://127.0.0.1:${server.port}`);
    expect(server.tls).toEqual({ caFile: server.authority!.certFile });
    const { certificate, info } = await visit(server);
    expect(info).toMatchObject({ tls_required: true });
    expect(certificate?.subjectaltname).toBe(
      "DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1",
    );
    using plain = await RawConnection.open(server.host, server.port);
    plain.send(CONNECT, "PING");
    await plain.closed();
  });

  it("lets clients without TLS in when it is not required", async () => {
    await using server = await NatsServer.start({ tls: { authority, required: false } });
    await visit(server);
    const { info } = await visit(server, null);
    expect([info.tls_available, info.tls_required]).toEqual([true, undefined]);
  });

  it("verifies clients, and has a certificate for them", async () => {
    await using server = await NatsServer.start({ tls: { authority, verify: true } });
    await visit(server);
    expect((await visit(server)).info).toMatchObject({ tls_verify: true });
    await expect(visit(server, { caFile: authority.certFile })).rejects.toThrow();
  });

  it("knows clients by their certificates", async () => {
    await using server = await NatsServer.start({
      tls: { authority, verify: "map" },
      config: 'authorization { users: [{ user: "CN=alice", permissions: { publish: "a" } }] }',
    });
    const alice = await authority.issue({ client: true, commonName: "alice" });
    await visit(server, { ...server.tls, ...alice });
    await expect(visit(server)).rejects.toThrow();
  });

  it.each([true, "auto"] as const)("does the handshake first: %s", async (handshakeFirst) => {
    await using server = await NatsServer.start({ tls: { authority, handshakeFirst, verify: true } });
    expect(server.tls?.handshakeFirst).toBe(handshakeFirst === true ? true : undefined);
    await visitAtOnce(server);
    await server.restart();
    await visit(server);
  });

  it("starts with a handshake first whatever certificates it was given", async () => {
    const expired = await authority.issue({ notAfter: new Date("2001-01-01"), hosts: ["elsewhere.example"] });
    const { certFile, keyFile } = expired;
    const given = { certFile, keyFile, caFile: authority.certFile, verify: true, handshakeFirst: true };
    await using server = await NatsServer.start({ tls: given });
    expect(server.tls).toEqual({ caFile: authority.certFile, handshakeFirst: true });
    expect(server.authority).toBeUndefined();
    const error = await rejection(visit(server));
    expect(error.code).toBe("CERT_HAS_EXPIRED");
  });

  it("takes the names and the time for a handshake", async () => {
    await using server = await NatsServer.start({
      tls: { authority, hosts: ["elsewhere.example"], timeout: 60_000 },
    });
    expect((await rejection(visit(server))).code).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
    // Only now: a busy machine may need longer for the handshake above.
    await server.reload({ tls: { hosts: ["elsewhere.example"], timeout: 150 } });
    using silent = await RawConnection.open(server.host, server.port);
    await silent.closed();
  });
});

describe("another certificate while it runs", () => {
  it("is issued by a reload, and outlives a restart; connections stay", async () => {
    await using server = await NatsServer.start({ tls: true });
    const { caFile } = server.tls!;
    using before = await RawConnection.open(server.host, server.port, server.tls);
    await server.reload({ tls: { hosts: ["127.0.0.1"] } });
    expect(server.tls).toEqual({ caFile });
    expect((await visit(server)).certificate?.subjectaltname).toBe("IP Address:127.0.0.1");
    await server.restart();
    expect((await visit(server)).certificate?.serialNumber).not.toBe(before.peerCertificate?.serialNumber);
  });

  it("comes from another authority", async () => {
    await using server = await NatsServer.start({ tls: { authority } });
    const before = server.tls;
    using other = await CertificateAuthority.create();
    await server.reload({ tls: { authority: other } });
    expect(server.tls).toEqual({ caFile: other.certFile });
    await visit(server);
    await expect(visit(server, before)).rejects.toThrow(/unable to verify|self-signed|signature/);
  });

  it("is read again from its files", async () => {
    const [first, second] = [await authority.issue(), await authority.issue({ hosts: ["127.0.0.1"] })];
    const { certFile, keyFile } = first;
    await using server = await NatsServer.start({ tls: { authority, certFile, keyFile } });
    writeFileSync(certFile, second.cert);
    writeFileSync(keyFile, second.key);
    await server.reload();
    expect((await visit(server)).certificate?.subjectaltname).toBe("IP Address:127.0.0.1");
  });

  it("is not taken when the server refuses: the old one is put back", async () => {
    await using server = await NatsServer.start({ tls: { authority } });
    const { certFile } = await authority.issue();
    const { keyFile } = await authority.issue();
    const error = await rejection<NatsServerError>(server.reload({ tls: { certFile, keyFile } }));
    expect(error.code).toBe("RELOAD_FAILED");
    expect(server.tls).toEqual({ caFile: authority.certFile });
    expect(server.authority).toBe(authority);
    await server.restart();
    await visit(server);
  });

  it("is not asked for while the server is down", async () => {
    await using server = await NatsServer.start({ tls: { authority } });
    const before = server.tls;
    await server.kill();
    expect((await rejection(server.reload({ tls: { handshakeFirst: true } }))).code).toBe("NOT_RUNNING");
    expect(server.tls).toBe(before);
  });

  it("comes, and goes", async () => {
    await using server = await NatsServer.start();
    expect(server.tls).toBeUndefined();
    await server.reload({ tls: true });
    await visit(server);
    await server.reload({ tls: false });
    expect(server.tls).toBeUndefined();
    await visit(server, null);
  });
});

describe("a server with a WebSocket listener", () => {
  /** The server's first words through a WebSocket, and whether it agreed to compress. */
  async function hello(url: string, ca?: string): Promise<{ text: string; compresses: boolean }> {
    const socket = new WebSocket(url, { ca });
    try {
      const [data] = await once(socket, "message");
      return { text: String(data), compresses: socket.extensions.includes("permessage-deflate") };
    } finally {
      socket.terminate();
    }
  }

  it("is reached by ws://, at the same port after a restart", async () => {
    await using server = await NatsServer.start({ websocket: { compression: true } });
    const { wsUrl } = server;
    expect(wsUrl).toMatch(/^ws:\/\/127\.0\.0\.1:\d+$/);
    expect(await hello(wsUrl!)).toMatchObject({ text: expect.stringMatching(/^INFO /), compresses: true });
    await server.restart();
    expect(server.wsUrl).toBe(wsUrl);
    await hello(wsUrl!);
    expect(server.tls).toBeUndefined();
  });

  it("is reached by wss:// where it does TLS, also with another certificate", async () => {
    await using server = await NatsServer.start({ tls: true, websocket: true });
    expect(server.wsUrl).toMatch(/^wss:\/\/127\.0\.0\.1:\d+$/);
    const { cert } = server.authority!;
    expect(await hello(server.wsUrl!, cert)).toMatchObject({ compresses: false });
    await visit(server);
    await expect(hello(server.wsUrl!)).rejects.toThrow(/certificate/);
    await server.reload({ tls: { hosts: ["elsewhere.example"] } });
    await expect(hello(server.wsUrl!, cert)).rejects.toThrow(/does not match certificate/);
  });

  it("does TLS for WebSocket alone, or for TCP alone", async () => {
    await using wss = await NatsServer.start({ websocket: { tls: true, authority } });
    await hello(wss.wsUrl!, authority.cert);
    await visit(wss, null);
    expect(wss.tls).toEqual({ caFile: authority.certFile });
    await using ws = await NatsServer.start({ tls: { authority }, websocket: { tls: false } });
    await hello(ws.wsUrl!);
    await visit(ws);
  });

  it("has the port that it is given", async () => {
    const port = await freePort("127.0.0.1");
    await using server = await NatsServer.start({ websocket: { port } });
    expect(server.wsUrl).toBe(`ws://127.0.0.1:${port}`);
    const error = await rejection<NatsServerError>(NatsServer.start({ websocket: { port } }));
    expect(error.code).toBe("PORT_IN_USE");
  });
});

describe("a cluster with TLS", () => {
  it("has one authority for all members, which goes with it", async () => {
    await using cluster = await NatsCluster.start({ size: 2, tls: true, websocket: true });
    const { authority, tls, wsUrls } = cluster;
    for (const server of cluster.servers) await visit(server, tls);
    expect(wsUrls).toEqual(cluster.servers.map((server) => server.wsUrl));
    await cluster.servers[1].reload({ tls: true });
    await visit(cluster.servers[1], tls);
    expect(cluster.servers[1].tls).toEqual(tls);
    await cluster.close();
    expect(existsSync(authority!.certFile)).toBe(false);
  });

  it("takes an authority, which stays", async () => {
    await using cluster = await NatsCluster.start({ size: 1, websocket: { tls: true, authority } });
    expect(cluster.authority).toBe(authority);
    await visit(cluster.servers[0], null);
    await cluster.close();
    expect(existsSync(authority.certFile)).toBe(true);
  });
});
