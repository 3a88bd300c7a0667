import dns from "node:dns";
import { once } from "node:events";
import net, { type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type ConnectionOptions, connect, type Server } from "../src/index.js";
import { freePort, releasePort } from "../src/testing/launcher/ports.js";
import { NatsServer } from "../src/testing/server.js";
import { deadUrl, FakeServer, speaksNats } from "./support/fake-server.js";
import { rejection, until } from "./support/until.js";

let server: NatsServer;
beforeAll(async () => {
  server = await NatsServer.start();
});
afterAll(() => server.close());
afterEach(() => {
  vi.restoreAllMocks();
});

const tcp = ({ port, hostname }: Server): Socket => net.connect({ port, host: hostname, noDelay: true });

/** Connects and sends a message around. */
async function roundTrip(options: ConnectionOptions): Promise<void> {
  await using nc = await connect({ servers: server.url, ...options });
  const sub = nc.subscribe("round.trip", { max: 1 });
  nc.publish("round.trip", "hello");
  for await (const msg of sub) expect(msg.string()).toBe("hello");
}

describe("option dialer [R1]", () => {
  it.each<[string, (to: Server) => Socket | Promise<Socket>]>([
    ["a socket that is connecting", tcp],
    ["a promise of one", async (to) => tcp(to)],
    [
      "a promise of one that is connected",
      async (to) => {
        const socket = tcp(to);
        await once(socket, "connect");
        return socket;
      },
    ],
    [
      "a promise of one whose first bytes have come in",
      async (to) => {
        const socket = tcp(to);
        await once(socket, "readable");
        return socket;
      },
    ],
  ])("makes the connections: %s [parity 12]", async (_, dialer) => {
    const asked: Server[] = [];
    await roundTrip({
      dialer: (to) => {
        asked.push(to);
        return dialer(to);
      },
    });
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({ listen: server.hostport, hostname: "127.0.0.1", port: server.port });
  });

  it("is called at every attempt, also when it has failed [parity 12]", async () => {
    let calls = 0;
    await using nc = await connect({
      servers: server.url,
      waitOnFirstConnect: true,
      reconnectTimeWait: 1,
      reconnectJitter: 0,
      dialer: (to) => {
        calls++;
        if (calls === 1) throw new Error("not yet");
        if (calls === 2) return Promise.reject(new Error("not yet either"));
        return tcp(to);
      },
    });
    expect(calls).toBe(3);
    await nc.reconnect();
    await until(() => calls === 4, "the next call");
  });

  it("carries TLS and websockets as well", async () => {
    await using guarded = await NatsServer.start({ tls: true, websocket: true });
    const connected = async (to: Server) => {
      const socket = tcp(to);
      await once(socket, "connect");
      return socket;
    };
    for (const dialer of [tcp, connected]) {
      for (const servers of [guarded.url, guarded.wsUrl]) {
        await roundTrip({ servers, tls: { caFile: guarded.tls!.caFile }, dialer });
      }
    }
    await using first = await NatsServer.start({ tls: { handshakeFirst: true } });
    for (const dialer of [tcp, connected]) {
      const tls = { caFile: first.tls!.caFile, handshakeFirst: true };
      await roundTrip({ servers: first.url, tls, dialer });
    }
  });

  it("that throws or rejects fails connect() with what it said", async () => {
    const refused = Object.assign(new Error("the tunnel is down"), { code: "ECONNREFUSED" });
    for (const dialer of [
      () => {
        throw refused;
      },
      () => Promise.reject(refused),
    ]) {
      const error = await rejection(connect({ servers: server.url, dialer }));
      expect(error).toMatchObject({
        code: "CONNECTION_REFUSED",
        message: "the tunnel is down",
        cause: refused,
      });
    }
  });

  it.each<[string, unknown]>([
    ["nothing", undefined],
    ["a promise of null", Promise.resolve(null)],
    ["a URL", "nats://h"],
    ["a socket that is closed", new net.Socket().destroy()],
  ])("that returns %s is refused, and named", async (_, result) => {
    const error = await rejection<Error & { code: string; option?: string }>(
      connect({ servers: server.url, dialer: () => result as Socket }),
    );
    expect(error).toMatchObject({ code: "CALLBACK_FAILED", option: "dialer" });
    expect(error.message).toContain('option "dialer" returned');
  });

  it("that never answers, or returns what never connects, ends with the attempt's timeout; what comes late is closed", async () => {
    const late: Socket[] = [];
    let release = () => {};
    const slow = (to: Server) =>
      new Promise<Socket>((resolve) => {
        release = () => {
          late.push(tcp(to));
          resolve(late[0]);
        };
      });
    for (const dialer of [slow, () => new net.Socket()]) {
      expect((await rejection(connect({ servers: server.url, timeout: 30, dialer }))).code).toBe("TIMEOUT");
    }
    release();
    await until(() => late[0].destroyed, "the end of the late socket");
  });
});

describe("the local side [R1]", () => {
  it("is bound to localAddress and localPort, as the server sees it [parity 28]", async () => {
    await using nc = await connect({ servers: server.url, localAddress: "127.0.0.9" });
    expect(nc.info?.client_ip).toBe("127.0.0.9");
    await using fake = await FakeServer.start(speaksNats());
    const localPort = await freePort("127.0.0.1");
    await using bound = await connect({ servers: fake.url, localPort });
    expect(fake.last.socket.remotePort).toBe(localPort);
    await bound.close();
    releasePort(localPort);
  });

  it("that is another host's fails the attempt", async () => {
    const error = await rejection(connect({ servers: server.url, localAddress: "192.0.2.1" }));
    expect(error.message).toContain("EADDRNOTAVAIL");
  });
});

describe("option resolve [R1]", () => {
  it.each([true, false])("%s: a name is found", async (resolve) => {
    await roundTrip({ servers: `localhost:${server.port}`, resolve, noRandomize: true });
  });

  it("a name whose addresses are all dead: each is told in the error", async () => {
    const { port } = new URL(await deadUrl());
    vi.spyOn(dns, "lookup").mockImplementation(((_: string, __: object, done: CallableFunction) => {
      const found = ["127.0.0.1", "127.0.0.2"].map((address) => ({ address, family: 4 }));
      process.nextTick(done, null, found);
    }) as never);
    const error = await rejection(connect({ servers: `cluster:${port}`, noRandomize: true }));
    expect(error.code).toBe("CONNECTION_REFUSED");
    expect(error.message).toBe(
      `connect ECONNREFUSED 127.0.0.1:${port}; connect ECONNREFUSED 127.0.0.2:${port}`,
    );
  });

  it("a name that leads nowhere is named in the error", async () => {
    // The resolver of this machine may take long to say so.
    vi.spyOn(dns, "lookup").mockImplementation(((name: string, _: object, done: CallableFunction) => {
      process.nextTick(
        done,
        Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: "ENOTFOUND" }),
      );
    }) as never);
    for (const resolve of [true, false]) {
      const error = await rejection(connect({ servers: "nowhere.invalid", resolve }));
      expect(error.code).toBe("CONNECTION_REFUSED");
      expect(error.message).toContain("nowhere.invalid");
    }
  });
});

describe("option debug [R1]", () => {
  it("prints protocol lines in and out, without payloads and credentials", async () => {
    await using guarded = await NatsServer.start({ user: "me", pass: "S3CRET" });
    const lines: string[] = [];
    vi.spyOn(console, "error").mockImplementation((line) => lines.push(line));
    const identity = { user: "me", pass: "S3CRET" };
    await roundTrip({ servers: guarded.url, ...identity, debug: true });
    const shown = lines.map((line) => line.replace(`${guarded.hostport} `, ""));
    expect(shown[0]).toMatch(/^< INFO \{.*"server_id"/);
    expect(shown[1]).toMatch(/^> CONNECT \{.*"user":"me","pass":"\*\*\*"/);
    for (const line of ["> PING", "< PONG", "> PUB round.trip 5", "< MSG round.trip 1 5"]) {
      expect(shown).toContain(line);
    }
    expect(lines.join("\n")).not.toMatch(/S3CRET|hello/);
    lines.length = 0;
    await roundTrip({ servers: guarded.url, ...identity });
    expect(lines).toEqual([]);
  });
});

describe("option noAsyncTraces [R1]", () => {
  it.each([true, false])("%s: an error says where its request was made, or not", async (noAsyncTraces) => {
    await using nc = await connect({ servers: server.url, noAsyncTraces });
    const error = await rejection(nc.request("who.answers"));
    expect(error).toMatchObject({ code: "NO_RESPONDERS" });
    expect(error.message).toContain("who.answers");
    expect(/called:\n.*dial\.test\.ts/.test(error.stack!)).toBe(!noAsyncTraces);
  });
});
