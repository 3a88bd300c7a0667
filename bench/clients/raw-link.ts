import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as secure } from "node:tls";
import type { Where } from "./client.js";

/** A socket that has shaken hands with a NATS server, and nothing else: whoever holds it reads and writes bytes. */
export class RawLink {
  readonly socket: Socket;
  readonly serverVersion: string;

  private constructor(socket: Socket, serverVersion: string) {
    this.socket = socket;
    this.serverVersion = serverVersion;
  }

  static async open({ url, ca }: Where): Promise<RawLink> {
    const { hostname, port } = new URL(url);
    const plain = connect({ host: hostname, port: Number(port), noDelay: true });
    const info = await heard(plain, /^INFO (.*)\r\n/);
    const socket = ca === undefined ? plain : await encrypted(plain, ca, hostname);
    socket.write(
      'CONNECT {"verbose":false,"pedantic":false,"headers":true,"lang":"raw","version":"0"}\r\nPING\r\n',
    );
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

async function encrypted(socket: Socket, ca: string, host: string): Promise<Socket> {
  const over = secure({ socket, ca, host });
  await once(over, "secureConnect");
  return over;
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
export async function versionOf(url: string): Promise<string> {
  const link = await RawLink.open({ url });
  link.socket.destroy();
  return link.serverVersion;
}
