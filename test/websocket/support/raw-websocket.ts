import { createHash } from "node:crypto";
import type { FakeLink } from "../../support/fake-server.js";
import { FakeServer, infoLine } from "../../support/fake-server.js";

/** Opcodes of RFC 6455. */
export const Opcode = { more: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** A frame as a server sends it. */
export function frame(
  payload: string | Uint8Array,
  {
    opcode = Opcode.binary,
    fin = true,
    rsv = 0,
    mask = false,
    length = payload.length,
  }: {
    opcode?: number;
    fin?: boolean;
    rsv?: number;
    mask?: boolean;
    /** What the header says, whatever follows. */
    length?: number;
  } = {},
): Buffer {
  const short = length < 126 ? length : length < 65_536 ? 126 : 127;
  const header = Buffer.from([(fin ? 0x80 : 0) | (rsv << 4) | opcode, (mask ? 0x80 : 0) | short]);
  const extended = Buffer.alloc(short === 126 ? 2 : short === 127 ? 8 : 0);
  if (short === 126) extended.writeUInt16BE(length);
  if (short === 127) extended.writeBigUInt64BE(BigInt(length));
  return Buffer.concat([header, extended, Buffer.alloc(mask ? 4 : 0), Buffer.from(payload)]);
}

/** A client of a {@link RawWebSocketServer}, after its upgrade. */
export class RawWebSocket {
  readonly link: FakeLink;
  /** Payloads of the frames that have come in, by opcode. */
  readonly frames: { opcode: number; payload: Buffer; masked: boolean }[] = [];
  private input = Buffer.alloc(0);

  constructor(link: FakeLink) {
    this.link = link;
    link.socket.on("data", (data) => this.read(data));
  }

  /** Everything in binary frames so far. */
  get received(): string {
    const payloads = this.frames.filter(({ opcode }) => opcode <= 2).map(({ payload }) => payload);
    return Buffer.concat(payloads).toString("latin1");
  }

  private read(data: Buffer): void {
    this.input = Buffer.concat([this.input, data]);
    for (;;) {
      const { input } = this;
      if (input.length < 2) return;
      const short = input[1] & 0x7f;
      const masked = (input[1] & 0x80) !== 0;
      const at = 2 + (short === 126 ? 2 : short === 127 ? 8 : 0);
      if (input.length < at + (masked ? 4 : 0)) return;
      const length =
        short === 126 ? input.readUInt16BE(2) : short === 127 ? Number(input.readBigUInt64BE(2)) : short;
      const body = at + (masked ? 4 : 0);
      if (input.length < body + length) return;
      const payload = Buffer.from(input.subarray(body, body + length));
      if (masked) for (let i = 0; i < length; i++) payload[i] ^= input[at + (i & 3)];
      this.input = input.subarray(body + length);
      this.frames.push({ opcode: input[0] & 0x0f, payload, masked });
    }
  }

  /** Sends bytes as they are. */
  write(...pieces: Uint8Array[]): void {
    this.link.socket.write(Buffer.concat(pieces));
  }

  /** Sends lines of NATS in one frame. */
  say(...lines: string[]): void {
    this.write(frame(lines.map((line) => `${line}\r\n`).join("")));
  }
}

/** What answers an upgrade as RFC 6455 says. */
export function agreement(request: string, change: Record<string, string> = {}): string {
  const key = /sec-websocket-key: *(\S+)/i.exec(request)?.[1] ?? "";
  const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  const headers = { Upgrade: "websocket", Connection: "Upgrade", "Sec-WebSocket-Accept": accept, ...change };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 101 Switching Protocols\r\n${lines.join("")}\r\n`;
}

/**
 * A websocket server in this process that sends whatever a test wants.
 *
 * @param behave called for each client after its upgrade
 * @param answer the answer to the upgrade
 */
export function rawWebSocketServer(
  behave: (socket: RawWebSocket, number: number) => void,
  answer: (request: string) => string | Buffer = agreement,
): Promise<FakeServer> {
  return FakeServer.start((link, number) => {
    const upgrade = () => {
      if (!link.received.includes("\r\n\r\n")) return;
      link.socket.off("data", upgrade);
      link.socket.write(answer(link.received));
      behave(new RawWebSocket(link), number);
    };
    link.socket.on("data", upgrade);
  });
}

/** The server's URL. */
export const webUrl = (server: FakeServer): string => `ws://${server.hostport}`;

/** Speaks enough of NATS for a client to connect: INFO, and a PONG for each PING, each in a frame. */
export function speaksNats(socket: RawWebSocket, pongs = Number.POSITIVE_INFINITY): void {
  socket.say(infoLine());
  let answered = 0;
  socket.link.socket.on("data", () => {
    const pings = socket.received.split("PING\r\n").length - 1;
    for (; answered < Math.min(pings, pongs); answered++) socket.say("PONG");
  });
}
