import { connect, type Socket } from "node:net";

/** A connection to a NATS server without a client: text goes in and comes out as it is on the wire. */
export class RawConnection implements Disposable {
  /** The server's first INFO. */
  readonly info: Record<string, unknown>;
  readonly #socket: Socket;
  #received = "";
  #closed = false;
  #wake: () => void = () => {};

  private constructor(socket: Socket, info: string, received: string) {
    this.#socket = socket;
    this.info = JSON.parse(info);
    this.#received = received;
    socket.on("data", (text) => {
      this.#received += text;
      this.#wake();
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#closed = true;
      this.#wake();
    });
  }

  /** Resolves when the server has sent its INFO. Rejects when the connection is refused, or closed before that. */
  static open(host: string, port: number): Promise<RawConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port });
      let received = "";
      const onData = (text: string): void => {
        received += text;
        const info = /^INFO (.*)\r\n/.exec(received);
        if (!info) return;
        socket.removeAllListeners();
        resolve(new RawConnection(socket, info[1], received.slice(info[0].length)));
      };
      socket.setEncoding("latin1");
      socket.on("error", reject);
      socket.on("close", () => reject(new Error("closed without INFO")));
      socket.on("data", onData);
    });
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
