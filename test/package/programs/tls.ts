// TLS: an own authority, a host name, an unknown authority, a server without TLS.
import { connect, type NodeConnectionOptions } from "@nats-io/transport-node";
import { CertificateAuthority, NatsServer } from "holdfast/testing";

const authority = await CertificateAuthority.create();
const server = await NatsServer.start({ tls: { authority } });
const plain = await NatsServer.start();
const enter = async (name: string, options: NodeConnectionOptions) => {
  try {
    const nc = await connect({ maxReconnectAttempts: 1, timeout: 2000, ...options });
    console.log(name, nc.info?.tls_required ?? false, (await nc.rtt()) >= 0);
    await nc.close();
  } catch (err) {
    console.log(name, err instanceof Error);
  }
};
await enter("file", { servers: server.url, tls: { caFile: authority.certFile } });
await enter("text", { servers: server.url, tls: { ca: authority.cert } });
await enter("by name", {
  servers: server.url.replace("127.0.0.1", "localhost"),
  tls: { ca: authority.cert },
});
await enter("unknown authority", { servers: server.url, tls: {} });
await enter("not verified", { servers: server.url, tls: { rejectUnauthorized: false } });
await enter("no TLS there", { servers: plain.url, tls: {} });
await enter("no TLS wanted", { servers: plain.url, tls: null });
await server.close();
await plain.close();
await authority.close();
