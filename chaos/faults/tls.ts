import { between } from "../../demo/random.js";
import type { ToxicOptions } from "../../src/testing/proxy/toxics.js";
import type { NatsServerTls } from "../../src/testing/server.js";
import type { Stage } from "../stage.js";
import type { Fault } from "./fault.js";
import { poison } from "./network.js";
import { diverted, INFO } from "./server.js";

type Plain = Pick<Fault, "name" | "does" | "hold">;

/** The server shows another certificate to those who come back after a reset. */
function certificate(plain: Plain, during: (tls: NatsServerTls) => Promise<NatsServerTls>): Fault {
  return {
    ...plain,
    group: "tls",
    touches: "server",
    over: "tls",
    async inject(stage) {
      const { server, proxy } = stage.node;
      await server.reload({ tls: await during(stage.tls!) });
      proxy.reset();
      return () => server.reload({ tls: stage.tls });
    },
  };
}

/** A toxic for those who come back after a reset. */
function onTheWay(plain: Plain, toxic: (stage: Stage) => ToxicOptions): Fault {
  return {
    ...plain,
    group: "tls",
    touches: "link",
    over: "tls",
    inject(stage) {
      const heal = poison(stage, plain.name, toxic(stage));
      stage.node.proxy.reset();
      return heal;
    },
  };
}

/** What only links with TLS meet. */
export const TLS: readonly Fault[] = [
  certificate(
    { name: "new-certificate", does: "The server has another certificate, and the link is reset.", hold: 0 },
    // Where no file is named, a new one is issued at every reload.
    async (tls) => tls,
  ),
  certificate(
    {
      name: "expired-certificate",
      does: "The link is reset, and for 2.5 s the server has a certificate that has expired.",
      hold: 2500,
    },
    async (tls) => {
      const { certFile, keyFile } = await tls.authority!.issue({ notAfter: new Date("2001-01-01") });
      return { ...tls, certFile, keyFile };
    },
  ),
  onTheWay(
    {
      name: "strip-tls",
      does: "The link is reset, and for 2.5 s somebody on the way takes TLS out of every INFO, to read what follows.",
      hold: 2500,
    },
    () => ({ type: "rewrite_info", info: { tls_required: false, tls_available: false } }),
  ),
  onTheWay(
    {
      name: "cut-handshake",
      does: "The link is reset, and those that are made within 300 ms end after 1 to 600 bytes from the client.",
      hold: 300,
    },
    ({ random }) => ({ type: "limit_data", stream: "upstream", bytes: between(random, 1, 600) }),
  ),
  diverted({
    name: "hang-handshake",
    does: "The link is reset; who comes back hears INFO, and nobody answers the handshake, for 1.5 s.",
    group: "tls",
    over: "tls",
    greeting: `INFO ${JSON.stringify({ ...INFO, tls_required: true, tls_available: true })}\r\n`,
  }),
];
