import { now, sleep } from "../demo/clock.js";
import type { FromPublisher, FromWitness, LinkWord } from "./protocol.js";
import type { Node } from "./site.js";

const LOOK_EVERY = 2;

/** Follows what the actors say while a trial goes on. */
export class Watch {
  /** What the client told of its link. */
  readonly words: LinkWord[] = [];
  /** Index of the node of the current link, or of the last one. */
  node = 0;
  /** Messages that the witness has heard. */
  heard = 0;
  heldAtStart = 0;
  heldAtMost = 0;
  readonly #nodes: readonly Node[];
  /** Names of the servers of which the witness hears everything. */
  readonly #ears = new Set<string>();
  /** When the current link came up; undefined while there is none. */
  #since: number | undefined;

  constructor(nodes: readonly Node[]) {
    this.#nodes = nodes;
  }

  /** The first link stands. */
  connected(server: string): void {
    this.#since = now();
    // By the port: one client says "localhost", another "127.0.0.1".
    const port = Number(server.slice(server.lastIndexOf(":") + 1));
    this.node = this.#nodes.findIndex(({ proxy }) => proxy.port === port);
    if (this.node < 0) throw new Error(`the client is connected to ${server}, past the proxies`);
  }

  publisherSaid(message: FromPublisher): void {
    if (message.type === "tick") {
      this.heldAtMost = Math.max(this.heldAtMost, message.held);
      this.heldAtStart ||= message.held;
    } else if (message.type === "link") {
      this.words.push(message);
      if (message.word === "up") this.connected(message.server ?? "");
      else if (message.word !== "failed") this.#since = undefined;
    }
  }

  witnessSaid(message: FromWitness): void {
    if (message.type === "tick") this.heard = message.heard;
    else if (message.type === "ear") this.#ears[message.open ? "add" : "delete"](message.node);
  }

  /** Resolves with true when the link is `age` ms old; false if there is none like that within `patience` ms. */
  untilLinked(age: number, patience: number, signal: AbortSignal): Promise<boolean> {
    return until(() => this.#since !== undefined && now() - this.#since >= age, patience, signal);
  }

  /** Resolves when the witness hears everything that this server passes on. */
  async untilHeard({ server }: Node, patience: number, signal: AbortSignal): Promise<void> {
    if (await until(() => this.#ears.has(server.name), patience, signal)) return;
    throw new Error(`the witness did not come to ${server.name} within ${patience / 1000} s`);
  }

  /** Resolves when the witness hears nothing of this server any more. */
  async untilDeaf({ server }: Node, patience: number, signal: AbortSignal): Promise<void> {
    if (await until(() => !this.#ears.has(server.name), patience, signal)) return;
    throw new Error(`the witness still hears ${server.name}, which is gone`);
  }
}

async function until(condition: () => boolean, patience: number, signal: AbortSignal): Promise<boolean> {
  const end = now() + patience;
  while (!condition()) {
    if (now() > end) return false;
    await sleep(LOOK_EVERY, signal);
  }
  return true;
}
