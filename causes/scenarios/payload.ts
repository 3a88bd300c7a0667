import type { Scenario } from "../scenario.js";
import { until } from "../stage/until.js";
import { ofKind } from "./of-kind.js";

const LARGE = new Uint8Array(200_000);
/**
 * Little enough for a server to read it together with what is before it: of more it leaves bytes unread when it closes, and the RST
 * for them overtakes its -ERR in a proxy.
 */
const OVER = new Uint8Array(200);
const TINY = 100;
const SMALL = 10_000;

/** A reload lowers max_payload while the client has the link full of large messages, and has not heard of it. */
function lowered(name: string, does: string, websocket: boolean): Omit<Scenario, "kind"> {
  return {
    name,
    does,
    codes: ["MAX_PAYLOAD_EXCEEDED"],
    side: "client",
    async play(stage) {
      const server = await stage.server({ websocket });
      const client = await stage.client({ servers: websocket ? server.wsUrl! : server.url });
      await client.works();
      let busy = true;
      const publish = async () => {
        while (busy) {
          if (client.nc.publish("a", LARGE) === false) await client.nc.writable();
        }
      };
      // Ends with the disconnect at the latest: what is too large is refused at the call from then on.
      const publishing = publish().catch(() => {});
      try {
        await until(() => client.nc.stats().confirmed > 20, "traffic");
        await server.reload({ maxPayload: SMALL });
        return await client.told("disconnect");
      } finally {
        busy = false;
        await publishing;
      }
    },
  };
}

/** A message that is larger than the server takes. */
export const PAYLOAD = ofKind(
  "payload",
  lowered("payload-lowered", "a reload lowers max_payload while large messages are on their way", false),
  lowered("payload-lowered-websocket", "the same over a websocket", true),
  {
    name: "payload-info-lost",
    does: "the INFO with the lower max_payload gets lost",
    codes: ["MAX_PAYLOAD_EXCEEDED"],
    side: "client",
    async play(stage) {
      const server = await stage.server();
      const proxy = await stage.proxy(server);
      const client = await stage.client({ servers: proxy.url });
      await client.works();
      proxy.addToxic({ type: "drop_line", verb: "INFO", stream: "downstream", count: 1 });
      await server.reload({ maxPayload: TINY });
      client.nc.publish("a", OVER);
      return client.told("disconnect");
    },
  },
  {
    name: "payload-info-wrong",
    does: "a gateway in the way promises a larger max_payload than the server behind it has",
    codes: ["MAX_PAYLOAD_EXCEEDED"],
    side: "operator",
    async play(stage) {
      const server = await stage.server({ maxPayload: TINY });
      const proxy = await stage.proxy(server);
      proxy.addToxic({ type: "rewrite_info", info: { max_payload: 1_048_576 } });
      const client = await stage.client({ servers: proxy.url });
      await client.works();
      client.nc.publish("a", OVER);
      return client.told("disconnect");
    },
  },
);
