import { describe, expect, it } from "vitest";
import type { HoldfastSubscription } from "../../index.js";
import { SlowConsumers } from "./slow-consumers.js";

/** What is asked of a subscription. */
class Subscription {
  pending = 0;
  dropped = 0;
  closed = false;
  getPending = () => this.pending;
  getDropped = () => this.dropped;
  isClosed = () => this.closed;
}

const told = (tracker: SlowConsumers, subscription: Subscription) =>
  tracker.told(subscription as unknown as HoldfastSubscription, subscription.pending, subscription.dropped);

function dropping(pending = 100, dropped = 1): Subscription {
  return Object.assign(new Subscription(), { pending, dropped });
}

describe("slow consumers", () => {
  it("drop from the event on, until what waits is down to half", () => {
    const tracker = new SlowConsumers();
    expect(tracker.any).toBe(false);
    const subscription = dropping();
    told(tracker, subscription);
    expect(tracker.any).toBe(true);
    subscription.pending = 51;
    expect(tracker.any).toBe(true);
    subscription.pending = 50;
    expect(tracker.any).toBe(false);
    subscription.pending = 100;
    expect(tracker.any).toBe(false);
    subscription.dropped = 2;
    told(tracker, subscription);
    expect(tracker.any).toBe(true);
  });

  it("half is of the most that was seen to wait", () => {
    const tracker = new SlowConsumers();
    const subscription = dropping(9);
    told(tracker, subscription);
    subscription.pending = 10;
    expect(tracker.any).toBe(true);
    subscription.pending = 6;
    expect(tracker.any).toBe(true);
    subscription.pending = 5;
    expect(tracker.any).toBe(false);
  });

  it("are forgotten when they are closed", () => {
    const tracker = new SlowConsumers();
    const subscription = dropping();
    told(tracker, subscription);
    subscription.closed = true;
    expect(tracker.any).toBe(false);
  });

  it("are not those that only have much to do (option slow)", () => {
    const tracker = new SlowConsumers();
    const subscription = dropping(100, 0);
    told(tracker, subscription);
    expect(tracker.any).toBe(false);
    subscription.dropped = 7;
    told(tracker, subscription);
    subscription.pending = 0;
    subscription.dropped = 9;
    expect(tracker.any).toBe(false);
    subscription.pending = 100;
    told(tracker, subscription);
    expect(tracker.any).toBe(false);
  });

  it("one of several is enough", () => {
    const tracker = new SlowConsumers();
    const [one, other] = [dropping(), dropping()];
    told(tracker, one);
    told(tracker, other);
    one.pending = 0;
    expect(tracker.any).toBe(true);
    other.pending = 0;
    expect(tracker.any).toBe(false);
  });

  it("that come and go while nobody asks are not kept", () => {
    const tracker = new SlowConsumers();
    for (let i = 0; i < 10_000; i++) {
      const subscription = dropping();
      told(tracker, subscription);
      subscription.closed = true;
    }
    const { size } = (tracker as unknown as { dropping: Map<unknown, unknown> }).dropping;
    expect(size).toBeLessThan(200);
  });
});
