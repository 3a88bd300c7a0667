// Credentials: token, user and password, an NKey, none, wrong ones.
import {
  AuthorizationError,
  type ConnectionOptions,
  connect,
  nkeyAuthenticator,
  nkeys,
  tokenAuthenticator,
  usernamePasswordAuthenticator,
} from "@nats-io/transport-node";
import { NatsServer } from "holdfast/testing";

const enter = async (name: string, options: ConnectionOptions) => {
  try {
    const nc = await connect({ maxReconnectAttempts: 1, ...options });
    await nc.flush();
    console.log(name, "connected");
    await nc.close();
  } catch (err) {
    console.log(name, err instanceof AuthorizationError, (err as Error).name);
  }
};

const users = await NatsServer.start({ user: "me", pass: "secret" });
const { url: servers } = users;
await enter("options", { servers, user: "me", pass: "secret" });
await enter("authenticator", { servers, authenticator: usernamePasswordAuthenticator("me", "secret") });
await enter("function", { servers, authenticator: usernamePasswordAuthenticator("me", () => "secret") });
await enter("wrong", { servers, user: "me", pass: "wrong" });
await enter("none", { servers });
await users.close();

const tokens = await NatsServer.start({ token: "t0ken" });
await enter("token", { servers: tokens.url, token: "t0ken" });
await enter("token authenticator", { servers: tokens.url, authenticator: tokenAuthenticator(() => "t0ken") });
await tokens.close();

const user = nkeys.createUser();
const config = `authorization { users = [{ nkey: ${user.getPublicKey()} }] }`;
const keys = await NatsServer.start({ config });
await enter("nkey", { servers: keys.url, authenticator: nkeyAuthenticator(user.getSeed()) });
await enter("another nkey", {
  servers: keys.url,
  authenticator: nkeyAuthenticator(nkeys.createUser().getSeed()),
  ignoreAuthErrorAbort: false,
});
await keys.close();
