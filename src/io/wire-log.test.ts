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

  it("goes to stderr", () => {
    const error = vi.spyOn(console, "error").mockImplementation(() => {});
    new WireLog("h:4222").in(Buffer.from("PING\r\n"));
    expect(error.mock.calls).toEqual([["h:4222 < PING"]]);
    error.mockRestore();
  });
});
