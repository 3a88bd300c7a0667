import { describe, expect, it } from "vitest";
import type { DurableOverflow } from "../durable.js";
import { optionsFromEnv } from "../env.js";
import type { ConnectionOptions } from "../options.js";
import type { LintAround } from "./finding.js";
import { lint } from "./lint.js";
import type { LintContext } from "./rule.js";
import { SERVERS } from "./rules/servers.js";

const THREE = ["nats://a.example:4222", "nats://b.example:4222", "nats://c.example:4222"];
/** A configuration that no rule has anything to say about; the rules are in test/lint-rules.test.ts. */
const SOUND: ConnectionOptions = { servers: THREE, tls: {}, name: "orders-1" };
const AROUND: LintAround = { heapLimit: 2 ** 32 };

const outbox: DurableOverflow = {
  name: "outbox",
  offer: () => "reject",
  attach: () => {},
  detach: () => Promise.resolve(),
  store: () => Promise.resolve(),
};

describe("lint()", () => {
  it("has nothing to say about the defaults with three servers and TLS, but that a name is missing", () => {
    expect(lint(SOUND, AROUND)).toEqual([]);
    expect(lint(SOUND)).toEqual([]);
    expect(lint({ servers: THREE, tls: {} }).map(({ rule, level }) => [rule, level])).toEqual([
      ["no-name", "hint"],
    ]);
  });

  it("has no more than hints about the defaults on this host", () => {
    const levels = new Set(lint({}, AROUND).map(({ level }) => level));
    expect([...levels]).toEqual(["hint"]);
  });

  it("tells the worst first", () => {
    const servers = ["tls://u:p@a.example", "tls://b.example"];
    const wrong = { servers, name: "a", pingInterval: 0, localPort: -1 };
    expect(lint(wrong, AROUND).map(({ rule, level }) => [rule, level])).toEqual([
      ["invalid-option", "error"],
      ["ping-budget", "warning"],
      ["credentials-in-url", "hint"],
    ]);
  });

  it("names the variable of the environment beside the option", () => {
    const options = optionsFromEnv({
      NATS_SERVERS: THREE.join(),
      NATS_TLS: "true",
      NATS_BACKOFF_MAX: "2m",
      NATS_NAME: "a",
    });
    expect(lint(options, AROUND)).toMatchObject([
      { rule: "patient-backoff", option: "backoff.max", variable: "NATS_BACKOFF_MAX" },
    ]);
    expect(lint({ ...SOUND, localPort: 1 }, AROUND)[0].variable).toBe("NATS_LOCAL_PORT");
    expect(lint({ port: 4333, name: "a" }, AROUND)[0]).not.toHaveProperty("variable");
  });

  it("finds what connect() would refuse, all of it, in its words, and goes on with the rest", () => {
    const wrong = {
      ...SOUND,
      timeout: "5s",
      retries: 3,
      backoff: { max: -1 },
      pingInterval: 0,
      user: "u",
      token: "t",
    };
    const found = lint(wrong as unknown as ConnectionOptions, AROUND);
    expect(found.map(({ rule, level, option }) => [rule, level, option])).toEqual([
      ["invalid-option", "error", "timeout"],
      ["invalid-option", "error", "retries"],
      ["invalid-option", "error", "backoff.max"],
      ["invalid-option", "error", "token"],
      ["ping-budget", "warning", "pingInterval"],
    ]);
    expect(found[0].message).toMatch(/option "timeout" must be a number of milliseconds/);
    expect(found[3].message).toMatch(/exclude each other/);
  });

  it("does not take the default of an option that is refused for what was meant", () => {
    const found = lint({ ...SOUND, tls: { ca: 5 } } as unknown as ConnectionOptions, AROUND);
    expect(found.map(({ rule, option }) => [rule, option])).toEqual([["invalid-option", "tls.ca"]]);
  });

  it("shows no secret of servers that are refused", () => {
    const found = lint({ servers: ["nats://u:s3cret@a.example:x"], name: "a" }, AROUND);
    expect(found).toMatchObject([{ rule: "invalid-option", option: "servers" }]);
    expect(JSON.stringify(found)).not.toContain("s3cret");
  });

  it("bears options that cannot be read", () => {
    const hostile = Object.defineProperty({ ...SOUND }, "timeout", {
      enumerable: true,
      get: () => {
        throw new Error("no");
      },
    });
    expect(lint(hostile, AROUND)).toMatchObject([{ rule: "invalid-option", option: "timeout" }]);
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(() => lint(proxy, AROUND)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    const trap = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error("no");
        },
      },
    );
    expect(lint(trap, AROUND)).toMatchObject([{ rule: "invalid-option", level: "error", option: undefined }]);
  });

  it.each([undefined, null, 5, "nats://a", [], () => ({})])("refuses %o with INVALID_ARGUMENT", (options) => {
    expect(() => lint(options as unknown as ConnectionOptions)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
  });

  it.each([{ heapLimit: 0 }, { probeTimeout: "1s" }, { heaplimit: 5 }, 5])(
    "refuses %o around it",
    (around) => {
      expect(() => lint({}, around as unknown as LintAround)).toThrow(
        expect.objectContaining({ code: "INVALID_ARGUMENT" }),
      );
    },
  );

  it("takes a long list of servers in a time that grows with its length only", () => {
    const addresses = Array.from({ length: 150_000 }, (_, i) => ({ listen: `host${i % 149_999}:4222` }));
    const { check } = SERVERS.find(({ name }) => name === "duplicate-servers")!;
    expect(check({ options: {}, addresses } as unknown as LintContext)?.message).toMatch(/: host0:4222$/);
  });

  it("takes an outbox for a buffer", () => {
    const rules = (options: ConnectionOptions) =>
      lint({ ...SOUND, ...options }, AROUND).map(({ rule }) => rule);
    expect(rules({ reconnectBufSize: -1, maxBufferedMessages: 5 })).toEqual(["no-buffer", "small-buffer"]);
    expect(rules({ reconnectBufSize: -1, maxBufferedMessages: 5, outbox })).toEqual([]);
    expect(rules({ delivery: "at-most-once", outbox })).toEqual(["at-most-once"]);
  });
});
