import { describe, expect, it } from "vitest";
import type { CodedError } from "../errors.js";
import { LoneLink } from "../testing/worlds/lone-link.js";
import type { EngineEvent } from "./events.js";
import type { Link } from "./link.js";
import { LocalStalls } from "./outage.js";
import { ServerTalk, type ServerTalkParts } from "./server-talk.js";
import type { Window } from "./window.js";

const DENIED = 'Permissions Violation for Publish to "a"';

/** What is told to whom, of two links of which the first is in use. */
function world() {
  const told: string[] = [];
  const [active, other] = [new LoneLink(1).link, new LoneLink(2).link];
  const tell = (who: string) => (link: Link) => void told.push(`${who} ${link.epoch}`);
  const host = {
    active: active as Link | undefined,
    stalls: new LocalStalls(),
    now: 0,
    emit: (event: EngineEvent) => void told.push(event.type),
    lose: (link: Link, error: Error) => void told.push(`lost ${link.epoch} ${(error as CodedError).code}`),
  };
  let isAboutMove = false;
  const parts = {
    owner: {
      onConfirmed: (
        _window: Window,
        position: number,
        _behindSince: number,
        _now: number,
        bytes: number,
        delay: number,
      ) => void told.push(`confirmed ${position} ${bytes} ${delay}`),
      onPermissionViolation: () => void told.push("violation"),
    },
    handshake: { greeted: tell("greeted") },
    announcements: {
      changed: (link: Link, _json: string, inUse: boolean) =>
        void told.push(`changed ${link.epoch} ${inUse}`),
    },
    liveness: { confirmed: () => void told.push("alive") },
    movesIfAny: { takesError: () => isAboutMove },
    spares: { review: () => void told.push("spares") },
  };
  const talk = new ServerTalk(parts as unknown as ServerTalkParts, host);
  const pong = (link: Link, sentAt: number, window?: Window, onPong?: (rtt: number) => void) =>
    talk.onPong(link, {
      window,
      position: 7,
      sentAt,
      behindSince: 0,
      handed: 300,
      end: 0,
      onPong,
      onLost: undefined,
    });
  const inMove = () => {
    isAboutMove = true;
  };
  return { told, active, other, host, talk, pong, inMove };
}

describe("INFO", () => {
  it("begins the handshake of a link that waits for it, and tells of changes on others", () => {
    const { told, active, other, talk } = world();
    active.phase = "live";
    other.phase = "info";
    for (const link of [other, active]) talk.onInfo(link, "{}");
    other.phase = "ready";
    talk.onInfo(other, "{}");
    expect(told).toEqual(["greeted 2", "changed 1 true", "spares", "changed 2 false", "spares"]);
  });
});

describe("a PONG", () => {
  it("confirms what its PING was behind, with what it took longer than the quickest", () => {
    const { told, active, host, pong } = world();
    active.acked = 100;
    host.now = 10;
    pong(active, 5, {} as Window);
    host.now = 30;
    pong(active, 10, {} as Window);
    expect(told).toEqual(["alive", "confirmed 7 200 0", "alive", "confirmed 7 0 15"]);
    expect(active.acked).toBe(300);
  });

  it("measures the round trip on the link in use, and tells who has asked on any", () => {
    const { active, other, host, talk, pong } = world();
    const heard: number[] = [];
    host.now = 10;
    pong(other, 1, undefined, (rtt) => heard.push(rtt));
    expect(talk.rtt).toBeUndefined();
    pong(active, 4, undefined, (rtt) => heard.push(rtt));
    expect([talk.rtt, heard]).toEqual([6, [9, 6]]);
    host.active = undefined;
    pong(other, 1);
    expect(talk.rtt).toBe(9);
  });

  it("that has waited for this process says nothing of the way", () => {
    const { active, host, talk, pong } = world();
    host.now = 5000;
    host.stalls.note(4000, 5000);
    pong(active, 10);
    expect([talk.rtt, active.roundTrips.longest]).toEqual([undefined, undefined]);
  });

  it("to what was written after a stall of this process shows that the link has outlived it, and no other link", () => {
    const { active, other, host, pong } = world();
    host.stalls.note(1300, 5000);
    host.now = 5400;
    pong(other, 5300);
    pong(active, 4900);
    expect(host.stalls.before(5400, 0)).toBe(1300);
    pong(active, 5300);
    expect(host.stalls.before(5400, 0)).toBe(0);
  });

  it("shows that the server has survived what it complained of", () => {
    const { active, talk, pong } = world();
    active.phase = "live";
    talk.onServerError(active, "Maximum Connections Exceeded");
    expect(active.lastError).toBeDefined();
    pong(active, 0);
    expect(active.lastError).toBeUndefined();
  });

  it("too many on the link in use is told, once", () => {
    const { told, active, other, talk } = world();
    talk.onSurplusPong(other);
    expect(told).toEqual([]);
    talk.onSurplusPong(active);
    talk.onSurplusPong(active);
    expect(told).toEqual(["error"]);
  });
});

describe("-ERR", () => {
  it("ends an attempt, unless the server goes on all the same", () => {
    const { told, other, talk } = world();
    other.phase = "handshake";
    talk.onServerError(other, DENIED);
    expect(told).toEqual(["error", "violation"]);
    talk.onServerError(other, "Maximum Connections Exceeded");
    expect(told.slice(2)).toEqual(["lost 2 MAX_CONNECTIONS_EXCEEDED"]);
  });

  it("on a link that stands is told, and then put down to what it names", () => {
    const { told, active, talk } = world();
    active.phase = "live";
    talk.onServerError(active, DENIED);
    expect([told, active.lastError]).toEqual([["error", "violation"], undefined]);
  });

  it("that names nothing may be why the link ends later", () => {
    const { told, active, talk } = world();
    active.phase = "live";
    talk.onServerError(active, "Maximum Connections Exceeded");
    expect(told).toEqual(["error"]);
    expect(active.lastError).toMatchObject({ detail: { serverText: "Maximum Connections Exceeded" } });
  });

  it("about what a move does is told to nobody else", () => {
    const { told, active, talk, inMove } = world();
    active.phase = "live";
    inMove();
    talk.onServerError(active, DENIED);
    expect(told).toEqual([]);
  });
});
