import { UserAuthenticationExpiredError } from "@nats-io/nats-core";
import { describe, expect, it } from "vitest";
import { type Connection, type ConnectionOptions, connect, jwtAuthenticator } from "../../src/index.js";
import { type Account, Operator } from "../../src/testing/auth/operator.js";
import type { User } from "../../src/testing/auth/user.js";
import { NatsServer } from "../../src/testing/server.js";
import { expectBalanced } from "../support/books.js";
import { Recorder } from "../support/recorder.js";
import { until } from "../support/until.js";

const EAGER = { reconnectTimeWait: 50, reconnectJitter: 0 };

/**
 * A server with an account of its own for each test: whoever reloads one has it judge all its clients anew, and those of another
 * test whose rights end at this moment hear of that, too.
 */
class World implements AsyncDisposable {
  readonly operator: Operator;
  readonly account: Account;
  readonly server: NatsServer;

  private constructor(operator: Operator, account: Account, server: NatsServer) {
    this.operator = operator;
    this.account = account;
    this.server = server;
  }

  static async start(): Promise<World> {
    const operator = new Operator();
    const account = operator.account("A");
    return new World(operator, account, await NatsServer.start({ config: operator.config }));
  }

  /** Has the server know the account as it is now. */
  reload(): Promise<void> {
    return this.server.reload({ config: this.operator.config });
  }

  /** Connects as `user`, who gets new credentials when those were over before the server has looked at them. */
  async connectAs(
    user: User,
    options: ConnectionOptions = {},
    expiresIn: number | undefined = undefined,
  ): Promise<Connection> {
    const { url: servers } = this.server;
    const authenticator = jwtAuthenticator(() => user.jwt, user.seed);
    for (;;) {
      if (expiresIn !== undefined) user.renew(expiresIn);
      try {
        return await connect({ servers, authenticator, ...EAGER, ...options });
      } catch (error) {
        const { code } = error as Error & { code: string };
        if (expiresIn === undefined || code !== "AUTHORIZATION_VIOLATION") throw error;
      }
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.server.close();
  }
}

const codes = (recorder: Recorder) =>
  recorder.of("error").map(([error]) => (error as Error & { code: string }).code);

/** Ways to lose one's rights while the connection stands, and what the server says. */
const LOSSES: [string, number | undefined, (world: World, user: User) => Promise<void>, string, string][] = [
  ["a user that expires", 1500, async () => {}, "AUTHENTICATION_EXPIRED", "User Authentication Expired"],
  [
    "a user that is revoked",
    undefined,
    async (world, user) => {
      world.account.revoke(user);
      await world.reload();
    },
    "AUTHENTICATION_REVOKED",
    "User Authentication Revoked",
  ],
  [
    "an account that expires",
    undefined,
    async (world) => {
      // Not over before the server has read it.
      world.account.renew(2000);
      await world.reload();
    },
    "AUTHENTICATION_EXPIRED",
    "Account Authentication Expired",
  ],
];

describe.concurrent.each(LOSSES)("%s", (_, expiresIn, lose, code, text) => {
  it("is told, refused twice, and then the connection is closed, if that is the policy [parity 137]", async () => {
    await using world = await World.start();
    const user = world.account.user();
    const nc = await world.connectAs(user, { ignoreAuthErrorAbort: false }, expiresIn);
    const recorder = new Recorder(nc);
    await lose(world, user);
    const error = await nc.closed();
    const [lost, info] = recorder.of("disconnect")[0];
    expect(lost).toBeInstanceOf(UserAuthenticationExpiredError);
    expect(lost).toMatchObject({ code, message: text });
    expect(info.cause).toMatchObject({ kind: "authentication", code });
    // In the second in which it expires a server takes it once more, and ends it at once; then it refuses it.
    expect(codes(recorder)[0]).toBe(code);
    expect(codes(recorder).length).toBeGreaterThan(2);
    for (const each of codes(recorder)) expect([code, "AUTHORIZATION_VIOLATION"]).toContain(each);
    expect(recorder.count("reconnect")).toBeLessThan(3);
    expect([code, "AUTHORIZATION_VIOLATION"]).toContain((error as Error & { code: string }).code);
    expect(recorder.of("close")[0][1].cause.kind).toBe("authentication");
  });

  it("is borne otherwise: it goes on, and everyone hears of it [parity 137]", async () => {
    await using world = await World.start();
    const user = world.account.user();
    await using nc = await world.connectAs(user, { drainTimeout: 1 }, expiresIn);
    const recorder = new Recorder(nc);
    await lose(world, user);
    await until(() => recorder.count("error") > 4, "refusals");
    expect(codes(recorder)[0]).toBe(code);
    await until(() => nc.state === "reconnecting", "the outage");
    expect(nc.health()).toMatchObject({ status: "unhealthy", lastCause: { kind: "authentication" } });
  });
});

describe.concurrent("credentials that are renewed", () => {
  it("before they are missed: an expiry costs nothing but a reconnect [parity 138]", async () => {
    await using world = await World.start();
    const user = world.account.user();
    await using nc = await world.connectAs(user, { ignoreAuthErrorAbort: false }, 1500);
    const recorder = new Recorder(nc);
    user.renew();
    await until(() => recorder.count("disconnect") === 1, "the expiry");
    nc.publish("a", "meanwhile");
    await nc.flush();
    expect([recorder.count("reconnect"), recorder.count("attemptFailed")]).toEqual([1, 0]);
    expect(codes(recorder)).toEqual(["AUTHENTICATION_EXPIRED"]);
    expect(expectBalanced(nc)).toMatchObject({ accepted: 1, confirmed: 1 });
  });

  it("after a while: the next attempt takes them, and nothing is lost [parity 138]", async () => {
    await using world = await World.start();
    const user = world.account.user();
    await using nc = await world.connectAs(user, {}, 1500);
    const recorder = new Recorder(nc);
    await until(() => recorder.count("error") > 2, "the expiry, and refusals");
    for (let i = 0; i < 10; i++) nc.publish("a", String(i));
    user.renew();
    await nc.flush();
    // In the second in which it expires a server may take it once more.
    expect(recorder.count("reconnect")).toBe(recorder.count("disconnect"));
    expect(expectBalanced(nc)).toMatchObject({ accepted: 10, confirmed: 10 });
  });

  it("for a whole account, by its operator: its users come back by themselves", async () => {
    await using world = await World.start();
    const { account } = world;
    await using nc = await world.connectAs(account.user());
    const recorder = new Recorder(nc);
    account.renew(2000);
    await world.reload();
    await until(() => recorder.count("error") > 2, "the expiry, and refusals");
    account.renew();
    await world.reload();
    await until(() => recorder.count("reconnect") > 0, "the reconnect");
    await nc.publishConfirmed("a");
  });
});
