import type { TlsOptions } from "../../src/index.js";
import type { CertificateAuthority } from "../../src/testing/certificates/authority.js";
import type { NatsServerTls } from "../../src/testing/server.js";
import type { Scenario } from "../scenario.js";
import { info } from "../stage/peer.js";
import { ofKind } from "./of-kind.js";

/** TLS of a client and a server that cannot come together. */
function fails(
  name: string,
  does: string,
  client: (authority: CertificateAuthority) => TlsOptions | Promise<TlsOptions>,
  server: (authority: CertificateAuthority) => NatsServerTls | Promise<NatsServerTls> = () => ({}),
): Omit<Scenario, "kind"> {
  return {
    name,
    does,
    codes: ["TLS_FAILED"],
    side: "operator",
    async play(stage) {
      const authority = await stage.authority();
      const { url } = await stage.server({ tls: { authority, ...(await server(authority)) } });
      const refused = await stage.refused({ servers: url, tls: await client(authority) });
      return refused.told("attemptFailed");
    },
  };
}

const trusting = ({ cert }: CertificateAuthority): TlsOptions => ({ ca: cert });

/** TLS cannot be set up. */
export const TLS = ofKind(
  "tls",
  fails(
    "tls-unknown-authority",
    "the server's certificate is of an authority that Node does not know",
    () => ({}),
  ),
  fails("tls-expired", "the server's certificate has expired", trusting, async (authority) => {
    const notBefore = new Date("2001-01-01");
    const { certFile, keyFile } = await authority.issue({
      hosts: ["127.0.0.1"],
      notBefore,
      notAfter: new Date("2002-01-01"),
    });
    return { authority: undefined, certFile, keyFile };
  }),
  fails("tls-other-name", "the server's certificate is for another name", trusting, () => ({
    hosts: ["other.example"],
  })),
  fails("tls-no-client-certificate", "the server wants a certificate, and there is none", trusting, () => ({
    verify: true,
  })),
  fails(
    "tls-handshake-first-one-sided",
    "the client begins with TLS (handshakeFirst), the server with its INFO",
    ({ cert }) => ({ ca: cert, handshakeFirst: true }),
  ),
  {
    name: "tls-versions",
    does: "the server wants TLS 1.3, the client is told to go up to 1.2",
    codes: ["TLS_FAILED"],
    side: "operator",
    async play(stage) {
      const authority = await stage.authority();
      const { certFile, keyFile } = await authority.issue({ hosts: ["127.0.0.1"] });
      const files = `cert_file: ${JSON.stringify(certFile)}, key_file: ${JSON.stringify(keyFile)}`;
      const server = await stage.server({ config: `tls { ${files}, min_version: "1.3" }` });
      const tls: TlsOptions = { ca: authority.cert, maxVersion: "TLSv1.2" };
      const client = await stage.refused({ servers: server.url, tls });
      return client.told("attemptFailed");
    },
  },
  {
    name: "tls-required",
    does: "the server wants TLS, and option tls is null",
    codes: ["TLS_REQUIRED"],
    side: "operator",
    async play(stage) {
      const server = await stage.server({ tls: { authority: await stage.authority() } });
      const client = await stage.refused({ servers: server.url, tls: null });
      return client.told("attemptFailed");
    },
  },
  {
    name: "tls-unavailable",
    does: "the client wants TLS, and the server has none",
    codes: ["TLS_UNAVAILABLE"],
    side: "operator",
    async play(stage) {
      const server = await stage.server();
      const client = await stage.refused({ servers: server.url, tls: {} });
      return client.told("attemptFailed");
    },
  },
  {
    name: "tls-replaced",
    does: "a reload brings a certificate of another authority, and the link is reset: of the attempts",
    codes: ["TLS_FAILED"],
    side: "operator",
    async play(stage) {
      const authority = await stage.authority();
      const server = await stage.server({ tls: { authority } });
      const proxy = await stage.proxy(server);
      const client = await stage.client({ servers: proxy.url, tls: { ca: authority.cert } });
      const other = await stage.authority();
      const { certFile, keyFile } = await other.issue({ hosts: ["127.0.0.1"] });
      await server.reload({ tls: { certFile, keyFile } });
      proxy.reset();
      return client.told("attemptFailed");
    },
  },
  {
    name: "tls-client-certificate-of-others",
    does: "the server wants a certificate, and gets one of an authority that it does not know",
    codes: ["TLS_FAILED"],
    side: "operator",
    async play(stage) {
      const authority = await stage.authority();
      const server = await stage.server({ tls: { authority, verify: true } });
      const { certFile, keyFile } = await (await stage.authority()).issue({ hosts: ["127.0.0.1"] });
      const client = await stage.refused({
        servers: server.url,
        tls: { ca: authority.cert, certFile, keyFile },
      });
      return client.told("attemptFailed");
    },
  },
  {
    name: "tls-wss-unknown-authority",
    does: "the certificate of a wss:// server is of an authority that Node does not know",
    codes: ["TLS_FAILED"],
    side: "operator",
    async play(stage) {
      const server = await stage.server({
        tls: { authority: await stage.authority() },
        websocket: { tls: true },
      });
      const client = await stage.refused({ servers: server.wsUrl! });
      return client.told("attemptFailed");
    },
  },
  {
    name: "tls-wss-at-plain",
    does: "a wss:// URL leads to a port for websockets without TLS",
    codes: ["TLS_FAILED"],
    side: "operator",
    async play(stage) {
      const server = await stage.server({ websocket: true });
      const client = await stage.refused({ servers: server.wsUrl!.replace("ws:", "wss:") });
      return client.told("attemptFailed");
    },
  },
  {
    name: "tls-silent",
    does: "the INFO of a server leads to TLS, and nothing comes of it",
    codes: ["TIMEOUT"],
    side: "server",
    async play(stage) {
      const peer = await stage.peer((link) => link.send(info({ tls_required: true })));
      const client = await stage.refused({ servers: peer.url, tls: {}, timeout: 500 });
      return client.told("attemptFailed");
    },
  },
  {
    name: "tls-handshake-first-unknown",
    does: "the server begins with TLS (handshake_first), and the client waits for its INFO",
    codes: ["CONNECTION_REFUSED", "TLS_FAILED", "TLS_REQUIRED"],
    side: "operator",
    async play(stage) {
      const authority = await stage.authority();
      const server = await stage.server({ tls: { authority, handshakeFirst: true } });
      // The server ends the attempt when nobody has begun with TLS for two seconds, which is within the timeout.
      const client = await stage.refused({ servers: server.url, tls: { ca: authority.cert } });
      return client.told("attemptFailed");
    },
  },
);
