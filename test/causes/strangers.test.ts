import { createServer, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { type Cause, connect, type HoldfastError } from "../../src/index.js";
import { CertificateAuthority } from "../../src/testing/certificates/authority.js";
import { NatsServer } from "../../src/testing/server.js";
import { Cleanup } from "../support/cleanup.js";
import { rejection } from "../support/until.js";

/** Somebody else than a NATS server, at a port of this host. */
async function stranger(cleanup: Cleanup, behave: (socket: Socket) => void): Promise<string> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on("error", () => {});
    behave(socket);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  cleanup.use({
    close: () =>
      new Promise<void>((done) => {
        for (const socket of open) socket.destroy();
        server.close(() => done());
      }),
  });
  return `127.0.0.1:${(server.address() as { port: number }).port}`;
}

async function whyNot(servers: string, options: object = {}): Promise<Cause> {
  const error = await rejection<HoldfastError>(connect({ servers, timeout: 4000, ...options }));
  expect(error.why?.code).toBe(error.code);
  return error.why!;
}

describe("what answers in the place of a server", () => {
  it("accepts and ends before a word: the network, not a server that shut down", async () => {
    await using cleanup = new Cleanup();
    const at = await stranger(cleanup, (socket) => socket.end());
    const cause = await whyNot(at);
    expect(cause).toMatchObject({ kind: "network", code: "CONNECTION_REFUSED" });
    expect(cause.advice[0]).toContain("a load balancer or tunnel with no server behind it");
  });

  it("greets in another language: the protocol, by its name", async () => {
    await using cleanup = new Cleanup();
    const at = await stranger(cleanup, (socket) => socket.write("SSH-2.0-OpenSSH_9.6\r\n"));
    const cause = await whyNot(at);
    expect(cause).toMatchObject({ kind: "protocol", code: "PROTOCOL_ERROR" });
    expect(cause.evidence[0]).toBe("what answers there looks like an SSH server");
  });

  it("is a server that waits for TLS first: TLS, and how to begin with it", async () => {
    await using cleanup = new Cleanup();
    const authority = await CertificateAuthority.create();
    cleanup.use({ close: async () => authority.close() });
    const server = cleanup.use(await NatsServer.start({ tls: { authority, handshakeFirst: true } }));
    const cause = await whyNot(server.url, { tls: { caFile: authority.certFile } });
    expect(cause).toMatchObject({ kind: "tls", code: "CONNECTION_REFUSED" });
    expect(cause.advice[0]).toContain("tls: { handshakeFirst: true }");
  });

  it("resets while TLS is set up: the network", async () => {
    await using cleanup = new Cleanup();
    const at = await stranger(cleanup, (socket) => {
      socket.write('INFO {"tls_required":true}\r\n');
      socket.once("data", () => socket.resetAndDestroy());
    });
    expect(await whyNot(at)).toMatchObject({ kind: "network", code: "TLS_FAILED" });
  });

  it("ends in order while TLS is set up: TLS", async () => {
    await using cleanup = new Cleanup();
    const at = await stranger(cleanup, (socket) => {
      socket.write('INFO {"tls_required":true}\r\n');
      socket.once("data", () => socket.end());
    });
    const cause = await whyNot(at);
    expect(cause).toMatchObject({ kind: "tls", code: "TLS_FAILED" });
    expect(cause.evidence[0]).toBe("the other side ended the connection without an error");
  });
});
