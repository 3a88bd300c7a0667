import { setTimeout as sleep } from "node:timers/promises";
import { NatsCluster } from "../../src/testing/cluster.js";
import type { NatsServer } from "../../src/testing/server.js";
import { versionOf } from "../clients/raw-link.js";
import { Child } from "../processes/child.js";
import type { ActorJob, FromActor } from "./messages.js";
import { Observer } from "./observer.js";

const PATIENCE_MS = 10_000;
/** ms for a process to start and connect, which is not measured. */
const START_MS = 40_000;
/** What was published in the very instant of the kill may still pass through the dying server. */
const GRACE_NS = 1_000_000n;
const ACTOR = new URL("actor.js", import.meta.url);

/** A three-node cluster on which one client at a time loses its server. */
export class RecoveryGround implements AsyncDisposable {
  readonly #cluster: NatsCluster;
  readonly #node: string | undefined;

  private constructor(cluster: NatsCluster, node: string | undefined) {
    this.#cluster = cluster;
    this.#node = node;
  }

  /** What its servers are. */
  serverVersion(): Promise<string> {
    return versionOf(this.#cluster.urls[0]);
  }

  /** @param node the executable of the Node that the clients run on; default: this one */
  static async open(node?: string): Promise<RecoveryGround> {
    return new RecoveryGround(await NatsCluster.start(), node);
  }

  /**
   * Connects a client in a fresh process, kills its server, and resolves with the ms until it works again: until the
   * first message that was published after the kill reaches a subscriber on another node. That subscriber is a raw socket
   * in this process, which kills as well, so that begin and end are read from one clock. Infinity after 10 s.
   *
   * @param of how long the link has been up then, ms
   * @param round decides which node is killed, and which one watches
   * @param between URLs that the client is to try before those of the nodes that live
   */
  async kill(
    of: { readonly linkAge: number },
    client: ActorJob["client"],
    round: number,
    between: readonly string[] = [],
  ): Promise<number> {
    const { servers } = this.#cluster;
    const [victim, next, watched] = [0, 1, 2].map((at) => servers[(round + at) % servers.length]);
    using observer = await Observer.open(watched.url);
    const job: ActorJob = { client, servers: [victim.url, ...between, next.url, watched.url] };
    const actor = new Child<FromActor>(client, ACTOR, job, { path: this.#node });
    try {
      await actor.next("connected", START_MS);
      const age = sleep(of.linkAge);
      await observer.firstAfter(0n);
      await age;
      return await timeToRecover(victim, observer);
    } finally {
      await actor.stop();
      await victim.restart();
      await this.#cluster.settled();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#cluster.close();
  }
}

async function timeToRecover(victim: NatsServer, observer: Observer): Promise<number> {
  const killedAt = process.hrtime.bigint();
  const gone = victim.kill();
  const waiting = new AbortController();
  const late = sleep(PATIENCE_MS, Number.POSITIVE_INFINITY, { signal: waiting.signal });
  late.catch(() => {}); // not needed any more
  const heard = observer
    .firstAfter(killedAt + GRACE_NS)
    .then(() => Number(process.hrtime.bigint() - killedAt) / 1e6);
  try {
    return await Promise.race([heard, late]);
  } finally {
    waiting.abort();
    await gone;
  }
}
