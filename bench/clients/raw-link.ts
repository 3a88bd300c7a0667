import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** A socket that has shaken hands with a NATS server, and nothing else: whoever holds it reads and writes bytes. */
export class RawLink {
  readonly socket: Socket;
  readonly serverVersion: string;

  private constructor(socket: Socket, serverVersion: string) {
    this.socket = socket;
    this.serverVersion = serverVersion;
  }

  /** @param server `nats://HOST:PORT` */
  static async open(server: string): Promise<RawLink> {
    const { hostname, port } = new URL(server);
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    const info = await heard(socket, /^INFO (.*)\r\n/);
    socket.write('CONNECT {"verbose":false,"pedantic":false,"lang":"raw","version":"0"}\r\nPING\r\n');
    await heard(socket, /PONG\r\n/);
    return new RawLink(socket, JSON.parse(info[1]).version);
  }

  /** Resolves when the server has taken everything written so far. Only while nobody else reads. */
  async confirmed(): Promise<void> {
    this.socket.write("PING\r\n");
    await heard(this.socket, /PONG\r\n/);
  }

  /** Resolves when the socket can take more. */
  async drained(): Promise<void> {
    await once(this.socket, "drain");
  }
}

async function heard(socket: Socket, pattern: RegExp): Promise<RegExpExecArray> {
  let text = "";
  for (;;) {
    const [bytes] = await once(socket, "data");
    text += bytes.toString("latin1");
    const match = pattern.exec(text);
    if (match) return match;
  }
}

/** The version that a server names. */
export async function versionOf(server: string): Promise<string> {
  const link = await RawLink.open(server);
  link.socket.destroy();
  return link.serverVersion;
}
