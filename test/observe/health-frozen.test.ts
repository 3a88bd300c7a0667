import { describe, expect, it } from "vitest";
import type { Connection } from "../../src/index.js";
import { healthHandler } from "../../src/observe/health/handler.js";
import { Outage } from "../support/outage.js";
import { expectNoProblems } from "../support/problems.js";
import { ask, askJson, Hosted } from "./ask.js";

/** ms within which liveness and readiness answer, always. */
const AT_ONCE = 50;
const DEADLINE = 900;
const FROM_MEMORY = ["/health/live", "/health/ready", "/health"];

/** A handler in a server, and how long it has taken for each answer from memory, ms. */
class Timed implements AsyncDisposable {
  private readonly times: number[] = [];
  private http!: Hosted;

  static async start(nc: Connection): Promise<Timed> {
    const timed = new Timed();
    const handler = healthHandler(nc, { deadline: DEADLINE });
    timed.http = await Hosted.start((req, res) => {
      const begin = performance.now();
      handler(req, res);
      timed.times.push(performance.now() - begin);
    });
    await timed.expectAtOnce();
    return timed;
  }

  get url(): string {
    return this.http.url;
  }

  /**
   * Asks 20 times each: no answer waits for anything. Other tests may take the processor away in the middle of one, so that single
   * times say nothing.
   */
  async expectAtOnce(): Promise<void> {
    this.times.length = 0;
    const waits: number[] = [];
    for (let i = 0; i < 20; i++) for (const path of FROM_MEMORY) waits.push((await ask(this.url, path)).ms);
    expect(quantile(this.times, 0.9)).toBeLessThan(AT_ONCE);
    expect(quantile(waits, 0.5)).toBeLessThan(AT_ONCE);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.http[Symbol.asyncDispose]();
  }
}

function quantile(values: readonly number[], part: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * part)];
}

expectNoProblems();

describe("health of a server that is stuck or gone [H1]", () => {
  it("frozen: answers from memory come at once, and the round trip fails within its deadline", async () => {
    await using outage = await Outage.prepare();
    const { nc, server } = outage;
    await using http = await Timed.start(nc);
    server.stop();
    const asked = askJson(http.url, "/health/nats");
    await http.expectAtOnce();
    expect((await ask(http.url, "/health/ready")).status).toBe(200);
    const { status, body, ms } = await asked;
    expect(status).toBe(503);
    expect(body.reason).toContain(`the deadline is ${DEADLINE} ms`);
    expect(ms).toBeLessThan(DEADLINE + 3_000);
    server.cont();
    await nc.flush();
    expect((await askJson(http.url, "/health/nats")).status).toBe(200);
  });

  it("frozen under load: the same, with a buffer that fills up", async () => {
    await using outage = await Outage.prepare({ maxPending: 8 * 2 ** 20 });
    const { nc, server } = outage;
    await using http = await Timed.start(nc);
    server.stop();
    const payload = Buffer.alloc(1_000);
    while (nc.publish("a", payload));
    await http.expectAtOnce();
    expect((await askJson(http.url, "/health/nats")).status).toBe(503);
  });

  it("killed: all of them come at once", async () => {
    await using outage = await Outage.prepare();
    const { nc } = outage;
    await using http = await Timed.start(nc);
    await outage.begin();
    await http.expectAtOnce();
    const waits: number[] = [];
    for (let i = 0; i < 3; i++) {
      const { status, ms } = await askJson(http.url, "/health/nats");
      expect(status).toBe(503);
      waits.push(ms);
    }
    // The machine may be busy in any of them; a wait of ours would be in each.
    expect(Math.min(...waits)).toBeLessThan(DEADLINE);
  });
});
