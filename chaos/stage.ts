import { now, sleep } from "../demo/clock.js";
import { HangingServer } from "../demo/hanging-server.js";
import type { Random } from "../demo/random.js";
import type { FaultProxy } from "../src/testing/fault-proxy.js";
import type { NatsServerTls } from "../src/testing/server.js";
import type { Node, Site } from "./site.js";

/** The process with the client under test. */
export interface PublisherHandle {
  signal(name: NodeJS.Signals): void;
  /** Keeps its event loop busy for so many ms. */
  block(ms: number): void;
}

/** What a stage is set up with. */
export interface StageSetup {
  readonly site: Site;
  readonly publisher: PublisherHandle;
  readonly random: Random;
  readonly signal: AbortSignal;
  /** Index of the node on which the publisher is, or was last. */
  readonly publisherNode: () => number;
  /** Resolves when the publisher says that its link stands. */
  readonly linked: () => Promise<void>;
  /** Resolves when the witness hears everything that the node passes on. */
  readonly heard: (node: Node) => Promise<void>;
  /** Resolves when the witness knows that the server is gone, and has read all that it had passed on. */
  readonly deaf: (node: Node) => Promise<void>;
}

/** What faults act upon. */
export class Stage {
  readonly nodes: readonly Node[];
  readonly publisher: PublisherHandle;
  readonly random: Random;
  readonly signal: AbortSignal;
  /** When servers were killed: what one had in its hands may have died with it. */
  readonly kills: number[] = [];
  readonly #setup: StageSetup;

  constructor(setup: StageSetup) {
    this.#setup = setup;
    this.nodes = setup.site.nodes;
    this.publisher = setup.publisher;
    this.random = setup.random;
    this.signal = setup.signal;
  }

  /** The way between the two servers; none where there is one server. */
  get route(): FaultProxy | undefined {
    return this.#setup.site.route;
  }

  /** How the servers do TLS; undefined where they do not. */
  get tls(): NatsServerTls | undefined {
    return this.#setup.site.tls;
  }

  /** Where the publisher is, or was last. */
  get node(): Node {
    return this.nodes[Math.max(0, this.#setup.publisherNode())];
  }

  /** Resolves when the publisher has a link, or will not have one for long. */
  linked(): Promise<void> {
    return this.#setup.linked();
  }

  sleep(ms: number): Promise<void> {
    return sleep(ms, this.signal);
  }

  /** A server is about to be killed. */
  noteKill(): void {
    this.kills.push(now());
  }

  /** Kills the server's process; the proxy goes on. */
  async kill({ server }: Node): Promise<void> {
    this.noteKill();
    await server.kill();
  }

  /** Ends the server; nobody listens behind the proxy's address from then on, as nobody would without the proxy. */
  async end(node: Node, how: "kill" | "term"): Promise<void> {
    this.noteKill();
    await node.server[how]();
    node.proxy.down();
    await this.#setup.deaf(node);
  }

  /**
   * Starts it again. The witness is there first: what a server passes on while nobody listens leaves no trace, and could
   * not be judged.
   */
  async revive(node: Node): Promise<void> {
    await node.server.restart();
    await this.#setup.heard(node);
    this.signal.throwIfAborted();
    await node.proxy.up();
  }

  /** Has the proxy lead to a server that says `greeting` and nothing more; resolves with what undoes that. */
  async divert({ server, proxy }: Node, greeting = ""): Promise<() => Promise<void>> {
    const hanging = await HangingServer.listen(server.host, 0, this.signal, greeting);
    proxy.setTarget(`${server.host}:${hanging.port}`);
    proxy.reset();
    return async () => {
      proxy.setTarget(server.hostport);
      await hanging.close();
    };
  }
}
