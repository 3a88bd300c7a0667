import { describe, expect, it } from "vitest";
import { WindowWorld } from "../testing/worlds/window-world.js";
import { Kind } from "../wire/frame.js";
import { Expiry } from "./expiry.js";

function world() {
  const window = new WindowWorld();
  const expiry = new Expiry(window.window);
  const add = (name: string, deadline: number) => expiry.add(window.append(Kind.Data, name), deadline);
  return { window, expiry, add };
}

describe("a ttl", () => {
  it("drops what no link has by then, at its deadline and not before", () => {
    const { window, expiry, add } = world();
    add("short", 100);
    add("long", 200);
    window.data("ever");
    expect(expiry.next).toBe(100);
    expiry.expire(99);
    expect(window.told).toEqual([]);
    expiry.expire(100);
    expect(window.told).toEqual(["ttl 0 short"]);
    expect(expiry.next).toBe(200);
    expiry.expire(1e9);
    expect(window.told).toEqual(["ttl 0 short", "ttl 1 long"]);
    expect(expiry.next).toBe(Number.POSITIVE_INFINITY);
    expect(window.write()).toEqual(["ever"]);
    expect(window.books.dropReasons.ttl).toBe(2);
  });

  it("in any order of deadlines drops what is due, and nothing else", () => {
    const { window, expiry, add } = world();
    for (const deadline of [300, 100, 200]) add(`d${deadline}`, deadline);
    expiry.expire(250);
    expect(window.told).toEqual(["ttl 1 d100", "ttl 2 d200"]);
    expect(window.write()).toEqual(["d300"]);
  });

  it("does not drop what is on the link: its server may have it, and it ends as confirmed", () => {
    const { window, expiry, add } = world();
    add("a", 100);
    window.window.appendPing(0);
    window.write();
    expiry.expire(1000);
    expect(window.told).toEqual([]);
    window.pong();
    expect(window.books).toMatchObject({ confirmed: 1, dropped: 0 });
    window.die();
    expiry.linkLost(2000);
    expect(window.told).toEqual([]);
  });

  it("drops it when that link dies: it is not written again", () => {
    const { window, expiry, add } = world();
    add("late", 100);
    add("young", 5000);
    window.write();
    expiry.expire(1000);
    window.die();
    expiry.linkLost(2000);
    expect(window.told).toEqual(["ttl 0 late"]);
    expect(window.write()).toEqual(["young"]);
    expiry.expire(5000);
    window.die();
    expiry.linkLost(6000);
    expect(window.books).toMatchObject({ dropped: 2, pending: 0 });
  });

  it("drops what comes due with the loss itself", () => {
    const { window, expiry, add } = world();
    add("late", 100);
    window.write();
    window.die();
    expiry.linkLost(100);
    expect(window.told).toEqual(["ttl 0 late"]);
  });

  it("gives the chunks of what it has dropped back", () => {
    const { window, expiry } = world();
    for (let i = 0; i < 30; i++) expiry.add(window.append(Kind.Data, "a", Buffer.alloc(20_000)), 100);
    expect(window.window.held).toBe(10);
    expiry.expire(100);
    expect(window.window.held).toBe(1);
    expect(window.pool.used).toBe(1);
  });

  it("of a message that ended otherwise is forgotten", () => {
    const { window, expiry, add } = world();
    add("a", 100);
    window.window.takeBack(0, "drop-oldest");
    expiry.expire(100);
    expect(window.told).toEqual(["drop-oldest 0 a"]);
    expect(expiry.size).toBe(0);
  });

  it("is nothing any more after the end", () => {
    const { expiry, add } = world();
    add("a", 100);
    expiry.clear();
    expect(expiry.next).toBe(Number.POSITIVE_INFINITY);
    expect(expiry.size).toBe(0);
  });
});

describe("the entries of ttls", () => {
  it("are bounded while messages are confirmed, however long their ttl", () => {
    const { window, expiry, add } = world();
    let most = 0;
    for (let i = 0; i < 50_000; i++) {
      add("a", 1e9);
      if (i % 100 === 0) {
        window.window.appendPing(0);
        window.write();
        window.pong();
      }
      most = Math.max(most, expiry.size);
    }
    expect(most).toBeLessThan(3000);
  });

  it("of messages that wait are all kept, however many they are", () => {
    const { window, expiry, add } = world();
    for (let i = 0; i < 5000; i++) add("a", i);
    expiry.expire(1e9);
    expect(window.books).toMatchObject({ dropped: 5000, pending: 0 });
  });

  it("of messages on the link that are overdue are bounded as well", () => {
    const { window, expiry, add } = world();
    for (let i = 0; i < 50_000; i++) {
      add("a", i);
      if (i % 100 !== 0) continue;
      window.window.appendPing(0);
      window.write();
      expiry.expire(i);
      window.pong();
    }
    expect(expiry.size).toBeLessThan(3000);
  });
});
