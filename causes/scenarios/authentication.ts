import { type ConnectionOptions, jwtAuthenticator } from "../../src/index.js";
import { type Account, Operator } from "../../src/testing/auth/operator.js";
import type { User } from "../../src/testing/auth/user.js";
import type { NatsServer, NatsServerOptions } from "../../src/testing/server.js";
import type { Scenario } from "../scenario.js";
import type { Stage } from "../stage/stage.js";
import { ofKind } from "./of-kind.js";

/** Credentials that a server refuses. */
function refuses(
  name: string,
  does: string,
  server: NatsServerOptions,
  options: ConnectionOptions,
): Omit<Scenario, "kind"> {
  return {
    name,
    does,
    codes: ["AUTHORIZATION_VIOLATION"],
    side: "operator",
    async play(stage) {
      const { url } = await stage.server(server);
      const client = await stage.refused({ servers: url, ...options });
      return client.told("attemptFailed");
    },
  };
}

/** Somebody with a JWT, at a server that takes it for the moment. */
async function withJwt(stage: Stage, { expiresIn }: { expiresIn?: number } = {}) {
  const operator = new Operator();
  const account = operator.account("A");
  const server = await stage.server({ config: operator.config });
  // Its time begins when the server is there.
  const user = account.user({ expiresIn });
  const authenticator = jwtAuthenticator(() => user.jwt, user.seed);
  const client = await stage.client({ servers: server.url, authenticator });
  const reload = () => server.reload({ config: operator.config });
  return { account, user, server, client, reload };
}

/** What takes the rights of somebody whose link stands. */
function loses(
  name: string,
  does: string,
  code: Scenario["codes"][number],
  lose: (account: Account, user: User, reload: () => Promise<void>) => Promise<void>,
): Omit<Scenario, "kind"> {
  return {
    name,
    does,
    codes: [code],
    side: "operator",
    async play(stage) {
      const { account, user, client, reload } = await withJwt(stage);
      await lose(account, user, reload);
      return client.told("disconnect");
    },
  };
}

const users = (...names: string[]) =>
  `authorization { users: [${names.map((name) => `{ user: ${name}, password: pw }`).join(", ")}] }`;

/** A server with two users, and a client that is one of them. */
async function twoUsers(stage: Stage): Promise<{ server: NatsServer; options: ConnectionOptions }> {
  const server = await stage.server({ config: users("me", "other") });
  return { server, options: { servers: server.url, user: "me", pass: "pw" } };
}

/** Who we are is refused, or cannot be said. */
export const AUTHENTICATION = ofKind(
  "authentication",
  refuses(
    "auth-wrong-password",
    "a wrong password",
    { user: "me", pass: "right" },
    { user: "me", pass: "wrong" },
  ),
  refuses("auth-nothing-given", "the server wants credentials, and none are given", { token: "t" }, {}),
  refuses("auth-wrong-token", "a wrong token", { token: "right" }, { token: "wrong" }),
  refuses(
    "auth-no-such-user",
    "a user whom the server does not know",
    { user: "me", pass: "right" },
    { user: "nobody", pass: "right" },
  ),
  {
    name: "auth-websocket",
    does: "a wrong password, over a websocket",
    codes: ["AUTHORIZATION_VIOLATION"],
    side: "operator",
    async play(stage) {
      const server = await stage.server({ user: "me", pass: "right", websocket: true });
      const client = await stage.refused({ servers: server.wsUrl!, user: "me", pass: "wrong" });
      return client.told("attemptFailed");
    },
  },
  {
    name: "auth-gateway-401",
    does: "a gateway before the websocket answers 401",
    codes: ["AUTHORIZATION_VIOLATION"],
    side: "operator",
    async play(stage) {
      const peer = await stage.peer((link) => {
        link.once("\r\n\r\n", () => link.socket.end("HTTP/1.1 401 Unauthorized\r\n\r\n"));
      });
      const client = await stage.refused({ servers: `ws://${peer.hostport}` });
      return client.told("attemptFailed");
    },
  },
  {
    name: "auth-other-operator",
    does: "a JWT of an operator whom the server does not know",
    codes: ["AUTHORIZATION_VIOLATION"],
    side: "operator",
    async play(stage) {
      const server = await stage.server({ config: new Operator().config });
      const { jwt, seed } = new Operator("another").account("A").user();
      const client = await stage.refused({ servers: server.url, authenticator: jwtAuthenticator(jwt, seed) });
      return client.told("attemptFailed");
    },
  },
  {
    name: "auth-expired-before",
    does: "a JWT that has expired before connect()",
    codes: ["AUTHORIZATION_VIOLATION", "AUTHENTICATION_EXPIRED"],
    side: "operator",
    async play(stage) {
      const operator = new Operator();
      const { jwt, seed } = operator.account("A").user({ expiresIn: -5000 });
      const server = await stage.server({ config: operator.config });
      const client = await stage.refused({ servers: server.url, authenticator: jwtAuthenticator(jwt, seed) });
      return client.told("attemptFailed");
    },
  },
  {
    name: "auth-expires",
    does: "the user's JWT expires while the link stands",
    codes: ["AUTHENTICATION_EXPIRED"],
    side: "operator",
    async play(stage) {
      const { client } = await withJwt(stage, { expiresIn: 1500 });
      return client.told("disconnect");
    },
  },
  loses(
    "auth-account-expires",
    "the account's JWT expires while the link stands",
    "AUTHENTICATION_EXPIRED",
    async (account, _, reload) => {
      account.renew(500);
      await reload();
    },
  ),
  loses("auth-revoked", "the user is revoked", "AUTHENTICATION_REVOKED", async (account, user, reload) => {
    account.revoke(user);
    await reload();
  }),
  {
    name: "auth-expires-websocket",
    does: "the user's JWT expires while its websocket stands",
    codes: ["AUTHENTICATION_EXPIRED"],
    side: "operator",
    async play(stage) {
      const operator = new Operator();
      const { jwt, seed } = operator.account("A").user({ expiresIn: 1500 });
      const server = await stage.server({ config: operator.config, websocket: true });
      const client = await stage.client({
        servers: server.wsUrl!,
        authenticator: jwtAuthenticator(jwt, seed),
      });
      return client.told("disconnect");
    },
  },
  {
    name: "auth-callout-away",
    does: "an auth callout decides, and its service is not there",
    codes: ["AUTHORIZATION_VIOLATION"],
    side: "operator",
    async play(stage) {
      const issuer = new Operator().account("A").publicKey;
      const callout = `auth_callout { issuer: ${issuer}, auth_users: [callout] }`;
      const config = `authorization { timeout: 1, users: [{ user: callout, password: pw }], ${callout} }`;
      const server = await stage.server({ config });
      const client = await stage.refused({ servers: server.url, user: "me", pass: "pw" });
      return client.told("attemptFailed");
    },
  },
  refuses(
    "auth-connection-type",
    "the user may come by a websocket alone, and comes without one",
    {
      config: `authorization { users: [{ user: me, password: pw, allowed_connection_types: ["WEBSOCKET"] }] }`,
      websocket: true,
    },
    { user: "me", pass: "pw" },
  ),
  {
    name: "auth-user-removed",
    does: "a reload removes the user: of the disconnect",
    codes: ["AUTHORIZATION_VIOLATION", "AUTHENTICATION_REVOKED", "CONNECTION_LOST"],
    side: "operator",
    also: {
      kind: "server-shutdown",
      why: "nats-server ends the link without a word; that we are refused shows only behind the next dial",
    },
    async play(stage) {
      const { server, options } = await twoUsers(stage);
      const client = await stage.client(options);
      await server.reload({ config: users("other") });
      return client.told("disconnect");
    },
  },
  {
    name: "auth-user-removed-close",
    does: "the same: of the close, when the server has refused us twice",
    codes: ["AUTHORIZATION_VIOLATION"],
    side: "operator",
    async play(stage) {
      const { server, options } = await twoUsers(stage);
      const client = await stage.client(options);
      await server.reload({ config: users("other") });
      return client.told("close");
    },
  },
  {
    name: "auth-authenticator-throws",
    does: "the application's authenticator throws",
    codes: ["AUTHENTICATOR_FAILED"],
    side: "client",
    async play(stage) {
      const server = await stage.server();
      const authenticator = () => {
        throw new Error("the vault is locked");
      };
      const client = await stage.refused({ servers: server.url, authenticator });
      return client.told("attemptFailed");
    },
  },
  {
    name: "auth-authenticator-hangs",
    does: "the application's authenticator does not settle in time",
    codes: ["TIMEOUT", "AUTHENTICATOR_FAILED"],
    side: "client",
    async play(stage) {
      const server = await stage.server();
      const authenticator = () => new Promise<never>(() => {});
      const client = await stage.refused({ servers: server.url, authenticator, timeout: 300 });
      return client.told("attemptFailed");
    },
  },
);
