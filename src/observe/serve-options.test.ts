import { describe, expect, it } from "vitest";
import { toServeSettings } from "./serve-options.js";

const register = { contentType: "text/plain", metrics: async () => "" };

describe("options of serve()", () => {
  it("have defaults", () => {
    expect(toServeSettings(undefined)).toMatchObject({
      server: { port: 0, host: "127.0.0.1", token: undefined, allowedHosts: [] },
      health: { base: "", deadline: 2_000 },
      register: "own",
      dashboard: { subjects: false, peers: [] },
    });
  });

  it("are taken", () => {
    const allowedHosts = ["a.example"];
    const settings = toServeSettings({
      port: 65_535,
      host: "0.0.0.0",
      token: "a-Z09._~+/=",
      allowedHosts,
      metrics: { register },
      dashboard: { name: "orders" },
      deadline: 5,
      readiness: { grace: 6 },
    });
    allowedHosts.push("b.example");
    expect(settings).toMatchObject({
      server: { port: 65_535, host: "0.0.0.0", token: "a-Z09._~+/=", allowedHosts: ["a.example"] },
      health: { deadline: 5, readiness: { grace: 6 } },
      dashboard: { name: "orders" },
    });
    expect(toServeSettings({ dashboard: false }).dashboard).toBeUndefined();
    expect(settings.register).toBe(register);
  });

  it.each(["0.0.0.0", "::", "10.0.0.1", "example.com", "127.0.0.1.example.com"])(
    "%s wants a token, and the error says what to do",
    (host) => {
      expect(() => toServeSettings({ host })).toThrow(
        expect.objectContaining({
          code: "INVALID_OPTION",
          option: "host",
          message: expect.stringMatching(
            /option "host" wants option "token".*give a token, or leave host out/,
          ),
        }),
      );
      expect(toServeSettings({ host, token: "t" }).server.host).toBe(host);
    },
  );

  it.each(["127.0.0.1", "127.0.0.2", "::1", "localhost"])("%s wants none", (host) => {
    expect(toServeSettings({ host }).server.host).toBe(host);
  });

  it.each<[object, string]>([
    [{ port: -1 }, "port"],
    [{ port: 65_536 }, "port"],
    [{ port: 1.5 }, "port"],
    [{ port: "9000" }, "port"],
    [{ port: Number.NaN }, "port"],
    [{ port: null }, "port"],
    [{ host: "" }, "host"],
    [{ host: 7 }, "host"],
    [{ token: "" }, "token"],
    [{ token: "a b" }, "token"],
    [{ token: "a\r\nb" }, "token"],
    [{ token: "schlüssel" }, "token"],
    [{ token: 7 }, "token"],
    [{ allowedHosts: "a" }, "allowedHosts"],
    [{ allowedHosts: ["*"] }, "allowedHosts"],
    [{ allowedHosts: ["http://a"] }, "allowedHosts"],
    [{ allowedHosts: ["a:80"] }, "allowedHosts"],
    [{ allowedHosts: [7] }, "allowedHosts"],
    [{ metrics: true }, "metrics"],
    [{ metrics: null }, "metrics"],
    [{ metrics: {} }, "metrics"],
    [{ metrics: { register: {} } }, "metrics"],
    [{ dashboard: "yes" }, "dashboard"],
    [{ dashboard: { title: "x" } }, "dashboard.title"],
    [{ base: "/api" }, "base"],
    [{ prot: 1 }, "prot"],
    [{ readiness: { mode: "x" } }, "readiness.mode"],
  ])("%o is refused", (given, option) => {
    expect(() => toServeSettings(given)).toThrow(expect.objectContaining({ code: "INVALID_OPTION", option }));
  });

  it("a token that is refused is not in the error", () => {
    expect(() => toServeSettings({ token: "canary secret" })).toThrow(/^(?!.*canary)/);
  });
});
