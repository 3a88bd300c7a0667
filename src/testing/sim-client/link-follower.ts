import type { Connection } from "../../client/connection.js";
import type { Peer } from "../sim/peer.js";
import type { Findings } from "./findings.js";
import type { Posts } from "./posts.js";

/** ms within which every server knows of a subscription. */
const SAFE_SETTLE = 25;

/** Tells the rules of deliveries which link a connection relies on. `settle`: ms for which two links stand in a move. */
export function followLinks(nc: Connection, posts: Posts, settle: number, { guard }: Findings): void {
  const { delivery, listeners } = posts;
  const peer = () => peerOf(nc, posts.peers);
  if (nc.state === "connected") delivery.up(peer());
  nc.on("connect", () => delivery.up(peer()));
  nc.on("reconnect", () => delivery.up(peer()));
  nc.on("disconnect", () => delivery.down());
  const stands = (sid: number) => {
    const listener = listeners.get(sid);
    return listener !== undefined && listener.endedAt === undefined;
  };
  nc.on("move", ({ overlap }) => {
    guard(() => delivery.moved(peer(), overlap, settle >= SAFE_SETTLE, stands));
  });
}

/** The server's end of the link in use. */
function peerOf({ info }: Connection, peers: readonly Peer[]): Peer | undefined {
  return peers.findLast(({ id, server }) => id === info?.client_id && server.setup.name === info.server_name);
}
