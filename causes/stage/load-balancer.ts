import { connect, type Socket } from "node:net";
import { Peer } from "./peer.js";

/** What a {@link loadBalancer} does to links. */
export interface LoadBalancing {
  /** `host:port` of the server behind it; undefined: it has none that is well. */
  readonly target: string | undefined;
  /** ms without a byte after which it ends a link. Default: never. */
  readonly idle?: number;
  /** How it ends one: in order (FIN), as HAProxy does, or not (RST), as those of clouds do. Default `fin`. */
  readonly how?: "fin" | "rst";
  /** Bytes of the server's after which its process is killed: its system ends the link within what was being passed on. Default: never. */
  readonly killedAfter?: number;
}

/** Somebody in the way who passes bytes on, and ends links by rules of its own, without a word. */
export function loadBalancer({ target, idle, how = "fin", killedAfter }: LoadBalancing): Promise<Peer> {
  const end = (socket: Socket) => (how === "fin" ? socket.end() : socket.resetAndDestroy());
  return Peer.start(({ socket: client }) => {
    if (target === undefined) return void end(client);
    const [host, port] = target.split(":");
    const server = connect({ host, port: Number(port), noDelay: true });
    server.on("error", () => client.destroy());
    client.pipe(server).on("error", () => {});
    client.once("close", () => server.destroy());
    if (killedAfter === undefined) server.pipe(client);
    else killed(server, client, killedAfter);
    client.on("error", () => {});
    if (idle === undefined) return;
    let timer: NodeJS.Timeout | undefined;
    const ends = () => {
      end(client);
      server.destroy();
    };
    const rewind = () => {
      clearTimeout(timer);
      timer = setTimeout(ends, idle);
    };
    client.on("data", rewind).once("close", () => clearTimeout(timer));
    server.on("data", rewind);
    rewind();
  });
}

/** Passes bytes on, and then no more: the client gets the last of them, and the end. */
function killed(server: Socket, client: Socket, after: number): void {
  let left = after;
  server.on("data", (bytes) => {
    if (left <= 0) return;
    client.write(bytes.subarray(0, left));
    left -= bytes.length;
    if (left > 0) return;
    client.end();
    server.destroy();
  });
}
