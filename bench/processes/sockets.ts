import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import type { Connecting } from "../clients/connect.js";

const CHANNEL = "net.client.socket";

/**
 * Sees every TCP socket that this process connects to one server, whoever makes it: so a link can be cut without the help of the
 * client.
 */
export class Sockets {
  #newest: Socket | undefined;
  #waiting: ((at: number) => void)[] = [];

  /** @param connecting to which server; its `opened` hears how to look away again */
  constructor({ where: { url }, opened }: Connecting) {
    const port = Number(url.slice(url.lastIndexOf(":") + 1));
    const see = (message: unknown) => {
      const { socket } = message as { socket: Socket };
      socket.once("connect", () => {
        if (socket.remotePort !== port) return;
        this.#newest = socket;
        const now = performance.now();
        for (const resolve of this.#waiting.splice(0)) resolve(now);
      });
    };
    subscribe(CHANNEL, see);
    opened?.(async () => void unsubscribe(CHANNEL, see));
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
