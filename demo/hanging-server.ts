import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { sleep } from "./clock.js";

/** The port of a process that was just killed may not be free at once. */
const TRY_AGAIN = 5;
const ATTEMPTS = 100;

/**
 * A server of the worst kind: it accepts every connection and never says a word, or nothing after its greeting. To a client it
 * looks like a machine that is overloaded, or a load balancer with nothing behind it.
 */
export class HangingServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Connections accepted so far. */
  accepted = 0;

  private constructor(greeting: string) {
    this.#server = createServer((socket) => {
      this.accepted++;
      if (greeting !== "") socket.write(greeting);
      this.#sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => this.#sockets.delete(socket));
      // What comes in is read and forgotten, or else the end of the connection would not be seen.
      socket.resume();
    });
  }

  /** Resolves when it accepts connections; rejects when the port does not become free, or the signal is aborted. */
  static async listen(
    host: string,
    port: number,
    signal?: AbortSignal,
    greeting = "",
  ): Promise<HangingServer> {
    const hanging = new HangingServer(greeting);
    for (let attempt = 1; ; attempt++) {
      try {
        hanging.#server.listen({ host, port, exclusive: true });
        await once(hanging.#server, "listening");
        return hanging;
      } catch (error) {
        if (attempt === ATTEMPTS || (error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
        await sleep(TRY_AGAIN, signal);
      }
    }
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  /** Cuts everybody off and frees the port. */
  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.resetAndDestroy();
    await closed;
  }
}
