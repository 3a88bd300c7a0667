import { describe, expect, it } from "vitest";
import { CodedError } from "../errors.js";
import { LoneLink } from "../testing/worlds/lone-link.js";
import { Probe, probeNumber } from "./probe.js";

const violation = (subject: string) => new CodedError("PERMISSIONS_VIOLATION", "no", { subject });

describe("a probe", () => {
  it("goes out on one link, to a subject of its own that is subscribed on the other, each with its number", () => {
    const probe = new Probe("_INBOX.me.probe.2");
    const [from, to] = [new LoneLink(1), new LoneLink(2)];
    probe.listen(to.link);
    probe.send(from.link);
    probe.send(from.link);
    probe.end(to.link);
    expect(to.said()).toEqual(["SUB _INBOX.me.probe.2.* 0", "UNSUB 0"]);
    expect(from.said()).toEqual(["PUB _INBOX.me.probe.2.1 0", "PUB _INBOX.me.probe.2.2 0"]);
    expect([1, 2].map((number) => probe.isLast(number))).toEqual([false, false]);
    probe.sendLast(from.link);
    expect([1, 2, 3].map((number) => probe.isLast(number))).toEqual([false, false, true]);
    const known = [Number.NaN, 0, 1, 3, 4].filter((number) => probe.wasSent(number));
    expect(known).toEqual([1, 3]);
  });

  it("goes out to another subject when it is listened to anew, soon again; those before count no more", () => {
    const probe = new Probe("p");
    const [from, to] = [new LoneLink(1), new LoneLink(2)];
    probe.listen(to.link);
    probe.send(from.link);
    for (let i = 0; i < 5; i++) probe.pause();
    probe.listenAnew(to.link);
    probe.send(from.link);
    expect(to.said()).toEqual(["SUB p.* 0", "UNSUB 0", "SUB p.anew.* 0"]);
    expect(from.said()).toEqual(["PUB p.1 0", "PUB p.anew.2 0"]);
    expect([1, 2, 3].map((number) => probe.wasSent(number))).toEqual([false, true, false]);
    expect(probe.pause()).toBe(2);
    expect(probe.takesError(violation("p.anew.2"))).toBe(true);
  });

  it("tells since when its server has it, once a PONG has come behind it", () => {
    const probe = new Probe("p");
    const from = new LoneLink(1);
    probe.sendTimed(from.link, { now: 10 });
    probe.sendTimed(from.link, { now: 30 });
    expect(from.said()).toEqual(["PUB p.1 0", "PING", "PUB p.2 0", "PING"]);
    expect([probe.takenAt(0), probe.takenAt(1)]).toEqual([
      Number.POSITIVE_INFINITY,
      Number.POSITIVE_INFINITY,
    ]);
    from.link.onPong();
    expect([probe.takenAt(1), probe.takenAt(2)]).toEqual([10, Number.POSITIVE_INFINITY]);
  });

  it("is told by the last part of its subject when it comes in", () => {
    const text = "MSG _INBOX.me.probe.2.17 0 0";
    expect(probeNumber(Buffer.from(text), 4, text.length - 4)).toBe(17);
  });

  it("is repeated soon at first, and then no more often than every 50 ms", () => {
    const probe = new Probe("p");
    expect(Array.from({ length: 7 }, () => probe.pause())).toEqual([2, 4, 8, 16, 32, 50, 50]);
  });

  it("is denied by an error about its subject, and by no other", () => {
    const probe = new Probe("_INBOX.me.probe.2");
    expect(probe.takesError(violation("_INBOX.me.probe.21.1"))).toBe(false);
    expect(probe.takesError(new CodedError("PERMISSIONS_VIOLATION", "no"))).toBe(false);
    expect(probe.isDenied).toBe(false);
    expect(probe.takesError(violation("_INBOX.me.probe.2.*"))).toBe(true);
    expect(probe.isDenied).toBe(true);
  });
});
