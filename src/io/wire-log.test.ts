import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { WireLog } from "./wire-log.js";

/** What is printed of a stream that comes in these pieces. */
function printed(direction: "in" | "out", ...pieces: string[]): string[] {
  const lines: string[] = [];
  const log = new WireLog("h:4222", (line) => lines.push(line));
  for (const piece of pieces) log[direction](Buffer.from(piece));
  return lines;
}

const STREAM =
  'CONNECT {"user":"me","pass":"S3CRET"}\r\nPING\r\nPUB a 7\r\nS3CRET!\r\nHPUB b r 12 14\r\nNATS/1.0\r\n\r\nxy\r\nSUB c 1\r\n';
const LINES = [
  'h:4222 > CONNECT {"user":"me","pass":"***"}',
  "h:4222 > PING",
  "h:4222 > PUB a 7",
  "h:4222 > HPUB b r 12 14",
  "h:4222 > SUB c 1",
];

describe("the log of a link", () => {
  it("has the protocol lines of both directions, and no payloads", () => {
    expect(printed("out", STREAM)).toEqual(LINES);
    expect(printed("in", "INFO {}\r\nMSG a 1 2\r\nhi\r\nMSG a 1 0\r\n\r\n+OK\r\n")).toEqual([
      "h:4222 < INFO {}",
      "h:4222 < MSG a 1 2",
      "h:4222 < MSG a 1 0",
      "h:4222 < +OK",
    ]);
  });

  it("is the same however the stream is cut", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(STREAM.length)), (cuts) => {
        const ends = [...new Set([0, ...cuts, STREAM.length])].sort((a, b) => a - b);
        const pieces = ends.slice(1).map((end, i) => STREAM.slice(ends[i], end));
        expect(printed("out", ...pieces)).toEqual(LINES);
      }),
    );
  });

  it.each([
    { pass: "S3CRET" },
    { auth_token: "S3CRET" },
    { jwt: "S3CRET" },
    { sig: "S3CRET" },
    { user: "me", pass: 'quo"ted\\S3CRET\\' },
    { pass: "", jwt: "S3CRET", sig: "S3CRET", echo: true },
  ])("masks the credentials in CONNECT: %j", (fields) => {
    const [line] = printed("out", `CONNECT ${JSON.stringify({ name: "n", ...fields, verbose: false })}\r\n`);
    expect(line).not.toContain("S3CRET");
    expect(JSON.parse(line.slice("h:4222 > CONNECT ".length))).toMatchObject({ name: "n", verbose: false });
  });

  it("keeps no more than 64 KiB of a line, shows no part of a CONNECT that is cut, and goes on behind it", () => {
    const long = "x".repeat(100_000);
    const [line, next] = printed("in", `INFO ${long}`, long, "\r\nPING\r\n");
    expect(line.length).toBeLessThan(70_000);
    expect(next).toBe("h:4222 < PING");
    expect(printed("out", `CONNECT {"pass":"${"S3CRET".repeat(20_000)}"}\r\n`)).toEqual([
      "h:4222 > CONNECT …",
    ]);
  });

  it("shows no control characters", () => {
    expect(printed("in", "-ERR '\x1b[2J\x07'\r\n")).toEqual(["h:4222 < -ERR '·[2J·'"]);
  });

  describe("of a server that sends back what it was told", () => {
    const told = (connect: Record<string, unknown>, ...lines: string[]): string => {
      const shown: string[] = [];
      const log = new WireLog("h:4222", (line) => shown.push(line));
      log.out(Buffer.from(`CONNECT ${JSON.stringify(connect)}\r\n`));
      log.in(Buffer.from(lines.map((line) => `${line}\r\n`).join("")));
      return shown.slice(1).join("\n");
    };
    const pass = 'S3"CRET/ß\\w0rd';

    it.each([
      ["as it is", `-ERR 'bad ${pass}'`],
      ["as JSON has it", `-ERR '${JSON.stringify({ text: pass })}'`],
      ["as JSON in JSON has it", JSON.stringify({ text: JSON.stringify({ text: pass }) })],
      ["as a URL has it", `-ERR 'nats://me:${encodeURIComponent(pass)}'`],
      ["as Basic has it", `-ERR '${Buffer.from(pass).toString("base64")}'`],
      ["in a line that is no NATS", `you have said ${pass}`],
      ["in the subject of a message", `MSG ${pass} 1 0`],
      ["in INFO", `INFO ${JSON.stringify({ server_name: pass })}`],
    ])("has nothing of a password %s", (_what, line) => {
      const shown = told({ user: "me", pass }, line);
      expect(shown).toContain("***");
      expect(shown).not.toMatch(/S3|CRET|w0rd|UzM/);
    });

    it.each(["auth_token", "jwt", "sig"])("has nothing of %s", (name) => {
      expect(told({ [name]: "t0ken-S3CRET" }, "-ERR 'no t0ken-S3CRET'")).toBe("h:4222 < -ERR 'no ***'");
    });

    it.each([
      ['CONNECT {"user":"me", "pass" : "S3CRET"}', 'CONNECT {"user":"me", "pass" : "***"}'],
      ['CONNECT {"PASS":"S3CRET","password":"S3C\\"RET"}', 'CONNECT {"PASS":"***","password":"***"}'],
      ['CONNECT {"auth_token":12345678,"x":1}', 'CONNECT {"auth_token":"***","x":1}'],
      ['CONNECT {"pass":"S3CRET', 'CONNECT {"pass":"***"'],
      [String.raw`-ERR '{\"pass\":\"S3CRET\"}'`, String.raw`-ERR '{\"pass\":"***"`],
      ["-ERR 'nats://me:S3CRET@h:4222'", "-ERR 'nats://***@h:4222'"],
      [`-ERR 'SU${"A2".repeat(28)}'`, "-ERR '***'"],
      ["-ERR 'eyJ0eXAiOiJKV1QifQ.e30.c2ln'", "-ERR '***'"],
    ])("has nothing of the secrets of others: %s", (line, shown) => {
      expect(told({}, line)).toBe(`h:4222 < ${shown}`);
    });

    it("has no rest of a secret that has another one in it, however it is written", () => {
      const shown = told(
        { pass: "abcd", auth_token: "abcd/S3CRET" },
        "-ERR 'no nats://abcd%2FS3CRET'",
        "abcd/S3CRET",
      );
      expect(shown).not.toMatch(/S3|CRET/);
    });

    it("can be read all the same: ordinary subjects and texts of servers stay", () => {
      const denied = `-ERR 'Permissions Violation for Publish to "set.violation"'`;
      expect(told({ pass: "violation" }, denied)).toBe(`h:4222 < ${denied}`);
      expect(told({ pass: "violation" }, "-ERR 'Authorization Violation'")).toContain(
        "Authorization Violation",
      );
      expect(told({ pass: "orders" }, "MSG orders.new 1 0", "")).toContain("MSG orders.new 1 0");
    });

    it("has no beginning of a secret where a line is cut", () => {
      const secret = "S3CRET".repeat(100);
      const shown = told({ pass: secret }, `-ERR '${"x".repeat(64 * 1024 - 100)}${secret}'`);
      expect(shown).toMatch(/…$/);
      expect(shown).not.toContain("S3");
    });
  });

  it.each([
    ["tabs between the words", "MSG\ta\t1\t6\r\nS3CRET\r\nPING\r\n", ["MSG·a·1·6", "PING"]],
    ["blanks behind the size", "MSG a 1 6  \r\nS3CRET\r\nPING\r\n", ["MSG a 1 6", "PING"]],
    ["a size that is none", "MSG a 1 x\r\nS3CRET\r\nPING\r\n", ["MSG a 1 x"]],
    ["no size", "HMSG a\r\nS3CRET\r\nPING\r\n", ["HMSG a"]],
    ["a size without end", `MSG a 1 ${"9".repeat(30)}\r\nS3CRET\r\n`, [`MSG a 1 ${"9".repeat(30)}`]],
  ])("shows no payload behind a line with %s", (_what, stream, lines) => {
    expect(printed("in", stream)).toEqual(lines.map((line) => `h:4222 < ${line}`));
  });

  it("goes to stderr", () => {
    const error = vi.spyOn(console, "error").mockImplementation(() => {});
    new WireLog("h:4222").in(Buffer.from("PING\r\n"));
    expect(error.mock.calls).toEqual([["h:4222 < PING"]]);
    error.mockRestore();
  });
});
