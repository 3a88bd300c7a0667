import type { IncomingMessage } from "node:http";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { Access } from "./access.js";

const TOKEN = "canary-token-0123456789";
const request = (headers: Record<string, string>) => ({ headers }) as unknown as IncomingMessage;
const pairOf = ({ cookie }: Access): string => cookie.split(";")[0];

describe("access", () => {
  it("without a token everybody is trusted, and no token is right", () => {
    const access = new Access(undefined);
    expect(access.trusts(request({}))).toBe(true);
    expect(access.isToken("")).toBe(false);
    expect(access.isToken("undefined")).toBe(false);
  });

  it.each([
    [`Bearer ${TOKEN}`, true],
    [`bearer ${TOKEN}`, true],
    [`BEARER   ${TOKEN} `, true],
    [`Bearer ${TOKEN}x`, false],
    [`Bearer ${TOKEN.slice(0, -1)}`, false],
    [`Bearer ${TOKEN} ${TOKEN}`, false],
    [`Bearer${TOKEN}`, false],
    [`Basic ${TOKEN}`, false],
    [TOKEN, false],
    ["Bearer ", false],
    ["Bearer", false],
    ["", false],
    [`Bearer ${"x".repeat(8_000)}`, false],
  ])("%.60s: %s", (authorization, expected) => {
    expect(new Access(TOKEN).trusts(request({ authorization }))).toBe(expected);
  });

  it("a cookie of the same server is as good", () => {
    const access = new Access(TOKEN);
    const pair = pairOf(access);
    expect(access.trusts(request({ cookie: pair }))).toBe(true);
    expect(access.trusts(request({ cookie: `a=b; ${pair}; c` }))).toBe(true);
    for (const cookie of [
      "",
      pair.slice(0, -1),
      `x${pair}`,
      `${pair}x`,
      pair.split("=")[0],
      `holdfast=${TOKEN}`,
    ])
      expect(access.trusts(request({ cookie })), cookie).toBe(false);
  });

  it("a cookie of another one, with the same token, is not", () => {
    const mine = new Access(TOKEN);
    const other = new Access(TOKEN);
    expect(mine.trusts(request({ cookie: pairOf(other) }))).toBe(false);
    const [name] = pairOf(mine).split("=");
    const [, value] = pairOf(other).split("=");
    expect(mine.trusts(request({ cookie: `${name}=${value}` }))).toBe(false);
    expect(name).not.toBe(pairOf(other).split("=")[0]);
  });

  it("a wrong token is not mended by a cookie", () => {
    const access = new Access(TOKEN);
    expect(access.trusts(request({ authorization: "Bearer wrong", cookie: pairOf(access) }))).toBe(false);
  });

  it("the cookie is for this site alone, for no script, and does not hold the token", () => {
    const access = new Access(TOKEN);
    expect(access.cookie).toMatch(
      /^holdfast-[0-9a-f]{8}=[\w-]{43}; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/,
    );
    for (const text of [
      access.cookie,
      inspect(access, { showHidden: true, depth: 9 }),
      JSON.stringify(access),
    ])
      expect(text).not.toContain("canary");
  });
});
