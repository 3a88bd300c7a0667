import type { Random } from "../random.js";
import type { Cluster } from "./cluster.js";
import type { DeliveryRules } from "./delivery-rules.js";
import { Receiver } from "./receiver.js";
import type { World } from "./world.js";

/** How likely a message is one that has just been published. */
const AGAIN = 0.05;
const QUEUES = ["q1", "q2", undefined, undefined];

/** What is published beside, where servers are far apart. */
export const FAR_SUBJECTS: readonly string[] = Array.from({ length: 24 }, (_, i) => `far.${i}`);

/** Other clients of a cluster, which publish at each of its servers in turn at a steady pace, and some that listen. */
export class Flows {
  private readonly world: World;
  private readonly cluster: Cluster;
  private readonly luck: Random;
  private readonly every: number;
  private ids = 1_000_000;
  private farIds = 2_000_000;
  private isOver = false;

  /** @param every mean ms between two messages */
  constructor(world: World, cluster: Cluster, rules: DeliveryRules, every: number) {
    this.world = world;
    this.cluster = cluster;
    this.luck = world.random.fork(51);
    this.every = every;
    for (const server of cluster.servers) {
      // Where somebody listens already, messages are on their way to a server before the client is there.
      if (this.luck.chance(0.5)) new Receiver(server, "ext.>").come();
      const queue = this.luck.pick(QUEUES);
      if (queue === undefined) continue;
      const member = rules.listen("ext.>", queue, server);
      new Receiver(server, "ext.>", queue, (mark) => rules.hear(member, mark)).come();
    }
  }

  begin(): void {
    this.world.in(this.every * 2 * this.luck.float(), () => {
      if (this.isOver) return;
      this.publish();
      this.begin();
    });
  }

  end(): void {
    this.isOver = true;
  }

  private publish(): void {
    const { luck, cluster } = this;
    const working = cluster.servers.filter((server) => server.up && !server.frozen);
    if (working.length === 0) return;
    const again = luck.chance(AGAIN) && this.ids > 1_000_000;
    const id = again ? this.ids : ++this.ids;
    // A message is the same in all that it consists of.
    const server = luck.pick(working);
    cluster.publishAt(server, `ext.${id % 3}`, id, 16 + (id % 300));
    if (cluster.routes.conditions.distance === 0) return;
    for (const subject of FAR_SUBJECTS) cluster.publishAt(server, subject, ++this.farIds, 16);
  }
}
