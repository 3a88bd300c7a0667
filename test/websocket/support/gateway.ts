import { createServer, type IncomingMessage, type Server } from "node:http";
import { connect, type Socket } from "node:net";
import { freePort, releasePort } from "../../../src/testing/launcher/ports.js";

/** What a gateway says to a request to upgrade: nothing (it lets it through), or the status line of its answer. */
export type Verdict = string | undefined;

/** An HTTP gateway in front of a websocket server: it looks at the request, and lets it through or not. */
export class Gateway implements AsyncDisposable {
  readonly port: number;
  /** The requests so far. */
  readonly requests: IncomingMessage[] = [];
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  private constructor(port: number, target: string, judge: (request: IncomingMessage) => Verdict) {
    this.port = port;
    this.server = createServer();
    this.server.on("upgrade", (request, socket: Socket, head) => {
      this.requests.push(request);
      socket.on("error", () => {});
      const verdict = judge(request);
      if (verdict !== undefined) {
        socket.end(`HTTP/1.1 ${verdict}\r\nContent-Length: 5\r\nConnection: close\r\n\r\nS3CRE`);
        return;
      }
      const { hostname, port } = new URL(target);
      const upstream = connect({ host: hostname, port: Number(port) });
      const headers = request.rawHeaders.flatMap((text, i) => (i % 2 === 0 ? [`${text}: `] : [text, "\r\n"]));
      upstream.write(`GET / HTTP/1.1\r\n${headers.join("")}\r\n`);
      upstream.write(head);
      socket.pipe(upstream).pipe(socket);
      for (const [one, other] of [
        [socket, upstream],
        [upstream, socket],
      ]) {
        this.sockets.add(one);
        one.on("error", () => {}).on("close", () => other.destroy());
      }
    });
  }

  /**
   * @param target URL of the websocket server
   * @param judge asked for each request
   */
  static async start(
    target: string,
    judge: (request: IncomingMessage) => Verdict = () => undefined,
  ): Promise<Gateway> {
    const gateway = new Gateway(await freePort("127.0.0.1"), target, judge);
    await new Promise<void>((resolve) => gateway.server.listen(gateway.port, "127.0.0.1", resolve));
    return gateway;
  }

  /** `ws://127.0.0.1:PORT`. */
  get url(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    releasePort(this.port);
  }
}
