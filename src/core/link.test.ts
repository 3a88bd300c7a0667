import { describe, expect, it } from "vitest";
import { CodedError } from "../errors.js";
import { parseAddress } from "./address.js";
import { Link, type LinkOwner, type PingInFlight } from "./link.js";
import { attemptTimeout, closedByServer } from "./link-errors.js";
import { ServerPool } from "./pool.js";

function world() {
  const told: string[] = [];
  const owner: LinkOwner = {
    onInfo: (_link, json) => told.push(`INFO ${json}`),
    onPong: (_link, ping) => told.push(`PONG ${ping.position}`),
    onSurplusPong: () => told.push("surplus PONG"),
    onServerError: (_link, text) => told.push(`-ERR ${text}`),
    messages: {
      onMessage: (buf, sid, subject, subjectEnd) =>
        told.push(`MSG ${sid} ${buf.latin1Slice(subject, subjectEnd)}`),
    },
  };
  const [server] = new ServerPool([parseAddress("h:1")], undefined).all;
  const link = new Link(7, server, owner, 0);
  const ping = (position: number): PingInFlight => ({
    window: undefined,
    position,
    sentAt: position,
    behindSince: 0,
    handed: 0,
    end: 0,
    onPong: undefined,
    onLost: undefined,
  });
  const read = (text: string) => link.read(Buffer.from(text));
  const own = () => {
    const lines: string[] = [];
    for (let line = link.takeOwn(); line !== undefined; line = link.takeOwn())
      lines.push(Buffer.from(line).toString());
    return lines;
  };
  return { told, link, ping, read, own };
}

describe("a link", () => {
  it("matches PONGs with its PINGs in their order, however many are on their way", () => {
    const { told, link, ping, read } = world();
    for (let i = 0; i < 3000; i++) {
      link.track(ping(i));
      if (i % 3 === 2) read("PONG\r\nPONG\r\n");
    }
    expect(link.pingsInFlight).toBe(1000);
    read("PONG\r\n".repeat(1000));
    expect(told).toEqual(Array.from({ length: 3000 }, (_, i) => `PONG ${i}`));
    expect(link.pingsInFlight).toBe(0);
  });

  it("tells of a PONG that nobody asked for", () => {
    const { told, read } = world();
    read("PONG\r\nPONG\r\n");
    expect(told).toEqual(["surplus PONG", "surplus PONG"]);
  });

  it("takes all that comes in for a sign of life but a PING alone: that comes also where what we send gets lost", () => {
    const { link } = world();
    const lives = (text: string) => {
      link.lastInbound = 0;
      link.pingsOut = 2;
      link.heard(Buffer.from(text), 5);
      expect(link.pingsOut).toBe(link.lastInbound === 5 ? 0 : 2);
      return link.lastInbound === 5;
    };
    expect(lives("PING\r\n")).toBe(false);
    for (const text of [
      "PONG\r\n",
      "PONG\r\nPING\r\n",
      "PING\r\nPONG\r\n",
      "P",
      "PI",
      "MSG a 1 0\r\n\r\n",
      "+OK\r\n",
    ])
      expect(lives(text)).toBe(true);
  });

  it("remembers since when it waits, and not from before", () => {
    const { link, ping, read } = world();
    link.track(ping(10));
    link.track(ping(20));
    expect(link.waitingSince).toBe(10);
    read("PONG\r\nPONG\r\n");
    link.track(ping(500));
    expect(link.waitingSince).toBe(500);
  });

  it("answers PING, passes over +OK, and hands the rest to its owner", () => {
    const { told, link, read, own } = world();
    link.beginRestoring(0);
    read("PING\r\n+OK\r\nINFO {}\r\n-ERR 'x'\r\nMSG a.b 3 1\r\ny\r\n");
    expect(own()).toEqual(["PONG\r\n"]);
    expect(told).toEqual(["INFO  {}", "-ERR x", "MSG 3 a.b"]);
  });

  it("takes no message before its subscriptions are on their way: it could be anyone's", () => {
    const { told, read } = world();
    expect(() => read("MSG a.b 3 1\r\ny\r\n")).toThrow(/before the link was set up/);
    expect(told).toEqual([]);
  });

  it("that is about to be encrypted reads nothing that stands behind the demand for it", () => {
    const { link, read } = world();
    const owner = link as unknown as { owner: { onInfo: () => void } };
    owner.owner.onInfo = () => link.beginSecuring();
    expect(() => read("INFO {}\r\nPING\r\n")).toThrow(/in plain text/);
    link.secured();
    expect(link.secure).toBe(true);
    read("PING\r\n");
    expect(link.hasOwn).toBe(true);
  });

  it("that is dead says nothing and hears nothing", () => {
    const { told, link, ping, read, own } = world();
    link.send(Buffer.from("SUB a 1\r\n"));
    link.track(ping(1));
    read("MSG a 1 5\r\nab");
    link.kill();
    read("cd");
    read("PONG\r\nPING\r\nnonsense\r\n");
    expect(told).toEqual([]);
    expect(own()).toEqual([]);
    expect([link.phase, link.pingsInFlight, link.held]).toEqual(["dead", 0, 0]);
  });

  it("that is dead has told those who wait for a PONG, once", () => {
    const { link, read } = world();
    const lost: string[] = [];
    for (const name of ["answered", "a", "b"])
      link.sendPing(
        1,
        () => {},
        () => lost.push(name),
      );
    read("PONG\r\n");
    link.kill();
    link.kill();
    expect(lost).toEqual(["a", "b"]);
  });
});

describe("bytes that are handed over", () => {
  it("are in flight until they are taken, and unanswered until a PONG comes for what is behind them", () => {
    const { link, ping, read } = world();
    link.handOver(100, 5);
    expect(link).toMatchObject({ sent: 100, inFlight: 100, taken: 0, lastTaken: 5, unanswered: 100 });
    link.handOver(50, 6);
    expect(link.lastTaken).toBe(5);
    link.written(120, false, 7);
    expect(link).toMatchObject({ sent: 150, inFlight: 30, taken: 120, lastTaken: 7, sinceInbound: 150 });
    link.track({ ...ping(0), end: 100 });
    read("PONG\r\n");
    expect(link.unanswered).toBe(50);
  });

  it("that the kernel takes at once are no sign of life; that it has room again is one", () => {
    const { link } = world();
    link.handOver(100, 5);
    link.written(50, false, 6);
    expect(link.lastProgress).toBe(0);
    link.written(50, true, 7);
    expect(link.lastProgress).toBe(7);
  });
});

describe("its errors", () => {
  it("say how far it came", () => {
    const { link } = world();
    const texts = new Set<string>();
    for (const phase of ["dialing", "info", "authenticating", "handshake", "restoring"] as const) {
      link.phase = phase;
      const error = attemptTimeout(link, 500);
      expect(error).toBeInstanceOf(CodedError);
      expect(error.code).toBe("TIMEOUT");
      expect(error.message).toMatch(/^h:1 .* 500 ms$/);
      texts.add(error.message);
      expect(closedByServer(link).code).toBe("CONNECTION_REFUSED");
    }
    expect(texts.size).toBe(5);
    link.phase = "live";
    expect(closedByServer(link).code).toBe("CONNECTION_LOST");
  });
});
