import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { FaultProxy, type FaultProxyOptions, type ProxyLink } from "../../src/testing/fault-proxy.js";
import { freePort, releasePort } from "../../src/testing/launcher/ports.js";
import { until } from "../support/until.js";

/** One end of a link through a proxy, and what it has seen. */
export class RawEnd {
  readonly socket: Socket;
  /** How the stream ended: `fin`, the code of an error, undefined while open. */
  ended: string | undefined;
  private readonly chunks: Buffer[] = [];

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk: Buffer) => this.chunks.push(chunk));
    socket.on("end", () => {
      this.ended ??= "fin";
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      this.ended = error.code ?? error.message;
    });
  }

  /** How many reads it took. */
  get reads(): number {
    return this.chunks.length;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }

  get text(): string {
    return this.bytes.toString("latin1");
  }

  /** Bytes so far. */
  get size(): number {
    return this.chunks.reduce((sum, { length }) => sum + length, 0);
  }

  /** Resolves when so many bytes have come. */
  got(size: number): Promise<void> {
    return until(
      () => this.size >= size,
      () => `${size} bytes; there are ${this.size}`,
    );
  }
}

/** A TCP server that does nothing by itself, a proxy before it, and clients through it. */
export class RawPair implements AsyncDisposable {
  readonly proxy: FaultProxy;
  private readonly server: Server;
  private readonly port: number;
  private readonly accepted: RawEnd[] = [];
  private readonly clients: RawEnd[] = [];

  private constructor(server: Server, port: number, proxy: FaultProxy) {
    this.server = server;
    this.port = port;
    this.proxy = proxy;
    server.on("connection", (socket) => this.accepted.push(new RawEnd(socket)));
  }

  static async start(options: Partial<FaultProxyOptions> = {}): Promise<RawPair> {
    const port = await freePort("127.0.0.1");
    const server = createServer({ noDelay: true, allowHalfOpen: true });
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    const proxy = await FaultProxy.start({ target: `127.0.0.1:${port}`, seed: 1, ...options });
    return new RawPair(server, port, proxy);
  }

  /** A new link: its two ends, and what the proxy says of it. */
  async link(): Promise<{ client: RawEnd; server: RawEnd; link: ProxyLink }> {
    const before = this.accepted.length;
    const { host, port } = this.proxy;
    const client = new RawEnd(connect({ host, port, noDelay: true, allowHalfOpen: true }));
    this.clients.push(client);
    await until(() => this.accepted.length > before, "the link at the server");
    return { client, server: this.accepted[before], link: this.proxy.links.at(-1)! };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy.close();
    for (const { socket } of [...this.clients, ...this.accepted]) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
    releasePort(this.port);
  }
}

/** Bytes that do not repeat in a simple way. */
export function noise(size: number, seed = 1): Buffer {
  const data = Buffer.allocUnsafe(size);
  let state = seed | 1;
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    data[i] = state >>> 24;
  }
  return data;
}
