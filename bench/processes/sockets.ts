import { subscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";

/**
 * Sees every TCP socket that this process connects to one server, whoever makes it: so a link can be cut without the help of the
 * client.
 */
export class Sockets {
  #newest: Socket | undefined;
  #waiting: ((at: number) => void)[] = [];

  /** @param url of the server, with its port at the end */
  constructor(url: string) {
    const port = Number(url.slice(url.lastIndexOf(":") + 1));
    subscribe("net.client.socket", (message) => {
      const { socket } = message as { socket: Socket };
      socket.once("connect", () => {
        if (socket.remotePort !== port) return;
        this.#newest = socket;
        const now = performance.now();
        for (const resolve of this.#waiting.splice(0)) resolve(now);
      });
    });
  }

  /** Ends the newest one, as a network that fails does. */
  cut(): void {
    if (this.#newest === undefined) throw new Error("the client has made no TCP socket that could be seen");
    this.#newest.destroy(Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }));
  }

  /** Resolves with the time at which the next one is connected. */
  connected(): Promise<number> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
