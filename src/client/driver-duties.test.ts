import { describe, expect, it } from "vitest";
import type { PoolServer } from "../core/pool.js";
import type { MessageSink, SubscriptionEntry } from "../core/subscriptions.js";
import { CodedError } from "../errors.js";
import { DriverDuties } from "./driver-duties.js";
import { Elections } from "./elections.js";
import type { Ending } from "./ending.js";
import type { ConnectionOptions } from "./options.js";
import type { Reporter } from "./reporter.js";
import { toSettings } from "./settings.js";
import type { Waits } from "./waits.js";

/** The duties of a connection, and what they make of its parts, in order. */
function make(options: ConnectionOptions = {}) {
  const told: unknown[] = [];
  const reporter = {
    tell: (event: { type: string }) => told.push(event.type),
    error: (error: Error) => told.push(error),
  };
  const waits = { nowWritable: () => told.push("now writable") };
  const ending = { ended: (error: unknown) => told.push(["ended", error]) };
  const context = { lastError: () => undefined, report: () => {}, info: () => undefined };
  const settings = toSettings(options, Math.random, context);
  const duties = new DriverDuties(
    settings,
    reporter as unknown as Reporter,
    waits as unknown as Waits,
    undefined as never,
    ending as unknown as Ending,
  );
  const [address] = settings.addresses;
  return { duties, told, server: { address } as unknown as PoolServer };
}

describe("credentials", () => {
  it("in the server's URL win over the options", async () => {
    const options = { user: "option", pass: "option" };
    const named = make({ servers: "nats://me:mine@one", ...options });
    expect(await named.duties.authenticate(named.server, undefined)).toEqual({ user: "me", pass: "mine" });
    const token = make({ servers: "nats://secret@one", ...options });
    expect(await token.duties.authenticate(token.server, undefined)).toEqual({ auth_token: "secret" });
    const none = make({ servers: "one", ...options });
    expect(await none.duties.authenticate(none.server, undefined)).toEqual({
      user: "option",
      pass: "option",
    });
  });
});

describe("an event", () => {
  it("of the end is told last to those who wait for it", () => {
    const { duties, told } = make();
    const error = new Error("why");
    duties.event({ type: "close", error, cause: undefined as never, dropped: 0, unconfirmed: 0 });
    expect(told).toEqual(["close", ["ended", error]]);
  });

  it("that something can be written is for those who wait, before anyone is told", () => {
    const { duties, told } = make();
    duties.event({ type: "writable" });
    expect(told).toEqual(["now writable", "writable"]);
  });
});

describe("a refusal", () => {
  it("of what the application knows nothing of is told to nobody", () => {
    const { duties, told } = make();
    const refused = () =>
      new CodedError("PERMISSIONS_VIOLATION", "no", {
        operation: "subscription",
        subject: "$JS.EVENT.ADVISORY.CONSUMER.LEADER_ELECTED.s.c",
      });
    const sinks: MessageSink[] = [];
    const engine = {
      subscribe: (_: string, __: undefined, ___: undefined, sink: MessageSink) => {
        sinks.push(sink);
        return { sink } as SubscriptionEntry;
      },
      drainSubscription: () => {},
    };
    new Elections(engine, () => 0).watch("s.c", () => {});
    const ours = refused();
    sinks[0].onEnd(ours);
    duties.event({ type: "error", error: ours });
    expect(told).toEqual([]);
    duties.event({ type: "error", error: refused() });
    expect(told).toEqual(["error"]);
  });
});

describe("beforeReplay", () => {
  it.each([
    ["rejects", () => Promise.reject(new Error("mine"))],
    [
      "throws",
      () => {
        throw new Error("mine");
      },
    ],
  ])("that %s is reported, and the replay goes on", async (_, beforeReplay) => {
    const { duties, told } = make({ beforeReplay });
    await duties.beforeReplay();
    expect(told).toEqual([
      expect.objectContaining({ code: "BEFORE_REPLAY_FAILED", message: expect.stringContaining("mine") }),
    ]);
    expect((told[0] as Error).cause).toBeInstanceOf(Error);
  });

  it("that is not there holds nothing up", async () => {
    const { duties, told } = make();
    await duties.beforeReplay();
    expect(told).toEqual([]);
  });
});
