import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort, releasePort } from "../../src/testing/launcher/ports.js";

/** What goes through at once on a link with a limit. */
const SLICE = 8 * 1024;

/** One client of a {@link TcpProxy}, and its way to the server. */
export interface ProxyLink {
  readonly client: Socket;
  readonly server: Socket;
  /** How the client's side ended: the system's code of a reset, `""` for an orderly end; undefined while open. */
  ended: string | undefined;
}

/**
 * A TCP proxy in front of a server, in this process. It can do to a link what a network does: freeze it (nothing is
 * read any more, the kernel's buffers fill up), swallow what it carries (it is acknowledged and lost), slow it down,
 * cut it. All of it holds for links that are made meanwhile, too.
 */
export class TcpProxy implements AsyncDisposable {
  readonly port: number;
  readonly hostport: string;
  readonly url: string;
  /** All links so far, oldest first. */
  readonly links: ProxyLink[] = [];
  /** Bytes of clients that went through per second. */
  bytesPerSecond = Number.POSITIVE_INFINITY;
  private readonly listener: Server;
  private readonly target: number;
  private swallowing = false;
  /** Settles at the thaw. */
  private thawed: Promise<void> | undefined;
  private resolveThawed: () => void = () => {};

  private constructor(listener: Server, port: number, target: number) {
    this.listener = listener;
    this.port = port;
    this.target = target;
    this.hostport = `127.0.0.1:${port}`;
    this.url = `nats://${this.hostport}`;
  }

  /** @param target port of the server on 127.0.0.1 */
  static async start(target: number): Promise<TcpProxy> {
    const port = await freePort("127.0.0.1");
    const listener = createServer({ noDelay: true });
    const proxy = new TcpProxy(listener, port, target);
    listener.on("connection", (client) => proxy.accept(client));
    listener.listen(port, "127.0.0.1");
    await once(listener, "listening");
    return proxy;
  }

  /** The newest link. */
  get last(): ProxyLink {
    return this.links[this.links.length - 1];
  }

  /** From now on nothing is read, from neither side. */
  freeze(): void {
    this.thawed ??= new Promise((resolve) => {
      this.resolveThawed = resolve;
    });
  }

  /** Goes on after {@link freeze} where it had stopped. */
  thaw(): void {
    this.thawed = undefined;
    this.resolveThawed();
  }

  /** From now on everything is read and nothing goes through, in neither direction. */
  swallow(): void {
    this.swallowing = true;
  }

  /** Resets all links, on both sides. */
  cut(): void {
    for (const { client, server } of this.links) {
      client.resetAndDestroy();
      server.resetAndDestroy();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.listener.close(resolve));
    for (const { client, server } of this.links) {
      client.destroy();
      server.destroy();
    }
    this.thaw();
    await closed;
    releasePort(this.port);
  }

  private accept(client: Socket): void {
    const server = connect({ host: "127.0.0.1", port: this.target, noDelay: true });
    const link: ProxyLink = { client, server, ended: undefined };
    this.links.push(link);
    client.on("error", (error: NodeJS.ErrnoException) => {
      link.ended = error.code ?? error.message;
    });
    client.on("close", () => {
      link.ended ??= "";
      server.destroy();
    });
    server.on("error", () => {});
    server.on("close", () => client.destroy());
    this.carry(client, server, () => this.bytesPerSecond).catch(() => {});
    this.carry(server, client, () => Number.POSITIVE_INFINITY).catch(() => {});
  }

  private async carry(from: Socket, to: Socket, limit: () => number): Promise<void> {
    for await (const data of from as AsyncIterable<Buffer>) {
      for (let at = 0; at < data.length; at += SLICE) {
        await this.thawed;
        if (this.swallowing) break;
        const slice = data.subarray(at, at + SLICE);
        if (limit() !== Number.POSITIVE_INFINITY) await sleep((slice.length / limit()) * 1000);
        if (!to.write(slice)) await once(to, "drain");
      }
    }
    to.end();
  }
}
