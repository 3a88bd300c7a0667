import { expect } from "vitest";
import { headers, type Msg } from "../../src/index.js";
import { Recorder } from "../support/recorder.js";
import { Observer } from "./observer.js";
import type { Scenario } from "./stage.js";

/** Subscribing, and what comes in. */
export const RECEIVING: readonly Scenario[] = [
  {
    name: "what is published arrives, in order",
    async play(stage) {
      const nc = await stage.connect();
      const observer = await Observer.of(stage, "a.>");
      const got: number[] = [];
      nc.subscribe("a.b", { callback: (_, msg) => got.push(Number(msg.string())) });
      const numbers = Array.from({ length: 1000 }, (_, i) => i);
      for (const number of numbers) nc.publish("a.b", String(number));
      await nc.flush();
      await stage.until(() => observer.messages.length === 1000, "all at the observer");
      expect(observer.numbers).toEqual(numbers);
      expect(got).toEqual(numbers);
    },
  },
  {
    name: "wildcards cover what they say, and no more",
    async play(stage) {
      const nc = await stage.connect();
      const got: Record<string, string[]> = {};
      for (const pattern of ["a.*", "a.>", "*.b", "a.b", ">", "a.*.c"]) {
        got[pattern] = [];
        nc.subscribe(pattern, { callback: (_, msg) => got[pattern].push(msg.subject) });
      }
      for (const subject of ["a.b", "a.x", "a", "a.b.c", "c.b", "ab"]) nc.publish(subject);
      await nc.flush();
      expect(got).toEqual({
        "a.*": ["a.b", "a.x"],
        "a.>": ["a.b", "a.x", "a.b.c"],
        "*.b": ["a.b", "c.b"],
        "a.b": ["a.b"],
        ">": ["a.b", "a.x", "a", "a.b.c", "c.b", "ab"],
        "a.*.c": ["a.b.c"],
      });
    },
  },
  {
    name: "a queue group gets each message once, and all of its members get some",
    setup: { servers: 1 },
    async play(stage) {
      const clients = [await stage.connect(), await stage.connect()];
      const plain: string[] = [];
      const shares: string[][] = [[], []];
      for (const [i, nc] of clients.entries()) {
        nc.subscribe("work", { queue: "group", callback: (_, msg) => shares[i].push(msg.string()) });
        await nc.flush();
      }
      clients[0].subscribe("work", { callback: (_, msg) => plain.push(msg.string()) });
      const sent = Array.from({ length: 200 }, (_, i) => String(i));
      for (const text of sent) clients[0].publish("work", text);
      await clients[0].flush();
      await stage.until(() => shares.flat().length >= 200, "all of them");
      expect(plain).toEqual(sent);
      expect(shares.flat().toSorted()).toEqual(sent.toSorted());
      for (const share of shares) expect(share.length).toBeGreaterThan(20);
    },
  },
  {
    name: "headers arrive with all of their values",
    async play(stage) {
      const nc = await stage.connect();
      const observer = await Observer.of(stage, "h");
      const got: Msg[] = [];
      nc.subscribe("h", { callback: (_, msg) => got.push(msg) });
      const sent = headers();
      sent.set("One", "1");
      sent.append("Many", "a");
      sent.append("Many", "b c");
      nc.publish("h", "text", { headers: sent });
      nc.publish("h", "", { headers: sent });
      nc.publish("h", "plain");
      await nc.flush();
      await stage.until(() => observer.messages.length === 3, "the messages");
      expect(got.map((msg) => [msg.string(), msg.headers?.get("One"), msg.headers?.values("Many")])).toEqual([
        ["text", "1", ["a", "b c"]],
        ["", "1", ["a", "b c"]],
        ["plain", undefined, undefined],
      ]);
      expect(observer.messages[0].headers).toMatch(/^NATS\/1\.0\r\n.*\r\n\r\n$/s);
    },
  },
  {
    name: "a subscription ends after its max, and after unsubscribe()",
    async play(stage) {
      const nc = await stage.connect();
      const observer = await Observer.connect(stage);
      const some = nc.subscribe("a", { max: 3 });
      const none = nc.subscribe("a");
      none.unsubscribe();
      await nc.flush();
      for (let i = 0; i < 10; i++) observer.publish("a", String(i));
      await observer.flush();
      const got: string[] = [];
      for await (const msg of some) got.push(msg.string());
      expect(got).toEqual(["0", "1", "2"]);
      expect([await some.closed, await none.closed]).toEqual([undefined, undefined]);
      expect(none.getReceived()).toBe(0);
    },
  },
  {
    name: "with noEcho a client does not hear itself",
    async play(stage) {
      const nc = await stage.connect({ noEcho: true });
      const observer = await Observer.of(stage, "a");
      const got: string[] = [];
      nc.subscribe("a", { callback: (_, msg) => got.push(msg.string()) });
      await nc.flush();
      nc.publish("a", "mine");
      await nc.flush();
      await stage.until(() => observer.messages.length === 1, "the observer hears it");
      observer.publish("a", "theirs");
      await stage.until(() => got.length > 0, "the other's");
      expect(got).toEqual(["theirs"]);
    },
  },
  {
    name: "a slow consumer is told once, loses the newest, and nobody else does",
    async play(stage) {
      const nc = await stage.connect();
      const recorder = new Recorder(nc);
      const observer = await Observer.connect(stage);
      const slow = nc.subscribe("a", { pendingLimit: { messages: 10 } });
      const got: string[] = [];
      nc.subscribe("a", { callback: (_, msg) => got.push(msg.string()) });
      await nc.flush();
      for (let i = 0; i < 30; i++) observer.publish("a", String(i));
      await stage.until(() => got.length === 30, "the fast one has all");
      expect(slow.getDropped()).toBe(20);
      expect(recorder.count("slowConsumer")).toBe(1);
      slow.unsubscribe();
      const left: string[] = [];
      for await (const msg of slow) left.push(msg.string());
      expect(left).toEqual(got.slice(0, 10));
    },
  },
];
