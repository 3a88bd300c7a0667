import { describe, expect, it } from "vitest";
import { connectLine, PING_LINE, PONG_LINE, subLine, unsubLine } from "./lines.js";

const FIELDS = { verbose: false, pedantic: false, echo: true, lang: "holdfast", version: "1" };

function connect(line: Uint8Array): Record<string, unknown> {
  const text = Buffer.from(line).toString();
  expect(text).toMatch(/^CONNECT \{[^\r\n]*\}\r\n$/);
  return JSON.parse(text.slice("CONNECT ".length));
}

describe("lines", () => {
  it("are those of the protocol, with their line end", () => {
    expect(Buffer.from(PING_LINE).toString()).toBe("PING\r\n");
    expect(Buffer.from(PONG_LINE).toString()).toBe("PONG\r\n");
    expect(subLine(3, "a.>", undefined)).toBe("SUB a.> 3\r\n");
    expect(subLine(3, "a.>", "workers")).toBe("SUB a.> workers 3\r\n");
    expect(unsubLine(3, undefined)).toBe("UNSUB 3\r\n");
    expect(unsubLine(3, 10)).toBe("UNSUB 3 10\r\n");
  });
});

describe("CONNECT", () => {
  it("asks for INFO updates, and for headers and no-responders where the server has headers", () => {
    expect(connect(connectLine(FIELDS, true))).toMatchObject({
      protocol: 1,
      headers: true,
      no_responders: true,
    });
    expect(connect(connectLine(FIELDS, false))).toMatchObject({ headers: false, no_responders: false });
  });

  it("stays one line whatever the credentials hold", () => {
    const fields = {
      ...FIELDS,
      name: 'a"\r\nPUB x 1\r\n',
      user: "\0\r\n",
      pass: "pä\u2028ss",
      auth_token: "\\",
    };
    expect(connect(connectLine(fields, true))).toMatchObject(fields);
  });
});
