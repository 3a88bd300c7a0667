import * as nats from "nats";
import { describe, expect, it } from "vitest";
import * as compat from "../../src/compat/index.js";

const theirs: Record<string, unknown> = { ...nats };
const ours: Record<string, unknown> = { ...compat };

/** Exports of `nats` 2.29.3 that are not there, and why. */
const MISSING: Record<string, string> = {};

/** Names whose values differ on purpose, and why. */
const OTHER: Record<string, string> = {
  Events: "has Holdfast's events as well",
  Match: "nats-core 3 has texts where nats 2 has numbers",
  nkeys: "a newer release of the same package",
};

const isPlain = (value: unknown) => Object.getPrototypeOf(value) === Object.prototype;

describe("holdfast/compat beside nats 2.29.3", () => {
  const names = Object.keys(theirs).filter((name) => name !== "default");

  it("has every export, but for those that are named here with a reason", () => {
    expect(names.length).toBeGreaterThan(50);
    expect(names.filter((name) => !(name in ours) && !(name in MISSING))).toEqual([]);
    expect(Object.keys(MISSING).filter((name) => !names.includes(name) || name in ours)).toEqual([]);
  });

  it.each(names.filter((name) => name in ours))("%s is of the same kind", (name) => {
    const [old, now] = [theirs[name], ours[name]];
    expect(typeof now).toBe(typeof old);
    if (typeof old === "object" && isPlain(old) && isPlain(now)) {
      const members = Object.keys(old as object).filter((member) => !/^\d+$/.test(member));
      expect(Object.keys(now as object)).toEqual(expect.arrayContaining(members));
      if (!(name in OTHER)) expect(now).toEqual(old);
    }
  });

  it("the values of nats's constants are the same also where they are objects of another kind", () => {
    for (const name of ["AckPolicy", "ErrorCode", "DebugEvents", "JsHeaders", "ServiceVerb"])
      expect(ours[name]).toEqual(theirs[name]);
    expect(compat.Events).toMatchObject(nats.Events);
  });

  it("has the methods of theirs on a connection, an error and a builder", () => {
    const methodsOf = (target: object) =>
      Object.getOwnPropertyNames(target).filter((name) => !name.startsWith("_"));
    const errors = methodsOf(nats.NatsError.prototype).filter(
      (name) => !(name in compat.NatsError.prototype),
    );
    const mine = compat.consumerOpts();
    const builder = methodsOf(Object.getPrototypeOf(nats.consumerOpts())).filter((name) => !(name in mine));
    expect({ errors, builder }).toEqual({ errors: [], builder: [] });
  });

  it("builds the same consumers", () => {
    const build = (opts: compat.ConsumerOptsBuilder | nats.ConsumerOptsBuilder) => {
      opts.durable("d").description("x").deliverTo("to").queue("q").manualAck().ackWait(1000).maxDeliver(3);
      opts.filterSubject("a").filterSubject("b").idleHeartbeat(500).flowControl().maxAckPending(7).limit(8);
      opts.startSequence(5).headersOnly().replayOriginal().sample(50).memory().numReplicas(3).maxMessages(9);
      opts.inactiveEphemeralThreshold(2000).maxPullBatch(4).maxPullRequestExpires(600).bindStream("S");
      const { config, mack, stream, max, queue, ordered } = (opts as compat.ConsumerOptsBuilder).getOpts();
      const given = Object.entries(config).filter(([name, value]) => value !== undefined && name !== "name");
      return { config: Object.fromEntries(given), mack, stream, max, queue, ordered };
    };
    expect(build(compat.consumerOpts())).toEqual(build(nats.consumerOpts()));
  });
});
