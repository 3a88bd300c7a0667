import { randomBytes } from "node:crypto";
import { headers } from "@nats-io/nats-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Connection, type ConnectionOptions, connect } from "../../src/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { Arrivals, countInto } from "../support/arrivals.js";
import { expectBalanced } from "../support/books.js";
import { publishNumbers } from "../support/publisher.js";
import { until } from "../support/until.js";

const open: Connection[] = [];
let server: NatsServer;
beforeEach(async () => {
  server = await NatsServer.start({ websocket: { compression: true }, maxPayload: 8 * 1024 * 1024 });
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((nc) => nc.close()));
  await server.close();
});

async function connected(options: ConnectionOptions = {}): Promise<Connection> {
  const nc = await connect({ servers: server.wsUrl, ...options });
  open.push(nc);
  return nc;
}

describe("a websocket to a real server [R7]", () => {
  it("publishes, subscribes, asks and answers, with headers [parity 199]", async () => {
    const nc = await connected();
    const got: string[] = [];
    nc.subscribe("a.*", {
      callback: (_, msg) => got.push(`${msg.subject} ${msg.string()} ${msg.headers?.get("h")}`),
    });
    nc.subscribe("q", { callback: (_, msg) => msg.respond(`re: ${msg.string()}`) });
    const h = headers();
    h.set("h", "1");
    nc.publish("a.b", "hello", { headers: h });
    nc.publish("a.c", "");
    await nc.flush();
    expect(got).toEqual(["a.b hello 1", "a.c  undefined"]);
    expect((await nc.request("q", "x")).string()).toBe("re: x");
    expect(nc.getServer()).toBe(server.wsUrl?.replace("ws://", ""));
    expect(await nc.rtt()).toBeGreaterThan(0);
  });

  it.each([false, true])("carries large messages whole, compressed: %s [parity 199]", async (compression) => {
    const nc = await connected({ websocket: { compression } });
    const sent = [1, 125, 126, 65_535, 65_536, 1_000_000, 8 * 1024 * 1024].map((size) => randomBytes(size));
    sent.push(Buffer.alloc(1024 * 1024, "a"));
    const got: Uint8Array[] = [];
    nc.subscribe("a", { callback: (_, msg) => got.push(msg.data) });
    for (const data of sent) nc.publish("a", data);
    await nc.flush();
    expect(got.length).toBe(sent.length);
    for (const [i, data] of sent.entries()) expect(data.equals(got[i])).toBe(true);
    expectBalanced(nc);
  });

  it("keeps the order of a burst of 50,000, and the books", async () => {
    const nc = await connected();
    const other = await connect({ servers: server.url });
    open.push(other);
    const arrivals = [new Arrivals(), new Arrivals()];
    nc.subscribe("a", { callback: countInto(arrivals[0]) });
    other.subscribe("a", { callback: countInto(arrivals[1]) });
    await other.flush();
    publishNumbers(nc, "a", 0, 50_000);
    await nc.flush();
    await other.flush();
    for (const { total, distinct, late } of arrivals)
      expect([total, distinct, late]).toEqual([50_000, 50_000, 0]);
    expect(expectBalanced(nc)).toMatchObject({ confirmed: 50_000 });
  });

  it("serves several connections beside each other [parity 199]", async () => {
    const all = await Promise.all(Array.from({ length: 10 }, () => connected()));
    const arrivals = all.map(() => new Arrivals());
    for (const [i, nc] of all.entries()) nc.subscribe(`s.${i}`, { callback: countInto(arrivals[i]) });
    await Promise.all(all.map((nc) => nc.flush()));
    for (const [i, nc] of all.entries()) publishNumbers(nc, `s.${(i + 1) % all.length}`, 0, 500);
    await Promise.all(all.map((nc) => nc.flush()));
    await until(() => arrivals.every(({ total }) => total === 500), "all messages");
    for (const { late } of arrivals) expect(late).toBe(0);
  });

  it.each(["close", "drain"] as const)("leaves nothing behind after %s()", async (end) => {
    const resources = () => process.getActiveResourcesInfo().filter((name) => /TCP|TLS|Timeout/.test(name));
    const before = resources();
    const nc = await connect({ servers: server.wsUrl });
    let handled = 0;
    nc.subscribe("a", { callback: () => handled++ });
    publishNumbers(nc, "a", 0, 100);
    await nc[end]();
    expect(nc.stats().confirmed).toBe(100);
    if (end === "drain") expect(handled).toBe(100);
    await until(
      () => resources().length <= before.length,
      () => `no more than ${before}: ${resources()}`,
    );
  });

  it("is closed in good order, as the server sees it", async () => {
    const nc = await connect({ servers: server.wsUrl });
    await server.reload({ config: "debug: true" });
    await nc.close();
    await until(
      () => /Client Closed|Client connection closed/i.test(server.log()),
      () => server.log(),
    );
    expect(server.log()).not.toMatch(/read error|reset by peer/i);
  });

  it("takes no other servers beside websockets, in connect() and in setServers() [parity 88, 199]", async () => {
    for (const other of [server.url, `tls://${server.hostport}`, server.hostport]) {
      const mixed = connect({ servers: [server.wsUrl!, other] });
      await expect(mixed).rejects.toMatchObject({ code: "INVALID_OPTION", option: "servers" });
    }
    const nc = await connected();
    const { length } = nc.getServers();
    expect(() => nc.setServers([server.url])).toThrow(/cannot be mixed/);
    expect(() => nc.setServers([server.wsUrl!, "nope:1"])).toThrow(/cannot be mixed/);
    expect(nc.getServers()).toHaveLength(length);
    nc.setServers([server.wsUrl!, "ws://127.0.0.1:1"]);
    expect(nc.getServers().map(({ listen }) => listen)).toContain("127.0.0.1:1");
    const plain = await connected({ servers: server.url });
    expect(() => plain.setServers([server.wsUrl!])).toThrow(/cannot be mixed/);
  });
});

describe("option websocket", () => {
  it.each<[string, unknown]>([
    ["websocket", true],
    ["websocket.header", { header: {} }],
    ["websocket.compression", { compression: 1 }],
    ["websocket.headers", { headers: "a: b" }],
    ["websocket.headers", { headers: ["a"] }],
    ["websocket.headers", { headers: { a: 1 } }],
    ["websocket.headers", { headers: { "a b": "c" } }],
    ["websocket.headers", { headers: { a: "S3CRET\r\nX: y" } }],
    ["websocket.headers", { headers: { "Sec-WebSocket-Key": "S3CRET" } }],
    ["websocket.headers", { headers: { Upgrade: "h2c" } }],
  ])("%s is refused by name: %j", async (option, websocket) => {
    const failed = connect({ servers: server.wsUrl, websocket } as ConnectionOptions);
    await expect(failed).rejects.toMatchObject({ code: "INVALID_OPTION", option });
    await expect(failed).rejects.not.toThrow(/S3CRET/);
  });
});
