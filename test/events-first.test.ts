import { describe, expect, it } from "vitest";
import { type Connection, type ConnectionOptions, connect } from "../src/index.js";
import { freePort } from "../src/testing/launcher/ports.js";
import { NatsServer } from "../src/testing/server.js";
import { Cleanup } from "./support/cleanup.js";
import { deadUrl } from "./support/fake-server.js";
import { cutLinks } from "./support/inside.js";
import { rejection, until } from "./support/until.js";

const EAGER = { reconnectTimeWait: 5, reconnectJitter: 0, closeTimeout: 1 };

type Call = [name: string, ...args: unknown[]];

/** All callback options; each notes its name and what it was called with. */
function callbacks(): { calls: Call[]; options: ConnectionOptions; of: (name: string) => Call[] } {
  const calls: Call[] = [];
  const note =
    (name: string) =>
    (...args: unknown[]) => {
      calls.push([name, ...args]);
    };
  const options: ConnectionOptions = {
    connectedCb: note("connected"),
    closedCb: note("closed"),
    disconnectedCb: note("disconnected"),
    reconnectedCb: note("reconnected"),
    reconnectErrCb: note("reconnectErr"),
    discoveredServersCb: note("discoveredServers"),
    asyncErrorCb: note("asyncError"),
    lameDuckCb: note("lameDuck"),
  };
  return { calls, options, of: (name) => calls.filter(([other]) => other === name) };
}

describe("callback options see the very first attempt [L2]", () => {
  it("of a connect() that succeeds", async () => {
    await using server = await NatsServer.start();
    const { calls, options } = callbacks();
    await using nc = await connect({ servers: server.url, ...options });
    expect(calls).toEqual([["connected", { server: server.hostport }, nc]]);
    await nc.close();
    expect(calls[1]).toEqual(["closed", undefined, expect.objectContaining({ dropped: 0 }), nc]);
    expect(calls).toHaveLength(2);
  });

  it("of a connect() that rejects: each failure, and the close [parity 31, 34]", async () => {
    const urls = [await deadUrl(), await deadUrl()];
    const { calls, options } = callbacks();
    const error = await rejection(connect({ servers: urls, noRandomize: true, ...options, ...EAGER }));
    expect(calls.map(([name]) => name)).toEqual(["reconnectErr", "reconnectErr", "closed"]);
    for (const [i, [, failure, info]] of calls.slice(0, 2).entries()) {
      expect(failure).toMatchObject({ code: "CONNECTION_REFUSED" });
      expect(info).toMatchObject({
        server: urls[i].slice("nats://".length),
        attempt: i + 1,
        cause: { kind: "refused" },
      });
    }
    expect(calls[2][1]).toBe(error);
    const nc = calls[2][3] as Connection;
    expect([nc.state, nc.health().status]).toEqual(["closed", "unhealthy"]);
  });

  it.each([
    ["retryOnFailedConnect", { retryOnFailedConnect: true }],
    ["waitOnFirstConnect", { waitOnFirstConnect: true }],
  ])(
    "with %s: each failure, then the link, as the first and not as a reconnect [parity 31, 34, 35]",
    async (_, wait) => {
      await using cleanup = new Cleanup();
      const port = await freePort("127.0.0.1");
      const { calls, options, of } = callbacks();
      const connecting = connect({ servers: `nats://127.0.0.1:${port}`, ...wait, ...options, ...EAGER });
      await until(() => of("reconnectErr").length > 2, "failures");
      if ("retryOnFailedConnect" in wait) {
        const nc = await connecting;
        expect(nc.state).toBe("reconnecting");
        expect(nc.health()).toMatchObject({
          status: "unhealthy",
          reconnectCount: 0,
          lastConnectedAt: undefined,
        });
      }
      expect(calls.every(([name]) => name === "reconnectErr")).toBe(true);
      const attempts = calls.map(([, , info]) => (info as { attempt: number }).attempt);
      expect(attempts).toEqual(attempts.map((_, i) => i + 1));
      // Kept until the server has ended, which gives it back: nobody else may be given it in between.
      cleanup.use(await NatsServer.start({ port }));
      const nc = cleanup.use(await connecting);
      await until(() => nc.state === "connected", "the first link");
      const others = calls.filter(([name]) => name !== "reconnectErr");
      expect(others.map(([name]) => name)).toEqual(["connected"]);
      expect(calls.every((call) => call.at(-1) === nc)).toBe(true);
      cutLinks(nc);
      await until(() => of("reconnected").length === 1, "a reconnect");
      expect(of("disconnected")).toHaveLength(1);
    },
  );

  it("the attempt under way can be ended by them", async () => {
    const options: ConnectionOptions = {
      servers: await deadUrl(),
      waitOnFirstConnect: true,
      ...EAGER,
      reconnectErrCb: (_, { attempt }, nc) => {
        if (attempt === 3) nc.close();
      },
    };
    // It was closed on purpose: there is no connection to return, and it must not wait for ever.
    expect(await rejection(connect(options))).toMatchObject({ code: "CONNECTION_CLOSED" });
  });

  it("see an outage with the arguments of the events, and the connection behind them [parity 57, 62]", async () => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await NatsServer.start());
    const { options, of } = callbacks();
    const nc = cleanup.use(await connect({ servers: server.url, ...options, ...EAGER }));
    const told: unknown[][] = [];
    nc.on("disconnect", (...args) => told.push(["disconnected", ...args, nc]));
    nc.on("reconnect", (...args) => told.push(["reconnected", ...args, nc]));
    await server.restart();
    await until(() => of("reconnected").length === 1, "the reconnect");
    expect([...of("disconnected"), ...of("reconnected")]).toEqual(told);
    nc.subscribe("a", {
      callback: () => {
        throw new Error("no");
      },
    });
    nc.publish("a");
    await until(() => of("asyncError").length === 1, "the error");
    expect(of("asyncError")[0]).toEqual([
      "asyncError",
      expect.objectContaining({ code: "CALLBACK_FAILED" }),
      nc,
    ]);
  });
});
