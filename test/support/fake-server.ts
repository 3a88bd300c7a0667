import { createServer, type Server, type Socket } from "node:net";
import { freePort, releasePort } from "../../src/testing/launcher/ports.js";

/** One client of a {@link FakeServer}. */
export class FakeLink {
  readonly socket: Socket;
  /** Everything that the client has sent. */
  received = "";

  constructor(socket: Socket) {
    this.socket = socket;
  }

  /** Sends lines, each followed by CR LF. */
  send(...lines: string[]): void {
    this.socket.write(lines.map((line) => `${line}\r\n`).join(""));
  }

  /** How often the client has sent this. */
  times(text: string | RegExp): number {
    return [...this.received.matchAll(new RegExp(text, "g"))].length;
  }
}

/** What a fake server says of itself unless told otherwise. */
export const INFO = {
  server_id: "FAKE",
  server_name: "fake",
  version: "2.15.0",
  go: "go",
  host: "127.0.0.1",
  port: 4222,
  proto: 1,
  headers: true,
  max_payload: 1_048_576,
  client_id: 1,
};

/** INFO with some fields changed, as a line without its end. */
export const infoLine = (change: Record<string, unknown> = {}): string =>
  `INFO ${JSON.stringify({ ...INFO, ...change })}`;

/** A TCP server in this process that does to its clients whatever a test wants. */
export class FakeServer implements AsyncDisposable {
  readonly port: number;
  /** All clients so far, oldest first. */
  readonly links: FakeLink[] = [];
  private readonly server: Server;

  private constructor(server: Server, port: number) {
    this.server = server;
    this.port = port;
  }

  /** @param behave called for each client */
  static async start(behave: (link: FakeLink, number: number) => void): Promise<FakeServer> {
    const port = await freePort("127.0.0.1");
    const server = createServer({ noDelay: true });
    const fake = new FakeServer(server, port);
    server.on("connection", (socket) => {
      const link = new FakeLink(socket);
      socket.on("error", () => {});
      socket.on("data", (data) => {
        link.received += data.toString("latin1");
      });
      behave(link, fake.links.push(link));
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", resolve);
    });
    return fake;
  }

  get url(): string {
    return `nats://${this.hostport}`;
  }

  get hostport(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** The newest client. */
  get last(): FakeLink {
    return this.links[this.links.length - 1];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { socket } of this.links) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
    releasePort(this.port);
  }
}

/**
 * A behaviour that speaks enough of the protocol for a client to connect: INFO, and a PONG for each PING.
 *
 * @param pongs how many PINGs are answered: 2 complete a handshake (CONNECT's, and the one behind the SUBs)
 */
export function speaksNats(info: Record<string, unknown> = {}, pongs = Number.POSITIVE_INFINITY) {
  return (link: FakeLink): void => {
    link.send(infoLine(info));
    let answered = 0;
    let seen = 0;
    link.socket.on("data", () => {
      while (answered < pongs) {
        const at = link.received.indexOf("PING\r\n", seen);
        if (at === -1) return;
        seen = at + 1;
        answered++;
        link.send("PONG");
      }
    });
  };
}

/** A URL at which nobody listens. */
export async function deadUrl(): Promise<string> {
  return `nats://127.0.0.1:${await freePort("127.0.0.1")}`;
}
