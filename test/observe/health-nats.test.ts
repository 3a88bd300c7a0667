import { describe, expect, it } from "vitest";
import { type Connection, connect } from "../../src/index.js";
import { healthHandler } from "../../src/observe/health/handler.js";
import { FakeServer, speaksNats } from "../support/fake-server.js";
import { cutLinks } from "../support/inside.js";
import { Outage } from "../support/outage.js";
import { expectNoProblems } from "../support/problems.js";
import { until } from "../support/until.js";
import { ask, askJson, Hosted } from "./ask.js";

const PING = /PING\r\n/;
/** Nothing that the connection does by itself disturbs the count of PINGs. */
const QUIET = { pingInterval: 0, stallTimeout: 0, closeTimeout: 1, reconnectTimeWait: 5, reconnectJitter: 0 };
/** PINGs of a handshake. */
const HANDSHAKE = 2;

/** A server that answers no PING but those of the handshake, until `release()`. */
async function holdingServer(): Promise<{ fake: FakeServer; release: () => void }> {
  const held: (() => void)[] = [];
  let holding = true;
  const fake = await FakeServer.start((link) => {
    speaksNats({}, HANDSHAKE)(link);
    let answered = HANDSHAKE;
    const answer = () => {
      while (!holding && answered < link.times(PING)) {
        answered++;
        link.send("PONG");
      }
    };
    held.push(answer);
    link.socket.on("data", answer);
  });
  const release = () => {
    holding = false;
    for (const answer of held) answer();
  };
  return { fake, release };
}

/** So many requests at once: what they were answered. */
async function storm(url: string, count: number): Promise<number[]> {
  const replies = await Promise.all(Array.from({ length: count }, () => ask(url, "/health/nats")));
  return replies.map(({ status }) => status);
}

const settled = (nc: Connection) => until(() => nc.state === "connected", "the connection");

expectNoProblems();

describe("/health/nats [H1]", () => {
  it("asks the server each time, and the round trip is told", async () => {
    const { fake, release } = await holdingServer();
    release();
    await using _ = fake;
    await using nc = await connect({ servers: fake.url, ...QUIET });
    await using http = await Hosted.start(healthHandler(nc));
    await settled(nc);
    for (let asked = 1; asked <= 3; asked++) {
      const { status, body } = await askJson(http.url, "/health/nats");
      expect(status).toBe(200);
      expect(body.rtt).toBeGreaterThan(0);
      expect(fake.last.times(PING)).toBe(HANDSHAKE + asked);
    }
  });

  it("a storm of requests costs one PING, also through several handlers", async () => {
    const { fake, release } = await holdingServer();
    await using _ = fake;
    await using nc = await connect({ servers: fake.url, ...QUIET });
    let asked = 0;
    // A storm takes as long as it takes.
    const first = healthHandler(nc, { deadline: 30_000 });
    const second = healthHandler([nc], { deadline: 30_000 });
    await using http = await Hosted.start((req, res) => {
      asked++;
      (asked % 2 === 0 ? first : second)(req, res);
    });
    const answered = storm(http.url, 100);
    await until(() => asked === 100, "all requests");
    await until(() => fake.last.times(PING) > HANDSHAKE, "a PING");
    release();
    expect(await answered).toEqual(new Array(100).fill(200));
    expect(fake.last.times(PING)).toBe(HANDSHAKE + 1);
  });

  it("no answer: 503 at the deadline, then at once and without another PING, until it comes", async () => {
    const { fake, release } = await holdingServer();
    await using _ = fake;
    await using nc = await connect({ servers: fake.url, ...QUIET });
    await using http = await Hosted.start(healthHandler(nc, { deadline: 400 }));
    await using patient = await Hosted.start(healthHandler(nc, { deadline: 30_000 }));
    const late = await askJson(http.url, "/health/nats");
    expect(late).toMatchObject({
      status: 503,
      body: {
        status: "unhealthy",
        connected: true,
        state: "connected",
        reason: expect.stringMatching(/^no answer to a PING for \d+ m?s, the deadline is 400 ms$/),
      },
    });
    expect(late.ms).toBeGreaterThan(390);
    const waits: number[] = [];
    for (let i = 0; i < 20; i++) waits.push((await askJson(http.url, "/health/nats")).ms);
    expect(waits.sort((a, b) => a - b)[10]).toBeLessThan(200);
    const waiting = askJson(patient.url, "/health/nats");
    expect(fake.last.times(PING)).toBe(HANDSHAKE + 1);
    release();
    expect((await waiting).status).toBe(200);
    expect((await askJson(http.url, "/health/nats")).status).toBe(200);
  });

  it("this process did not run for longer than the deadline: what has come in meanwhile counts", async () => {
    await using outage = await Outage.prepare();
    const { nc } = outage;
    const stall = () => {
      // Longer than the deadline, and than a server may take on a busy machine.
      const end = performance.now() + 1_500;
      while (performance.now() < end);
    };
    const handler = healthHandler(nc, { deadline: 100 });
    await using http = await Hosted.start((req, res) => {
      handler(req, res);
      // The PING is on its way, and the PONG comes in while nothing runs.
      setImmediate(stall);
    });
    expect(await askJson(http.url, "/health/nats")).toMatchObject({ status: 200 });
  });

  it("maxAge: results are good for that long, for this link", async () => {
    const { fake, release } = await holdingServer();
    release();
    await using _ = fake;
    await using nc = await connect({ servers: fake.url, ...QUIET });
    await using http = await Hosted.start(healthHandler(nc, { maxAge: 60_000 }));
    for (let i = 0; i < 5; i++) expect((await askJson(http.url, "/health/nats")).status).toBe(200);
    expect(fake.last.times(PING)).toBe(HANDSHAKE + 1);
    cutLinks(nc);
    await until(() => nc.health().reconnectCount === 1, "the reconnect");
    expect((await askJson(http.url, "/health/nats")).status).toBe(200);
    expect(fake.last.times(PING)).toBe(HANDSHAKE + 1);
    expect(fake.links).toHaveLength(2);
  });

  it("the link is lost before the answer: 503 at once, with the cause", async () => {
    const { fake } = await holdingServer();
    await using _ = fake;
    await using nc = await connect({ servers: fake.url, ...QUIET });
    await using http = await Hosted.start(healthHandler(nc, { deadline: 60_000 }));
    const asked = askJson(http.url, "/health/nats");
    await until(() => fake.last.times(PING) > HANDSHAKE, "the PING");
    fake.last.socket.destroy();
    expect(await asked).toMatchObject({
      status: 503,
      body: { reason: "the link was lost before the server answered a PING" },
    });
  });

  it("the connection is closed before the answer: 503 at once", async () => {
    const { fake } = await holdingServer();
    await using _ = fake;
    const nc = await connect({ servers: fake.url, ...QUIET });
    await using http = await Hosted.start(healthHandler(nc, { deadline: 60_000 }));
    const asked = askJson(http.url, "/health/nats");
    await until(() => fake.last.times(PING) > HANDSHAKE, "the PING");
    await nc.close();
    expect(await asked).toMatchObject({ status: 503, body: { state: "closed" } });
  });
});
