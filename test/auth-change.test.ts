import { AuthorizationError } from "@nats-io/nats-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Connection, connect } from "../src/index.js";
import { NatsServer } from "../src/testing/server.js";
import { expectBalanced } from "./support/books.js";
import { Recorder } from "./support/recorder.js";
import { until } from "./support/until.js";

const EAGER = { reconnectTimeWait: 5, reconnectJitter: 0 };

let server: NatsServer;
let nc: Connection;
beforeEach(async () => {
  server = await NatsServer.start({ user: "me", pass: "old" });
});
afterEach(async () => {
  expectBalanced(nc);
  await nc.close();
  await server.close();
});

describe("a password that changes while we are connected [peers 10]", () => {
  it("closes a connection that knows only the old one, with the true cause", async () => {
    nc = await connect({ servers: server.url, user: "me", pass: "old", ...EAGER });
    await server.reload({ pass: "new" });
    const error = await nc.closed();
    expect(error).toBeInstanceOf(AuthorizationError);
    expect(error).toMatchObject({ code: "AUTHORIZATION_VIOLATION" });
  });

  it("is asked of the authenticator again, and nothing is lost", async () => {
    let pass = "old";
    nc = await connect({ servers: server.url, authenticator: () => ({ user: "me", pass }), ...EAGER });
    const recorder = new Recorder(nc);
    const got: string[] = [];
    nc.subscribe("a", { callback: (_, msg) => got.push(msg.string()) });
    await nc.flush();
    await server.reload({ pass: "new" });
    let attempts = 0;
    nc.on("reconnecting", () => attempts++);
    await until(() => attempts > 6, "some refusals");
    nc.publish("a", "meanwhile");
    pass = "new";
    await nc.flush();
    expect(got).toEqual(["meanwhile"]);
    expect([recorder.count("disconnect"), recorder.count("reconnect")]).toEqual([1, 1]);
    expect(recorder.of("disconnect")[0][0]).toBeInstanceOf(Error);
  });

  it("is borne with ignoreAuthErrorAbort until it is changed back", async () => {
    const options = { user: "me", pass: "old", ignoreAuthErrorAbort: true };
    nc = await connect({ servers: server.url, ...options, ...EAGER });
    let attempts = 0;
    nc.on("reconnecting", () => attempts++);
    await server.reload({ pass: "new" });
    await until(() => attempts > 6, "some refusals");
    expect(nc.lastError).toMatchObject({ code: "AUTHORIZATION_VIOLATION" });
    await server.reload({ pass: "old" });
    await until(() => nc.state === "connected", "connected again");
  });
});
