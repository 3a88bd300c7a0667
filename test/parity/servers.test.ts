import { describe, expect, it } from "vitest";
import { connect, headers } from "../../src/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { Cleanup } from "../support/cleanup.js";
import { FakeServer, infoLine, speaksNats } from "../support/fake-server.js";
import { Recorder } from "../support/recorder.js";
import { rejection, until } from "../support/until.js";

const EAGER = { reconnectTimeWait: 1, reconnectJitter: 0, noRandomize: true };

describe("an INFO in the middle of a session", () => {
  it("does not give a server that failed its attempts back [parity 98]", async () => {
    await using cleanup = new Cleanup();
    const good = cleanup.use(await FakeServer.start(speaksNats()));
    const refusing = cleanup.use(await FakeServer.start((link) => void link.socket.destroy()));
    const options = { ...EAGER, servers: [good.url, refusing.url], maxReconnectAttempts: 2 };
    const nc = cleanup.use(await connect(options));
    const recorder = new Recorder(nc, ["attemptFailed", "serverInfo"]);
    // Two losses, one failure of the second server in each: with the INFO in between it is out of the pool all the same.
    for (let failures = 1; failures <= 2; failures++) {
      good.last.socket.destroy();
      await until(() => nc.state === "connected" && nc.stats().reconnects === failures, "the link");
      expect(recorder.count("attemptFailed")).toBe(failures);
      good.last.send(infoLine({ connect_urls: [good.hostport] }));
      await until(() => recorder.count("serverInfo") >= failures, "the INFO");
    }
    expect(nc.getServers().map(({ listen }) => listen)).toEqual([good.hostport]);
  });

  it("hurts no request with headers that is under way [parity 105]", async () => {
    await using fake = await FakeServer.start((link) => {
      speaksNats()(link);
      let seen = 0;
      link.socket.on("data", () => {
        for (const [line, reply] of link.received.slice(seen).matchAll(/HPUB ask (\S+) \d+ \d+\r\n/g)) {
          seen = link.received.indexOf(line, seen) + line.length;
          const [, sid] = /SUB \S+\.\* (\d+)\r\n/.exec(link.received)!;
          const head = "NATS/1.0\r\nA: b\r\n\r\n";
          const message = `HMSG ${reply} ${sid} ${head.length} ${head.length + 2}\r\n${head}ok`;
          link.send(infoLine({ connect_urls: [`127.0.0.1:${4_000 + (seen % 50)}`] }), message, infoLine());
        }
      });
    });
    const nc = await connect({ ...EAGER, servers: fake.url });
    const h = headers();
    h.set("X", "y");
    const answers = Array.from({ length: 200 }, () => nc.request("ask", "?", { headers: h, timeout: 5_000 }));
    for (const msg of await Promise.all(answers)) {
      expect([msg.string(), msg.headers?.get("A")]).toEqual(["ok", "b"]);
    }
    expect(nc.state).toBe("connected");
    await nc.close();
  });
});

describe("a silent server and eager pings", () => {
  it("is left within two intervals, each time [parity 120]", async () => {
    await using fake = await FakeServer.start(speaksNats({}, 2));
    const nc = await connect({ ...EAGER, servers: fake.url, pingInterval: 40, maxPingOut: 1 });
    const recorder = new Recorder(nc);
    const since = performance.now();
    await until(() => recorder.count("disconnect") >= 3, "three losses");
    expect(performance.now() - since).toBeLessThan(10_000);
    expect(recorder.of("disconnect").map(([error]) => (error as { code?: string })?.code)).toContain(
      "STALE_CONNECTION",
    );
    await nc.close();
  });
});

describe("a server that has too many", () => {
  it("of connections throws one out, which is told why, keeps trying, and comes back [parity 124, 125]", async () => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await NatsServer.start({ config: "max_connections: 2" }));
    // The server may not know yet that the launcher, which has looked whether it is ready, has left.
    const patient = { ...EAGER, servers: server.url, waitOnFirstConnect: true };
    const first = cleanup.use(await connect(patient));
    const second = cleanup.use(await connect(patient));
    const recorders = [first, second].map(
      (nc) => new Recorder(nc, ["disconnect", "attemptFailed", "reconnect"]),
    );
    await server.reload({ config: "max_connections: 1" });
    const out = () => recorders.find((recorder) => recorder.count("attemptFailed") > 2);
    await until(() => out() !== undefined, "attempts");
    expect(out()?.of("disconnect")).toHaveLength(1);
    expect(out()?.of("disconnect")[0][1].cause.kind).toBe("overload");
    expect(out()?.of("attemptFailed")[0][1].cause.kind).toBe("overload");
    await server.reload({ config: "max_connections: 2" });
    await until(() => out()?.count("reconnect") === 1, "the reconnect");
  });

  it("for an account refuses by name; one thrown out keeps trying until there is room [parity 126]", async () => {
    await using cleanup = new Cleanup();
    const account = (max: number) => `
      accounts { A { users: [{ user: a, password: p }], limits: { max_connections: ${max} } } }`;
    const server = cleanup.use(await NatsServer.start({ config: account(2) }));
    const options = { ...EAGER, servers: server.url, user: "a", pass: "p" };
    const held = cleanup.use(await connect(options));
    const nc = cleanup.use(await connect(options));
    const error = await rejection(connect({ ...options, reconnect: false }));
    expect(error.code).toBe("MAX_CONNECTIONS_EXCEEDED");
    expect(error.message).toMatch(/account/i);
    const recorder = new Recorder(nc, ["attemptFailed", "reconnect"]);
    const kept = new Recorder(held, ["attemptFailed", "reconnect"]);
    await server.reload({ config: account(1) });
    const failed = () => recorder.count("attemptFailed") + kept.count("attemptFailed");
    await until(() => failed() > 3, "attempts");
    for (const [, { cause }] of [...recorder.of("attemptFailed"), ...kept.of("attemptFailed")])
      expect([cause.kind, cause.code]).toEqual(["overload", "MAX_CONNECTIONS_EXCEEDED"]);
    await server.reload({ config: account(3) });
    await until(() => nc.state === "connected" && held.state === "connected", "both connected");
  });

  it("of subscriptions says so in an error event, and the connection stays [parity 127]", async () => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await NatsServer.start({ config: "max_subscriptions: 5" }));
    const nc = cleanup.use(await connect({ ...EAGER, servers: server.url }));
    const recorder = new Recorder(nc, ["error", "disconnect"]);
    for (let i = 0; i < 7; i++) nc.subscribe(`s.${i}`);
    await nc.flush();
    const codes = recorder.of("error").map(([error]) => (error as { code?: string }).code);
    expect(new Set(codes)).toEqual(new Set(["MAX_SUBSCRIPTIONS_EXCEEDED"]));
    expect(recorder.count("disconnect")).toBe(0);
    expect(nc.state).toBe("connected");
  });
});
