import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Connection, connect, credsFileAuthenticator } from "../../src/index.js";
import { Operator } from "../../src/testing/auth/operator.js";
import { NatsServer } from "../../src/testing/server.js";
import { Recorder } from "../support/recorder.js";
import { expectNoSecret } from "../support/secrets.js";
import { rejection, until } from "../support/until.js";

const EAGER = { reconnectTimeWait: 5, reconnectJitter: 0 };

const dir = mkdtempSync(join(tmpdir(), "holdfast-creds-"));
const file = join(dir, "user.creds");
const operator = new Operator();
const account = operator.account("A");
const user = account.user();
const secrets = [user.jwt, Buffer.from(user.seed).toString()];

let server: NatsServer;
beforeAll(async () => {
  server = await NatsServer.start({ config: operator.config });
});
afterAll(async () => {
  rmSync(dir, { recursive: true });
  await server.close();
});

let nc: Connection | undefined;
afterEach(() => nc?.close());

/** A connection with the file as its credentials, and what it tells. */
async function connected(): Promise<{ nc: Connection; recorder: Recorder }> {
  writeFileSync(file, user.creds);
  nc = await connect({ servers: server.url, authenticator: credsFileAuthenticator(file), ...EAGER });
  return { nc, recorder: new Recorder(nc) };
}

describe("a creds file", () => {
  it("that is missing: connect() rejects before anything is dialled, and names the option and the file [parity 141]", async () => {
    const missing = join(dir, "missing.creds");
    for (const wait of [{}, { waitOnFirstConnect: true }, { retryOnFailedConnect: true }]) {
      const attempts: unknown[] = [];
      const error = await rejection<Error & { code: string; option: string }>(
        connect({
          // Nobody would listen there either.
          servers: "127.0.0.1:1",
          authenticator: credsFileAuthenticator(missing),
          reconnectErrCb: (failure) => attempts.push(failure),
          ...wait,
        }),
      );
      expect(error).toMatchObject({ code: "INVALID_OPTION", option: "authenticator" });
      expect(error.message).toBe(`option "authenticator": creds file ${missing} cannot be read (ENOENT)`);
      expect(attempts).toEqual([]);
    }
  });

  it("that does not parse: the same, and nothing of it is shown [parity 143]", async () => {
    const spoilt = join(dir, "spoilt.creds");
    writeFileSync(spoilt, user.creds.replaceAll("BEGIN", ""));
    const authenticator = [() => ({ user: "me" }), credsFileAuthenticator(spoilt)];
    const error = await rejection<Error & { code: string; option: string }>(
      connect({ servers: server.url, authenticator }),
    );
    expect(error).toMatchObject({ code: "INVALID_OPTION", option: "authenticator[1]" });
    expect(error.message).toContain(spoilt);
    expectNoSecret(undefined, [error], secrets);
  });

  it("that vanishes before a reconnect is told as an error, and the connection is back when it is [parity 144]", async () => {
    const { nc, recorder } = await connected();
    rmSync(file);
    await nc.reconnect();
    nc.publish("a", "meanwhile");
    await until(() => recorder.count("error") > 2, "failures");
    for (const [error] of recorder.of("error")) {
      expect(error).toMatchObject({ code: "AUTHENTICATOR_FAILED", option: "authenticator" });
      expect(error.message).toBe(
        `option "authenticator" has failed: creds file ${file} cannot be read (ENOENT)`,
      );
    }
    expect(nc.health().lastCause).toMatchObject({ kind: "authentication", code: "AUTHENTICATOR_FAILED" });
    writeFileSync(file, user.creds);
    await nc.flush();
    expect([recorder.count("disconnect"), recorder.count("reconnect")]).toEqual([1, 1]);
    expect(nc.stats()).toMatchObject({ accepted: 1, confirmed: 1 });
    expectNoSecret(nc, [recorder.events], secrets);
  });

  it("that is replaced while the connection stands is what the next link presents", async () => {
    const { nc, recorder } = await connected();
    const next = account.user();
    writeFileSync(file, next.creds);
    account.revoke(user);
    await server.reload({ config: operator.config });
    await until(() => recorder.count("reconnect") === 1, "the reconnect");
    expect(recorder.of("error")).toMatchObject([[{ code: "AUTHENTICATION_REVOKED" }]]);
    expect(recorder.of("reconnect")[0][0].attempts).toBe(1);
    user.renew();
    await nc.close();
  });
});
