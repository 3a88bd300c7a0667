import { describe, expect, it } from "vitest";
import { optionsFromEnv } from "../env.js";

const now = (env: Record<string, string>, name = "NATS_SERVERS") => {
  const lines = optionsFromEnv.describe({ env }).split("\n");
  return lines[lines.findIndex((line) => line.startsWith(`  ${name} (`)) + 1].split("now ")[1];
};

describe("a list of servers in a variable [R8]", () => {
  it.each([
    "nats://u:S3CRET,S3CRET2@host:4222",
    "nats://u:1234,S3CRET@host:4222",
    "nats://S3CRET,S3CRET2@host",
    "u:S3CRET,S3CRET2@host",
    "nats://a:4222,nats://u:S3CRET,S3CRET2,S3CRET3@host",
    "nats://u:p@a:4222,S3CRET,S3CRET2@host",
    "nats://u:S3CRET,@host",
    "nats://u:p@S3CRET,S3CRET@host",
    "a:4222,u:S3CRET@b:4222",
    "wss://gateway/?token=S3CRET,S3CRET@x",
    "wss://u:p@gateway/nats?token=S3CRET,S3CRET",
  ])("in which a comma may be one of a password is refused, and not shown: %s", (servers) => {
    for (const name of ["NATS_SERVERS", "NATS_URL"]) {
      expect(() => optionsFromEnv({ [name]: servers })).toThrow(
        expect.objectContaining({
          code: "INVALID_OPTION",
          option: name,
          message: expect.stringMatching(/%2C/),
        }),
      );
      expect(() => optionsFromEnv({ [name]: servers })).not.toThrow(/S3CRET/);
    }
    expect(now({ NATS_SERVERS: servers })).toMatch(/^refused: .*%2C/);
    expect(optionsFromEnv.describe({ env: { NATS_SERVERS: servers } })).not.toContain("S3CRET");
  });

  it.each([
    ["nats://u:p%2Cq@host", "nats://***@host"],
    ["a:4222, b:4222 ,, c", "a:4222, b:4222, c"],
    ["nats://a:4222,nats://u:p@b:4222", "nats://a:4222, nats://***@b:4222"],
    ["a,b,nats://t@c,d", "a, b, nats://***@c, d"],
    ["u:p@a:4222,u:p@b:4222", "***@b:4222"],
    ["[::1]:4222,fe80::1,nats://[::2]", "[::1]:4222, fe80::1, nats://[::2]"],
    ["wss://u:p@gateway/nats?t=a%2Cb", "wss://***@gateway/nats?***"],
  ])("that is one is taken, and shown without credentials: %s", (servers, shown) => {
    if (!servers.startsWith("wss")) optionsFromEnv({ NATS_SERVERS: servers });
    expect(now({ NATS_SERVERS: servers })).toBe(shown);
  });

  it.each([
    ["nats://u:S3CRET", "nats://u:***"],
    ["u:S3CRET,b:4222", "u:***, b:4222"],
    ["[u:S3CRET,b", "[u:***, b"],
    ["nats://u:S3CRET/S3CRET,b", "nats://u:***, b"],
  ])("rather too little is shown of what may be a password: %s", (servers, shown) => {
    expect(now({ NATS_SERVERS: servers })).toBe(shown);
  });

  it("also of preferred servers", () => {
    expect(now({ NATS_PREFERRED_SERVERS: "nats://u:S3CRET,S3CRET@a,zone-1" }, "NATS_PREFERRED_SERVERS")).toBe(
      "nats://***@a, zone-1",
    );
  });
});
