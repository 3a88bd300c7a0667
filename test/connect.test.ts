import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../src/index.js";
import { NatsServer } from "../src/testing/server.js";
import { deadUrl, FakeServer, speaksNats } from "./support/fake-server.js";
import { inTurn } from "./support/in-turn.js";
import { resolvesNothing } from "./support/names.js";
import { rejection } from "./support/until.js";

let server: NatsServer;
beforeAll(async () => {
  server = await NatsServer.start();
});
afterAll(() => server.close());

describe("connect()", () => {
  it("reaches a server and can be closed [parity 1, 19, 20]", async () => {
    const nc = await connect({ servers: server.url });
    expect(nc.state).toBe("connected");
    expect(nc.isClosed()).toBe(false);
    expect(nc.getServer()).toBe(server.hostport);
    expect(nc.info?.server_name).toBe(server.name);
    await nc.close();
    expect(nc.state).toBe("closed");
    expect(nc.isClosed()).toBe(true);
    expect(nc.getServer()).toBe("");
    await expect(nc.closed()).resolves.toBeUndefined();
  });

  it("dials 127.0.0.1:4222 when no server is named", async () => {
    const nc = await connect({ retryOnFailedConnect: true, ignoreClusterUpdates: true });
    expect(nc.getServers().map((one) => one.listen)).toEqual(["127.0.0.1:4222"]);
    await nc.close();
  });

  it("takes a port in place of servers", async () => {
    await using nc = await connect({ port: server.port });
    expect(nc.getServer()).toBe(server.hostport);
  });

  it("tells its name to the server", async () => {
    await using watched = await NatsServer.start({ monitor: true });
    await using nc = await connect({ servers: watched.url, name: "a name" });
    await nc.flush();
    const connz = await fetch(`http://127.0.0.1:${watched.monitorPort}/connz`);
    // The server may not know yet that the launcher, which has looked whether it is ready, has left.
    const ours = expect.objectContaining({ name: "a name", lang: "holdfast" });
    expect(await connz.json()).toMatchObject({ connections: expect.arrayContaining([ours]) });
  });

  it("passes over servers that are not there [parity 2]", async () => {
    const servers = [await deadUrl(), await deadUrl(), server.url];
    await using nc = await connect({ servers, noRandomize: true });
    expect(nc.getServer()).toBe(server.hostport);
  });

  it("goes to the first server with noRandomize, and to any without [parity 6, 8, 9, 95]", async () => {
    await using other = await NatsServer.start();
    const servers = [server.url, other.url];
    const used = { kept: new Set<string>(), shuffled: new Set<string>() };
    for (let i = 0; i < 20; i++) {
      await using kept = await connect({ servers, noRandomize: true, dialer: inTurn() });
      used.kept.add(kept.getServer());
    }
    for (let i = 0; i < 200 && used.shuffled.size < 2; i++) {
      await using shuffled = await connect({ servers });
      used.shuffled.add(shuffled.getServer());
    }
    expect([...used.kept]).toEqual([server.hostport]);
    expect(used.shuffled.size).toBe(2);
  });

  it.each([
    ["a URL", () => server.url],
    ["a URL with a slash behind it", () => `${server.url}/`],
    ["host:port", () => server.hostport],
    ["a list in one text, with blanks and slashes", () => ` ${server.hostport}/ , ${server.url}/ ,`],
    ["localhost", () => `localhost:${server.port}`],
  ])("understands %s [parity 3, 4]", async (_, text) => {
    await using nc = await connect({ servers: text() });
    expect(nc.state).toBe("connected");
  });

  it("reaches a server over IPv6 [parity 5, 29]", async () => {
    await using six = await NatsServer.start({ host: "::1" });
    for (const text of [`[::1]:${six.port}`, `nats://[::1]:${six.port}`]) {
      await using nc = await connect({ servers: text });
      expect(nc.getServer()).toBe(`[::1]:${six.port}`);
    }
  });

  it("rejects with the cause when no server can be reached [parity 2, 26]", async () => {
    const error = await rejection(connect({ servers: [await deadUrl(), await deadUrl()] }));
    expect(error.code).toBe("CONNECTION_REFUSED");
    expect(error.message).toContain("ECONNREFUSED");
  });

  it("rejects when a host name cannot be resolved", async () => {
    resolvesNothing();
    const error = await rejection(connect({ servers: "no-such-host.invalid:4222" }));
    expect(error.code).toBe("CONNECTION_REFUSED");
    expect(error.message).toContain("no-such-host.invalid");
  });

  it("is not echoed what it publishes with noEcho [parity 24]", async () => {
    await using nc = await connect({ servers: server.url, noEcho: true });
    await using other = await connect({ servers: server.url });
    const got: string[] = [];
    nc.subscribe("echo", { callback: (_, msg) => got.push(msg.string()) });
    await nc.flush();
    nc.publish("echo", "own");
    await nc.flush();
    other.publish("echo", "foreign");
    await other.flush();
    await nc.flush();
    expect(got).toEqual(["foreign"]);
  });

  it("with noEcho refuses a server that is too old for it [parity 24]", async () => {
    await using old = await FakeServer.start(speaksNats({ proto: 0 }));
    const error = await rejection<Error & { code: string; option?: string }>(
      connect({ servers: old.url, noEcho: true }),
    );
    expect(error).toMatchObject({ code: "INVALID_OPTION", option: "noEcho" });
    expect(error.message).toContain(old.hostport);
    expect(old.last.received).toBe("");
    await using nc = await connect({ servers: [old.url, server.url], noEcho: true, noRandomize: true });
    expect(nc.getServer()).toBe(server.hostport);
    await using echoed = await connect({ servers: old.url });
    expect(echoed.state).toBe("connected");
    await echoed.close();
  });

  it.each([{ verbose: true }, { pedantic: true }, { verbose: true, pedantic: true }])(
    "works with %o [parity 15]",
    async (options) => {
      await using nc = await connect({ servers: server.url, ...options });
      nc.subscribe("ask", { callback: (_, msg) => msg.respond("answer") });
      expect((await nc.request("ask")).string()).toBe("answer");
    },
  );
});
