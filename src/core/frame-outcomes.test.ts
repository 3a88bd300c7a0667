import { describe, expect, it } from "vitest";
import { WindowWorld } from "../testing/worlds/window-world.js";
import { Kind } from "../wire/frame.js";
import { SubjectCache } from "../wire/subject-cache.js";

const subjects = new SubjectCache();

describe("refusals", () => {
  it("go to the oldest unconfirmed message to that subject that is on the link", () => {
    const world = new WindowWorld();
    world.data("a", "b", "a", "c");
    world.window.appendPing(0);
    world.write();
    world.data("a");
    expect(world.refuse("a")).toBe(true);
    expect(world.refuse("a")).toBe(true);
    expect(world.told).toEqual(["refused 0", "refused 2"]);
    expect(world.refuse("a")).toBe(false);
    expect(world.refuse("nobody")).toBe(false);
    world.pong();
    expect(world.books).toMatchObject({ accepted: 5, refused: 2, confirmed: 2, pending: 1 });
    expect(world.write()).toEqual(["a"]);
  });

  it("are not written again after a reconnect", () => {
    const world = new WindowWorld();
    world.data("a", "b");
    world.write();
    world.refuse("a");
    expect(world.die()).toEqual({ replay: 1, unconfirmed: 0 });
    expect(world.write()).toEqual(["b"]);
  });

  it("after a reconnect concern only what the new link has got", () => {
    const world = new WindowWorld();
    world.data("a");
    world.write();
    world.die();
    expect(world.refuse("a")).toBe(false);
    world.write();
    expect(world.refuse("a")).toBe(true);
  });
});

describe("a new server", () => {
  it("does not get what it would close the connection for: too large, or headers where there are none", () => {
    const world = new WindowWorld();
    const { window } = world;
    world.data("ok");
    world.append(Kind.Data, "large", "x".repeat(2000));
    window.append(Kind.Data, subjects.get("headers"), "", Buffer.from("NATS/1.0\r\n\r\n"), "x", 0);
    world.write();
    world.die();
    window.recheck(1000, false);
    expect(world.told).toEqual(["max-payload 1 large", "headers 2 headers"]);
    expect(world.write()).toEqual(["ok"]);
    expect(world.books).toMatchObject({ accepted: 3, dropped: 2, pending: 1 });
    expect(world.books.dropReasons).toMatchObject({ "max-payload": 1, headers: 1 });
  });

  it("gets everything when nothing is too much for it", () => {
    const world = new WindowWorld();
    world.data("a", "b");
    world.window.recheck(1, true);
    expect(world.told).toEqual([]);
    expect(world.write()).toEqual(["a", "b"]);
  });
});

describe("taking back", () => {
  it("what was not written: it is never written, and nothing else is lost", () => {
    const world = new WindowWorld();
    world.data("a");
    const seq = world.append(Kind.Request, "late");
    world.data("b");
    expect(world.window.isPending(seq)).toBe(true);
    expect(world.window.takeBack(seq, "timeout")).toBe(true);
    expect(world.window.isPending(seq)).toBe(false);
    expect(world.window.takeBack(seq, "timeout")).toBe(false);
    expect(world.told).toEqual([`timeout ${seq} late`]);
    expect(world.write()).toEqual(["a", "b"]);
    expect(world.books).toMatchObject({ accepted: 3, dropped: 1, pending: 2 });
  });

  it("is too late for what is on the link", () => {
    const world = new WindowWorld();
    const seq = world.append(Kind.Data, "sent");
    world.write();
    expect(world.window.isHanded(seq)).toBe(true);
    expect(world.window.takeBack(seq, "timeout")).toBe(false);
    expect(world.books).toMatchObject({ pending: 1, dropped: 0 });
  });

  it("what only a dead link has carried ends as unconfirmed: a server may have got it", () => {
    const world = new WindowWorld();
    const seq = world.append(Kind.SafeRequest, "info");
    world.write();
    world.die();
    expect(world.window.takeBack(seq, "timeout")).toBe(true);
    expect(world.told).toEqual([`unconfirmed ${seq}`]);
    expect(world.write()).toEqual([]);
    expect(world.books).toMatchObject({ unconfirmed: 1, pending: 0, replayed: 0 });
  });

  it("knows no frame that is confirmed, not a message, or not there", () => {
    const world = new WindowWorld();
    world.data("a");
    const ping = world.window.appendPing(0) - 1;
    world.write();
    world.pong();
    world.data("b");
    for (const seq of [-1, 0, ping, world.window.position, 99]) {
      expect(world.window.isPending(seq)).toBe(false);
      expect(world.window.takeBack(seq, "timeout")).toBe(false);
    }
  });
});
