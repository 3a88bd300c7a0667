import { afterAll, beforeAll, expect, it } from "vitest";
import { CertificateAuthority } from "../../src/testing/certificates/authority.js";
import { NatsServer } from "../../src/testing/server.js";
import { CompiledLibrary } from "../support/child.js";

let library: CompiledLibrary;
let authority: CertificateAuthority;
let server: NatsServer;

beforeAll(async () => {
  [library, authority] = await Promise.all([CompiledLibrary.make(), CertificateAuthority.create()]);
  server = await NatsServer.start({ tls: { authority } });
});
afterAll(async () => {
  await server.close();
  authority.close();
  library[Symbol.dispose]();
});

// Node ends the process with SIGSEGV when a TLS socket is destroyed together with the one underneath in the very turn in which TLS stands.
it.each([
  ["throws", "() => { throw new Error('no key'); }"],
  ["rejects", "async () => { throw new Error('no key'); }"],
])(
  "an authenticator that %s right when TLS stands fails the attempt, not the process",
  async (_what, authenticator) => {
    using child = library.run(
      `const options = { servers: SERVER, tls: { caFile: ${JSON.stringify(authority.certFile)} }, authenticator: ${authenticator} };
     for (let i = 0; i < 10; i++) await connect(options).catch((error) => say(error.code));
     say("alive " + problems.length);`,
      server.url,
    );
    await child.ended(20_000);
    expect(child.code).toBe(0);
    expect(child.lines).toEqual([...Array(10).fill("AUTHENTICATOR_FAILED"), "alive 0"]);
  },
);

it("a connection that is closed right when TLS stands is closed, and the process goes on", async () => {
  using child = library.run(
    `let nc;
     const authenticator = () => { nc?.close(); return {}; };
     const tls = { caFile: ${JSON.stringify(authority.certFile)} };
     for (let i = 0; i < 10; i++) {
       nc = undefined;
       nc = await connect({ servers: SERVER, tls, authenticator });
       const closed = nc.closed();
       await nc.reconnect();
       await closed;
     }
     say("alive " + problems.length);`,
    server.url,
  );
  await child.ended(20_000);
  expect(child.code).toBe(0);
  expect(child.lines).toEqual(["alive 0"]);
});
