import { describe, expect, it } from "vitest";
import { connect } from "../src/index.js";
import { NatsServer } from "../src/testing/server.js";
import { Outage } from "./support/outage.js";
import { publishNumbers } from "./support/publisher.js";
import { until } from "./support/until.js";

describe("nc.measure() [M1]", () => {
  it("counts all that was confirmed by how long it took, an outage in full, and nothing before it was asked for", async () => {
    await using outage = await Outage.prepare();
    const { nc } = outage;
    publishNumbers(nc, "a", 0, 10);
    await nc.flush();
    const counts = nc.measure();
    publishNumbers(nc, "a", 0, 100);
    await nc.flush();
    const slow = () => {
      const { bounds, counts: buckets } = counts.publishLatency();
      return buckets.slice(bounds.indexOf(100) + 1).reduce((all, n) => all + n);
    };
    expect(counts.publishLatency().count).toBe(100);
    // None, unless this machine is busy.
    const before = slow();
    await outage.begin();
    const begun = performance.now();
    publishNumbers(nc, "a", 0, 50);
    await until(() => performance.now() - begun > 120, "a while in the outage");
    await outage.end();
    await nc.flush();
    const { count, sum } = counts.publishLatency();
    expect([count, slow() - before]).toEqual([150, 50]);
    expect(sum).toBeGreaterThan(50 * 100);
  });

  it("counts each of those in full that wait for their own confirmation in one outage", async () => {
    await using outage = await Outage.prepare();
    const { nc } = outage;
    const counts = nc.measure();
    await outage.begin();
    const begun = performance.now();
    const first = nc.publishConfirmed("a", "1");
    await until(() => performance.now() - begun > 60, "a while");
    const second = nc.publishConfirmed("a", "2");
    const then = performance.now();
    await until(() => performance.now() - then > 120, "another while");
    await outage.end();
    await Promise.all([first, second]);
    const { bounds, counts: buckets, count } = counts.publishLatency();
    const slow = buckets.slice(bounds.indexOf(100) + 1).reduce((all, n) => all + n);
    expect([count, slow]).toEqual([2, 2]);
  });

  it("counts publishes and requests by name of their subject, as many as were accepted", async () => {
    await using server = await NatsServer.start();
    await using nc = await connect({ servers: server.url });
    nc.subscribe("echo", { callback: (_error, msg) => void msg.respond("x") });
    const counts = nc.measure({ subject: (subject) => (subject.startsWith("_INBOX.") ? "_INBOX" : subject) });
    publishNumbers(nc, "a", 0, 3);
    await nc.request("echo", "x");
    await nc.flush();
    const published = counts.published();
    expect([published.get("a"), published.get("echo"), published.get("_INBOX")]).toEqual([3, 1, 1]);
    expect([...published.values()].reduce((all, n) => all + n)).toBe(nc.stats().accepted);
  });

  it("refuses wrong arguments by name", async () => {
    await using server = await NatsServer.start();
    await using nc = await connect({ servers: server.url });
    expect(() => nc.measure({ subject: 5 as never })).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining("subject") }),
    );
    expect(() => nc.measure(7 as never)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });
});
