import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { connect as connectTls, type PeerCertificate, TLSSocket } from "node:tls";
import type { ClientTls } from "./tls-material.js";

/** A connection to a NATS server without a client: text goes in and comes out as it is on the wire, or beneath TLS. */
export class RawConnection implements Disposable {
  /** The server's first INFO. */
  readonly info: Record<string, unknown>;
  readonly #socket: Socket;
  #received: string;
  #closed = false;
  #wake: () => void = () => {};

  private constructor(socket: Socket, info: string, received: string) {
    this.#socket = socket;
    this.info = JSON.parse(info);
    this.#received = received;
    socket.on("data", (data) => {
      this.#received += data.toString("latin1");
      this.#wake();
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#closed = true;
      this.#wake();
    });
  }

  /**
   * Resolves when the server has sent its INFO. Rejects when the connection is refused, or closed before that.
   *
   * @param tls speaks TLS: at once with `handshakeFirst`, else after the INFO. The server's certificate is verified when
   * there is a `caFile`. Default: plain TCP
   */
  static async open(host: string, port: number, tls?: ClientTls): Promise<RawConnection> {
    const plain = connect({ host, port });
    if (tls?.handshakeFirst) {
      const secure = await handshake(plain, host, tls);
      return new RawConnection(secure, ...(await firstInfo(secure)));
    }
    const [info, rest] = await firstInfo(plain);
    return new RawConnection(tls ? await handshake(plain, host, tls) : plain, info, rest);
  }

  /** The server's certificate; undefined without TLS. */
  get peerCertificate(): PeerCertificate | undefined {
    return this.#socket instanceof TLSSocket ? this.#socket.getPeerCertificate() : undefined;
  }

  /** Sends lines, each followed by CR LF. */
  send(...lines: string[]): void {
    this.#socket.write(lines.map((line) => `${line}\r\n`).join(""), "latin1");
  }

  /** Resolves with the match when what was received since the last match contains it. Rejects when the server closes. */
  async until(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.#received);
      if (match) {
        this.#received = this.#received.slice(match.index + match[0].length);
        return match;
      }
      if (this.#closed) throw new Error(`closed without ${pattern}; received: ${this.#received}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Resolves when the server, or this side, has closed the connection. */
  async closed(): Promise<void> {
    while (!this.#closed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Closes it. */
  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}

/** The text of the first INFO, and what came with it. Leaves the socket without listeners. */
function firstInfo(socket: Socket): Promise<[info: string, rest: string]> {
  return new Promise((resolve, reject) => {
    let received = "";
    const listeners = {
      data(data: Buffer): void {
        received += data.toString("latin1");
        const info = /^INFO (.*)\r\n/.exec(received);
        if (!info) return;
        for (const [name, listener] of Object.entries(listeners)) socket.off(name, listener);
        resolve([info[1], received.slice(info[0].length)]);
      },
      error: reject,
      close: () => reject(new Error("closed without INFO")),
    };
    for (const [name, listener] of Object.entries(listeners)) socket.on(name, listener);
  });
}

function handshake(socket: Socket, host: string, tls: ClientTls): Promise<TLSSocket> {
  const { caFile, certFile, keyFile } = tls;
  const secure = connectTls({
    socket,
    host,
    ca: caFile && readFileSync(caFile),
    cert: certFile && readFileSync(certFile),
    key: keyFile && readFileSync(keyFile),
    rejectUnauthorized: caFile !== undefined,
  });
  return new Promise((resolve, reject) => {
    secure.once("error", (error) => {
      socket.destroy();
      reject(error);
    });
    secure.once("secureConnect", () => {
      secure.removeAllListeners("error");
      resolve(secure);
    });
  });
}
