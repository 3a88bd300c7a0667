import dns from "node:dns";
import net from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type Connection, type ConnectionOptions, connect } from "../src/index.js";
import { CertificateAuthority } from "../src/testing/certificates/authority.js";
import { NatsServer } from "../src/testing/server.js";
import { Cleanup } from "./support/cleanup.js";
import { type FakeLink, FakeServer, speaksNats } from "./support/fake-server.js";
import { tlsOf } from "./support/inside.js";
import { rejection, until } from "./support/until.js";

afterEach(() => {
  vi.restoreAllMocks();
});

/** Long enough for a test to fail that waits for it. */
const TIMEOUT = 8000;
const OPTIONS = { timeout: TIMEOUT, noRandomize: true } satisfies ConnectionOptions;

/** Accepts, and says nothing. */
const hangs = (): void => {};

const lookup = dns.lookup as (...args: unknown[]) => void;

/** Makes the name `cluster` lead to these addresses. */
function resolveTo(...addresses: string[]): void {
  const found = addresses.map((address) => ({ address, family: net.isIP(address) }));
  vi.spyOn(dns, "lookup").mockImplementation(((...args: [string, object, CallableFunction]) => {
    if (args[0] !== "cluster") return lookup(...args);
    process.nextTick(args[2], null, found);
  }) as never);
}

/** Servers at 127.0.0.1, 127.0.0.2 and so on, all at the same port, that behave like this. */
async function behindOneName(...behaviours: ((link: FakeLink, number: number) => void)[]) {
  const cleanup = new Cleanup();
  const [first, ...others] = behaviours;
  const servers = [cleanup.use(await FakeServer.start(first))];
  const { port } = servers[0];
  for (const [index, behave] of others.entries()) {
    const host = `127.0.0.${index + 2}`;
    servers.push(cleanup.use(await FakeServer.start(behave, { host, port })));
  }
  resolveTo(...behaviours.map((_, index) => `127.0.0.${index + 1}`));
  return { servers, port, [Symbol.asyncDispose]: () => cleanup[Symbol.asyncDispose]() };
}

/** ms that it takes to connect. */
async function timed(options: ConnectionOptions): Promise<[Connection, number]> {
  const begun = performance.now();
  const nc = await connect({ ...OPTIONS, ...options });
  return [nc, performance.now() - begun];
}

/** Nothing is left at the servers that were not chosen, nor here. */
async function onlyOneLinkIsLeft(nc: Connection, servers: readonly FakeServer[]): Promise<void> {
  const open = () => servers.flatMap(({ links }) => links).filter(({ socket }) => !socket.destroyed).length;
  await until(
    () => open() === 1,
    () => `${open()} links are open`,
  );
  expect(tlsOf(nc)).toHaveLength(1);
}

describe("a name with several addresses", () => {
  it.each<[string, (link: FakeLink, number: number) => void]>([
    ["accepts and says nothing", hangs],
    ["greets, and does not answer CONNECT", speaksNats({}, 0)],
  ])("of which one %s costs a head start", async (_, behave) => {
    await using name = await behindOneName(behave, speaksNats());
    const [nc, took] = await timed({ servers: `cluster:${name.port}` });
    await using _nc = nc;
    expect(took).toBeGreaterThanOrEqual(290);
    expect(took).toBeLessThan(TIMEOUT / 2);
    expect(name.servers.map(({ links }) => links.length)).toEqual([1, 1]);
    await onlyOneLinkIsLeft(nc, name.servers);
  });

  it("of which two hang costs two head starts", async () => {
    await using name = await behindOneName(hangs, hangs, speaksNats());
    const [nc, took] = await timed({ servers: `cluster:${name.port}` });
    await using _nc = nc;
    expect(took).toBeGreaterThanOrEqual(590);
    expect(took).toBeLessThan(TIMEOUT / 2);
    expect(name.servers.map(({ links }) => links.length)).toEqual([1, 1, 1]);
    await onlyOneLinkIsLeft(nc, name.servers);
  });

  it("of which the one that we were connected to hangs costs no more in an outage", async () => {
    const onlyOnce = (link: FakeLink, number: number) => (number === 1 ? speaksNats()(link) : undefined);
    await using name = await behindOneName(onlyOnce, hangs, speaksNats());
    await using nc = await connect({ ...OPTIONS, servers: `cluster:${name.port}` });
    const back = new Promise<number>((resolve) => nc.once("reconnect", (info) => resolve(info.downtime)));
    name.servers[0].last.socket.destroy();
    expect(await back).toBeLessThan(TIMEOUT / 2);
    await onlyOneLinkIsLeft(nc, name.servers);
  });

  it("that hang all end with the timeout of the attempts, and nothing is left", async () => {
    await using name = await behindOneName(hangs, hangs);
    const error = await rejection(connect({ ...OPTIONS, timeout: 1_000, servers: `cluster:${name.port}` }));
    expect(error.code).toBe("TIMEOUT");
    const links = name.servers.flatMap((server) => server.links);
    await until(() => links.every(({ socket }) => socket.destroyed), "closed sockets");
    expect(links).toHaveLength(2);
  });

  it("is found behind one that hangs over websockets, and where TLS comes first", async () => {
    using authority = await CertificateAuthority.create();
    const tls = { authority, hosts: ["cluster"], handshakeFirst: true };
    await using server = await NatsServer.start({ host: "127.0.0.2", tls, websocket: true });
    resolveTo("127.0.0.1", "127.0.0.2");
    const url = new URL(server.wsUrl!);
    for (const [scheme, port] of [
      ["tls", server.port],
      ["wss", Number(url.port)],
    ]) {
      await using hanging = await FakeServer.start(hangs, { host: "127.0.0.1", port: Number(port) });
      const [nc, took] = await timed({
        servers: `${scheme}://cluster:${port}`,
        tls: { ca: authority.cert, ...(scheme === "tls" ? { handshakeFirst: true } : {}) },
      });
      await using _nc = nc;
      expect(took).toBeLessThan(TIMEOUT / 2);
      await until(() => hanging.last.socket.destroyed, "the end of the other attempt");
    }
  });
});

describe("a pool", () => {
  it("of which two servers hang costs two head starts, and nothing is left", async () => {
    await using name = await behindOneName(hangs, hangs, speaksNats());
    const servers = name.servers.map((_, index) => `127.0.0.${index + 1}:${name.port}`);
    const [nc, took] = await timed({ servers });
    await using _nc = nc;
    expect(took).toBeLessThan(TIMEOUT / 2);
    await onlyOneLinkIsLeft(nc, name.servers);
  });
});
