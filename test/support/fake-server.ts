import { createServer, type Server, type Socket } from "node:net";
import { freePort, releasePort } from "../../src/testing/launcher/ports.js";

/** One client of a {@link FakeServer}. */
export class FakeLink {
  readonly socket: Socket;
  /** All clients of its server, where there is one. */
  readonly siblings: readonly FakeLink[];
  /** Everything that the client has sent. */
  received = "";

  constructor(socket: Socket, siblings: readonly FakeLink[] = []) {
    this.socket = socket;
    this.siblings = siblings;
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

  /**
   * @param behave called for each client
   * @param at another address of this host, and the port of a server that listens at its own
   */
  static async start(
    behave: (link: FakeLink, number: number) => void,
    at: { host: string; port: number } | undefined = undefined,
  ): Promise<FakeServer> {
    const { host, port } = at ?? { host: "127.0.0.1", port: await freePort("127.0.0.1") };
    const server = createServer({ noDelay: true });
    const fake = new FakeServer(server, port);
    server.on("connection", (socket) => {
      const link = new FakeLink(socket, fake.links);
      socket.on("error", () => {});
      socket.on("data", (data) => {
        link.received += data.toString("latin1");
      });
      behave(link, fake.links.push(link));
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, host, resolve);
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
 * A behaviour that speaks enough of the protocol for a client to connect and to move: INFO, a PONG for each PING, and what a
 * move sends to itself from its old link to the new one.
 *
 * @param pongs how many PINGs are answered: 2 complete a handshake (CONNECT's, and the one behind the SUBs)
 */
export function speaksNats(info: Record<string, unknown> = {}, pongs = Number.POSITIVE_INFINITY) {
  return (link: FakeLink): void => {
    link.send(infoLine(info));
    let answered = 0;
    let seen = 0;
    let probed = 0;
    link.socket.on("data", () => {
      for (let probe = nextProbe(link, probed); probe !== undefined; probe = nextProbe(link, probed)) {
        probed = probe.end;
        for (const other of link.siblings) {
          if (other.received.includes(`SUB ${probe.subject}.* 0\r\n`))
            other.send(`MSG ${probe.subject}.1 0 0\r\n`);
        }
      }
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

/** What a client has published to its own probe, behind `from`. */
function nextProbe({ received }: FakeLink, from: number): { subject: string; end: number } | undefined {
  const at = received.indexOf("PUB _INBOX.", from);
  if (at === -1) return undefined;
  const match = /^PUB (\S+\.probe\.\d+)\.\d+ 0\r\n/.exec(received.slice(at, at + 200));
  return match === null ? undefined : { subject: match[1], end: at + match[0].length };
}

/** A URL at which nobody listens. */
export async function deadUrl(): Promise<string> {
  return `nats://127.0.0.1:${await freePort("127.0.0.1")}`;
}
