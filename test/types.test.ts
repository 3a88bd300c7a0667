import type { NatsConnection, Msg as NatsMsg, Subscription as NatsSubscription } from "@nats-io/nats-core";
import { describe, expect, expectTypeOf, it } from "vitest";
import type {
  Connection,
  ConnectionEvents,
  ConnectionOptions,
  HoldfastError,
  HoldfastMsg,
  LostMessage,
  Subscription,
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
    expectTypeOf<Subscription>().toExtend<NatsSubscription>();
    expectTypeOf<HoldfastMsg>().toExtend<NatsMsg>();
    expectTypeOf<Awaited<ReturnType<Connection["request"]>>>().toEqualTypeOf<NatsMsg>();
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

describe("the public face", () => {
  it("is this, and nothing by accident", () => {
    expect(Object.keys(holdfast).toSorted()).toEqual([
      "Empty",
      "ErrorCode",
      "Events",
      "Match",
      "VERSION",
      "connect",
      "createInbox",
      "credsAuthenticator",
      "headers",
      "isHoldfastError",
      "jwtAuthenticator",
      "nkeyAuthenticator",
      "nuid",
      "tokenAuthenticator",
      "usernamePasswordAuthenticator",
    ]);
  });
});
