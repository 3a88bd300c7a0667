import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import type {
  Authenticator as NatsAuthenticator,
  NatsConnection,
  ConnectionOptions as NatsConnectionOptions,
  Msg as NatsMsg,
  PublishOptions as NatsPublishOptions,
  Status as NatsStatus,
  Subscription as NatsSubscription,
  SubscriptionOptions as NatsSubscriptionOptions,
} from "@nats-io/nats-core";
import { Objm } from "@nats-io/obj";
import type { NodeConnectionOptions } from "@nats-io/transport-node";
import * as transportNode from "@nats-io/transport-node";
import { describe, expect, expectTypeOf, it } from "vitest";
import type {
  Connection,
  ConnectionEvents,
  ConnectionOptions,
  HoldfastError,
  HoldfastMsg,
  HoldfastSubscription,
  HoldfastSubscriptionOptions,
  LostMessage,
  PublishOptions,
  Subscription,
  SubscriptionOptions,
} from "../src/index.js";
import * as holdfast from "../src/index.js";

/** Checked by the compiler; the calls do nothing when they run. */
describe("types", () => {
  it("a Connection is a NatsConnection of @nats-io/nats-core", () => {
    expectTypeOf<Connection>().toExtend<NatsConnection>();
    const takesTheirs = (_: NatsConnection) => {};
    expectTypeOf(takesTheirs).toBeCallableWith({} as Connection);
  });

  it("a Subscription is theirs, and so is a message", () => {
    expectTypeOf<HoldfastSubscription>().toExtend<NatsSubscription>();
    expectTypeOf<HoldfastSubscription>().toExtend<Subscription>();
    expectTypeOf<HoldfastMsg>().toExtend<NatsMsg>();
    expectTypeOf<Awaited<ReturnType<Connection["request"]>>>().toEqualTypeOf<NatsMsg>();
  });

  it("a program that names nats.js's types goes on with the import changed", () => {
    expectTypeOf<Subscription>().toEqualTypeOf<NatsSubscription>();
    expectTypeOf<SubscriptionOptions>().toEqualTypeOf<NatsSubscriptionOptions>();
    expectTypeOf<ReturnType<NatsConnection["subscribe"]>>().toExtend<Subscription>();
    expectTypeOf<SubscriptionOptions>().toExtend<Parameters<NatsConnection["subscribe"]>[1]>();
    expectTypeOf<PublishOptions>().toExtend<Parameters<NatsConnection["publish"]>[2]>();
  });

  it("what was written for nats.js's types is taken: options, authenticators, callbacks", () => {
    expectTypeOf<NatsConnectionOptions>().toExtend<ConnectionOptions>();
    expectTypeOf<NodeConnectionOptions>().toExtend<ConnectionOptions>();
    expectTypeOf(holdfast.connect).toBeCallableWith({} as NodeConnectionOptions);
    expectTypeOf<{ authenticator: NatsAuthenticator }>().toExtend<ConnectionOptions>();
    expectTypeOf<NatsSubscriptionOptions>().toExtend<HoldfastSubscriptionOptions>();
    expectTypeOf<NatsPublishOptions>().toExtend<PublishOptions>();
    expectTypeOf<NatsMsg>().toExtend<Parameters<Connection["respondMessage"]>[0]>();
    type Yielded = ReturnType<Connection["status"]> extends AsyncIterable<infer T> ? T : never;
    type Got = ReturnType<ReturnType<Connection["status"]>[typeof Symbol.asyncIterator]>;
    expectTypeOf<Got>().toExtend<AsyncIterator<NatsStatus>>();
    expectTypeOf<Yielded>().toExtend<NatsStatus>();
  });

  it("the official packages take a Connection as it is", () => {
    const program = async (nc: Connection) => {
      const found = [jetstream(nc), await jetstreamManager(nc), new Kvm(nc), new Objm(nc)];
      const theirs: NatsConnection = nc;
      return [found, theirs];
    };
    expect(program).toBeTypeOf("function");
  });

  it("connect() gives a Connection; all its options are optional", () => {
    expectTypeOf(holdfast.connect).returns.resolves.toEqualTypeOf<Connection>();
    expectTypeOf(holdfast.connect).toBeCallableWith();
    expectTypeOf<Record<string, never>>().toExtend<ConnectionOptions>();
    // @ts-expect-error a misspelt option
    holdfast.connect({ serves: "nats://localhost" }).catch(() => {});
    // @ts-expect-error a wrong value
    holdfast.connect({ delivery: "exactly-once" }).catch(() => {});
  });

  it("listeners get what the event tells", () => {
    type Arguments<E extends keyof ConnectionEvents> = ConnectionEvents[E];
    expectTypeOf<Arguments<"disconnect">[0]>().toEqualTypeOf<Error | undefined>();
    expectTypeOf<Arguments<"messageLost">[0]>().toEqualTypeOf<LostMessage[]>();
    expectTypeOf<Arguments<"reconnect">[0]["downtime"]>().toEqualTypeOf<number>();
    const misuse = (nc: Connection) => {
      // @ts-expect-error no such event
      nc.on("reconnnect", () => {});
      // @ts-expect-error a listener for another event
      nc.on("reconnect", (error: Error) => error);
    };
    expect(misuse).toBeTypeOf("function");
  });

  it("publish() takes texts and bytes, says whether to go on, and refuses what is neither", () => {
    expectTypeOf<ReturnType<Connection["publish"]>>().toEqualTypeOf<boolean>();
    const misuse = (nc: Connection) => {
      nc.publish("a", "text", { reply: "b", replay: false });
      nc.publish("a", new Uint8Array(1));
      // @ts-expect-error no payload
      nc.publish("a", { an: "object" });
      // @ts-expect-error no such option
      nc.publish("a", "", { replays: true });
    };
    expect(misuse).toBeTypeOf("function");
  });

  it("isHoldfastError() narrows to an error with a code", () => {
    const error: unknown = new Error("x");
    if (holdfast.isHoldfastError(error)) expectTypeOf(error.code).toEqualTypeOf<holdfast.ErrorCode>();
    expectTypeOf<HoldfastError>().toExtend<Error>();
    expect(holdfast.isHoldfastError(error)).toBe(false);
  });
});

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** What the compiler says of a program beside this checkout's packages. */
async function compile(program: string): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), "holdfast-types-"));
  const core = join(ROOT, "node_modules/@nats-io/nats-core/lib");
  const paths = {
    holdfast: [join(ROOT, "src/index.ts")],
    "@nats-io/nats-core": [join(core, "mod.d.ts")],
    "@nats-io/nats-core/internal": [join(core, "internal_mod.d.ts")],
    "@nats-io/services": [join(ROOT, "node_modules/@nats-io/services/lib/mod.d.ts")],
  };
  const compilerOptions = { noEmit: true, paths, typeRoots: [join(ROOT, "node_modules/@types")] };
  const config = { extends: join(ROOT, "tsconfig.base.json"), compilerOptions, files: ["program.ts"] };
  config.files.push(join(ROOT, "types/node-buffer.d.ts"));
  writeFileSync(join(dir, "tsconfig.json"), JSON.stringify(config));
  writeFileSync(join(dir, "package.json"), '{ "type": "module" }');
  writeFileSync(join(dir, "program.ts"), program);
  try {
    const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
    await promisify(execFile)(process.execPath, [tsc, "-p", dir]);
    return "";
  } catch (error) {
    return (error as { stdout: string }).stdout;
  } finally {
    rmSync(dir, { recursive: true });
  }
}

describe("a program with the services package", () => {
  it("needs no cast when that has the same nats-core; the compiler sees what is wrong all the same", async () => {
    const begin = `import { connect } from "holdfast";
      import { Svcm, type Service } from "@nats-io/services";
      const services = new Svcm(await connect());
      export const service: Service = await services.add({ name: "calc", version: "1.0.0" });
      service.addEndpoint("double", (error, msg) => { if (error === null) msg.respond(msg.data); });`;
    expect(await compile(begin)).toBe("");
    expect(await compile(`${begin} new Svcm(5);`)).toMatch(/program\.ts.*TS2345/);
  });
});

describe("the public face", () => {
  const theirs = Object.keys(transportNode).filter(
    (name) => !/^(default|__esModule|module\.exports)$/.test(name),
  );

  it("has everything that @nats-io/transport-node exports: changing the import is enough", () => {
    expect(theirs.length).toBeGreaterThan(50);
    expect(theirs.filter((name) => !(name in holdfast))).toEqual([]);
    expect(holdfast.TimeoutError).toBe(transportNode.TimeoutError);
    expect(holdfast.connect).not.toBe(transportNode.connect);
    expect(holdfast.wsconnect).not.toBe(transportNode.wsconnect);
  });

  it("has this beside it, and nothing by accident", () => {
    expect(
      Object.keys(holdfast)
        .filter((name) => !theirs.includes(name))
        .toSorted(),
    ).toEqual([
      "DurationHistogram",
      "ErrorCode",
      "Events",
      "VERSION",
      "connectionOptionNames",
      "credsFileAuthenticator",
      "isHoldfastError",
      "lint",
      "normalizeSubject",
      "optionsFromEnv",
      "probe",
    ]);
  });
});
