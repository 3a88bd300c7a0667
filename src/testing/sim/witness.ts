import type { Fate } from "../broker/client-connection.js";
import type { Message } from "../broker/message.js";
import type { Subscription } from "../broker/sublist.js";
import type { Client } from "./client.js";
import type { Peer, Witness } from "./peer.js";
import { isProbe } from "./probe.js";
import { convicts } from "./server-texts.js";
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

  /**
   * The link `epoch` gets the window, with the subscriptions that there are; after a move with those that are on both links.
   */
  restored(epoch: number, moved = false): void {
    const alive = [...this.client.engine.subscriptions.all].filter(
      (entry) =>
        !entry.draining &&
        (!moved || (entry.crossing?.isOnBoth === true && entry.crossing.joined !== undefined)),
    );
    this.restoredSids.set(epoch, new Set(alive.map((entry) => entry.sid)));
  }

  opened(peer: Peer): void {
    this.peers.set(peer.epoch, peer);
  }

  published(peer: Peer, message: Message, fate: Fate): void {
    this.client.spares.spoke(peer.epoch, `PUB ${message.subject}`);
    if (isProbe(message.subject)) return this.client.moves.probed(peer, message.subject);
    if (fate === "taken") this.client.delivery.taken(peer.server, message, 0, peer.wire.over);
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

  accused(peer: Peer, text: string): void {
    this.client.ledger.accusations.accuse(peer.epoch, convicts(text));
  }

  subscribed(peer: Peer, sub: Pick<Subscription, "subject" | "queue">, sid: number): void {
    this.client.spares.spoke(peer.epoch, `SUB ${sub.subject}`);
    const subscriber = this.client.subscribers.get(sid);
    this.client.delivery.subscribed(peer, subscriber?.listener);
    if (subscriber === undefined)
      return demand(sub.subject.startsWith("_INBOX."), "subscribe", () => `${sid}`);
    demand(
      subscriber.subject === sub.subject && subscriber.queue === sub.queue,
      "subscribe",
      () => `${subscriber}: SUB ${sub.subject}`,
    );
    const { goneWith } = subscriber;
    demand(
      goneWith === undefined || this.client.turns.of(peer.epoch) <= goneWith,
      "resubscribed",
      () => `${subscriber} on link ${peer.epoch}`,
    );
  }
}
