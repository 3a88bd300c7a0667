import type { Client } from "./client.js";
import type { Routed, ServerSub } from "./interest.js";
import type { Fate, Peer, Witness } from "./peer.js";
import { demand } from "./violation.js";

/** Hears what servers take from the client, and checks it against what the client has given. */
export class ClientWitness implements Witness {
  private readonly client: Client;
  readonly peers = new Map<number, Peer>();
  /** Subscriptions that a link must carry before the first publish, by link. */
  private readonly restoredSids = new Map<number, Set<number>>();

  constructor(client: Client) {
    this.client = client;
  }

  /** The link `epoch` gets the window, with the subscriptions that there are. */
  restored(epoch: number): void {
    const alive = [...this.client.engine.subscriptions.all].filter((entry) => !entry.draining);
    this.restoredSids.set(epoch, new Set(alive.map((entry) => entry.sid)));
  }

  opened(peer: Peer): void {
    this.peers.set(peer.epoch, peer);
  }

  published(peer: Peer, message: Routed, fate: Fate): void {
    const expected = this.restoredSids.get(peer.epoch);
    if (expected !== undefined) {
      this.restoredSids.delete(peer.epoch);
      for (const sid of expected) {
        demand(
          peer.seen.has(sid),
          "subs-first",
          () => `a publish came before SUB ${sid} on link ${peer.epoch}`,
        );
      }
    }
    this.client.ledger.published(peer.epoch, message, fate);
  }

  accused(peer: Peer): void {
    this.client.ledger.accused.add(peer.epoch);
  }

  subscribed(peer: Peer, sub: ServerSub): void {
    if (sub.subject.startsWith("_INBOX.")) return;
    const subscriber = this.client.subscribers.get(sub.sid)!;
    demand(
      subscriber.subject === sub.subject && subscriber.queue === sub.queue,
      "subscribe",
      () => `${subscriber}: SUB ${sub.subject}`,
    );
    const { goneWith } = subscriber;
    demand(
      goneWith === undefined || peer.epoch <= goneWith,
      "resubscribed",
      () => `${subscriber} on link ${peer.epoch}`,
    );
  }
}
