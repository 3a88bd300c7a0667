import { describe, expect, it } from "vitest";
import type { ConnectionView, Hello, Sample, Series } from "../../src/observe/dashboard/protocol.js";
import { serve } from "../../src/observe/serve.js";
import { Cleanup } from "../support/cleanup.js";
import { Outage } from "../support/outage.js";
import { until } from "../support/until.js";
import { DashboardSite, StreamReader } from "./support/dashboard-site.js";

/** ms from the death of a server until it has to be on the page, with what the browser needs. */
const WITHIN_MS = 500;

/** The server of an outage is killed, and comes back, three times; ms from its death, and from when the connection knew, until a reader did. */
async function timesToTell(outage: Outage, reader: StreamReader): Promise<{ death: number; known: number }> {
  const { nc, server } = outage;
  const deaths: number[] = [];
  const knowns: number[] = [];
  let since = 0;
  for (let round = 0; round < 3; round++) {
    let known = 0;
    nc.once("disconnect", () => {
      known = performance.now();
    });
    const killed = performance.now();
    process.kill(server.pid!, "SIGKILL");
    const lost = await reader.next<ConnectionView>(
      "connection",
      ({ state }) => state === "reconnecting",
      since,
    );
    const told = reader.events.find(({ data }) => data === lost)!;
    deaths.push(told.at - killed);
    knowns.push(told.at - known);
    await outage.end();
    await reader.next(
      "connection",
      ({ state }: ConnectionView) => state === "connected",
      reader.events.indexOf(told),
    );
    since = reader.events.length - 1;
  }
  // The machine may be busy in any of them; a wait of ours would be in each.
  return { death: Math.min(...deaths), known: Math.min(...knowns) };
}

describe("a server that is killed", () => {
  it("is told of within 500 ms", async () => {
    await using cleanup = new Cleanup();
    const outage = cleanup.use(await Outage.prepare());
    const site = cleanup.use(await DashboardSite.start([outage.nc]));
    using reader = await site.read();
    await reader.next("hello");
    const { death, known } = await timesToTell(outage, reader);
    expect(death).toBeLessThan(WITHIN_MS);
    // Of that, this is the dashboard's own part: 100 ms, and what a busy machine adds.
    expect(known).toBeLessThan(WITHIN_MS / 2);
  });

  it("is told of with the cause; and when it is back, how long it was gone", async () => {
    await using cleanup = new Cleanup();
    const outage = cleanup.use(await Outage.prepare({ name: "orders" }));
    const { nc, server } = outage;
    const site = cleanup.use(await DashboardSite.start([nc]));
    using reader = await site.read();
    await reader.next("hello");

    process.kill(server.pid!, "SIGKILL");
    const lost = await reader.next<ConnectionView>("connection", ({ state }) => state === "reconnecting");
    const told = reader.events.find(({ data }) => data === lost)!;
    // The last one is that of the attempt, where there was one already.
    expect(lost.lastCause).toMatch(/^CONNECTION_(LOST|REFUSED): /);
    expect(lost.outages[0].cause).toMatch(/^CONNECTION_LOST: /);
    expect(lost.outages[0]).toMatchObject({ server: server.hostport, endedAt: null, duration: null });
    expect(lost.outages[0].kind).toMatch(/^(network|server-shutdown)$/);
    expect(lost.outages[0].evidence.length).toBeGreaterThan(0);
    expect(lost.timeline.at(-1)).toEqual({ at: lost.since, state: "reconnecting" });

    nc.publish("a", "kept");
    const sample = await reader.next<Sample>("sample", ({ connections: [one] }) => one.bufferMessages === 1);
    expect(sample.connections[0]).toMatchObject({ state: "reconnecting", rtt: null, books: { pending: 1 } });

    await outage.end();
    const back = await reader.next<ConnectionView>(
      "connection",
      ({ state }) => state === "connected",
      reader.events.indexOf(told),
    );
    expect(back).toMatchObject({ server: server.hostport, reconnects: 1 });
    const [past] = back.outages;
    expect(past.duration).toBeGreaterThan(0);
    expect(past).toMatchObject({ next: server.hostport, unconfirmed: 0, lost: 0 });
    expect(past.attempts).toBeGreaterThan(0);
    expect(back.servers).toMatchObject([{ server: server.hostport, current: true, reconnects: 2 }]);

    await reader.next<Sample>("sample", ({ connections: [one] }) => one.books.confirmed === 1);
    const series = await site.json<Series>("/dashboard/history?connection=1");
    expect(series.state).toContain(3);
    expect(series.state.at(-1)).toBe(2);
    expect(Math.max(...(series.bufferBytes as number[]))).toBeGreaterThan(0);

    // A reader that comes back knows the same.
    reader[Symbol.dispose]();
    using again = await site.read();
    const [view] = (await again.next<Hello>("hello")).connections;
    expect(view.outages).toEqual(back.outages);
    expect(view.log.map(({ event }) => event)).toEqual(expect.arrayContaining(["disconnect", "reconnect"]));
  });

  it("is told of through serve(), to the reader of another process as well", async () => {
    await using cleanup = new Cleanup();
    const outage = cleanup.use(await Outage.prepare({ name: "orders" }));
    const other = cleanup.use(await Outage.prepare({ name: "billing" }));
    const far = cleanup.use(await serve(outage.nc, { token: "canary" }));
    const near = cleanup.use(
      await serve(other.nc, { dashboard: { peers: [{ url: far.url, token: "canary" }] } }),
    );
    using reader = await StreamReader.open(`${near.url}/dashboard/events?process=2`);
    await reader.next("hello");
    expect((await timesToTell(outage, reader)).death).toBeLessThan(WITHIN_MS);
    expect(reader.raw).not.toContain("canary");
    await far.close();
    await reader.next("away");
    await near.close();
    await until(() => reader.ended, "the end of the stream");
  });
});
