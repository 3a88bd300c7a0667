import { subscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import type { Socket } from "node:net";

/** Sees every TCP socket that this process connects, whoever makes it: so a link can be cut without the help of the client. */
export class Sockets {
  #newest: Socket | undefined;
  #waiting: ((socket: Socket) => void)[] = [];

  constructor() {
    subscribe("net.client.socket", (message) => {
      const { socket } = message as { socket: Socket };
      this.#newest = socket;
      for (const resolve of this.#waiting.splice(0)) resolve(socket);
    });
  }

  /** Ends the newest one, as a network that fails does. */
  cut(): void {
    if (this.#newest === undefined) throw new Error("the client has made no TCP socket that could be seen");
    this.#newest.destroy(Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }));
  }

  /** Resolves with the time at which the next one is connected. */
  async connected(): Promise<number> {
    const socket = await new Promise<Socket>((resolve) => this.#waiting.push(resolve));
    await once(socket, "connect");
    return performance.now();
  }
}
