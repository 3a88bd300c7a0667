import { Registry } from "prom-client";
import { describe, expect, it } from "vitest";
import { type Connection, type ConnectionOptions, connect } from "../../src/index.js";
import { healthHandler } from "../../src/observe/health/handler.js";
import { registerMetrics } from "../../src/observe/metrics/register-metrics.js";
import { serve } from "../../src/observe/serve.js";
import { NatsServer, type NatsServerOptions } from "../../src/testing/server.js";
import { Cleanup } from "../support/cleanup.js";
import { until } from "../support/until.js";
import { Gateway } from "../websocket/support/gateway.js";
import { ask, Hosted } from "./ask.js";

const CANARY = "S3CRET-canary";
const EAGER = { reconnectTimeWait: 5, reconnectJitter: 0, closeTimeout: 1, maxReconnectAttempts: -1 };
const PATHS = [
  "/health",
  "/healthz",
  "/health/live",
  "/health/ready",
  "/health/nats",
  "/nothing",
  "/metrics",
  "/dashboard",
];
/** Tries again and again, with whatever is refused. */
const STUBBORN = { ...EAGER, retryOnFailedConnect: true, ignoreAuthErrorAbort: true };

/** Everything that the endpoints say: status lines, headers, bodies. */
async function told(url: string, headers: Record<string, string> = {}): Promise<string[]> {
  const texts: string[] = [];
  for (const path of PATHS) {
    for (const method of ["GET", "HEAD", "POST"]) {
      const reply = await ask(url, path, { method, headers });
      texts.push(`${method} ${path} ${reply.status} ${JSON.stringify(reply.headers)} ${reply.text}`);
    }
  }
  return texts;
}

/** Asks everything by both ways. */
async function tells(nc: Connection): Promise<string> {
  await using handled = await Hosted.start(
    healthHandler(nc, { readiness: { grace: 0 }, liveness: "connection", deadline: 50 }),
  );
  const register = new Registry();
  // The name of a connection is the label of its series: it is no secret there.
  if (nc.options.name !== CANARY) registerMetrics(nc, { register, subjects: true });
  await using served = await serve(nc, {
    token: CANARY,
    readiness: { mode: "strict" },
    deadline: 50,
    metrics: { register },
  });
  return [
    ...(await told(handled.url)),
    ...(await told(served.url)),
    ...(await told(served.url, { Authorization: "Bearer wrong" })),
    ...(await told(served.url, { Authorization: `Bearer ${CANARY}` })),
    ...(await told(served.url, { Host: CANARY, Origin: CANARY })),
  ].join("\n");
}

describe("secrets are in no answer of the health endpoints", () => {
  it.each<[string, (server: NatsServer) => ConnectionOptions]>([
    [
      "user and password in the URL",
      ({ hostport }) => ({ servers: `nats://u-${CANARY}:p-${CANARY}@${hostport}` }),
    ],
    ["a token in the URL", ({ hostport }) => ({ servers: `nats://${CANARY}@${hostport}` })],
    ["a token in a URL without scheme", ({ hostport }) => ({ servers: `${CANARY}@${hostport}` })],
    ["option token", ({ url }) => ({ servers: url, token: CANARY })],
    ["options user and pass", ({ url }) => ({ servers: url, user: CANARY, pass: CANARY })],
    [
      "an authenticator",
      ({ url }) => ({ servers: url, authenticator: () => ({ user: CANARY, pass: CANARY }) }),
    ],
    ["option name", ({ url }) => ({ servers: url, name: CANARY, user: "a", pass: CANARY })],
  ])("%s that are refused, and then taken", async (_, options) => {
    await using cleanup = new Cleanup();
    const refusing: NatsServerOptions = { user: "somebody", pass: "else" };
    const server = cleanup.use(await NatsServer.start(refusing));
    const nc = cleanup.use(await connect({ ...options(server), ...STUBBORN }));
    await until(() => nc.health().reconnectAttempts > 1, "refusals");
    expect(nc.health().lastCause?.kind).toBe("authentication");
    const refused = await tells(nc);
    expect(refused).toContain('"code":"AUTHORIZATION_VIOLATION"');
    expect(refused).not.toContain(CANARY);
    const open = { user: undefined, pass: undefined };
    await server.reload(open);
    await until(() => nc.state === "connected", "the connection");
    expect(await tells(nc)).not.toContain(CANARY);
    await server.kill();
    await until(() => nc.health().lastCause?.kind === "refused", "a refused attempt");
    expect(await tells(nc)).not.toContain(CANARY);
  });

  it("closed because of them", async () => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await NatsServer.start({ token: CANARY }));
    const nc = cleanup.use(await connect({ servers: `nats://${CANARY}@${server.hostport}`, ...EAGER }));
    await server.reload({ token: "another" });
    await nc.closed();
    const closed = await tells(nc);
    expect(closed).toContain("does not come back");
    expect(closed).not.toContain(CANARY);
  });

  it("headers and query of a websocket", async () => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await NatsServer.start({ websocket: true }));
    let verdict: "401 Unauthorized" | undefined = "401 Unauthorized";
    const front = cleanup.use(await Gateway.start(server.wsUrl!, () => verdict));
    const nc = cleanup.use(
      await connect({
        servers: `${front.url}/nats?token=${CANARY}`,
        websocket: { headers: { Authorization: `Bearer ${CANARY}`, Cookie: CANARY } },
        ...STUBBORN,
      }),
    );
    await until(() => nc.health().reconnectAttempts > 1, "refusals");
    const refused = await tells(nc);
    expect(refused).toContain("HTTP 401");
    expect(refused).not.toContain(CANARY);
    verdict = undefined;
    await until(() => nc.state === "connected", "the connection");
    expect(await tells(nc)).not.toContain(CANARY);
  });

  it("what functions of the application throw", async () => {
    const throwing = () => {
      throw new Error(`cannot reach nats://user:${CANARY}@host:4222 with ${CANARY}@host`);
    };
    await using cleanup = new Cleanup();
    const server = cleanup.use(await NatsServer.start());
    for (const option of [{ dialer: throwing }, { authenticator: throwing }]) {
      const nc = cleanup.use(await connect({ servers: server.url, ...option, ...STUBBORN }));
      await until(() => nc.health().reconnectAttempts > 1, "failed attempts");
      expect(await tells(nc)).not.toContain(CANARY);
    }
  });
});
