import { describe, expect, it } from "vitest";
import { Scene } from "./scene.js";
import type { Subscriber } from "./subscriber.js";

function subscribe(scene: Scene, subject: string, max?: number, queue?: string): Subscriber {
  let made: Subscriber | undefined;
  scene.do(() => {
    made = scene.client.subscribe(subject, queue, max);
  });
  return made!;
}

function publishFromOutside(scene: Scene, count: number): void {
  for (let i = 0; i < count; i++) scene.cluster.publishFromOutside("ext.1", 30);
  scene.pass(20);
}

describe("a subscription with max", () => {
  it("gets on the next link what is left of it: UNSUB with the remaining number", () => {
    const scene = new Scene().connect();
    const subscriber = subscribe(scene, "ext.1", 5);
    scene.pass(10);
    publishFromOutside(scene, 2);
    expect(subscriber.received).toBe(2);
    scene.wire.lose();
    scene.lost().back().pass(10);
    expect(scene.peer.subs.get(String(subscriber.entry.sid))).toMatchObject({ max: 3, delivered: 0 });
    publishFromOutside(scene, 10);
    expect(subscriber).toMatchObject({ received: 5, ended: true });
    expect(scene.peer.subs.size).toBe(0);
    scene.rest().end();
  });

  it("counts what arrived and not what was sent: messages lost with a link are made up for", () => {
    const scene = new Scene({ conditions: { latency: 30 } }).connect();
    const subscriber = subscribe(scene, "ext.1", 5);
    scene.pass(100);
    for (let i = 0; i < 4; i++) scene.cluster.publishFromOutside("ext.1", 30);
    scene.pass(5);
    scene.wire.lose();
    scene.lost().back().pass(200);
    const left = 5 - subscriber.received;
    expect(scene.peer.subs.get(String(subscriber.entry.sid))!.max).toBe(left);
    publishFromOutside(scene, 10);
    scene.pass(200);
    expect(subscriber).toMatchObject({ received: 5, ended: true });
    scene.end();
  });

  it("limited later, after some messages and a loss, ends exactly there", () => {
    const scene = new Scene({ servers: 2 }).connect();
    const subscriber = subscribe(scene, "ext.1");
    scene.pass(10);
    publishFromOutside(scene, 3);
    scene.wire.lose();
    scene.lost().back().pass(10);
    publishFromOutside(scene, 2);
    scene.do(() => scene.client.limit(subscriber, 2));
    scene.pass(10);
    publishFromOutside(scene, 5);
    expect(subscriber).toMatchObject({ received: 7, ended: true });
    scene.rest().end();
  });

  it("in a queue group loses no message of another member over a loss", () => {
    const scene = new Scene().connect();
    const limited = subscribe(scene, "ext.1", 3, "q");
    const other = subscribe(scene, "ext.1", undefined, "q");
    scene.pass(10);
    publishFromOutside(scene, 2);
    scene.wire.lose();
    scene.lost().back().pass(10);
    publishFromOutside(scene, 20);
    expect(limited.received).toBe(3);
    expect(other.received).toBe(19);
    scene.rest().end();
  });
});

describe("a subscription that is drained", () => {
  it("gets what was sent before its UNSUB, and ends then", () => {
    const scene = new Scene({ conditions: { latency: 20 } }).connect();
    const subscriber = subscribe(scene, "ext.1");
    scene.pass(100);
    for (let i = 0; i < 5; i++) scene.cluster.publishFromOutside("ext.1", 30);
    scene.do(() => scene.client.drain(subscriber));
    expect(subscriber.ended).toBe(false);
    scene.pass(100);
    expect(subscriber).toMatchObject({ received: 5, ended: true });
    scene.rest().end();
  });

  it("in an outage ends at once and is not subscribed again", () => {
    const scene = new Scene().connect();
    const drained = subscribe(scene, "ext.1");
    const kept = subscribe(scene, "ext.2");
    scene.restart(50);
    scene.lost();
    scene.do(() => scene.client.drain(drained));
    expect(drained.ended).toBe(true);
    scene.back().rest();
    expect([...scene.peer.seen]).toEqual([kept.entry.sid]);
    scene.end();
  });

  it("and loses its link before the PONG ends with it, and is not subscribed again", () => {
    const scene = new Scene({ conditions: { latency: 20 } }).connect();
    const drained = subscribe(scene, "ext.1");
    scene.pass(100);
    scene.do(() => scene.client.drain(drained));
    scene.pass(25);
    expect(drained.ended).toBe(false);
    scene.wire.lose();
    scene.lost();
    expect(drained.ended).toBe(true);
    scene.back().rest();
    expect(scene.peer.seen.size).toBe(0);
    scene.end();
  });
});

describe("subscriptions", () => {
  it("come before the first publish on a new link, thousands of them in few writes", () => {
    const scene = new Scene().connect();
    scene.do(() => {
      for (let i = 0; i < 3000; i++) scene.client.subscribe(`some.longer.subject.${i}`, undefined, undefined);
    });
    scene.rest();
    scene.restart(20);
    scene.lost();
    const sent = scene.publish("data.1")!;
    const writes = () => scene.client.world.trace.lines!.filter((line) => / write 2 \d+/.test(line)).length;
    scene.until(() => sent.taken === 1);
    expect(scene.peer.seen.size).toBe(3000);
    expect(writes()).toBeLessThan(10);
    scene.rest().end();
  });

  it("that are refused end with the error, before and after a reconnect", () => {
    const scene = new Scene({ setup: { denySubscribe: false } }).connect();
    const subscriber = subscribe(scene, "closed.1");
    scene.rest();
    scene.restart(20, scene.server, (setup) => {
      setup.denySubscribe = true;
    });
    scene.lost().back().rest();
    expect(subscriber.ended).toBe(true);
    expect(subscribe(scene, "closed.1", undefined, "q").ended).toBe(false);
    scene.rest();
    expect(scene.client.coverage.get("subscription", "PERMISSIONS_VIOLATION")).toBe(2);
    expect(scene.client.coverage.get("event", "error")).toBe(2);
    scene.end();
  });

  it("may be ended, made and drained from inside of their own messages", () => {
    const scene = new Scene().connect();
    const first = subscribe(scene, "ext.>");
    const second = subscribe(scene, "ext.1");
    scene.rest();
    let made = 0;
    scene.app.message = (subscriber) => {
      if (subscriber === first) scene.client.unsubscribe(first);
      if (subscriber === second) scene.client.drain(second);
      if (made++ < 3) scene.client.subscribe("ext.1", undefined, 2);
    };
    publishFromOutside(scene, 4);
    publishFromOutside(scene, 4);
    scene.rest();
    expect([first.received, first.ended, second.ended]).toEqual([1, true, true]);
    scene.end();
  });
});
