import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ConnectionOptions, connect } from "../../src/index.js";
import { CertificateAuthority } from "../../src/testing/certificates/authority.js";
import { NatsCluster } from "../../src/testing/cluster.js";
import { NatsServer } from "../../src/testing/server.js";
import { until } from "../support/until.js";

let authority: CertificateAuthority;
let stranger: CertificateAuthority;
let folder: string;

beforeAll(async () => {
  authority = await CertificateAuthority.create();
  stranger = await CertificateAuthority.create();
  folder = mkdtempSync(join(tmpdir(), "holdfast-tls-"));
});
afterAll(() => {
  authority.close();
  stranger.close();
  rmSync(folder, { recursive: true });
});

const QUICK = { reconnectTimeWait: 20, reconnectJitter: 0, timeout: 2000 } satisfies ConnectionOptions;

describe("a TLS link that is lost", () => {
  it("is made again, with all that was published, in order", async () => {
    await using server = await NatsServer.start({ tls: { authority } });
    const tls = { ca: authority.cert };
    await using nc = await connect({ servers: server.url, tls, ...QUICK });
    await using observer = await connect({ servers: server.url, tls, ...QUICK });
    const got: number[] = [];
    observer.subscribe("n", { callback: (_error, msg) => got.push(Number(msg.string())) });
    await observer.flush();
    for (let n = 0; n < 500; n++) nc.publish("n", `${n}`);
    await server.kill();
    for (let n = 500; n < 1000; n++) nc.publish("n", `${n}`);
    const back = new Promise((resolve) => observer.once("reconnect", resolve));
    const held = nc.buffered.messages;
    expect(held).toBeGreaterThan(0);
    await server.restart();
    await Promise.all([back, nc.flush()]);
    expect(nc.stats()).toMatchObject({ confirmed: 1000, dropped: 0, unconfirmed: 0 });
  });

  it("to a frozen server is left within stallTimeout, although TLS takes what is written", async () => {
    await using server = await NatsServer.start({ tls: { authority } });
    await using nc = await connect({
      servers: server.url,
      tls: { ca: authority.cert },
      stallTimeout: 600,
      ...QUICK,
    });
    const lost = new Promise<string>((resolve) =>
      nc.once("disconnect", (_error, { cause }) => resolve(cause.kind)),
    );
    await server.stop();
    const writer = setInterval(() => nc.publish("a", "x".repeat(100)), 5);
    try {
      expect(await lost).toBe("stale");
    } finally {
      clearInterval(writer);
      await server.cont();
    }
    await nc.flush();
    expect(nc.stats().pending).toBe(0);
  });
});

describe("a server's certificate", () => {
  it("that is swapped while the connection stands is met by the next link", async () => {
    await using server = await NatsServer.start({ tls: { authority } });
    await using nc = await connect({
      servers: server.url,
      tls: { ca: [authority.cert, stranger.cert] },
      ...QUICK,
    });
    const { certFile, keyFile } = await stranger.issue();
    await server.reload({ tls: { certFile, keyFile } });
    await nc.flush();
    await nc.reconnect();
    await nc.flush();
    expect(nc.state).toBe("connected");
  });

  it("that has become a stranger's is not accepted, until the server has a good one again [parity 33, 70]", async () => {
    await using server = await NatsServer.start({ tls: { authority } });
    await using nc = await connect({ servers: server.url, tls: { ca: authority.cert }, ...QUICK });
    const causes: string[] = [];
    nc.on("attemptFailed", (_error, { cause }) => causes.push(cause.kind));
    const { certFile, keyFile } = await stranger.issue();
    await server.reload({ tls: { certFile, keyFile } });
    await nc.reconnect();
    nc.publish("kept");
    await until(() => causes.length >= 2, "failed attempts");
    expect(new Set(causes)).toEqual(new Set(["tls"]));
    await server.reload({ tls: { authority } });
    await nc.flush();
    expect(nc.stats()).toMatchObject({ confirmed: 1, pending: 0 });
  });
});

describe("a client's certificate", () => {
  it("is read at every attempt: a bad one is told, and a good one is taken when it is there [parity 152]", async () => {
    await using server = await NatsServer.start({ tls: { authority, verify: true } });
    const good = await authority.issue({ client: true });
    const bad = await stranger.issue({ client: true });
    const certFile = join(folder, "client.pem");
    const keyFile = join(folder, "client.key");
    const install = (pair: typeof good) => {
      copyFileSync(pair.certFile, certFile);
      copyFileSync(pair.keyFile, keyFile);
    };
    install(good);
    const tls = { ca: authority.cert, certFile, keyFile };
    await using nc = await connect({ servers: server.url, tls, ...QUICK });
    const errors: Error[] = [];
    nc.on("attemptFailed", (error) => errors.push(error));
    install(bad);
    await nc.reconnect();
    await until(() => errors.length > 0, "the stranger's certificate was refused");
    expect(errors[0]).toMatchObject({ code: "TLS_FAILED" });
    writeFileSync(keyFile, "half a key, SECRET");
    // An attempt that is under way has read the stranger's.
    const unread = () => errors.find((error) => "option" in error && error.option === "tls.keyFile");
    await until(() => unread() !== undefined, "a key that cannot be read");
    const told = unread()!;
    expect(told).toMatchObject({ code: "TLS_FAILED", option: "tls.keyFile" });
    expect(told.message).toContain(keyFile);
    expect(told.message).not.toContain("SECRET");
    install(good);
    await nc.flush();
    expect(nc.state).toBe("connected");
  });
});

describe("a cluster with certificates for its name alone", () => {
  it("is followed by its gossiped IP addresses under the name that was dialled first [parity 156]", async () => {
    const { certFile, keyFile } = await authority.issue({ hosts: ["localhost"] });
    await using cluster = await NatsCluster.start({ tls: { certFile, keyFile } });
    const [server] = cluster.servers;
    const tls = { ca: authority.cert };
    await using nc = await connect({ servers: `localhost:${server.port}`, tls, ...QUICK });
    const gossiped = () => nc.getServers().filter((entry) => entry.gossiped);
    await until(() => gossiped().length === 3, "gossip");
    for (const entry of gossiped())
      expect(entry).toMatchObject({ hostname: "127.0.0.1", tlsName: "localhost" });
    const others = gossiped().filter((entry) => entry.port !== server.port);
    const back = new Promise<string>((resolve) => nc.once("reconnect", (info) => resolve(info.server)));
    await server.kill();
    expect(others.map((entry) => entry.listen)).toContain(await back);
  });

  it("is not entered by an IP address that was configured: the certificate is not for it", async () => {
    const { certFile, keyFile } = await authority.issue({ hosts: ["localhost"] });
    await using server = await NatsServer.start({ tls: { certFile, keyFile } });
    await expect(connect({ servers: server.url, tls: { ca: authority.cert } })).rejects.toMatchObject({
      code: "TLS_FAILED",
      message: expect.stringContaining("127.0.0.1"),
    });
  });
});
