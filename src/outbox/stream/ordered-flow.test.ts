import { describe, expect, test, vi } from "vitest";
import { codedError } from "../../checks/coded-error.js";
import type { Failure } from "./failure.js";
import type { FlowHost, Outcome } from "./flow.js";
import { OrderedFlow } from "./ordered-flow.js";
import { Outgoing } from "./outgoing.js";

// Hundreds of worlds in a test: all computing, which a machine with other work does slowly.
vi.setConfig({ testTimeout: 60_000 });

/** Mulberry32: the same seed, the same world. */
function luck(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const lost: Failure = {
  error: codedError("TIMEOUT", "timeout"),
  mayPass: true,
  maybeDelivered: true,
  isLinkLost: false,
  apiCode: undefined,
  lastSequence: undefined,
};
const refused = { mayPass: false, maybeDelivered: false };
const tooLarge: Failure = { ...lost, ...refused, apiCode: 10060 };

type Ending = "stored" | "given up" | "dropped";

interface WorldOptions {
  /** One replica looks at expectations before it looks for duplicates. */
  isReplicated: boolean;
  seed: number;
  window: number;
  faults: number;
  /** How likely somebody else writes between two of our messages. */
  others: number;
}

/** A stream and a way there, on which things get lost, come late, or come twice; nothing happens but by `step()`. */
class World implements FlowHost {
  isUp = true;
  readonly log: string[] = [];
  flow: OrderedFlow;
  readonly outcomes = new Map<string, Ending>();
  /** Messages whose time is over. */
  readonly over = new Set<string>();
  /** Messages of which it is known before they are sent that they are refused, or that are being asked about. */
  readonly refusals = new Map<string, Failure | "asking">();
  mostInFlight = 0;
  private readonly ids = new Map<string, number>();
  private readonly events: (() => void)[] = [];
  private readonly random: () => number;
  private readonly options: WorldOptions;

  constructor(options: WorldOptions) {
    this.options = options;
    this.random = luck(options.seed);
    this.flow = new OrderedFlow(options.window, this);
  }

  begin(): void {
    this.flow = new OrderedFlow(this.options.window, this);
    this.mostInFlight = 0;
  }

  publish(text: string): void {
    const given = { subject: "s", payload: text, options: { msgID: text } };
    const out = new Outgoing(
      given,
      { stream: "S", timeout: 1, retries: Number.POSITIVE_INFINITY },
      () => {},
      () => {},
    );
    out.expiry = { isOver: () => this.over.has(text), dropped: () => {} };
    this.flow.add(out);
  }

  send(out: Outgoing, expected: number | undefined, told: (outcome: Outcome) => void): void {
    out.tries++;
    const came = (outcome: Outcome) => {
      if ("failure" in outcome && outcome.failure.maybeDelivered) out.doubtSince ??= 0;
      told(outcome);
    };
    this.mostInFlight = Math.max(this.mostInFlight, this.flow.inFlight);
    const { random, options } = this;
    const fate = random();
    const arrive = () => {
      if (random() < options.others) this.log.push("other");
      return this.store(out, expected);
    };
    if (fate > options.faults)
      return void this.events.push(() => this.events.push(came.bind(undefined, arrive())));
    // The message is lost; its answer is lost; it comes after it was given up for lost.
    if (fate < options.faults / 3)
      return void this.events.push(() => this.events.push(() => came({ failure: lost })));
    if (fate < (options.faults * 2) / 3) {
      return void this.events.push(() => {
        arrive();
        this.events.push(() => came({ failure: lost }));
      });
    }
    this.events.push(() => {
      this.events.push(() => came({ failure: lost }));
      for (let hop = 0; hop < 3; hop++) this.events.push(() => {});
      this.events.push(arrive);
    });
  }

  refusal(out: Outgoing): Failure | "asking" | undefined {
    return out.maybeDelivered ? undefined : this.refusals.get(out.msgID);
  }

  stored(out: Outgoing): void {
    this.settle(out, "stored");
  }

  gaveUp(out: Outgoing): void {
    this.settle(out, "given up");
  }

  dropped(out: Outgoing): void {
    this.settle(out, "dropped");
  }

  willRetry(): void {}

  delay(): number {
    return 1;
  }

  later(_: number, callback: () => void): void {
    this.events.push(callback);
  }

  /** Lets happen what is under way, in order, until nothing is, or so much has happened. */
  run(most = Number.POSITIVE_INFINITY): void {
    for (let steps = 0; this.events.length > 0 && steps < most; steps++) {
      if (steps > 1_000_000) throw new Error("it does not come to an end");
      this.events.shift()!();
    }
  }

  private settle(out: Outgoing, outcome: Ending): void {
    expect(out.isSettled).toBe(false);
    out.isSettled = true;
    this.outcomes.set(out.msgID, outcome);
  }

  private store({ msgID }: Outgoing, expected: number | undefined): Outcome {
    const known = this.ids.get(msgID);
    const duplicate = known !== undefined && { ack: { stream: "S", seq: known, duplicate: true } };
    if (duplicate && this.options.isReplicated) return duplicate;
    const last = this.log.length;
    if (expected !== undefined && expected !== last) {
      return { failure: { ...lost, ...refused, apiCode: 10071, lastSequence: last } };
    }
    if (duplicate) return duplicate;
    if (msgID.startsWith("bad")) return { failure: tooLarge };
    this.log.push(msgID);
    this.ids.set(msgID, last + 1);
    return { ack: { stream: "S", seq: last + 1, duplicate: false } };
  }
}

describe.each([true, false])("order, replicated: %s", (isReplicated) => {
  test("holds, and everything is stored once, whatever gets lost, or comes late", () => {
    for (let seed = 1; seed <= 300; seed++) {
      const world = new World({
        isReplicated,
        seed,
        window: 1 + (seed % 40),
        faults: (seed % 7) / 10,
        others: 0,
      });
      const all = Array.from({ length: 200 }, (_, index) => `${index}`);
      for (const text of all.slice(0, 150)) world.publish(text);
      world.run();
      for (const text of all.slice(150)) world.publish(text);
      world.run();
      expect(world.log, `seed ${seed}`).toEqual(all);
      expect([...world.outcomes.values()].every((outcome) => outcome === "stored")).toBe(true);
      expect(world.mostInFlight).toBeLessThanOrEqual(1 + (seed % 40));
      expect(world.flow.isRecovering).toBe(false);
    }
  });

  test("holds when another process had begun, and when ids come that were used before", () => {
    for (let seed = 1; seed <= 100; seed++) {
      const world = new World({ isReplicated, seed, window: 30, faults: (seed % 3) / 10, others: 0 });
      const all = Array.from({ length: 200 }, (_, index) => `${index}`);
      for (const text of all.slice(0, 120)) world.publish(text);
      world.run();
      // It has died before it could note anything; the next one begins anew, and repeats some of it later on.
      world.begin();
      for (const text of all) {
        world.publish(text);
        if (Number(text) > 150 && Number(text) % 7 === 0) world.publish(`${Number(text) - 140}`);
      }
      world.run();
      expect(world.log, `seed ${seed}`).toEqual(all);
      if (seed % 3 === 0) expect(world.mostInFlight).toBe(30);
    }
  });

  test("holds around messages that are refused for good", () => {
    for (let seed = 1; seed <= 100; seed++) {
      const world = new World({ isReplicated, seed, window: 20, faults: (seed % 4) / 10, others: 0 });
      const all = Array.from({ length: 200 }, (_, index) => (index % 9 === 5 ? `bad${index}` : `${index}`));
      for (const text of all) world.publish(text);
      world.run();
      expect(world.log, `seed ${seed}`).toEqual(all.filter((text) => !text.startsWith("bad")));
      expect(world.outcomes.size).toBe(200);
    }
  });

  test("holds around messages whose time is over: the stream has none of those that are dropped, and all of the others", () => {
    let dropped = 0;
    let late = 0;
    for (let seed = 1; seed <= 100; seed++) {
      const world = new World({ isReplicated, seed, window: 20, faults: (seed % 4) / 10, others: 0 });
      const all = Array.from({ length: 200 }, (_, index) => `${index}`);
      const isShort = (text: string) => Number(text) % 5 < 1 + (seed % 3);
      for (const text of all.slice(0, 190)) world.publish(text);
      // Some are stored by then, some on the way, some in doubt, most of them wait.
      world.run(seed);
      for (const text of all.filter(isShort)) world.over.add(text);
      world.run();
      for (const text of all.slice(190)) world.publish(text);
      world.run();
      const isDropped = (text: string) => world.outcomes.get(text) === "dropped";
      expect(world.log, `seed ${seed}`).toEqual(all.filter((text) => !isDropped(text)));
      expect(world.outcomes.size).toBe(200);
      expect(all.filter((text) => isDropped(text) && !isShort(text))).toEqual([]);
      dropped += all.filter(isDropped).length;
      late += all.filter((text) => isShort(text) && !isDropped(text)).length;
    }
    expect(dropped).toBeGreaterThan(500);
    expect(late).toBeGreaterThan(500);
  });

  test("holds around messages that are refused before they are sent, and those that are asked about first", () => {
    for (let seed = 1; seed <= 100; seed++) {
      const world = new World({ isReplicated, seed, window: 20, faults: (seed % 4) / 10, others: 0 });
      const all = Array.from({ length: 200 }, (_, index) => `${index}`);
      const isBad = (text: string) => Number(text) % 9 === seed % 9;
      for (const text of all) if (isBad(text) || Number(text) % 50 === 7) world.refusals.set(text, "asking");
      for (const text of all) world.publish(text);
      for (let rounds = 0; world.outcomes.size < 200 && rounds < 200; rounds++) {
        world.run();
        const [[text] = ["none"]] = [...world.refusals].filter(([, is]) => is === "asking");
        expect(world.outcomes.has(text)).toBe(false);
        if (isBad(text)) world.refusals.set(text, tooLarge);
        else world.refusals.delete(text);
        world.flow.pump();
      }
      expect(world.log, `seed ${seed}`).toEqual(all.filter((text) => !isBad(text)));
      expect(all.filter((text) => world.outcomes.get(text) === "given up")).toEqual(all.filter(isBad));
      expect(world.flow).toMatchObject({ isRecovering: false, inFlight: 0 });
    }
  });

  test("beside other writers everything is stored once; when one of them is seen, one is on the way at a time", () => {
    for (let seed = 1; seed <= 100; seed++) {
      const world = new World({ isReplicated, seed, window: 20, faults: 0.1, others: 0.3 });
      const all = Array.from({ length: 300 }, (_, index) => `${index}`);
      for (const text of all) world.publish(text);
      world.run();
      const mine = world.log.filter((text) => text !== "other");
      expect(
        [...mine].sort((a, b) => Number(a) - Number(b)),
        `seed ${seed}`,
      ).toEqual(all);
      // What was on the way when the first of them came may be out of order, no more.
      expect(mine.slice(90)).toEqual([...mine.slice(90)].sort((a, b) => Number(a) - Number(b)));
    }
  });

  test("a window is on the way while all goes well", () => {
    const world = new World({ isReplicated, seed: 1, window: 64, faults: 0, others: 0 });
    for (let index = 0; index < 500; index++) world.publish(`${index}`);
    world.run();
    expect(world.mostInFlight).toBe(64);
  });
});

test("after a burst of lost answers it does not take a round trip for each of them", () => {
  for (const isReplicated of [true, false]) {
    const world = new World({ isReplicated, seed: 1, window: 200, faults: 0, others: 0 });
    let isLossy = false;
    let sent = 0;
    const { send } = world;
    world.send = (out, expected, came) => {
      sent++;
      send.call(world, out, expected, (outcome) => came(isLossy ? { failure: lost } : outcome));
    };
    world.publish("first");
    world.run();
    isLossy = true;
    for (let index = 0; index < 200; index++) world.publish(`${index}`);
    // The first round: all are stored, no answer comes.
    world.later(0, () => {});
    const stop = world.later;
    world.later = (ms, callback) => {
      isLossy = false;
      stop.call(world, ms, callback);
    };
    world.run();
    expect(world.log.length).toBe(201);
    // Each of them twice, and a few to find out.
    expect(sent).toBeLessThan(201 + 200 + 210);
  }
});

describe("messages whose time is over", () => {
  test("are dropped when there is a link, and what comes behind them is expected nowhere: others may have written", () => {
    const world = new World({ isReplicated: true, seed: 1, window: 8, faults: 0, others: 0 });
    const expectations: (number | undefined)[] = [];
    const { send } = world;
    world.send = (out, expected, came) => {
      expectations.push(expected);
      send.call(world, out, expected, came);
    };
    world.publish("first");
    // Behind the first of a run, which goes alone.
    for (const text of ["a", "b"]) {
      world.over.add(text);
      world.publish(text);
    }
    world.run();
    expect(world.outcomes).toEqual(
      new Map([
        ["first", "stored"],
        ["a", "dropped"],
        ["b", "dropped"],
      ]),
    );
    world.isUp = false;
    world.over.add("c");
    world.publish("c");
    expect(world.outcomes.has("c")).toBe(false);
    world.isUp = true;
    world.flow.pump();
    expect(world.outcomes.get("c")).toBe("dropped");
    expect(world.flow.takeAll()).toEqual([]);
    expect(world.flow.isRecovering).toBe(false);
    world.log.push("other");
    world.publish("last");
    world.run();
    expect(world.log).toEqual(["first", "other", "last"]);
    expect(expectations).toEqual([undefined, undefined]);
  });

  test("are sent on when the stream may have them", () => {
    const world = new World({ isReplicated: true, seed: 1, window: 8, faults: 0, others: 0 });
    const { send } = world;
    world.send = (out, expected, came) => {
      const isLost = out.tries === 0;
      send.call(world, out, expected, (outcome) => {
        if (isLost) out.doubtSince = 0;
        came(isLost ? { failure: lost } : outcome);
      });
    };
    world.publish("doubtful");
    world.publish("waiting");
    world.over.add("doubtful").add("waiting");
    world.run();
    expect(world.outcomes).toEqual(
      new Map([
        ["doubtful", "stored"],
        ["waiting", "dropped"],
      ]),
    );
    expect(world.log).toEqual(["doubtful"]);
  });
});
