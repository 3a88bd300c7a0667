import { describe, expect, it } from "vitest";
import { namedOverflow, type Overflow, POLICIES } from "../../core/overflow.js";
import { Parking } from "./parking.js";
import { Scene } from "./scene.js";
import { inside } from "./spoil.js";

const MIB = 1024 * 1024;
const LIMIT = 8 * MIB;
const HOUR = 3_600_000;
/** Slow enough that an hour of attempts is not what this is about. */
const CONNECTOR = {
  maxReconnectAttempts: -1,
  maxPasses: Number.POSITIVE_INFINITY,
  delay: () => 30_000,
  ignoreAuthErrorAbort: true,
  stableAfter: 20,
};

/** An hour without a server, with a message of 4 kB every `every` ms that is worth nothing after `ttl` ms. */
function hourOfOutage(
  overflow: Overflow,
  every: number,
  ttl: number | undefined,
): { chunks: number; entries: number } {
  const scene = new Scene({ options: { overflow, connector: CONNECTOR } }).connect();
  const { client, world } = scene;
  const expiry = inside<{ expiry: { size: number } }>(client.engine, "publisher").expiry;
  scene.server.kill();
  scene.lost();
  const most = { chunks: 0, entries: 0 };
  const end = world.now + HOUR;
  while (world.now < end) {
    scene.do(() => {
      const expiresAt = ttl === undefined ? undefined : world.now + ttl;
      client.publish(client.drafts.plain("data.1", 4000, undefined, expiresAt));
    });
    most.chunks = Math.max(most.chunks, client.driver.chunks.used);
    most.entries = Math.max(most.entries, expiry.size);
    scene.pass(every);
  }
  scene.server.start();
  scene.back().rest().end();
  return most;
}

describe("an hour of outage", () => {
  it.each([...POLICIES, "parking"] as const)(
    "with a steady rate of publishes costs no more than the limit: %s",
    (name) => {
      const overflow = name === "parking" ? new Parking(100, "drop-newest") : namedOverflow(name);
      const { chunks } = hourOfOutage(overflow, 500, undefined);
      expect(chunks * 64 * 1024).toBeLessThanOrEqual(LIMIT + MIB);
    },
  );

  it.each(POLICIES)("with a ttl keeps what is not too old, and no more: %s", (name) => {
    const { chunks, entries } = hourOfOutage(namedOverflow(name), 500, 60_000);
    expect(chunks * 64 * 1024).toBeLessThanOrEqual(MIB);
    expect(entries).toBeLessThanOrEqual(2 * 1024);
  });
});
