import { type AddressInfo, createServer, connect as dial, type Socket } from "node:net";
import { headers } from "@nats-io/nats-core";
import { connect as connectOfficial } from "@nats-io/transport-node";
import { describe, expect, it } from "vitest";
import { connect } from "../../src/index.js";
import { startServer } from "../../src/testing/embedded/start-server.js";
import type { TestServer } from "../../src/testing/embedded/test-server.js";
import { Cleanup } from "../support/cleanup.js";
import { rejection, thrown, until } from "../support/until.js";

const QUICK = { reconnectTimeWait: 10, reconnectJitter: 0 };

/** A raw connection: what it has received, and whether it has ended. */
class Raw {
  readonly socket: Socket;
  text = "";
  ended = false;

  constructor(server: TestServer, ...lines: string[]) {
    this.socket = dial(server.port, server.host);
    this.socket.on("data", (bytes) => {
      this.text += bytes;
    });
    this.socket.on("error", () => {});
    this.socket.on("close", () => {
      this.ended = true;
    });
    this.say(...lines);
  }

  say(...lines: string[]): void {
    this.socket.write(lines.map((line) => `${line}\r\n`).join(""));
  }

  hears(text: string): Promise<void> {
    return until(() => this.text.includes(text), `${text} in ${this.text}`);
  }

  close(): Promise<void> {
    this.socket.destroy();
    return Promise.resolve();
  }
}

describe("a test server", () => {
  it("is called what a NatsServer is called", async () => {
    await using server = await startServer();
    expect(server.url).toBe(`nats://127.0.0.1:${server.port}`);
    expect(server.hostport).toBe(`127.0.0.1:${server.port}`);
    expect(server.name).toBe(`test-${server.port}`);
    expect([server.running, server.stopped]).toEqual([true, false]);
  });

  it.each([
    ["Holdfast", connect],
    ["nats.js", connectOfficial],
  ])("serves %s: messages, headers, requests, queue groups", async (_, connectClient) => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await startServer());
    const nc = cleanup.use(await connectClient({ servers: server.url }));
    const other = cleanup.use(await connectClient({ servers: server.url }));
    const got: string[] = [];
    nc.subscribe("a.*", { callback: (_, msg) => void got.push(`${msg.subject} ${msg.string()}`) });
    const members = [0, 0, 0];
    members.forEach((_, i) => {
      nc.subscribe("work", { queue: "q", callback: () => void members[i]++ });
    });
    nc.subscribe("echo", { callback: (_, msg) => void msg.respond(msg.data, { headers: msg.headers }) });
    await nc.flush();
    other.publish("a.b", "x");
    other.publish("a.b.c", "y");
    for (let i = 0; i < 300; i++) other.publish("work");
    const given = headers();
    given.set("K", "v");
    const answer = await other.request("echo", "hello", { headers: given, timeout: 5000 });
    expect([answer.string(), answer.headers?.get("K")]).toEqual(["hello", "v"]);
    expect(got).toEqual(["a.b x"]);
    expect(members.reduce((sum, n) => sum + n)).toBe(300);
    for (const n of members) expect(n).toBeGreaterThan(30);
    expect((await rejection(other.request("nobody", "", { timeout: 5000 }))).message).toContain(
      "no responders",
    );
  });

  it("is killed and started again on the same port; nothing is lost", async () => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await startServer());
    const nc = cleanup.use(await connect({ servers: server.url, ...QUICK }));
    const got: string[] = [];
    nc.subscribe("a", { callback: (_, msg) => got.push(msg.string()) });
    await nc.flush();
    await server.kill();
    expect(server.running).toBe(false);
    await until(() => nc.state === "reconnecting", "the outage");
    nc.publish("a", "x");
    await server.restart();
    await nc.flush();
    await until(() => got.length === 1, "the message");
    expect(got).toEqual(["x"]);
  });

  it("stands still and goes on", async () => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await startServer());
    const before = cleanup.use(new Raw(server, "PING"));
    await before.hears("PONG");
    server.stop();
    expect(server.stopped).toBe(true);
    before.say("PING");
    const during = cleanup.use(new Raw(server, "PING"));
    // Whatever a server that runs would have said is here by the time that another one has answered.
    const witness = cleanup.use(await startServer());
    await cleanup.use(new Raw(witness, "PING")).hears("PONG");
    expect(before.text.match(/PONG/g)).toHaveLength(1);
    expect(during.text).toBe("");
    server.cont();
    await until(() => before.text.match(/PONG/g)?.length === 2, "the second PONG");
    await during.hears("PONG");
    expect(during.text).toMatch(/^INFO /);
  });

  it("knows no time while it stands still", async () => {
    await using cleanup = new Cleanup();
    // Its client is cut off long after it stands still; PINGs may come before.
    const hurried = { pingInterval: 50, pingMax: 20 };
    const [server, witness] = [
      cleanup.use(await startServer(hurried)),
      cleanup.use(await startServer(hurried)),
    ];
    const raw = cleanup.use(new Raw(server));
    await raw.hears("INFO");
    server.stop();
    const witnessed = cleanup.use(new Raw(witness));
    // What was on its way is here by then.
    await witnessed.hears("INFO");
    const heard = raw.text;
    await until(() => witnessed.ended, "the end of a client of a server that runs");
    expect(server.connections).toHaveLength(1);
    expect(raw.text).toBe(heard);
    server.cont();
    await until(() => raw.ended, "the end");
  });

  it("lets its last words arrive at a client that goes on writing", async () => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await startServer());
    const raw = cleanup.use(new Raw(server));
    await raw.hears("INFO");
    raw.socket.pause();
    raw.say("FOO");
    await until(() => server.connections.length === 0, "the end");
    for (let i = 0; i < 10; i++) await new Promise((written) => raw.socket.write("PING\r\n", written));
    raw.socket.resume();
    await raw.hears("-ERR 'Unknown Protocol Operation'");
  });

  it("is killed at once, also while it waits for a client to close its end", async () => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await startServer());
    const socket = dial({ port: server.port, host: server.host, allowHalfOpen: true });
    cleanup.use({ close: async () => socket.destroy() });
    let ended = false;
    socket
      .on("error", () => {})
      .on("end", () => {
        ended = true;
      });
    socket.resume().write("FOO\r\n");
    await until(() => ended, "the server's end");
    const began = performance.now();
    await server.kill();
    expect(performance.now() - began).toBeLessThan(900);
  });

  it("ends frozen as well", async () => {
    const server = await startServer();
    const raw = new Raw(server);
    await raw.hears("INFO");
    server.stop();
    await server.kill();
    await until(() => raw.ended, "the end");
    await server.restart();
    expect(server.stopped).toBe(false);
    await server.close();
  });

  it("ends in order: what it has said arrives", async () => {
    await using server = await startServer();
    const raw = new Raw(server, "SUB a 1", "PUB a 3", "abc");
    await until(() => server.connections[0]?.outMsgs === 1, "the message");
    await server.term();
    await until(() => raw.ended, "the end");
    expect(raw.text).toContain("MSG a 1 3\r\nabc\r\n");
  });

  it("goes into lame duck mode: says so, takes nobody, sends all away, ends", async () => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await startServer({ lameDuckGracePeriod: 0, lameDuckDuration: 20 }));
    const clients = Array.from({ length: 4 }, () =>
      cleanup.use(new Raw(server, 'CONNECT {"verbose":false,"protocol":1}', "PING")),
    );
    for (const client of clients) await client.hears("PONG");
    server.lameDuck();
    server.lameDuck();
    const late = cleanup.use(new Raw(server));
    await until(() => clients.every((client) => client.ended), "the end of all");
    for (const client of clients) expect(client.text.match(/"ldm":true/g)).toHaveLength(1);
    await until(() => late.ended && !server.running, "the end of the server");
    expect(late.text).toBe("");
    await server.restart();
    await cleanup.use(new Raw(server, "PING")).hears("PONG");
  });

  it("tells of its clients", async () => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await startServer());
    const nc = cleanup.use(await connect({ servers: server.url, name: "mine" }));
    nc.subscribe("a", { callback: () => {} });
    nc.publish("a", "hello");
    await nc.flush();
    expect(server.connections).toMatchObject([
      {
        ...{ cid: 1, ip: "127.0.0.1", name: "mine", lang: "holdfast", subscriptions: ["a"] },
        ...{ inMsgs: 1, inBytes: 5, outMsgs: 1, outBytes: 5, pendingBytes: 0 },
      },
    ]);
    await nc.close();
    await until(() => server.connections.length === 0, "the end");
  });

  it("cuts off what does not answer, and what does not say who it is", async () => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(
      // Who says it at once has said it by then, also on a busy machine.
      await startServer({ pingInterval: 500, pingMax: 2, token: "t", authTimeout: 1_000 }),
    );
    const silent = cleanup.use(new Raw(server, 'CONNECT {"verbose":false,"auth_token":"t"}'));
    const stranger = cleanup.use(new Raw(server));
    const nc = cleanup.use(await connectOfficial({ servers: server.url, token: "t" }));
    await until(() => silent.ended && stranger.ended, "both ends");
    expect(silent.text.slice(silent.text.indexOf("\r\n"))).toBe(
      "\r\nPING\r\nPING\r\n-ERR 'Stale Connection'\r\n",
    );
    expect(stranger.text).toContain("-ERR 'Authentication Timeout'\r\n");
    await nc.flush();
    expect(server.connections).toHaveLength(1);
  });

  it("takes only so many connections", async () => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await startServer({ maxConnections: 1 }));
    await cleanup.use(new Raw(server, "PING")).hears("PONG");
    const second = cleanup.use(new Raw(server));
    await until(() => second.ended, "the end");
    expect(second.text).toMatch(/^INFO .*\r\n-ERR 'maximum connections exceeded'\r\n$/);
  });

  it("cuts off a slow consumer, whatever it does not read", async () => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await startServer({ maxPending: 100_000 }));
    const slow = cleanup.use(new Raw(server, 'CONNECT {"verbose":false}', "SUB a 1", "PING"));
    await slow.hears("PONG");
    slow.socket.pause();
    const nc = cleanup.use(await connect({ servers: server.url }));
    const payload = Buffer.alloc(50_000);
    const gone = () => server.connections.length === 1;
    for (let i = 0; i < 2000 && !gone(); i++) {
      nc.publish("a", payload);
      await nc.flush();
    }
    expect(gone()).toBe(true);
    const chatty = cleanup.use(new Raw(server));
    await chatty.hears("INFO");
    chatty.socket.pause();
    const pings = Buffer.from("PING\r\n".repeat(10_000));
    for (let i = 0; i < 2000 && !gone(); i++) await new Promise((done) => chatty.socket.write(pings, done));
    expect(gone()).toBe(true);
    await nc.flush();
  });

  it("reloads: what is not permitted any more ends", async () => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await startServer());
    const raw = cleanup.use(
      new Raw(server, 'CONNECT {"verbose":false}', "SUB a 1", "SUB b 2", "SUB a q 3", "PING"),
    );
    await raw.hears("PONG");
    await server.reload({ permissions: { subscribe: { deny: ["a"] } }, maxPayload: 10 });
    await raw.hears('-ERR \'Permissions Violation for Subscription to "a" (sid "1")\'\r\n');
    await raw.hears('"a" using queue "q" (sid "3")');
    raw.say("PUB a 1", "x", "PUB b 1", "y");
    await raw.hears("MSG b 2 1\r\ny");
    expect(raw.text).not.toContain("MSG a");
    raw.say("PUB b 11");
    await raw.hears("-ERR 'Maximum Payload Violation'");
    const other = cleanup.use(new Raw(server, "PING"));
    await other.hears("PONG");
    expect(other.text).toContain('"max_payload":10,');
    await server.reload({ user: "u" });
    await until(() => other.ended, "the end");
    expect(other.text).toContain("-ERR 'Authorization Violation'");
    await server.reload({ user: undefined, permissions: undefined });
    await cleanup.use(new Raw(server, "SUB a 1", "PUB a 1", "x")).hears("MSG a");
  });

  it("does what it must for over 10,000 messages a second", async () => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await startServer());
    const nc = cleanup.use(await connectOfficial({ servers: server.url }));
    const publisher = cleanup.use(await connectOfficial({ servers: server.url }));
    const count = 50_000;
    let got = 0;
    nc.subscribe("a.>", { callback: () => void got++ });
    await nc.flush();
    const before = process.cpuUsage();
    for (let i = 0; i < count; i++) {
      publisher.publish("a.b", "0123456789");
      if (i % 1000 === 0) await publisher.flush();
    }
    await until(
      () => got === count,
      () => `${got} of ${count}`,
    );
    // What this process has worked for it, both clients included: who else is busy here says nothing.
    const { user, system } = process.cpuUsage(before);
    expect(count / ((user + system) / 1e6)).toBeGreaterThan(10_000);
  });

  it("is asked for JetStream in vain", async () => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await startServer());
    const nc = cleanup.use(await connectOfficial({ servers: server.url }));
    expect((await rejection(nc.request("$JS.API.INFO"))).message).toContain("no responders");
  });

  it("closes in a using block, and after that starts no more", async () => {
    const server = await startServer();
    {
      await using _ = server;
    }
    expect(server.running).toBe(false);
    expect((await rejection(server.restart())).code).toBe("NOT_RUNNING");
    await server.close();
  });

  it("needs to run to be frozen, reloaded or a lame duck", async () => {
    await using server = await startServer();
    await server.kill();
    await server.kill();
    await server.term();
    for (const act of [() => server.stop(), () => server.cont(), () => server.lameDuck()]) {
      expect(thrown(act).code).toBe("NOT_RUNNING");
    }
    expect((await rejection(server.reload({}))).code).toBe("NOT_RUNNING");
  });
});

describe("wrong options of a test server", () => {
  it.each([
    [{ prot: 4222 }, "prot", 'is unknown; did you mean "port"?'],
    [{ port: 0 }, "port", "must be an integer from 1 to 65535"],
    [{ maxPayload: "1k" }, "maxPayload", "must be an integer"],
    [{ pass: "p" }, "pass", 'needs option "user"'],
    [{ user: "u", token: "t" }, "token", 'and option "user" exclude each other'],
    [{ name: "two words" }, "name", "without white space"],
    [{ jetstream: true }, "jetstream", "start a NatsServer"],
    [{ tls: true }, "tls", "start a NatsServer"],
    [{ websocket: true }, "websocket", "start a NatsServer"],
    [{ cluster: {} }, "cluster", "startCluster()"],
    [{ permissions: { publsh: {} } }, "permissions.publsh", 'did you mean "permissions.publish"?'],
    [{ permissions: { publish: { deny: "a" } } }, "permissions.publish.deny", "must be an array of subjects"],
    [{ permissions: { publish: { deny: ["a..b"] } } }, "permissions.publish.deny", "array of subjects"],
    [5, "", "must be an object"],
  ])("%j: %s", async (options, option, why) => {
    const error = await rejection<Error & { code: string; option: string }>(startServer(options as object));
    expect(error).toMatchObject({ name: "NatsServerError", code: "INVALID_OPTION", option });
    expect(error.message).toContain(why);
  });

  it("says which port is taken", async () => {
    await using server = await startServer();
    const error = await rejection(startServer({ port: server.port }));
    expect(error).toMatchObject({ name: "NatsServerError", code: "PORT_IN_USE" });
    expect(error.message).toContain(String(server.port));
  });

  it("finds out that its port was taken while it was down", async () => {
    await using server = await startServer();
    await server.kill();
    const squatter = createServer().listen(server.port, server.host);
    await until(() => (squatter.address() as AddressInfo | null) !== null, "the squatter");
    expect((await rejection(server.restart())).code).toBe("PORT_IN_USE");
    await new Promise((closed) => squatter.close(closed));
    await server.restart();
    expect(server.running).toBe(true);
  });

  it("says that a host cannot be listened on", async () => {
    expect((await rejection(startServer({ host: "203.0.113.1" }))).code).toBe("INVALID_OPTION");
  });

  it("refuses in a reload what stays as it is", async () => {
    await using server = await startServer();
    const error = await rejection<Error & { code: string; option: string }>(
      server.reload({ port: 1 } as object),
    );
    expect(error).toMatchObject({ code: "INVALID_OPTION", option: "port" });
  });
});
