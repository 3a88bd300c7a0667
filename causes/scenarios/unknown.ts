import { info } from "../stage/peer.js";
import { ofKind } from "./of-kind.js";

/** A server gives a reason that this version does not know. */
export const UNKNOWN = ofKind(
  "unknown",
  {
    name: "unknown-said-by-server",
    does: "a server of the future ends the link with an -ERR that no version has had so far",
    codes: ["SERVER_ERROR"],
    side: "server",
    async play(stage) {
      const server = await stage.server();
      const proxy = await stage.proxy(server);
      const client = await stage.client({ servers: proxy.url });
      await client.works();
      proxy.addToxic({ type: "inject", line: "-ERR 'Phase Of The Moon'", count: 1 });
      client.nc.publish("a");
      client.nc.flush().catch(() => {});
      proxy.addToxic({ type: "timeout", timeout: 100, stream: "upstream" });
      return client.told("disconnect");
    },
  },
  {
    name: "unknown-attempt",
    does: "a server answers CONNECT with such an -ERR",
    codes: ["SERVER_ERROR"],
    side: "server",
    async play(stage) {
      const peer = await stage.peer((link) => {
        link.send(info());
        link.once("CONNECT", () => {
          link.send("-ERR 'Phase Of The Moon'");
          link.socket.end();
        });
      });
      const client = await stage.refused({ servers: peer.url });
      return client.told("attemptFailed");
    },
  },
);
