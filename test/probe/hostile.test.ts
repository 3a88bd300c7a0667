import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CertificateAuthority, type IssuedCertificate } from "../../src/testing/certificates/authority.js";
import { NatsServer } from "../../src/testing/server.js";
import { Cleanup } from "../support/cleanup.js";
import { type FakeLink, FakeServer, infoLine, speaksNats } from "../support/fake-server.js";
import { detail, look, way } from "./support/look.js";

let authority: CertificateAuthority;
let pair: IssuedCertificate;
beforeAll(async () => {
  authority = await CertificateAuthority.create();
  pair = await authority.issue();
});
afterAll(() => authority.close());

const SHORT = { timeout: 300, deadline: 3000 };

/** Writes again and again until the other side is gone; as fast as it reads. */
function flood(socket: Socket, bytes: string): void {
  const more = () => {
    while (!socket.destroyed && socket.write(bytes));
    if (!socket.destroyed) socket.once("drain", more);
  };
  more();
}

/** A byte now and then. */
function drip(socket: Socket, bytes: string): void {
  let at = 0;
  const timer = setInterval(() => socket.write(bytes[at++ % bytes.length]), 10);
  socket.once("close", () => clearInterval(timer));
}

describe("who is no NATS server is named [X2]", () => {
  it.each<[string, (link: FakeLink) => void, string, RegExp]>([
    ["SSH", (link) => link.send("SSH-2.0-OpenSSH_9.2"), "PROTOCOL_ERROR", /an SSH server/],
    ["SMTP", (link) => link.send("220 mail.example ESMTP"), "PROTOCOL_ERROR", /a mail or FTP server/],
    [
      "HTTP that speaks first",
      (link) => link.send("HTTP/1.1 400 Bad Request"),
      "PROTOCOL_ERROR",
      /an HTTP server/,
    ],
    ["rubbish", (link) => link.send("hello"), "PROTOCOL_ERROR", /not the NATS protocol: "hello/],
    [
      "an alert of TLS",
      ({ socket }) => socket.write("\x15\x03\x01\0\x02\x02\x46", "latin1"),
      "TLS_REQUIRED",
      /handshakeFirst/,
    ],
    ["nothing, and an end", ({ socket }) => socket.end(), "CONNECTION_REFUSED", /closed the connection/],
    ["an INFO that is none", (link) => link.send("INFO [1]"), "PROTOCOL_ERROR", /not a JSON object/],
    [
      "an INFO in pieces, and no more",
      ({ socket }) => socket.write("INFO {"),
      "TIMEOUT",
      /6 bytes and no whole INFO/,
    ],
  ])("%s", async (_, behave, code, text) => {
    await using fake = await FakeServer.start(behave);
    const report = await look(fake.url, SHORT);
    expect(way(report)).toBe("dns tcp -info");
    expect(report.cause).toMatchObject({ code });
    expect(detail(report, "info")).toMatch(text);
  });

  it("HTTP, which waits to be asked: the monitoring port, and that of websockets", async () => {
    await using server = await NatsServer.start({ monitor: true, websocket: true });
    for (const url of [`127.0.0.1:${server.monitorPort}`, server.wsUrl!.replace("ws:", "nats:")]) {
      const report = await look(url, SHORT);
      expect(report).toMatchObject({ failed: "info", cause: { kind: "protocol", code: "PROTOCOL_ERROR" } });
      expect(detail(report, "info")).toMatch(/looks like an HTTP server: is that the port for monitoring/);
    }
  });

  it("the port for routes", async () => {
    await using server = await NatsServer.start({ cluster: { name: "c" } });
    const report = await look(`127.0.0.1:${server.clusterPort}`, SHORT);
    expect(report).toMatchObject({ ok: false, cause: { kind: "protocol" } });
  });
});

describe("a hostile server has no more time and room than it is given [X2]", () => {
  it.each<[string, (link: FakeLink) => void]>([
    ["drips an INFO", ({ socket }) => drip(socket, `INFO {"x":"${"y".repeat(100_000)}`)],
    ["sends an INFO without an end", ({ socket }) => flood(socket, "INFO {".padEnd(65_536, "x"))],
    ["sends a line without an end", ({ socket }) => flood(socket, "x".repeat(65_536))],
    ["sends INFO after INFO", ({ socket }) => flood(socket, `${infoLine({ x: "y".repeat(50_000) })}\r\n`)],
    ["sends PING after PING", ({ socket }) => flood(socket, `${infoLine()}\r\n${"PING\r\n".repeat(10_000)}`)],
    [
      "sends PONG after PONG behind INFO",
      ({ socket }) => flood(socket, `${infoLine()}\r\n${"PONG\r\n".repeat(5000)}`),
    ],
    ["sends a message before anything", (link) => link.send(infoLine(), "MSG a 1 5", "hello")],
    ["announces a message of 64 GiB", (link) => link.send(infoLine(), "MSG a 1 68719476736")],
    [
      "drips behind INFO",
      (link) => {
        link.send(infoLine());
        drip(link.socket, "-ERR ");
      },
    ],
  ])("%s", async (_, behave) => {
    await using fake = await FakeServer.start(behave);
    const heap = process.memoryUsage().rss;
    const report = await look(fake.url, SHORT);
    expect(report.ok).toBe(false);
    expect(process.memoryUsage().rss - heap).toBeLessThan(256 * 1024 * 1024);
  });

  it.each([
    ["INFOs", `${infoLine({ x: "y".repeat(50_000) })}\r\n`],
    ["+OKs", `${infoLine()}\r\n${"+OK\r\n".repeat(10_000)}`],
  ])("of %s it takes 8 MiB, and no more", async (_, bytes) => {
    await using fake = await FakeServer.start(({ socket }) => flood(socket, bytes));
    const report = await look(fake.url);
    expect(report).toMatchObject({ failed: "auth", cause: { kind: "protocol", code: "PROTOCOL_ERROR" } });
    expect(detail(report, "auth")).toMatch(/more than 8388608 bytes to a probe/);
  });

  it("long texts and commands for terminals are not passed on", async () => {
    const info = {
      server_name: `\u001b[2J${"n".repeat(100_000)}`,
      version: "2.\u202e1",
      connect_urls: ["\u001b]0;x\u0007:1"],
    };
    await using fake = await FakeServer.start(speaksNats(info));
    const report = await look(fake.url, { ...SHORT, jetstream: false });
    expect(report.ok).toBe(true);
    expect(report.info?.server_name).toHaveLength(512);
    expect(JSON.stringify(report)).not.toMatch(/[\u202e]|\\u001b|\\u0007/);
  });

  it("TLS that never comes, comes as rubbish, or ends", async () => {
    await using cleanup = new Cleanup();
    const tls = { ca: authority.cert };
    for (const behave of [
      () => {},
      (socket: Socket) => void socket.write("hello\r\n"),
      (socket: Socket) => void socket.end(),
      (socket: Socket) => drip(socket, "\x16\x03\x03\x40"),
    ]) {
      const fake = cleanup.use(
        await FakeServer.start((link) => {
          link.send(infoLine({ tls_required: true }));
          link.socket.once("data", () => behave(link.socket));
        }),
      );
      const report = await look(fake.url, { ...SHORT, tls, user: "me", pass: "s3cret" });
      expect(report).toMatchObject({
        ok: false,
        failed: "tls",
        tls: { ok: false },
        cause: { kind: expect.stringMatching(/tls|network/) },
      });
      expect(fake.last.received).not.toContain("s3cret");
    }
  });

  it("what stands behind an INFO that leads to TLS is nobody's word", async () => {
    await using fake = await FakeServer.start((link) =>
      link.send(infoLine({ tls_required: true }), "+OK", "PONG"),
    );
    const report = await look(fake.url, { ...SHORT, tls: { ca: authority.cert } });
    expect(report).toMatchObject({ failed: "tls", cause: { code: "PROTOCOL_ERROR" } });
  });

  it("credentials never go to a server whose certificate is not accepted", async () => {
    let heard = "";
    await using fake = await FakeServer.start((link) => {
      link.send(infoLine({ tls_required: true }));
      const tls = new TLSSocket(link.socket, { isServer: true, cert: pair.cert, key: pair.key });
      tls.on("error", () => {});
      tls.on("data", (bytes) => {
        heard += bytes.toString();
      });
    });
    const secret = { user: "me", pass: "s3cret", ...SHORT };
    const report = await look(fake.url, secret);
    expect(report).toMatchObject({ failed: "tls", tls: { authorized: false, why: "unknown-authority" } });
    expect(report.tls?.chain).not.toEqual([]);
    expect(heard).toBe("");
    await look(fake.url, { ...secret, tls: { ca: authority.cert } });
    expect(heard).toContain("s3cret");
  });

  it("JetStream's answer is rubbish, huge, or an error of its own", async () => {
    await using cleanup = new Cleanup();
    const answers: [string, object][] = [
      ["hello", { why: "error" }],
      ["[]", { why: "error" }],
      [`{"error":{"code":500,"err_code":1,"description":"\\u001b[2J${"x".repeat(2000)}"}}`, { why: "error" }],
      [`{"x":"${"y".repeat(2 * 1024 * 1024)}"}`, { why: "error" }],
      ['{"memory":"a","limits":[],"api":3}', { ok: true, used: { memory: 0 } }],
    ];
    for (const [answer, wanted] of answers) {
      const fake = cleanup.use(
        await FakeServer.start((link) => {
          speaksNats()(link);
          link.socket.on("data", (bytes) => {
            const asked = /PUB \$JS\.API\.INFO (\S+) 0/.exec(bytes.toString("latin1"));
            if (asked !== null) link.send(`MSG ${asked[1]} 2 ${Buffer.byteLength(answer)}`, answer);
          });
        }),
      );
      expect(await look(fake.url, { timeout: 5000 })).toMatchObject({ jetstream: wanted });
    }
  });

  it("a refusal has no commands for terminals in it", async () => {
    await using fake = await FakeServer.start((link) => link.send(infoLine(), "-ERR 'no \u001b[2J'"));
    const report = await look(fake.url, SHORT);
    expect(report).toMatchObject({ failed: "auth", auth: { refusal: "no ?[2J" } });
    expect(JSON.stringify(report)).not.toContain("\\u001b");
  });

  it("a server that refuses says why, and one that goes away in the middle is seen", async () => {
    await using full = await FakeServer.start((link) =>
      link.send(infoLine(), "-ERR 'maximum connections exceeded'"),
    );
    expect(await look(full.url, SHORT)).toMatchObject({ ok: false, cause: { kind: "overload" } });
    await using leaving = await FakeServer.start((link) => {
      speaksNats({}, 3)(link);
      link.socket.on("data", () => {
        if (link.times("PING") > 3) link.socket.end();
      });
    });
    const report = await look(leaving.url, SHORT);
    expect(report).toMatchObject({ failed: "rtt", cause: { kind: "server-shutdown" }, rtt: { received: 2 } });
    expect(way(report)).toBe("dns tcp info auth -rtt");
  });
});
