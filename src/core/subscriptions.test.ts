import { describe, expect, it } from "vitest";
import type { CodedError } from "../errors.js";
import { type SecondLink, Subscriber, type SubscriberHost } from "./subscriber.js";
import { type MessageSink, type SubscriptionEntry, Subscriptions } from "./subscriptions.js";
import type { Window } from "./window.js";

class Sink implements MessageSink {
  readonly ends: (CodedError | undefined)[] = [];
  readonly refusals: CodedError[] = [];
  onMessage(): void {}
  onRefused(error: CodedError): void {
    this.refusals.push(error);
  }
  onEnd(error: CodedError | undefined): void {
    this.ends.push(error);
  }
}

const text = (plan: readonly Uint8Array[]) => plan.map((part) => Buffer.from(part).toString()).join("");
const lines = (of: Subscriptions) => text(of.restorePlan()).split("\r\n").filter(Boolean);

describe("the table", () => {
  it("gives each subscription a number of its own, and finds it by it", () => {
    const table = new Subscriptions();
    const a = table.add("a", undefined, undefined, new Sink());
    const b = table.add("a", undefined, undefined, new Sink());
    expect(b.sid).not.toBe(a.sid);
    for (const entry of [a, b, a, a, b]) expect(table.get(entry.sid)).toBe(entry);
    expect(table.get(99)).toBeUndefined();
    expect(table.size).toBe(2);
  });

  it("never uses a number twice: late messages reach nobody", () => {
    const table = new Subscriptions();
    const a = table.add("a", undefined, undefined, new Sink());
    expect(table.get(a.sid)).toBe(a);
    expect(table.remove(a)).toBe(true);
    expect(table.remove(a)).toBe(false);
    expect(table.has(a)).toBe(false);
    expect(table.get(a.sid)).toBeUndefined();
    expect(table.add("a", undefined, undefined, new Sink()).sid).not.toBe(a.sid);
  });

  it("finds the subscription that a refusal names, by subject and queue", () => {
    const table = new Subscriptions();
    const plain = table.add("a", undefined, undefined, new Sink());
    const queued = table.add("a", "q", undefined, new Sink());
    expect(table.find("a", undefined)).toBe(plain);
    expect(table.find("a", "q")).toBe(queued);
    expect(table.find("a", "other")).toBeUndefined();
    expect(table.find("b", undefined)).toBeUndefined();
  });

  it("is empty after a close, and hands its entries over", () => {
    const table = new Subscriptions();
    const a = table.add("a", undefined, undefined, new Sink());
    table.get(a.sid);
    expect(table.clear()).toEqual([a]);
    expect(table.get(a.sid)).toBeUndefined();
    expect(table.size).toBe(0);
  });
});

describe("the restore plan", () => {
  it("subscribes each, in the order in which they were made", () => {
    const table = new Subscriptions();
    table.add("a.*", undefined, undefined, new Sink());
    table.add("b.>", "workers", undefined, new Sink());
    expect(lines(table)).toEqual(["SUB a.* 1", "SUB b.> workers 2"]);
  });

  it("asks for what is left of a maximum, link after link [parity 64]", () => {
    const table = new Subscriptions();
    const entry = table.add("a", undefined, 10, new Sink());
    expect(lines(table)).toEqual(["SUB a 1", "UNSUB 1 10"]);
    entry.received = 4;
    expect(lines(table)).toEqual(["SUB a 1", "UNSUB 1 6"]);
    expect(entry.base).toBe(4);
    entry.received = 9;
    expect(lines(table)).toEqual(["SUB a 1", "UNSUB 1 1"]);
    expect(entry.base).toBe(9);
  });

  it("leaves out what is draining: it is never subscribed again", () => {
    const table = new Subscriptions();
    table.add("a", undefined, undefined, new Sink()).draining = true;
    table.add("b", undefined, undefined, new Sink());
    expect(lines(table)).toEqual(["SUB b 2"]);
  });

  it("of many subscriptions is few large buffers of whole lines", () => {
    const table = new Subscriptions();
    for (let i = 0; i < 20_000; i++)
      table.add(`subject.number.${i}`, undefined, i % 2 ? 5 : undefined, new Sink());
    const plan = table.restorePlan();
    expect(plan.length).toBeLessThan(20);
    for (const part of plan) {
      expect(part.length).toBeLessThan(80 * 1024);
      expect(Buffer.from(part).toString().endsWith("\r\n")).toBe(true);
    }
    expect(text(plan).match(/^SUB /gm)).toHaveLength(20_000);
    expect(text(plan).match(/^UNSUB \d+ 5\r$/gm)).toHaveLength(10_000);
  });

  it("of none is nothing", () => {
    expect(new Subscriptions().restorePlan()).toEqual([]);
  });
});

describe("commands", () => {
  /** A link that is up or not; what is sent and confirmed is the test's. */
  class Host implements SubscriberHost {
    second: SecondLink | undefined;
    up = true;
    sent = "";
    fenced = 0;
    readonly window = { confirmed: 0 };
    sendLines(text: string): void {
      if (this.up) this.sent += text;
    }
    sendFence(): { window: Window; position: number } | undefined {
      return this.up ? { window: this.window as Window, position: ++this.fenced } : undefined;
    }
    take(): string[] {
      const all = this.sent.split("\r\n").filter(Boolean);
      this.sent = "";
      return all;
    }
  }

  function world() {
    const host = new Host();
    const table = new Subscriptions();
    const subscriber = new Subscriber(table, host);
    const sink = new Sink();
    const deliver = (entry: SubscriptionEntry, count = 1) => {
      for (let i = 0; i < count; i++) {
        entry.received++;
        subscriber.delivered(entry);
      }
    };
    return { host, table, subscriber, sink, deliver };
  }

  const code = (run: () => void): string | undefined => {
    try {
      run();
    } catch (error) {
      return (error as CodedError).code;
    }
    return undefined;
  };

  it("subscribe with queue and maximum", () => {
    const { host, subscriber, sink } = world();
    subscriber.subscribe("a", "q", 3, sink);
    expect(host.take()).toEqual(["SUB a q 1", "UNSUB 1 3"]);
  });

  it("move a subscription to another subject, with its queue and its counts", () => {
    const { host, table, subscriber, sink, deliver } = world();
    const entry = subscriber.subscribe("a", "q", 3, sink);
    deliver(entry, 2);
    host.take();
    subscriber.move(entry, "b", undefined);
    expect(host.take()).toEqual(["UNSUB 1", "SUB b q 2"]);
    expect([table.get(1), table.get(2), entry.received, entry.max]).toEqual([undefined, entry, 2, undefined]);
    deliver(entry, 5);
    subscriber.move(entry, "c", 2);
    expect(host.take()).toEqual(["UNSUB 2", "SUB c q 3", "UNSUB 3 2"]);
    expect(lines(table)).toEqual(["SUB c q 3", "UNSUB 3 2"]);
    deliver(entry, 2);
    expect([sink.ends, table.size]).toEqual([[undefined], 0]);
  });

  it("move nothing that has ended or is draining, and nowhere that no server takes", () => {
    const { host, table, subscriber, sink } = world();
    const ended = subscriber.subscribe("a", undefined, undefined, sink);
    const draining = subscriber.subscribe("b", undefined, undefined, sink);
    const stays = subscriber.subscribe("c", undefined, undefined, sink);
    subscriber.unsubscribe(ended, undefined);
    subscriber.drain(draining);
    host.take();
    for (const entry of [ended, draining]) subscriber.move(entry, "d", undefined);
    for (const [subject, why] of [
      ["c d", "INVALID_SUBJECT"],
      ["c".repeat(5000), "MAX_CONTROL_LINE_EXCEEDED"],
    ]) {
      expect(code(() => subscriber.move(stays, subject, undefined))).toBe(why);
    }
    expect(host.take()).toEqual([]);
    expect([ended.subject, draining.subject, stays.subject, table.size]).toEqual(["a", "b", "c", 2]);
  });

  it("refuse what would break the line or cost the connection, and leave the table as it was", () => {
    const { host, table, subscriber, sink } = world();
    expect(code(() => subscriber.subscribe("a b", undefined, undefined, sink))).toBe("INVALID_SUBJECT");
    expect(code(() => subscriber.subscribe("a", "q q", undefined, sink))).toBe("INVALID_ARGUMENT");
    expect(code(() => subscriber.subscribe("a".repeat(5000), undefined, undefined, sink))).toBe(
      "MAX_CONTROL_LINE_EXCEEDED",
    );
    expect(code(() => subscriber.subscribe("a", "q".repeat(5000), undefined, sink))).toBe(
      "MAX_CONTROL_LINE_EXCEEDED",
    );
    expect(code(() => subscriber.subscribe("é".repeat(2500), undefined, undefined, sink))).toBe(
      "MAX_CONTROL_LINE_EXCEEDED",
    );
    expect(code(() => subscriber.subscribe("a".repeat(4000), undefined, undefined, sink))).toBeUndefined();
    expect(table.size).toBe(1);
    expect(host.take()).toHaveLength(1);
  });

  it("end a subscription once, with its last message", () => {
    const { host, table, subscriber, sink, deliver } = world();
    const entry = subscriber.subscribe("a", undefined, 2, sink);
    deliver(entry);
    expect(sink.ends).toEqual([]);
    deliver(entry, 3);
    expect(sink.ends).toEqual([undefined]);
    expect(table.size).toBe(0);
    subscriber.unsubscribe(entry, undefined);
    expect(host.take()).toEqual(["SUB a 1", "UNSUB 1 2"]);
  });

  it("unsubscribe now", () => {
    const { host, subscriber, sink } = world();
    const entry = subscriber.subscribe("a", undefined, undefined, sink);
    subscriber.unsubscribe(entry, undefined);
    expect(host.take()).toEqual(["SUB a 1", "UNSUB 1"]);
    expect(sink.ends).toEqual([undefined]);
  });

  it("unsubscribe after a number of messages in total, counted over all links", () => {
    const { host, table, subscriber, sink, deliver } = world();
    const entry = subscriber.subscribe("a", undefined, undefined, sink);
    deliver(entry, 4);
    table.restorePlan();
    deliver(entry, 2);
    host.take();
    subscriber.unsubscribe(entry, 10);
    expect(host.take()).toEqual(["UNSUB 1 6"]);
    expect(lines(table)).toEqual(["SUB a 1", "UNSUB 1 4"]);
    deliver(entry, 4);
    expect(sink.ends).toEqual([undefined]);
  });

  it("unsubscribe at once when so many have come already", () => {
    const { host, subscriber, sink, deliver } = world();
    const entry = subscriber.subscribe("a", undefined, undefined, sink);
    deliver(entry, 5);
    host.take();
    subscriber.unsubscribe(entry, 5);
    expect(host.take()).toEqual(["UNSUB 1"]);
    expect(sink.ends).toEqual([undefined]);
  });

  it("subscribe again when a maximum is raised, and tell the server of the end, which may count from either SUB", () => {
    const { host, table, subscriber, sink, deliver } = world();
    const entry = subscriber.subscribe("a", "q", 3, sink);
    deliver(entry, 2);
    host.take();
    subscriber.unsubscribe(entry, 5);
    expect(host.take()).toEqual(["SUB a q 1", "UNSUB 1 5"]);
    deliver(entry, 3);
    expect(host.take()).toEqual(["UNSUB 1"]);
    expect(sink.ends).toEqual([undefined]);
    const other = subscriber.subscribe("a", undefined, 5, new Sink());
    subscriber.unsubscribe(other, 7);
    lines(table);
    host.take();
    deliver(other, 7);
    expect(host.take()).toEqual([]);
  });

  it("do not subscribe again what drains, nor when a maximum is lowered", () => {
    const { host, subscriber, sink } = world();
    const entry = subscriber.subscribe("a", undefined, 5, sink);
    host.take();
    subscriber.unsubscribe(entry, 3);
    subscriber.drain(entry);
    subscriber.unsubscribe(entry, 9);
    expect(host.take()).toEqual(["UNSUB 1 3", "UNSUB 1", "UNSUB 1 9"]);
  });

  it("drain: the end comes with the PONG behind the UNSUB, and messages until then count [parity 178]", () => {
    const { host, table, subscriber, sink, deliver } = world();
    const entry = subscriber.subscribe("a", undefined, undefined, sink);
    subscriber.drain(entry);
    subscriber.drain(entry);
    expect(host.take()).toEqual(["SUB a 1", "UNSUB 1"]);
    deliver(entry, 2);
    subscriber.confirmed(host.window as Window);
    expect(sink.ends).toEqual([]);
    host.window.confirmed = 1;
    subscriber.confirmed({ confirmed: 5 } as Window);
    expect(sink.ends).toEqual([]);
    subscriber.confirmed(host.window as Window);
    expect(sink.ends).toEqual([undefined]);
    expect(table.size).toBe(0);
  });

  it("drain ends at once without a link, and when the link is lost; others stay", () => {
    const { host, table, subscriber, sink } = world();
    const other = new Sink();
    subscriber.subscribe("stays", undefined, undefined, other);
    const entry = subscriber.subscribe("a", undefined, undefined, sink);
    subscriber.drain(entry);
    subscriber.linkLost();
    expect(sink.ends).toEqual([undefined]);
    host.up = false;
    const late = subscriber.subscribe("b", undefined, undefined, sink);
    subscriber.drain(late);
    expect(sink.ends).toEqual([undefined, undefined]);
    expect(other.ends).toEqual([]);
    expect(lines(table)).toEqual(["SUB stays 1"]);
  });

  it("a refusal ends the subscription that it names with the server's error", () => {
    const { subscriber, sink } = world();
    const other = new Sink();
    subscriber.subscribe("a", "q", undefined, other);
    subscriber.subscribe("a", undefined, undefined, sink);
    const error = { code: "PERMISSIONS_VIOLATION" } as CodedError;
    subscriber.refused("a", undefined, error);
    subscriber.refused("nobody", undefined, error);
    expect(sink.ends).toEqual([error]);
    expect(sink.refusals).toEqual([]);
    expect(other.ends).toEqual([]);
  });

  describe("with `resubscribe`", () => {
    const refusal = { code: "PERMISSIONS_VIOLATION" } as CodedError;

    it("a refusal is told, the subscription stays, and every link tries again [peers 19]", () => {
      const { table, subscriber, sink, deliver } = world();
      const entry = subscriber.subscribe("a", "q", 5, sink, true);
      for (let link = 1; link <= 3; link++) {
        subscriber.refused("a", "q", refusal);
        expect(sink.refusals).toHaveLength(link);
        expect(lines(table)).toEqual(["SUB a q 1", "UNSUB 1 5"]);
      }
      deliver(entry, 5);
      expect(sink.ends).toEqual([undefined]);
    });

    it("each of several to one subject is told once a link", () => {
      const { table, subscriber } = world();
      const sinks = [1, 2].map(() => new Sink());
      for (const sink of sinks) subscriber.subscribe("a", undefined, undefined, sink, true);
      const ending = new Sink();
      subscriber.subscribe("a", undefined, undefined, ending);
      for (let i = 0; i < 3; i++) subscriber.refused("a", undefined, refusal);
      expect(sinks.map(({ refusals }) => refusals.length)).toEqual([1, 1]);
      expect(ending.ends).toEqual([refusal]);
      table.restorePlan();
      for (let i = 0; i < 2; i++) subscriber.refused("a", undefined, refusal);
      expect(sinks.map(({ refusals }) => refusals.length)).toEqual([2, 2]);
    });

    it("one that is subscribed again on the same link can be refused again", () => {
      const { subscriber, sink } = world();
      const entry = subscriber.subscribe("a", undefined, 2, sink, true);
      subscriber.refused("a", undefined, refusal);
      subscriber.unsubscribe(entry, 3);
      subscriber.refused("a", undefined, refusal);
      subscriber.move(entry, "b", undefined);
      subscriber.refused("b", undefined, refusal);
      expect(sink.refusals).toHaveLength(3);
    });

    it("one that is refused can be ended and drained", () => {
      const { table, host, subscriber, sink } = world();
      const entry = subscriber.subscribe("a", undefined, undefined, sink, true);
      subscriber.refused("a", undefined, refusal);
      subscriber.unsubscribe(entry, undefined);
      const draining = subscriber.subscribe("b", undefined, undefined, sink, true);
      subscriber.refused("b", undefined, refusal);
      subscriber.drain(draining);
      host.window.confirmed = 1;
      subscriber.confirmed(host.window as Window);
      expect(sink.ends).toEqual([undefined, undefined]);
      expect(table.size).toBe(0);
    });

    it("a refusal in the middle of a drain is its end", () => {
      const { subscriber, sink } = world();
      subscriber.drain(subscriber.subscribe("a", undefined, undefined, sink, true));
      subscriber.refused("a", undefined, refusal);
      expect(sink.ends).toEqual([refusal]);
    });
  });
});
