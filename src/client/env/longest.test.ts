import { hostname } from "node:os";
import { expect, it } from "vitest";
import { optionsFromEnv } from "../env.js";

const refusal = (env: Record<string, string>) => {
  try {
    optionsFromEnv(env);
  } catch (error) {
    return error as Error;
  }
  throw new Error("was taken");
};

it("the name that is made has 128 characters at most, the host's among them [R8]", () => {
  for (const length of [5000, 1_000_000]) {
    const { name } = optionsFromEnv({ OTEL_SERVICE_NAME: "y".repeat(length) });
    expect(name).toHaveLength(128);
    expect(name).toMatch(/^y+-/);
    expect(name!.endsWith(`-${hostname().slice(0, 63)}`)).toBe(true);
  }
  const { name } = optionsFromEnv({ npm_package_name: "\u{1F600}".repeat(200) });
  expect(encodeURIComponent(name!), "no half of a character").toContain("%F0%9F%98%80-");
});

it.each<[string, Record<string, string>]>([
  ["NATS_NAME", { NATS_NAME: "n".repeat(1025) }],
  ["NATS_NAME", { NATS_NAME: "\u00e9".repeat(513) }],
  ["NATS_TOKEN", { NATS_TOKEN: "S3CRET".repeat(11_000) }],
  ["NATS_USER", { NATS_USER: "S3CRET".repeat(11_000) }],
  ["NATS_PASSWORD", { NATS_USER: "u", NATS_PASSWORD: "S3CRET".repeat(11_000) }],
  ["NATS_URL", { NATS_URL: `nats://${"S3CRET".repeat(11_000)}@a` }],
])("what no server takes is refused by the name of %s", (option, env) => {
  const error = refusal({ NATS_NAME: "n", ...env });
  expect(error).toMatchObject({ code: "INVALID_OPTION", option });
  expect(error.message).toMatch(/must have (1|64) KiB at most/);
  expect(error.message.length).toBeLessThan(200);
  expect(error.message).not.toContain("S3CRET");
});

it("up to there it is taken", () => {
  const env = { NATS_NAME: "n".repeat(1024), NATS_TOKEN: "t".repeat(64 * 1024) };
  expect(optionsFromEnv(env)).toMatchObject({ name: env.NATS_NAME, token: env.NATS_TOKEN });
});
