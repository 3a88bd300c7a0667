import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect, isHoldfastError } from "../src/index.js";
import { NatsServer } from "../src/testing/server.js";
import { connectAtFirst } from "./support/at-first.js";
import { type FakeLink, FakeServer, infoLine, speaksNats } from "./support/fake-server.js";
import { rejection } from "./support/until.js";

/** Deadline of one attempt at a bad server, and of what may come of it on a busy machine. */
const TIMEOUT = 400;
const BOUND = 5_000;
/** Deadline of an attempt where a good server has to answer within it. */
const PATIENT = 2_000;

let good: NatsServer;
beforeAll(async () => {
  good = await NatsServer.start();
});
afterAll(() => good.close());

const onceAsked = (link: FakeLink, pattern: RegExp, then: () => void) => {
  const look = () => {
    if (!pattern.test(link.received)) return;
    link.socket.off("data", look);
    then();
  };
  link.socket.on("data", look);
};

const BEHAVIOURS: [what: string, code: string, behave: (link: FakeLink) => void][] = [
  ["speaks another protocol", "PROTOCOL_ERROR", (link) => link.send("HTTP/1.1 400 Bad Request", "", "")],
  ["sends binary garbage", "PROTOCOL_ERROR", (link) => link.socket.write(Buffer.alloc(4096, "\x00\xff\r\n"))],
  ["sends nothing", "TIMEOUT", () => {}],
  ["closes at once", "CONNECTION_REFUSED", (link) => link.socket.end()],
  ["resets at once", "CONNECTION_LOST", (link) => link.socket.resetAndDestroy()],
  [
    "sends INFO and closes [peers 11]",
    "CONNECTION_REFUSED",
    (link) => {
      link.send(infoLine());
      link.socket.end();
    },
  ],
  ["sends INFO and hangs", "TIMEOUT", (link) => link.send(infoLine())],
  ["sends part of an INFO and hangs", "TIMEOUT", (link) => link.socket.write('INFO {"server_id":"')],
  [
    "sends part of an INFO and closes",
    "CONNECTION_REFUSED",
    (link) => link.socket.end('INFO {"server_id":"'),
  ],
  ["sends an INFO that is not JSON", "PROTOCOL_ERROR", (link) => link.send("INFO {server_id: none}")],
  ["sends an INFO that is an array", "PROTOCOL_ERROR", (link) => link.send("INFO [1, 2]")],
  ["sends an INFO of null", "PROTOCOL_ERROR", (link) => link.send("INFO null")],
  ["sends an empty INFO", "PROTOCOL_ERROR", (link) => link.send("INFO ")],
  ["sends +OK and nothing else", "TIMEOUT", (link) => link.send("+OK")],
  ["sends +OK and then garbage", "PROTOCOL_ERROR", (link) => link.send("+OK", "what?")],
  [
    "demands TLS, and hangs in its handshake",
    "TIMEOUT",
    (link) => link.send(infoLine({ tls_required: true })),
  ],
  [
    "answers CONNECT with an -ERR, and does not close [peers 11]",
    "SERVER_ERROR",
    (link) => {
      link.send(infoLine());
      onceAsked(link, /CONNECT/, () => link.send("-ERR 'No room for you'"));
    },
  ],
  [
    "answers CONNECT with a refusal of who we are",
    "AUTHORIZATION_VIOLATION",
    (link) => {
      link.send(infoLine());
      onceAsked(link, /CONNECT/, () => link.send("-ERR 'Authorization Violation'"));
    },
  ],
  [
    "sends an -ERR in place of INFO",
    "MAX_CONNECTIONS_EXCEEDED",
    (link) => link.send("-ERR 'maximum connections exceeded'"),
  ],
  ["answers only the first PING", "TIMEOUT", speaksNats({}, 1)],
  [
    "announces a message of 9 GB",
    "PROTOCOL_ERROR",
    (link) => {
      link.send(infoLine());
      onceAsked(link, /CONNECT/, () => link.send("MSG a 1 9999999999"));
    },
  ],
];

describe.each(BEHAVIOURS)("a server that %s [parity 13, 14, 27]", (_, code, behave) => {
  it("does not keep connect() from the next one", async () => {
    await using bad = await FakeServer.start(behave);
    const started = performance.now();
    const servers = [bad.url, good.url];
    await using nc = await connect({ servers, noRandomize: true, timeout: PATIENT });
    expect(performance.now() - started).toBeLessThan(BOUND);
    expect(nc.getServer()).toBe(good.hostport);
    expect(bad.links).toHaveLength(1);
  });

  it(`alone makes connect() reject with ${code}, and leaves no socket`, async () => {
    await using bad = await FakeServer.start(behave);
    const started = performance.now();
    const error = await rejection(connect({ servers: bad.url, timeout: TIMEOUT }));
    expect(performance.now() - started).toBeLessThan(BOUND);
    expect(isHoldfastError(error), String(error)).toBe(true);
    expect(error.code).toBe(code);
    const { socket } = bad.last;
    if (!socket.destroyed) await new Promise((resolve) => socket.once("close", resolve));
  });
});

describe("a server that was to be reached over TLS", () => {
  it("is not talked to without it: credentials stay here", async () => {
    await using plain = await FakeServer.start(speaksNats());
    const servers = `tls://me:secret@${plain.hostport}`;
    const error = await rejection(connect({ servers, timeout: TIMEOUT }));
    expect(error.code).toBe("TLS_UNAVAILABLE");
    expect(plain.last.received).toBe("");
  });
});

/** Sends `size` bytes as fast as they are taken; resolves with how many were, when the client has gone. */
function pour(link: FakeLink, size: number, piece: Buffer): Promise<number> {
  return new Promise((resolve) => {
    let sent = 0;
    const more = () => {
      while (sent < size) {
        sent += piece.length;
        if (!link.socket.write(piece)) break;
      }
    };
    link.socket.on("drain", more);
    link.socket.once("close", () => resolve(sent));
    more();
  });
}

describe("a line without an end", () => {
  const MIB = 1024 * 1024;

  it.each([
    ["of any kind", Buffer.alloc(64 * 1024, "x"), ""],
    ["of an INFO", Buffer.alloc(64 * 1024, "x"), "INFO "],
    ["of a message", Buffer.alloc(64 * 1024, "x"), "MSG "],
    ["of random bytes", Buffer.from(randomBytes(64 * 1024).toString("base64")), ""],
  ])("is cut off, %s [peers 22]", async (_, piece, start) => {
    let sent: Promise<number> | undefined;
    await using bad = await FakeServer.start((link) => {
      link.socket.write(start);
      sent = pour(link, 64 * MIB, piece);
    });
    const error = await rejection(connect({ servers: bad.url, timeout: 10_000 }));
    expect(error.code).toBe("PROTOCOL_ERROR");
    expect(await sent).toBeLessThan(16 * MIB);
  });

  it("from a server that we are connected to leads to another one", async () => {
    await using bad = await FakeServer.start(speaksNats());
    await using nc = await connectAtFirst([bad.url, good.url]);
    expect(nc.getServer()).toBe(bad.hostport);
    const lost = new Promise<Error | undefined>((resolve) => nc.once("disconnect", resolve));
    const back = new Promise((resolve) => nc.once("reconnect", resolve));
    const sent = pour(bad.last, 64 * MIB, Buffer.alloc(64 * 1024, "x"));
    expect(await lost).toMatchObject({ code: "PROTOCOL_ERROR" });
    await back;
    expect(nc.getServer()).toBe(good.hostport);
    expect(await sent).toBeLessThan(16 * MIB);
  });
});
