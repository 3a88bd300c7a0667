import { inspect } from "node:util";
import { Feature } from "@nats-io/nats-core/internal";
import { describe, expect, it } from "vitest";
import { Official, toVersion } from "./official.js";
import type { ConnectionOptions } from "./options.js";
import { toSettings } from "./settings.js";

const OPEN = new Promise<undefined>(() => {});

function make(options: ConnectionOptions = {}, closed: Promise<undefined | Error> = OPEN): Official {
  const context = { lastError: () => undefined, report: () => {}, info: () => undefined };
  return new Official(toSettings(options, Math.random, context), { closed });
}

describe("nc.options", () => {
  it("has what is in force, given or by default", () => {
    const { options } = make({ inboxPrefix: "mine", noAsyncTraces: true, name: "n", maxPingOut: 7 });
    expect(options).toMatchObject({ inboxPrefix: "mine", noAsyncTraces: true, name: "n", maxPingOut: 7 });
    expect(options).toMatchObject({ reconnect: true, timeout: 5000, servers: ["127.0.0.1:4222"] });
  });

  it("has no secret, and none that can be found by looking deeper", () => {
    const secret = "hunter2";
    const servers = [`nats://user:${secret}@one:4222`, `${secret}@two`];
    const authenticator = () => ({ auth_token: secret });
    for (const auth of [{ user: "u", pass: secret }, { token: secret }, { authenticator }]) {
      const { options } = make({ servers, ...auth });
      expect(inspect(options, { depth: 9, showHidden: true })).not.toContain(secret);
      expect(JSON.stringify(options)).not.toContain(secret);
      expect(options.servers).toEqual(["one:4222", "two:4222"]);
      for (const name of ["user", "pass", "token", "authenticator"]) expect(name in options).toBe(false);
    }
  });

  it("cannot be changed: nothing would come of it", () => {
    expect(Object.isFrozen(make().options)).toBe(true);
  });
});

describe("nc.features", () => {
  it("follow the server, and stay what they were when it says nothing of use", () => {
    const official = make();
    expect(official.features(undefined).supports(Feature.JS_KV)).toBe(false);
    const features = official.features("2.10.3");
    expect(features.supports(Feature.JS_BATCH_DIRECT_GET)).toBe(false);
    expect(official.features("2.11.0")).toBe(features);
    expect(features.supports(Feature.JS_BATCH_DIRECT_GET)).toBe(true);
    for (const version of [undefined, "", "dev"]) {
      expect(official.features(version).supports(Feature.JS_BATCH_DIRECT_GET)).toBe(true);
    }
  });

  it("that were disabled stay so on another server", () => {
    const official = make();
    official.features("2.11.0").disable(Feature.JS_KV);
    expect(official.features("2.12.0").supports(Feature.JS_KV)).toBe(false);
  });

  it("a version is three numbers, whatever follows", () => {
    expect(toVersion("2.15.1-RC.1")).toEqual({ major: 2, minor: 15, micro: 1 });
    for (const none of [undefined, "", "two"]) expect(toVersion(none)).toBeUndefined();
  });
});

describe("close listeners", () => {
  it("are told the error, in order, once; those that were removed are not", async () => {
    let close!: (error: Error) => void;
    const closed = new Promise<Error>((resolve) => {
      close = resolve;
    });
    const official = make({}, closed);
    const told: unknown[] = [];
    const listener = (name: string) => ({
      connectionClosedCallback: (error: unknown) => void told.push([name, error]),
    });
    const [one, two, three] = ["one", "two", "three"].map(listener);
    for (const each of [one, two, three]) official.addCloseListener(each);
    official.removeCloseListener(two);
    const error = new Error("lost");
    close(error);
    await closed;
    await Promise.resolve();
    expect(told).toEqual([
      ["one", error],
      ["three", error],
    ]);
    official.addCloseListener(two);
    await closed;
    await Promise.resolve();
    expect(told.at(-1), "one that comes late").toEqual(["two", error]);
  });

  it("one that throws harms none of the others", async () => {
    const closed = Promise.resolve(undefined);
    const official = make({}, closed);
    let told = 0;
    official.addCloseListener({
      connectionClosedCallback: () => {
        throw new Error("mine");
      },
    });
    official.addCloseListener({ connectionClosedCallback: () => void told++ });
    await closed;
    await Promise.resolve();
    expect(told).toBe(1);
  });
});
