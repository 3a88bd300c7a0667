import { Child } from "../../demo/child.js";
import { connect } from "../../src/index.js";
import { NatsCluster } from "../../src/testing/cluster.js";
import { FaultProxy } from "../../src/testing/fault-proxy.js";
import { History } from "../../src/testing/history/history.js";
import type { NatsServer } from "../../src/testing/server.js";
import { DATA, ECHO, type FromSubject, numberOf, READY, type ToSubject } from "./protocol.js";

const PATIENCE = 60_000;
/** The least that the server takes. */
const LAME_DUCK = 'lame_duck_grace_period: "100ms", lame_duck_duration: "30s"';

/**
 * What V8 does by itself looks like a slope for hours: the code that it compiles again and again, and the room of the young
 * generation, which it widens by steps of megabytes. So it does neither.
 */
const FLAGS = ["--expose-gc", "--no-opt", "--min-semi-space-size=16", "--max-semi-space-size=16"];

/** A server that the subject uses, and the proxy on the way to it; the faults are for them. */
export interface Victim {
  readonly server: NatsServer;
  readonly proxy: FaultProxy;
}

/** The victim that carries the subject's link. */
export interface Carrier extends Victim {
  /** Links that the subject had lost by then. */
  readonly lost: number;
}

/**
 * Three servers, one of which is spared: the witness is there. The subject, the connection that is watched, is in a process
 * of its own and uses the other two, through proxies.
 */
export class Stage implements AsyncDisposable {
  readonly subject: Child<ToSubject, FromSubject>;
  readonly history: History;
  readonly victims: readonly Victim[];
  readonly #cluster: NatsCluster;
  readonly #witness: AsyncDisposable;
  /** `host:port` of the server that the subject is connected to. */
  #server: string | undefined;
  /** Links that the subject has lost so far. */
  #lost = 0;
  #fenced = 0;
  readonly #reported = new Set<number>();
  readonly #watchers: (() => void)[] = [];

  private constructor(cluster: NatsCluster, victims: Victim[], witness: AsyncDisposable, history: History) {
    this.#cluster = cluster;
    this.victims = victims;
    this.#witness = witness;
    this.history = history;
    this.subject = new Child("subject", new URL("./subject.js", import.meta.url), FLAGS);
    this.subject.on((message) => this.#hear(message));
  }

  /** `seed` is for the luck of the proxies. */
  static async set(seed: number): Promise<Stage> {
    const cluster = await NatsCluster.start({ size: 3, config: LAME_DUCK });
    const victims = await Promise.all(
      cluster.servers.slice(1).map(async (server, index) => {
        const proxy = await FaultProxy.start({ target: server.hostport, seed: seed + index });
        return { server, proxy };
      }),
    );
    const history = new History();
    const witness = await connect({
      servers: cluster.urls[0],
      name: "soak witness",
      ignoreClusterUpdates: true,
    });
    const pendingLimit = { messages: -1, bytes: -1 };
    witness.subscribe(DATA, { pendingLimit, callback: (_, msg) => history.found(numberOf(msg.data)) });
    for (const subject of [READY, ECHO])
      witness.subscribe(subject, { callback: (_, msg) => msg.respond(msg.data) });
    await witness.flush();
    return new Stage(cluster, victims, witness, history);
  }

  /** The subject has fenced everything below `accepted`: what was not reported is confirmed. */
  fenced(accepted: number): void {
    for (; this.#fenced < accepted; this.#fenced++) {
      this.history.accepted(this.#fenced);
      if (!this.#reported.has(this.#fenced)) this.history.confirmed(this.#fenced);
    }
  }

  /** Where the subject is to connect to. */
  get servers(): string[] {
    return this.victims.map(({ proxy }) => proxy.url);
  }

  /** The server that the subject is connected to; rejects when it is to none for a minute. */
  async current(): Promise<Carrier> {
    await this.#until(() => this.#server !== undefined, "the subject to be connected");
    const victim = this.victims.find(({ proxy }) => proxy.hostport === this.#server)!;
    return { ...victim, lost: this.#lost };
  }

  /** Resolves when the subject has lost the link that this one carried. */
  async left({ server, lost }: Carrier): Promise<void> {
    await this.#until(() => this.#lost > lost, `the subject to leave ${server.name}`);
  }

  /** Resolves when all servers run and see each other, and the proxies pass everything on. */
  async heal(): Promise<void> {
    await Promise.all(
      this.victims.map(async ({ server, proxy }) => {
        proxy.removeToxics();
        await proxy.up();
        if (server.stopped) server.cont();
        if (!server.running) await server.restart();
      }),
    );
    await this.#cluster.settled();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.subject.stop();
    await this.#witness[Symbol.asyncDispose]();
    for (const { proxy } of this.victims) await proxy.close();
    await this.#cluster.close();
  }

  #hear(message: FromSubject): void {
    if (message.type === "lost") {
      for (const { id, reason } of message.messages) {
        this.history.reported(id, reason);
        this.#reported.add(id);
      }
    }
    if (message.type !== "link") return;
    this.#server = message.server;
    if (message.server === undefined) this.#lost++;
    for (const watcher of this.#watchers.splice(0)) watcher();
  }

  async #until(condition: () => boolean, what: string): Promise<void> {
    let late: NodeJS.Timeout | undefined;
    const deadline = new Promise<never>((_, reject) => {
      late = setTimeout(() => reject(new Error(`waited a minute for ${what}`)), PATIENCE);
    });
    try {
      while (!condition()) {
        const change = new Promise<void>((resolve) => this.#watchers.push(resolve));
        await Promise.race([change, deadline, this.subject.ended]);
      }
    } finally {
      clearTimeout(late);
    }
  }
}
