import { UserAuthenticationExpiredError } from "@nats-io/nats-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Connection, type ConnectionOptions, connect, jwtAuthenticator } from "../../src/index.js";
import { type Account, Operator } from "../../src/testing/auth/operator.js";
import type { User } from "../../src/testing/auth/user.js";
import { NatsServer } from "../../src/testing/server.js";
import { expectBalanced } from "../support/books.js";
import { Recorder } from "../support/recorder.js";
import { until } from "../support/until.js";

const EAGER = { reconnectTimeWait: 50, reconnectJitter: 0 };

const operator = new Operator();
/** One for each test, all known to the server from the beginning. */
const accounts = Array.from({ length: 9 }, (_, index) => operator.account(`A${index}`));

let server: NatsServer;
beforeAll(async () => {
  server = await NatsServer.start({ config: operator.config });
});
afterAll(() => server.close());

const connectAs = (user: User, options: ConnectionOptions = {}): Promise<Connection> =>
  connect({
    servers: server.url,
    authenticator: jwtAuthenticator(() => user.jwt, user.seed),
    ...EAGER,
    ...options,
  });

const codes = (recorder: Recorder) =>
  recorder.of("error").map(([error]) => (error as Error & { code: string }).code);

/** Ways to lose one's rights while the connection stands, and what the server says. */
const LOSSES: [string, object, (account: Account, user: User) => Promise<void>, string, string][] = [
  [
    "a user that expires",
    { expiresIn: 1500 },
    async () => {},
    "AUTHENTICATION_EXPIRED",
    "User Authentication Expired",
  ],
  [
    "a user that is revoked",
    {},
    async (account, user) => {
      account.revoke(user);
      await server.reload({ config: operator.config });
    },
    "AUTHENTICATION_REVOKED",
    "User Authentication Revoked",
  ],
  [
    "an account that expires",
    {},
    async (account) => {
      account.renew(500);
      await server.reload({ config: operator.config });
    },
    "AUTHENTICATION_EXPIRED",
    "Account Authentication Expired",
  ],
];

describe.concurrent.each(LOSSES)("%s", (_, options, lose, code, text) => {
  it("is told, refused twice, and then the connection is closed, if that is the policy [parity 137]", async () => {
    const account = accounts.pop()!;
    const user = account.user(options);
    const nc = await connectAs(user, { ignoreAuthErrorAbort: false });
    const recorder = new Recorder(nc);
    await lose(account, user);
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
    const account = accounts.pop()!;
    const user = account.user(options);
    await using nc = await connectAs(user, { drainTimeout: 1 });
    const recorder = new Recorder(nc);
    await lose(account, user);
    await until(() => recorder.count("error") > 4, "refusals");
    expect(codes(recorder)[0]).toBe(code);
    await until(() => nc.state === "reconnecting", "the outage");
    expect(nc.health()).toMatchObject({ status: "unhealthy", lastCause: { kind: "authentication" } });
  });
});

describe.concurrent("credentials that are renewed", () => {
  it("before they are missed: an expiry costs nothing but a reconnect [parity 138]", async () => {
    const user = accounts.pop()!.user({ expiresIn: 1500 });
    await using nc = await connectAs(user, { ignoreAuthErrorAbort: false });
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
    const user = accounts.pop()!.user({ expiresIn: 1500 });
    await using nc = await connectAs(user);
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
    const account = accounts.pop()!;
    await using nc = await connectAs(account.user());
    const recorder = new Recorder(nc);
    account.renew(500);
    await server.reload({ config: operator.config });
    await until(() => recorder.count("error") > 2, "the expiry, and refusals");
    account.renew();
    await server.reload({ config: operator.config });
    await until(() => recorder.count("reconnect") > 0, "the reconnect");
    await nc.publishConfirmed("a");
  });
});
