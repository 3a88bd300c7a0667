import { once } from "node:events";
import { connect as dialTcp, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Connection, type ConnectionOptions, connect } from "../../src/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { Cleanup } from "../support/cleanup.js";
import { inTurn } from "../support/in-turn.js";
import { cutLinks } from "../support/inside.js";
import { until } from "../support/until.js";
import { Gateway, type Verdict } from "./support/gateway.js";

let server: NatsServer;
beforeEach(async () => {
  server = await NatsServer.start({ websocket: true });
});
afterEach(async () => {
  await cleanup[Symbol.asyncDispose]();
  await server.close();
});

const cleanup = new Cleanup();

async function gateway(judge?: (request: { url?: string }) => Verdict): Promise<Gateway> {
  return cleanup.use(await Gateway.start(server.wsUrl!, judge));
}

async function connected(servers: string | string[], options: ConnectionOptions = {}): Promise<Connection> {
  return cleanup.use(await connect({ servers, reconnectTimeWait: 5, reconnectJitter: 0, ...options }));
}

describe("a websocket through a gateway", () => {
  it("is asked for by the path and the query of the URL, which is the server's name without the query [parity 199]", async () => {
    const front = await gateway(({ url }) => (url?.startsWith("/nats/a") ? undefined : "404 Not Found"));
    const nc = await connected(`${front.url}/nats/a?token=S3CRET`);
    expect(front.requests[0].url).toBe("/nats/a?token=S3CRET");
    expect(nc.getServer()).toBe(`127.0.0.1:${front.port}/nats/a`);
    expect(JSON.stringify([nc, nc.getServers()])).not.toContain("S3CRET");
    const refused = connect({ servers: `${front.url}/b?token=S3CRET` });
    await expect(refused).rejects.toMatchObject({ code: "PROTOCOL_ERROR" });
    await expect(refused).rejects.not.toThrow(/S3CRE/);
  });

  it("finds two servers behind one gateway to be two", async () => {
    const front = await gateway();
    const servers = [`${front.url}/a`, `${front.url}/b`];
    const nc = await connected(servers, { noRandomize: true, dialer: inTurn() });
    expect(nc.getServers()).toHaveLength(2);
    const moved = new Promise((resolve) => nc.once("move", resolve));
    await nc.reconnect();
    expect(await moved).toMatchObject({
      from: expect.stringMatching(/\/a$/),
      to: expect.stringMatching(/\/b$/),
    });
    expect(front.requests.map(({ url }) => url)).toEqual(["/a", "/b"]);
  });

  it("is asked for with headers, that may be made anew for each attempt [parity 199]", async () => {
    const front = await gateway();
    let made = 0;
    const nc = await connected(front.url, {
      websocket: { headers: () => ({ Authorization: `Bearer ${++made}` }) },
    });
    cutLinks(nc);
    await until(() => nc.stats().reconnects === 1, "the reconnect");
    await connected(front.url, { websocket: { headers: { "X-Name": "fixed" } } });
    expect(front.requests.map(({ headers }) => headers.authorization ?? headers["x-name"])).toEqual([
      "Bearer 1",
      "Bearer 2",
      "fixed",
    ]);
    // Nothing of ours names us a browser: then the server would send small frames.
    expect(front.requests[0].headers["user-agent"]).toBeUndefined();
  });

  it("is put upon what option dialer returns, at once or later", async () => {
    const front = await gateway();
    const made: Socket[] = [];
    const dial = () => {
      const socket = dialTcp(front.port, "127.0.0.1");
      made.push(socket);
      return socket;
    };
    const later = async () => {
      const socket = dial();
      await once(socket, "connect");
      return socket;
    };
    for (const dialer of [dial, later]) {
      const nc = await connected("ws://nowhere.invalid/x", { dialer });
      expect((await nc.rtt()) > 0).toBe(true);
    }
    expect(made).toHaveLength(2);
    expect(front.requests.map(({ url, headers }) => `${headers.host} ${url}`)).toEqual(
      Array(2).fill("nowhere.invalid /x"),
    );
  });

  it.each([
    ["401 Unauthorized", "AUTHORIZATION_VIOLATION", "authentication"],
    ["403 Forbidden", "AUTHORIZATION_VIOLATION", "authentication"],
    ["404 Not Found", "PROTOCOL_ERROR", "protocol"],
    ["301 Moved\r\nLocation: ws://127.0.0.1:1/", "PROTOCOL_ERROR", "protocol"],
    ["200 OK", "PROTOCOL_ERROR", "protocol"],
    ["502 Bad Gateway", "CONNECTION_REFUSED", "refused"],
    ["429 Too Many Requests", "CONNECTION_THROTTLED", "overload"],
  ])("that answers %s: %s", async (verdict, code, kind) => {
    const front = await gateway(() => verdict);
    const failed = connect({ servers: front.url });
    await expect(failed).rejects.toMatchObject({ code });
    await expect(failed).rejects.toThrow(new RegExp(`HTTP ${verdict.slice(0, 3)}`));
    let bad = false;
    const good = await gateway(() => (bad ? verdict : undefined));
    const nc = await connected(good.url);
    const kinds: string[] = [];
    nc.on("attemptFailed", (_, { cause }) => kinds.push(cause.kind));
    bad = true;
    await nc.reconnect();
    await until(() => kinds.length >= 3, "attempts that fail, and others after them");
    expect(new Set(kinds)).toEqual(new Set([kind]));
    bad = false;
    await until(() => nc.stats().reconnects === 1, "the reconnect");
  });

  it.each<[string, () => never]>([
    [
      "has thrown: no luck",
      () => {
        throw new Error("no luck");
      },
    ],
    ["must be an object of strings", () => 5 as never],
    ['must not have "Host"', () => ({ Host: "x" }) as never],
  ])("fails its attempt when the function for headers fails: %s", async (text, headers) => {
    const failed = connect({ servers: server.wsUrl, websocket: { headers } });
    await expect(failed).rejects.toMatchObject({ code: "CALLBACK_FAILED", option: "websocket.headers" });
    await expect(failed).rejects.toThrow(text);
  });
});
