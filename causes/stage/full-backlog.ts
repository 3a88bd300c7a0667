import { type ChildProcess, spawn } from "node:child_process";
import { connect, type Socket } from "node:net";
import { watched } from "./watched.js";

/** Listens with room for a single connection, and takes none: its event loop stands still for good. */
const LISTENER = `
const server = require("node:net").createServer();
server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
  require("node:fs").writeSync(1, server.address().port + "\\n");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});`;

/** Enough for each backlog that a system makes of 1. */
const MOST = 20;
/** ms in which loopback connects whom it wants to, many times over. */
const AT_ONCE = 500;

/** An address on loopback that swallows SYNs, as a firewall does that drops: the queue of those who wait there is full. */
export class FullBacklog implements Disposable {
  readonly url: string;
  readonly #process: ChildProcess;
  readonly #waiting: Socket[];

  private constructor(process: ChildProcess, port: number, waiting: Socket[]) {
    this.#process = process;
    this.#waiting = waiting;
    this.url = `nats://127.0.0.1:${port}`;
  }

  static async start(): Promise<FullBacklog> {
    const child = watched(
      spawn(process.execPath, ["-e", LISTENER], { stdio: ["ignore", "pipe", "inherit"] }),
    );
    try {
      const port = await new Promise<number>((resolve, reject) => {
        child.stdout.once("data", (text) => resolve(Number(String(text))));
        child.once("error", reject);
        child.once("exit", () => reject(new Error("the listener has ended")));
      });
      const waiting: Socket[] = [];
      for (let i = 0; i < MOST; i++) {
        const socket = connect({ host: "127.0.0.1", port }).on("error", () => {});
        waiting.push(socket);
        if (!(await connects(socket))) return new FullBacklog(child, port, waiting);
      }
      for (const socket of waiting) socket.destroy();
      throw new Error("this system takes connections that no program takes: SYNs cannot be swallowed");
    } catch (error) {
      child.kill("SIGKILL");
      throw error;
    }
  }

  [Symbol.dispose](): void {
    for (const socket of this.#waiting) socket.destroy();
    this.#process.kill("SIGKILL");
  }
}

function connects(socket: Socket): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), AT_ONCE);
    socket.once("connect", () => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}
