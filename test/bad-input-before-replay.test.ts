import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Connection, ConnectionOptions } from "../src/index.js";
import { expectBalanced } from "./support/books.js";
import { Outage } from "./support/outage.js";
import { expectNoProblems } from "./support/problems.js";
import { publishNumbers } from "./support/publisher.js";
import { until } from "./support/until.js";

expectNoProblems();
beforeEach(() => {
  vi.spyOn(process, "emitWarning").mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe("beforeReplay", () => {
  async function outageWith(
    beforeReplay: (nc: Connection) => unknown,
    options: ConnectionOptions = {},
  ): Promise<{ errors: string[]; got: string[]; nc: Connection }> {
    await using outage = await Outage.prepare({
      beforeReplay: beforeReplay as () => Promise<void>,
      beforeReplayTimeout: 50,
      ...options,
    });
    const { nc, server, got } = outage;
    const errors: string[] = [];
    nc.on("error", (error) => errors.push((error as { code?: string }).code ?? String(error)));
    await outage.begin();
    publishNumbers(nc, "a", 0, 10);
    await server.restart();
    await until(() => nc.isClosed() || got.length >= 10, "the replay");
    // It may be closed meanwhile.
    await nc.flush().catch((error) => expect(error).toMatchObject({ code: "CONNECTION_CLOSED" }));
    await nc.close();
    expectBalanced(nc);
    return { errors, got, nc };
  }

  const TEN = Array.from({ length: 10 }, (_, i) => String(i));

  it("that never settles: the replay goes on at its deadline", async () => {
    const { errors, got } = await outageWith(() => new Promise(() => {}));
    expect([errors, got]).toEqual([["BEFORE_REPLAY_FAILED"], TEN]);
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("no");
      },
    ],
    ["rejects", () => Promise.reject(new Error("no"))],
    ["rejects with nothing", () => Promise.reject()],
    [
      "throws what has no text",
      () => {
        throw Object.create(null);
      },
    ],
  ])("that %s: the replay goes on", async (_, beforeReplay) => {
    const { errors, got } = await outageWith(beforeReplay);
    expect([errors, got]).toEqual([["BEFORE_REPLAY_FAILED"], TEN]);
  });

  it("that rejects after its deadline", async () => {
    let late = () => {};
    const { errors, got } = await outageWith(
      () =>
        new Promise((_, reject) => {
          late = () => reject(new Error("late"));
        }),
    );
    late();
    expect(got).toEqual(TEN);
    expect(errors[0]).toBe("BEFORE_REPLAY_FAILED");
  });

  it("that closes the connection: what waits is reported", async () => {
    const { got, nc } = await outageWith((nc) => nc.close());
    const { dropped, confirmed, unconfirmed } = nc.stats();
    expect(dropped + confirmed + unconfirmed).toBe(10);
    expect(got.length).toBeGreaterThanOrEqual(confirmed);
  });

  it("that drains the connection: it ends, and loses nothing silently", async () => {
    const { nc } = await outageWith((nc) => {
      nc.drain().catch(() => {});
    });
    const { dropped, confirmed, unconfirmed } = nc.stats();
    expect(dropped + confirmed + unconfirmed).toBe(10);
  });

  it("that reconnects, once: it is called again, and everything arrives", async () => {
    let calls = 0;
    const { got } = await outageWith((nc) => {
      if (++calls === 1) nc.reconnect();
    });
    expect(calls).toBeGreaterThanOrEqual(2);
    expect(got).toEqual(TEN);
  });

  it("that publishes: behind what waits", async () => {
    const { got } = await outageWith((nc) => {
      nc.publish("a", "last");
    });
    expect(got.slice(0, 10)).toEqual(TEN);
  });
});
