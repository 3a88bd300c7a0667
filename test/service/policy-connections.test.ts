import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Connection, connect, type PolicyFacts } from "../../src/index.js";
import { policy, request } from "../../src/service/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { heldHeap } from "../support/memory.js";
import { rejection } from "../support/until.js";

let server: NatsServer;
let service: Connection;
let nc: Connection;
let other: Connection;
beforeAll(async () => {
  server = await NatsServer.start();
  service = await connect({ servers: server.url });
  service.subscribe("echo", { callback: (_, msg) => msg.respond(msg.data) });
  await service.flush();
});
afterAll(async () => {
  await service.close();
  await server.close();
});
beforeEach(async () => {
  [nc, other] = await Promise.all(["first", "second"].map((name) => connect({ servers: server.url, name })));
});
afterEach(async () => {
  await Promise.all([nc.close(), other.close()]);
});

const factsOf = (connection: Connection) =>
  connection.components.map((component) => component.facts() as PolicyFacts);

describe("a policy on connections", () => {
  it("is a component of each that it is used on, once, with what it did there", async () => {
    const by = policy({ name: "billing", retry: { retries: 1, backoff: { initial: 1 } } });
    expect(factsOf(nc)).toEqual([]);
    for (let i = 0; i < 3; i++) expect(await request(nc, "echo", i, by)).toBe(i);
    const error = await rejection(request(nc, "nobody", 1, by));
    await by.execute(() => 1, { connection: other, subject: "http" });
    expect(factsOf(nc)).toEqual([
      {
        kind: "policy",
        name: "billing",
        calls: 4,
        failed: 1,
        retried: 1,
        rejected: 0,
        hedged: 0,
        fallbacks: 0,
        breakers: [
          { subject: "echo", state: "closed", opened: 0 },
          { subject: "nobody", state: "closed", opened: 0 },
        ],
        lastError: error,
      },
    ]);
    expect(factsOf(other)).toMatchObject([{ calls: 1, failed: 0, breakers: [{ subject: "http" }] }]);
    expect(by.counts).toMatchObject({ calls: 5, failed: 1, retried: 1 });
  });

  it("has breakers for each: the same subject may be another service there", async () => {
    const by = policy({ retry: false, breaker: { failures: 1 } });
    await rejection(request(nc, "nobody", 1, by));
    expect((await rejection(request(nc, "nobody", 1, by))).code).toBe("CIRCUIT_OPEN");
    expect((await rejection(request(other, "nobody", 1, by))).code).toBe("NO_RESPONDERS");
    expect(factsOf(nc)).toMatchObject([{ rejected: 1, breakers: [{ state: "open", opened: 1 }] }]);
    expect(by.breakers.map(({ connection }) => connection)).toEqual(["first", "second"]);
  });

  it("isolate() holds those of all connections, also of one that comes later", async () => {
    const by = policy({ retry: false });
    expect(await request(nc, "echo", 1, by)).toBe(1);
    const release = by.isolate("echo");
    expect((await rejection(request(nc, "echo", 1, by))).code).toBe("CIRCUIT_OPEN");
    expect((await rejection(request(other, "echo", 1, by))).code).toBe("CIRCUIT_OPEN");
    release();
    expect(await request(nc, "echo", 1, by)).toBe(1);
    expect(await request(other, "echo", 1, by)).toBe(1);
  });

  it("is taken away when the connection is closed; what comes after is refused, and leaves nothing", async () => {
    const by = policy();
    await request(nc, "echo", 1, by);
    await nc.close();
    expect(factsOf(nc)).toEqual([]);
    expect(by.breakers).toEqual([]);
    expect((await rejection(request(nc, "echo", 1, by))).code).toBe("CONNECTION_CLOSED");
    expect(factsOf(nc)).toEqual([]);
    expect(by.breakers).toEqual([]);
    expect(by.counts).toMatchObject({ calls: 2, failed: 1 });
  });

  it("tells what fails in the application's functions by the connection's error event", async () => {
    const errors: Error[] = [];
    nc.on("error", (error) => errors.push(error));
    const when = () => {
      throw new Error("no");
    };
    const by = policy({ retry: { when, retries: 1, backoff: { initial: 1 } } });
    by.on("retry", async () => {
      throw new Error("neither");
    });
    await rejection(request(nc, "nobody", 1, by));
    await nc.flush();
    expect(errors).toMatchObject([{ code: "CALLBACK_FAILED" }, { code: "CALLBACK_FAILED" }]);
  });

  it("nothing is left of policies that nobody holds any more", async () => {
    for (let i = 0; i < 50; i++) await request(nc, "echo", i, policy({ name: `of ${i}` }));
    for (let i = 0; i < 50 && nc.components.length > 1; i++) await heldHeap();
    expect(nc.components.length).toBeLessThanOrEqual(1);
  });
});
