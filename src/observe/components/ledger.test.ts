import { describe, expect, it } from "vitest";
import {
  consumerFacts,
  HandMade,
  handlerFacts,
  outboxFacts,
  policyFacts,
  publisherFacts,
} from "../../../test/observe/support/components.js";
import type { Component, Connection } from "../../index.js";
import { type Group, Ledger } from "./ledger.js";

/** What the ledger uses of a connection. */
class Host {
  components: Component[] = [];
  readonly ledger = new Ledger(this as unknown as Connection);

  add<C extends Component>(component: C): C {
    this.components.push(component);
    return component;
  }

  remove(component: Component): void {
    this.components = this.components.filter((one) => one !== component);
  }

  handler(changes: Parameters<typeof handlerFacts>[0] = {}) {
    return this.add(new HandMade(handlerFacts(changes)));
  }

  /** Sum of one count of handlers, by their name. */
  handled(): Record<string, number> {
    return byLabel(this.ledger.look().handlers, "handler", "handled");
  }
}

function byLabel(groups: readonly Group<unknown>[], label: string, count: string): Record<string, number> {
  return Object.fromEntries(groups.map(({ labels, counts }) => [labels[label], counts[count]]));
}

const durations = (count: number) => ({ bounds: [10, 1_000], counts: [count, 0, 0], sum: count, count });

describe("the ledger of components", () => {
  it("has nothing without components, and of a connection of another version", () => {
    expect(new Host().ledger.look()).toEqual({
      readings: [],
      handlers: [],
      consumers: [],
      policies: [],
      breakers: [],
      outboxes: [],
      publishers: [],
    });
    expect(new Ledger({} as Connection).look().readings).toEqual([]);
  });

  it("is one for each connection", () => {
    const nc = new Host() as unknown as Connection;
    expect(Ledger.of(nc)).toBe(Ledger.of(nc));
    expect(Ledger.of(new Host() as unknown as Connection)).not.toBe(Ledger.of(nc));
  });

  it("adds up those that have the same name", () => {
    const host = new Host();
    host.handler({ handled: 3, durations: durations(3) });
    host.handler({ handled: 4, durations: durations(4), queue: "other" });
    host.handler({ name: "bills.17", handled: 1 });
    host.handler({ name: "bills.18", handled: 1 });
    expect(host.handled()).toEqual({ "orders.*": 7, "bills.{id}": 2 });
    const [orders] = host.ledger.look().handlers;
    expect(orders.durations).toMatchObject({ counts: [7, 0, 0], count: 7 });
    expect(orders.live).toHaveLength(2);
  });

  it("tells consumers apart by stream and consumer, breakers by policy and subject", () => {
    const host = new Host();
    host.add(new HandMade(consumerFacts({ acked: 1 })));
    host.add(new HandMade(consumerFacts({ consumer: "bills", acked: 2 })));
    const breaker = { subject: "a", state: "open", opened: 1 } as const;
    host.add(new HandMade(policyFacts({ calls: 5, breakers: [breaker, { ...breaker, subject: "b" }] })));
    host.add(new HandMade(policyFacts({ name: "stock", breakers: [breaker] })));
    const { consumers, policies, breakers } = host.ledger.look();
    expect(consumers.map(({ labels, counts }) => [labels, counts.acked])).toEqual([
      [{ stream: "ORDERS", consumer: "books" }, 1],
      [{ stream: "ORDERS", consumer: "bills" }, 2],
    ]);
    expect(byLabel(policies, "policy", "calls")).toEqual({ prices: 5, stock: 0 });
    expect(breakers.map(({ labels }) => labels)).toEqual([
      { policy: "prices", subject: "a" },
      { policy: "prices", subject: "b" },
      { policy: "stock", subject: "a" },
    ]);
  });

  it("has one outbox whatever its name, and tells publishers apart by their names", () => {
    const host = new Host();
    host.add(new HandMade(outboxFacts({ stored: 5, failures: 1, flushes: durations(2) })));
    host.add(new HandMade(publisherFacts({ acked: 3, durations: durations(3) })));
    const gone = host.add(new HandMade(publisherFacts({ name: "BILLS", acked: 4 })));
    const { outboxes, publishers } = host.ledger.look();
    expect(outboxes).toMatchObject([
      { labels: {}, counts: { stored: 5, failures: 1 }, durations: { count: 2 } },
    ]);
    expect(byLabel(publishers, "publisher", "acked")).toEqual({ ORDERS: 3, BILLS: 4 });
    expect(publishers[0].durations).toMatchObject({ count: 3 });
    host.remove(gone);
    expect(byLabel(host.ledger.look().publishers, "publisher", "acked")).toEqual({ ORDERS: 3, BILLS: 4 });
  });

  it("keeps the counts of what is gone, to the last of them", () => {
    const host = new Host();
    const gone = host.handler({ handled: 100, durations: durations(100) });
    host.handler({ handled: 5, durations: durations(5) });
    expect(host.handled()).toEqual({ "orders.*": 105 });
    gone.tell({ handled: 110, durations: durations(110) });
    host.remove(gone);
    expect(host.handled()).toEqual({ "orders.*": 115 });
    const [group] = host.ledger.look().handlers;
    expect(group.durations).toMatchObject({ count: 115, sum: 115 });
    expect(group.live).toHaveLength(1);
    gone.tell({ handled: 500 });
    expect(host.handled()).toEqual({ "orders.*": 115 });
  });

  it("goes on where the one before of the same name has ended", () => {
    const host = new Host();
    const first = host.handler({ handled: 10 });
    host.handled();
    host.remove(first);
    expect(host.handled()).toEqual({ "orders.*": 10 });
    host.handler({ handled: 2 });
    expect(host.handled()).toEqual({ "orders.*": 12 });
  });

  it("counts one that comes again once", () => {
    const host = new Host();
    const one = host.handler({ handled: 10, durations: durations(10) });
    for (let round = 0; round < 3; round++) {
      expect(host.handled()).toEqual({ "orders.*": 10 });
      host.remove(one);
      expect(host.handled()).toEqual({ "orders.*": 10 });
      host.add(one);
    }
    expect(host.ledger.look().handlers[0].durations).toMatchObject({ count: 10 });
  });

  it("keeps the counts of one that does not answer for a while, and counts them once", () => {
    const host = new Host();
    const one = host.handler({ handled: 10 });
    host.handled();
    const { facts } = one;
    one.facts = () => {
      throw new Error("not now");
    };
    expect(host.handled()).toEqual({ "orders.*": 10 });
    expect(host.ledger.look().handlers[0].live).toEqual([]);
    one.facts = facts;
    one.tell({ handled: 12 });
    expect(host.handled()).toEqual({ "orders.*": 12 });
    one.facts = () => {
      throw new Error("never again");
    };
    host.remove(one);
    expect(host.handled()).toEqual({ "orders.*": 12 });
  });

  it("lets a component keep the name that it had first", () => {
    const host = new Host();
    const one = host.handler({ handled: 10 });
    host.handled();
    one.tell({ name: "renamed", handled: 11 });
    expect(host.handled()).toEqual({ "orders.*": 11 });
  });

  it("keeps the counts of breakers that a policy has forgotten", () => {
    const host = new Host();
    const policy = host.add(
      new HandMade(policyFacts({ breakers: [{ subject: "a", state: "open", opened: 3 }] })),
    );
    const opened = () => byLabel(host.ledger.look().breakers, "subject", "opened");
    expect(opened()).toEqual({ a: 3 });
    policy.tell({ breakers: [] });
    expect(opened()).toEqual({ a: 3 });
    expect(host.ledger.look().breakers[0].live).toEqual([]);
    policy.tell({ breakers: [{ subject: "a", state: "closed", opened: 0 }] });
    expect(opened()).toEqual({ a: 3 });
  });

  it("has a bounded number of names: what comes later is counted together", () => {
    const host = new Host();
    for (let i = 0; i < 500; i++)
      host.handler({ name: `h${"abcdefghij"[i % 10]}${"x".repeat(i / 10)}`, handled: 1 });
    const handled = host.handled();
    expect(Object.keys(handled)).toHaveLength(101);
    expect(handled.other).toBe(400);
    for (const one of host.components.slice(0, 250)) host.remove(one);
    expect(host.handled()).toEqual(handled);
    for (let i = 0; i < 20; i++) host.handler({ name: `new${"y".repeat(i)}`, handled: 1 });
    expect(host.handled()).toEqual({ ...handled, other: 420 });
  });

  it("takes one that is really called other and what comes later for one series", () => {
    const host = new Host();
    host.handler({ name: "other", handled: 5 });
    for (let i = 0; i < 150; i++)
      host.handler({ name: `h${"abcdefghij"[i % 10]}${"x".repeat(i / 10)}`, handled: 1 });
    const { handlers } = host.ledger.look();
    const names = handlers.map(({ labels }) => labels.handler);
    expect(new Set(names).size).toBe(names.length);
    expect(host.handled().other).toBe(5 + 51);
  });

  it("is no lower at any look, whatever comes, goes and comes again", () => {
    const host = new Host();
    let random = 7;
    const next = (below: number) => {
      random = (random * 48_271) % 2_147_483_647;
      return random % below;
    };
    const all = Array.from({ length: 12 }, (_, i) => new HandMade(handlerFacts({ name: `h${i % 3}` })));
    let before: Record<string, number> = {};
    for (let step = 0; step < 2_000; step++) {
      const one = all[next(all.length)];
      one.tell({ handled: one.told.handled + next(5) });
      if (next(3) === 0) host.components.includes(one) ? host.remove(one) : host.add(one);
      if (next(2) === 0) continue;
      const now = host.handled();
      for (const [name, count] of Object.entries(before)) expect(now[name]).toBeGreaterThanOrEqual(count);
      before = now;
    }
  });
});
