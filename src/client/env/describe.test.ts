import { describe, expect, it } from "vitest";
import { optionsFromEnv } from "../env.js";
import { VARIABLES } from "./variables.js";

const SECRET = "S3CRET";

const line = (text: string, name: string) => {
  const lines = text.split("\n");
  return lines[lines.findIndex((each) => each.startsWith(`  ${name} (`)) + 1].trim();
};

describe("the table of the variables [R8]", () => {
  it("has each with what it may say, its meaning and its default", () => {
    const text = optionsFromEnv.describe();
    for (const { name } of VARIABLES) expect(text).toContain(`\n  ${name} (`);
    expect(text).toContain("  NATS_TIMEOUT (duration)\n      deadline of one attempt; default 5s\n");
    expect(text).toContain("also NATS_URL");
    expect(line(text, "NATS_TOKEN")).toBe("token; or from a file: NATS_TOKEN_FILE");
    expect(text).not.toContain("now ");
    expect(optionsFromEnv.describe({ format: "text" })).toBe(text);
  });

  it("is one of Markdown", () => {
    const rows = optionsFromEnv.describe({ format: "markdown" }).match(/^\| `NATS_.*$/gm)!;
    expect(rows).toHaveLength(VARIABLES.length);
    expect(rows).toContain("| `NATS_TIMEOUT` | deadline of one attempt | duration | 5s |");
    for (const row of rows) expect(row.match(/(?<!\\)\|/g)).toHaveLength(5);
    const inForce = optionsFromEnv.describe({
      format: "markdown",
      env: { NATS_TIMEOUT: "2s", NATS_NAME: "a|b" },
    });
    expect(inForce).toContain("| 5s | 2s |");
    expect(inForce).toContain("a\\|b");
  });

  it("shows what is in force, and no secret", () => {
    const env = {
      NATS_URL: `nats://me:${SECRET}@a:4222, tls://${SECRET}@b`,
      NATS_TIMEOUT: "2s",
      NATS_TOKEN: SECRET,
      NATS_USER: SECRET,
      NATS_PASSWORD: SECRET,
      NATS_NKEY_FILE: "/run/secrets/nkey",
      NATS_CREDS: `-----BEGIN ${SECRET}`,
      NATS_CA: "/etc/ca.pem",
      NATS_WEBSOCKET_HEADERS: `X=${SECRET}`,
      NATS_TLS_PASSPHRASE: SECRET,
      NATS_DELIVERY: SECRET,
      NATS_PING_INTERVAL: SECRET,
      NATS_NAME: "orders\u001b[31m",
      NATS_TOKN: SECRET,
    };
    for (const format of ["text", "markdown"] as const) {
      const text = optionsFromEnv.describe({ env, format });
      expect(text).not.toContain(SECRET);
      expect(text).not.toContain("\u001b");
    }
    const text = optionsFromEnv.describe({ env });
    const now = (name: string) => line(text, name).split("now ")[1];
    expect(now("NATS_SERVERS")).toBe("nats://***@a:4222, tls://***@b (NATS_URL)");
    expect(now("NATS_TIMEOUT")).toBe("2s");
    expect(now("NATS_TOKEN")).toBe("***");
    expect(now("NATS_PASS")).toBe("*** (NATS_PASSWORD)");
    expect(now("NATS_NKEY")).toBe("*** from /run/secrets/nkey (NATS_NKEY_FILE)");
    expect(now("NATS_CREDS")).toBe("***");
    expect(now("NATS_CA")).toBe("/etc/ca.pem");
    expect(now("NATS_DELIVERY")).toBe('refused: must be "at-least-once" or "at-most-once"');
    expect(now("NATS_PING_INTERVAL")).toMatch(/^refused: must be a duration/);
    expect(now("NATS_NAME")).toBe("orders?[31m");
    expect(now("NATS_STANDBY")).toBeUndefined();
    expect(text).toMatch(/Not read\n {2}NATS_TOKN: is NATS_TOKEN meant\?$/);
  });

  it("says what connect() would refuse, instead of throwing, and shows the name that is made", () => {
    const text = optionsFromEnv.describe({
      env: { NATS_TOKEN: "a", NATS_TOKEN_FILE: "/x", OTEL_SERVICE_NAME: "shop" },
    });
    expect(line(text, "NATS_TOKEN")).toContain(
      "refused: environment variable NATS_TOKEN and NATS_TOKEN_FILE exclude",
    );
    expect(line(text, "NATS_NAME")).toContain("now shop-");
    const long = optionsFromEnv.describe({ env: { NATS_NAME: "n".repeat(100_000) } });
    expect(long.length).toBeLessThan(20_000);
  });

  it("refuses options that there are not", () => {
    for (const [options, option] of [
      [{ format: "html" }, "format"],
      [{ env: 5 }, "env"],
      [{ fromat: "text" }, "fromat"],
      [5, ""],
    ] as const) {
      expect(() => optionsFromEnv.describe(options as never)).toThrow(
        expect.objectContaining({ code: "INVALID_OPTION", option }),
      );
    }
  });
});
