import { afterEach, describe, expect, it, vi } from "vitest";
import { optionsFromEnv } from "../env.js";
import { Environment } from "./environment.js";
import { misspellings } from "./unknown.js";

const found = (...names: string[]) =>
  misspellings(new Environment(Object.fromEntries(names.map((name) => [name, "S3CRET"])))).map(
    ({ name, meant }) => `${name} ${meant}`,
  );

afterEach(() => {
  vi.restoreAllMocks();
});

describe("variables that are none of ours", () => {
  it("are told when they look like one", () => {
    expect(
      found(
        "NATS_SERVER",
        "NATS_TOKN",
        "NATS_RECONECT_TIME_WAIT",
        "NATS_PING_INTERVALL",
        "NATS_USERNAME",
        "NATS_TOKEN_FIEL",
      ),
    ).toEqual([
      "NATS_SERVER NATS_SERVERS",
      "NATS_TOKN NATS_TOKEN",
      "NATS_RECONECT_TIME_WAIT NATS_RECONNECT_TIME_WAIT",
      "NATS_PING_INTERVALL NATS_PING_INTERVAL",
      "NATS_USERNAME NATS_USER",
      "NATS_TOKEN_FIEL NATS_TOKEN_FILE",
    ]);
  });

  it("are others' when they do not: the command nats, service links of Kubernetes, the application", () => {
    const links = [
      "NATS_PORT_4222_TCP",
      "NATS_PORT_4222_TCP_ADDR",
      "NATS_PORT_4222_TCP_PORT",
      "NATS_PORT_4222_TCP_PROTO",
    ];
    expect(
      found(
        ...links,
        "NATS_PORT",
        "NATS_SERVICE_HOST",
        "NATS_SERVICE_PORT",
        "NATS_SERVICE_PORT_CLIENT",
        "NATS_NAME_SERVICE_HOST",
        "NATS_HEADLESS_PORT_8222_TCP",
        "NATS_LOCALE_PORT",
        "NATS_CONTEXT",
        "NATS_COLOR",
        "NATS_SOCKS_PROXY",
        "NATS_JS_DOMAIN",
        "NATS_STREAM",
        "NATS_SUBJECT",
        "NATS_X",
        `NATS_${"A".repeat(100_000)}`,
        "NATSERVERS",
        "PATH",
      ),
    ).toEqual([]);
  });

  it("NATS_SERVER is the program of holdfast/testing where it is a path", () => {
    const told = (NATS_SERVER: string) => misspellings(new Environment({ NATS_SERVER })).length;
    expect(["/usr/bin/nats-server", "bin\\nats-server.exe"].map(told)).toEqual([0, 0]);
    expect(["nats://a:4222", "a:4222", "nats"].map(told)).toEqual([1, 1, 1]);
  });

  it("do not disturb: Kubernetes' NATS_PORT is no port, and its links of a service nats-local neither", () => {
    const env = { NATS_NAME: "n", NATS_PORT: "tcp://10.0.0.1:4222", NATS_LOCAL_PORT: "tcp://10.0.0.2:80" };
    expect(optionsFromEnv(env)).toEqual({ name: "n" });
  });

  it("are told once, without what they say", () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    for (let i = 0; i < 2; i++) optionsFromEnv({ NATS_TOKEM: "S3CRET", NATS_NAME: "n" });
    expect(warn.mock.calls).toEqual([
      [
        "environment variable NATS_TOKEM is not read; is NATS_TOKEN meant?",
        { type: "HoldfastWarning", code: "HOLDFAST_ENV_UNKNOWN" },
      ],
    ]);
  });
});
