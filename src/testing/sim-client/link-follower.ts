import type { Connection } from "../../client/connection.js";
import type { Peer } from "../sim/peer.js";
import type { Findings } from "./findings.js";
import type { Posts } from "./posts.js";

/** Tells the rules of deliveries which link a connection relies on. */
export function followLinks(nc: Connection, posts: Posts, { guard }: Findings): void {
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
    guard(() => delivery.moved(peer(), overlap, stands));
  });
}

/** The server's end of the link in use. */
export function peerOf({ info }: Connection, peers: readonly Peer[]): Peer | undefined {
  return peers.findLast(({ id, server }) => id === info?.client_id && server.setup.name === info.server_name);
}
