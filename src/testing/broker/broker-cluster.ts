import type { Broker, BrokerHost } from "./broker.js";
import type { Message } from "./message.js";
import type { Match } from "./sublist.js";

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
   * Carries a message to the servers where someone wants it, as far as the one it was published to knows. A queue group that
   * was not served there is served by one of the others, which is chosen now: should it die meanwhile, nobody of the group
   * gets it.
   */
  forward(message: Message, origin: Member): boolean {
    const takers = new Map<Member, Set<string>>();
    const groups = new Map<string, Member[]>();
    for (const server of this.servers) {
      if (server === origin || !server.up || !this.routed(origin, server)) continue;
      const match = this.known(origin, server, message.subject);
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
        if (!server.up) return;
        server.deliver(message, undefined, of);
        for (const queue of of)
          if (message.served?.has(queue) !== true) this.passOn(message, queue, server, origin);
      });
    }
    return takers.size > 0;
  }

  /** A queue group has no member any more where a message for it has arrived: a third server may have one. */
  private passOn(message: Message, queue: string, from: Member, origin: Member): void {
    const others = this.servers.filter(
      (server) =>
        server !== from &&
        server !== origin &&
        server.up &&
        this.routed(from, server) &&
        this.known(from, server, message.subject).groups.has(queue),
    );
    if (others.length === 0) return;
    const chosen = others[Math.floor(this.random() * others.length)];
    this.carry(from, chosen, () => {
      if (chosen.up) chosen.serve(message, undefined, new Set([queue]));
    });
  }

  /** Whether there is a route between two servers. */
  protected routed(_from: Member, _to: Member): boolean {
    return true;
  }

  /** What one server knows of the subscriptions of another. */
  protected known(_by: Member, of: Member, subject: string): Match {
    return of.sublist.match(subject);
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
