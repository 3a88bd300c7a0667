import {
  bulkhead,
  ConsecutiveBreaker,
  ConstantBackoff,
  circuitBreaker,
  fallback,
  handleAll,
  handleWhen,
  noop,
  retry,
  TimeoutStrategy,
  timeout,
  wrap,
} from "cockatiel";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Connection, connect } from "../../src/index.js";
import { request } from "../../src/service/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { openRequests } from "../support/inside.js";
import { rejection, until } from "../support/until.js";

const LONG = 60_000;

let server: NatsServer;
let service: Connection;
let nc: Connection;
let asked: number;
beforeAll(async () => {
  server = await NatsServer.start();
  service = await connect({ servers: server.url });
  service.subscribe("third", {
    callback: (_, msg) => {
      if (++asked % 3 === 0) msg.respond(JSON.stringify({ asked }));
    },
  });
  service.subscribe("mute", { callback: () => asked++ });
  service.subscribe("broken", {
    callback: (_, msg) => {
      asked++;
      msg.respond("{");
    },
  });
  await service.flush();
});
afterAll(async () => {
  await service.close();
  await server.close();
});
beforeEach(async () => {
  asked = 0;
  nc = await connect({ servers: server.url });
});
afterEach(() => nc.close());

describe("a request by a policy of cockatiel's", () => {
  it("has its tries, each with the request's own time-out", async () => {
    const by = retry(handleAll, { maxAttempts: 5, backoff: new ConstantBackoff(1) });
    expect(await request(nc, "third", 1, by, { timeout: 600 })).toEqual({ asked: 3 });
    expect(openRequests(nc)).toBe(0);
    expect(nc.components).toEqual([]);
  });

  it("sees errors with their codes, and answers that cannot be read", async () => {
    const seen: string[] = [];
    const note = (error: Error & { code?: string }) => {
      seen.push(String(error.code));
      return true;
    };
    const by = retry(handleWhen(note), { maxAttempts: 1, backoff: new ConstantBackoff(1) });
    expect((await rejection(request(nc, "broken", 1, by))).code).toBe("INVALID_MESSAGE");
    expect((await rejection(request(nc, "nobody", 1, by))).code).toBe("NO_RESPONDERS");
    expect(seen).toEqual(["INVALID_MESSAGE", "INVALID_MESSAGE", "NO_RESPONDERS", "NO_RESPONDERS"]);
  });

  it("has its time-out, breaker, fallback and bulkhead", async () => {
    const breaker = circuitBreaker(handleAll, { halfOpenAfter: LONG, breaker: new ConsecutiveBreaker(2) });
    const limit = timeout(20, TimeoutStrategy.Aggressive);
    const by = wrap(
      fallback(handleAll, () => "stale"),
      bulkhead(1, 10),
      breaker,
      limit,
    );
    const answers = Array.from({ length: 4 }, () => request(nc, "mute", 1, by, { timeout: 200 }));
    expect(await Promise.all(answers)).toEqual(["stale", "stale", "stale", "stale"]);
    await until(() => asked === 2, "the requests");
    await until(() => openRequests(nc) === 0, "the abandoned tries have ended");
  });

  it("is ended by a signal and by totalTimeout, whatever the policy does", async () => {
    const by = retry(handleAll, { maxAttempts: 1000, backoff: new ConstantBackoff(LONG) }).dangerouslyUnref();
    const controller = new AbortController();
    const reason = new Error("enough");
    const ended = rejection(request(nc, "nobody", 1, by, { signal: controller.signal }));
    const late = rejection(request(nc, "nobody", 1, by, { totalTimeout: 20 }));
    expect(await late).toMatchObject({ code: "TIMEOUT", subject: "nobody" });
    controller.abort(reason);
    expect(await ended).toBe(reason);
    const sent = nc.stats().outMsgs;
    expect(await rejection(request(nc, "nobody", 1, by, { signal: controller.signal }))).toBe(reason);
    expect(nc.stats().outMsgs).toBe(sent);
  });

  it("or anything that has its execute(): what it answers and throws is passed on", async () => {
    expect(await rejection(request(nc, "nobody", 1, noop))).toMatchObject({ code: "NO_RESPONDERS" });
    const own = { execute: async () => "own" };
    expect(await request(nc, "nobody", 1, own as never)).toBe("own");
    const broken = {
      execute: () => {
        throw new Error("broken");
      },
    };
    expect((await rejection(request(nc, "nobody", 1, broken as never))).message).toBe("broken");
  });
});
