import { AuthorizationError } from "@nats-io/nats-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type ConnectionOptions,
  connect,
  tokenAuthenticator,
  usernamePasswordAuthenticator,
} from "../src/index.js";
import { NatsServer } from "../src/testing/server.js";
import { FakeServer, speaksNats } from "./support/fake-server.js";
import { rejection, until } from "./support/until.js";

const PASS = "s3cr/t @:%";
let server: NatsServer;
let tokenServer: NatsServer;
beforeAll(async () => {
  [server, tokenServer] = await Promise.all([
    NatsServer.start({ user: "me", pass: PASS }),
    NatsServer.start({ token: "t0ken" }),
  ]);
});
afterAll(() => Promise.all([server.close(), tokenServer.close()]));

const withCredentials = (of: NatsServer, credentials: string) => `nats://${credentials}@${of.hostport}`;
const encoded = encodeURIComponent(PASS);

describe("credentials [R5]", () => {
  it("are taken from the options [parity 133, 147]", async () => {
    await using nc = await connect({ servers: server.url, user: "me", pass: PASS });
    expect(nc.state).toBe("connected");
  });

  it("are taken from the URL, percent-decoded [parity 133]", async () => {
    await using nc = await connect({ servers: withCredentials(server, `me:${encoded}`) });
    expect(nc.state).toBe("connected");
  });

  it("in the URL win over those in the options, and over an authenticator [parity 133, 139]", async () => {
    const servers = withCredentials(server, `me:${encoded}`);
    await using nc = await connect({ servers, user: "you", pass: "wrong" });
    const byUrl = { servers: withCredentials(tokenServer, "t0ken") };
    await using other = await connect({ ...byUrl, token: "wrong" });
    await using third = await connect({ ...byUrl, authenticator: tokenAuthenticator("wrong") });
    expect([nc.state, other.state, third.state]).toEqual(["connected", "connected", "connected"]);
  });

  it("may be a token, as an option or in the URL [parity 139, 147]", async () => {
    await using byOption = await connect({ servers: tokenServer.url, token: "t0ken" });
    await using byUrl = await connect({ servers: withCredentials(tokenServer, "t0ken") });
    expect([byOption.state, byUrl.state]).toEqual(["connected", "connected"]);
  });

  it("are asked of the authenticators, of all of them [parity 147]", async () => {
    const authenticator = [tokenAuthenticator("t0ken"), usernamePasswordAuthenticator("me", PASS)];
    await using one = await connect({ servers: server.url, authenticator });
    await using other = await connect({
      servers: tokenServer.url,
      authenticator: tokenAuthenticator("t0ken"),
    });
    expect([one.state, other.state]).toEqual(["connected", "connected"]);
  });

  it("may be found by an authenticator that takes its time", async () => {
    const authenticator = () =>
      new Promise<{ user: string; pass: string }>((resolve) => {
        setImmediate(() => resolve({ user: "me", pass: PASS }));
      });
    await using nc = await connect({ servers: server.url, authenticator });
    expect(nc.state).toBe("connected");
  });

  it("may be functions of nats-core's authenticators, which are called at every attempt [parity 139, 140]", async () => {
    await using changing = await NatsServer.start({ token: "first" });
    const called: string[] = [];
    const note = (value: string) => {
      called.push(value);
      return value;
    };
    let current = "first";
    const nc = await connect({
      servers: changing.url,
      authenticator: [
        tokenAuthenticator(() => note(current)),
        usernamePasswordAuthenticator(
          () => note("me"),
          () => note(current),
        ),
      ],
      reconnectTimeWait: 1,
    });
    expect(called).toEqual(["first", "me", "first"]);
    current = "second";
    await changing.reload({ token: undefined, user: "me", pass: "second" });
    nc.publish("a");
    await nc.flush();
    expect(called.slice(-3)).toEqual(["second", "me", "second"]);
    expect(nc.stats()).toMatchObject({ accepted: 1, confirmed: 1 });
    await nc.close();
  });

  it("that one server refuses may do for another one in the list [parity 10]", async () => {
    const servers = [withCredentials(server, "me:wrong"), withCredentials(tokenServer, "t0ken")];
    await using nc = await connect({ servers, noRandomize: true });
    expect(nc.getServer()).toBe(tokenServer.hostport);
  });
});

describe("wrong credentials", () => {
  it.each<[string, ConnectionOptions]>([
    ["a wrong password", { user: "me", pass: "wrong" }],
    ["a wrong token", { token: "wrong" }],
    ["none", {}],
  ])("reject with an AuthorizationError: %s [parity 10, 133, 147]", async (_, options) => {
    const error = await rejection(connect({ servers: server.url, ...options }));
    expect(error).toBeInstanceOf(AuthorizationError);
    expect(error.code).toBe("AUTHORIZATION_VIOLATION");
  });

  it("reject also when connect() would wait for a server: it is there, and it says no", async () => {
    const options = { user: "me", pass: "wrong", waitOnFirstConnect: true, reconnectTimeWait: 1 };
    const error = await rejection(connect({ servers: server.url, ...options }));
    expect(error.code).toBe("AUTHORIZATION_VIOLATION");
  });

  it("close a connection that was to go on trying, with the cause [parity 32]", async () => {
    const options = { user: "me", pass: "wrong", retryOnFailedConnect: true, reconnectTimeWait: 1 };
    const nc = await connect({ servers: server.url, ...options });
    expect(await nc.closed()).toBeInstanceOf(AuthorizationError);
  });

  it("are tried on with ignoreAuthErrorAbort, until they are right", async () => {
    await using changing = await NatsServer.start({ user: "me", pass: "new" });
    const nc = await connect({
      servers: changing.url,
      user: "me",
      pass: "old",
      retryOnFailedConnect: true,
      ignoreAuthErrorAbort: true,
      reconnectTimeWait: 1,
      reconnectJitter: 0,
    });
    let attempts = 0;
    nc.on("reconnecting", ({ server: dialled }) => {
      if (dialled !== "") attempts++;
    });
    await until(() => attempts > 3, "more than three attempts");
    await changing.reload({ pass: "old" });
    await until(() => nc.state === "connected", "connected");
    await nc.close();
  });

  it("are asked for anew at every attempt", async () => {
    const passwords = ["wrong", "wrong too", PASS];
    let asked = 0;
    await using nc = await connect({
      servers: server.url,
      authenticator: () => ({ user: "me", pass: passwords[asked++] }),
      waitOnFirstConnect: true,
      reconnectTimeWait: 1,
    });
    expect(nc.state).toBe("connected");
    expect(asked).toBe(3);
  });

  it("found by an authenticator that throws reject with its error as the cause", async () => {
    const cause = new Error("the vault is closed");
    const authenticator = () => {
      throw cause;
    };
    const error = await rejection(connect({ servers: server.url, authenticator }));
    expect(error.code).toBe("AUTHENTICATOR_FAILED");
    expect(error.cause).toBe(cause);
  });
});

describe("an authenticator that never answers", () => {
  it("costs one attempt its deadline, and the other servers are tried", async () => {
    const never = () => new Promise<never>(() => {});
    // It is asked behind INFO, which a server elsewhere might send later than that.
    await using fake = await FakeServer.start(speaksNats());
    const error = await rejection(connect({ servers: fake.url, authenticator: never, timeout: 500 }));
    expect(error.code).toBe("TIMEOUT");
    expect(error.message).toContain("authenticator");
  });
});

describe("secrets", () => {
  const everythingIn = (error: Error): string =>
    [error.message, error.stack, JSON.stringify(error), String((error as { cause?: unknown }).cause)].join(
      "\n",
    );

  it.each([
    ["an unknown scheme", "http://user:S3CRET@localhost"],
    ["a port out of range", "nats://user:S3CRET@localhost:99999"],
    ["no host", "nats://S3CRET@"],
    ["an unencoded @ in the password", "nats://user:half@S3CRET@localhost"],
    ["an unencoded / in the password", "nats://user:half/S3CRET@localhost"],
    ["white space", "nats://user:half S3CRET@local host"],
  ])("are not in the error about a bad URL: %s", async (_, url) => {
    const error = await rejection(connect({ servers: url }));
    expect(error.code).toBe("INVALID_OPTION");
    expect(everythingIn(error)).not.toContain("S3CRET");
  });

  it("are not in the error of a server that refuses them, and not in what a connection tells of its servers", async () => {
    const error = await rejection(connect({ servers: withCredentials(server, "me:S3CRET") }));
    expect(everythingIn(error)).not.toContain("S3CRET");
    const nc = await connect({ servers: withCredentials(server, `me:${encoded}`) });
    const told = JSON.stringify([nc.getServers(), nc.getServer(), nc.info, nc.history, nc.stats()]);
    expect(told).not.toContain(PASS);
    expect(told).not.toContain(encoded);
    await nc.close();
  });
});
