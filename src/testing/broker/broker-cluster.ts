import type { Broker, BrokerHost } from "./broker.js";
import type { Message } from "./message.js";

/** Servers that know each other, and carry to each other what is published. */
export class BrokerCluster<Member extends Broker = Broker> implements BrokerHost {
  /** In the order in which they were made; one that is down stays in its place. */
  readonly servers: Member[] = [];
  readonly random: () => number;
  /** Servers tell the addresses of all that are up. */
  gossip = true;

  constructor(random: () => number) {
    this.random = random;
  }

  urls(): string[] {
    return this.gossip ? this.servers.filter((server) => server.up).map((server) => server.address) : [];
  }

  /**
   * Carries a message to the servers where someone wants it. A queue group that was not served where the message came
   * from is served by one of the others, which is chosen now: should it die meanwhile, nobody of the group gets it.
   */
  forward(message: Message, origin: Member): boolean {
    const takers = new Map<Member, Set<string>>();
    const groups = new Map<string, Member[]>();
    for (const server of this.servers) {
      if (server === origin || !server.up || !this.routed(origin, server)) continue;
      const match = server.sublist.match(message.subject);
      if (match.plain.length > 0) takers.set(server, new Set());
      for (const queue of match.groups.keys()) {
        if (message.served?.has(queue) === true) continue;
        const members = groups.get(queue);
        if (members === undefined) groups.set(queue, [server]);
        else members.push(server);
      }
    }
    for (const [queue, members] of groups) {
      const chosen = members[Math.floor(this.random() * members.length)];
      const of = takers.get(chosen);
      if (of === undefined) takers.set(chosen, new Set([queue]));
      else of.add(queue);
    }
    for (const [server, of] of takers) {
      this.carry(origin, server, () => {
        if (server.up) server.deliver(message, undefined, of);
      });
    }
    return takers.size > 0;
  }

  /** Whether there is a route between two servers. */
  protected routed(_from: Member, _to: Member): boolean {
    return true;
  }

  /** Takes a message from one server to another, in order: calls `arrive`, now or later. */
  protected carry(_from: Member, _to: Member, arrive: () => void): void {
    arrive();
  }

  /** After a while all clients are told which servers there are. */
  announce(): void {
    for (const server of this.servers) if (server.up) server.announce();
  }
}
