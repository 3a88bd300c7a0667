import { describe, expect, it } from "vitest";
import { Attempts, STAGGER } from "./attempts.js";
import type { Link, LinkPhase } from "./link.js";
import { Timers } from "./timers.js";

function world(timeout = 5000) {
  const timers = new Timers();
  const attempts = new Attempts(timers, timeout);
  const add = (now: number, phase: LinkPhase = "dialing"): Link => {
    const link = { phase, server: {} } as Link;
    attempts.add(link, now);
    return link;
  };
  return { timers, attempts, add };
}

describe("attempts", () => {
  it("have a deadline each, and the nearest is waited for", () => {
    const { timers, attempts, add } = world();
    const first = add(0);
    const second = add(1000);
    expect(attempts.overdue(4999)).toBeUndefined();
    expect(attempts.overdue(5000)).toBe(first);
    expect(timers.take("attempt", 5000)).toBe(true);
    attempts.remove(first);
    expect(timers.take("attempt", 5999)).toBe(false);
    expect(attempts.overdue(6000)).toBe(second);
  });

  it("get their time once more when this process has slept through the end of it: what was answered is read only now", () => {
    const { attempts, add } = world();
    const link = add(0);
    expect(attempts.overdue(5201)).toBeUndefined();
    expect(attempts.overdue(10_200)).toBeUndefined();
    expect(attempts.overdue(10_201)).toBe(link);
  });

  it("that wait for their turn have no deadline, and a whole one in it", () => {
    const { attempts, add } = world();
    const link = add(0);
    attempts.ready(link);
    expect(attempts.overdue(5000)).toBeUndefined();
    attempts.restores(link, 6000);
    expect(attempts.overdue(10_999)).toBeUndefined();
    expect(attempts.overdue(11_000)).toBe(link);
  });

  it("that need not wait for it have one deadline for all", () => {
    const { attempts, add } = world();
    const link = add(0, "handshake");
    attempts.restores(link, 3000);
    expect(attempts.overdue(5000)).toBe(link);
  });

  it("get another beside them after a while, and then another", () => {
    const { timers, add } = world();
    add(0);
    expect(timers.take("stagger", STAGGER - 1)).toBe(false);
    expect(timers.take("stagger", STAGGER)).toBe(true);
    add(300);
    expect(timers.take("stagger", 300 + STAGGER - 1)).toBe(false);
    expect(timers.take("stagger", 300 + STAGGER)).toBe(true);
  });

  it("get none for two seconds while a server is busy with TLS", () => {
    const { timers, attempts, add } = world();
    Object.assign(add(0, "securing"), { dialledAt: 0 });
    expect(attempts.mayAddAnother(STAGGER)).toBe(false);
    expect(timers.next).toBe(2000);
    expect(attempts.mayAddAnother(2000)).toBe(true);
  });

  it("are four at the same time, at most", () => {
    const { attempts, add } = world();
    for (let i = 0; i < 4; i++) {
      expect(attempts.mayAddAnother(i)).toBe(true);
      add(i);
    }
    expect(attempts.size).toBe(4);
    expect(attempts.mayAddAnother(9)).toBe(false);
  });

  it("get no other while the application is asked for credentials: it is asked again soon", () => {
    const { timers, attempts, add } = world();
    const link = add(0, "authenticating");
    expect(attempts.mayAddAnother(300)).toBe(false);
    expect(timers.take("stagger", 300 + STAGGER)).toBe(true);
    link.phase = "handshake";
    expect(attempts.mayAddAnother(600)).toBe(true);
  });

  it("that were on their way when they ended keep no other address from being dialled", () => {
    const { attempts, add } = world();
    const server = {};
    const at = () => Object.assign(add(0), { server });
    attempts.reached(at(), 3);
    expect(attempts.takeElsewhere()).toBe(server);
    const second = at();
    expect(attempts.takeElsewhere()).toBeUndefined();
    attempts.remove(second);
    expect(attempts.takeElsewhere()).toBe(server);
    at();
    attempts.clear();
    attempts.reached(at(), 2);
    expect(attempts.takeElsewhere()).toBe(server);
  });

  it("have one winner, and the others are known", () => {
    const { attempts, add } = world();
    const [first, second, third] = [add(0), add(1), add(2)];
    expect(attempts.others(second)).toEqual([first, third]);
  });

  it("leave no timer behind when they have ended", () => {
    const { timers, attempts, add } = world();
    const link = add(0);
    expect(attempts.remove(link)).toBe(true);
    expect(attempts.remove(link)).toBe(false);
    expect(timers.next).toBe(Number.POSITIVE_INFINITY);
    add(5);
    attempts.clear();
    expect(timers.next).toBe(Number.POSITIVE_INFINITY);
    expect(attempts.size).toBe(0);
  });
});
