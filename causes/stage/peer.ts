import { createServer, type Server, type Socket } from "node:net";
import { until } from "./until.js";

/** Somebody who has connected to a {@link Peer}. */
export class PeerLink {
  readonly socket: Socket;
  /** Everything that was heard of it. */
  received = "";

  constructor(socket: Socket) {
    this.socket = socket;
    // What ends it is seen by the client, which is asked.
    socket.on("error", () => {});
    socket.on("data", (data) => {
      this.received += data.toString("latin1");
    });
  }

  /** Sends lines, each followed by CR LF. */
  send(...lines: string[]): void {
    this.socket.write(lines.map((line) => `${line}\r\n`).join(""));
  }

  /** Calls back once, as soon as this was heard. */
  once(text: string, then: () => void): void {
    const look = () => {
      if (!this.received.includes(text)) return;
      this.socket.off("data", look);
      then();
    };
    this.socket.on("data", look);
    look();
  }
}

/** An INFO as a server begins with, with some fields changed. */
export function info(change: Record<string, unknown> = {}): string {
  const fields = {
    server_id: "PEER",
    server_name: "peer",
    version: "2.15.0",
    host: "127.0.0.1",
    port: 4222,
    proto: 1,
    headers: true,
    max_payload: 1_048_576,
    client_id: 1,
    ...change,
  };
  return `INFO ${JSON.stringify(fields)}`;
}

/** Greets, and answers PINGs: enough for a client to take it for a server. */
export function speaksNats(link: PeerLink): void {
  link.send(info());
  let seen = 0;
  link.socket.on("data", () => {
    for (let at = next(); at !== -1; at = next()) {
      seen = at + 1;
      link.send("PONG");
    }
  });
  function next(): number {
    return link.received.indexOf("PING\r\n", seen);
  }
}

/** Somebody at a port who does what no nats-server can be brought to do. */
export class Peer implements AsyncDisposable {
  /** `127.0.0.1:PORT`. */
  readonly hostport: string;
  readonly links: PeerLink[] = [];
  readonly #server: Server;

  private constructor(server: Server, hostport: string) {
    this.#server = server;
    this.hostport = hostport;
  }

  /** @param behave called for each client */
  static async start(behave: (link: PeerLink) => void): Promise<Peer> {
    const server = createServer({ noDelay: true });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, "127.0.0.1", resolve);
    });
    const peer = new Peer(server, `127.0.0.1:${(server.address() as { port: number }).port}`);
    server.on("connection", (socket) => {
      const link = new PeerLink(socket);
      peer.links.push(link);
      behave(link);
    });
    return peer;
  }

  get url(): string {
    return `nats://${this.hostport}`;
  }

  /** The newest client, once there is one. */
  async last(): Promise<PeerLink> {
    await until(() => this.links.length > 0, "somebody who connects to the peer");
    return this.links[this.links.length - 1];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { socket } of this.links) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
