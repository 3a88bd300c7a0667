import type { Connection, HoldfastSubscription } from "../../index.js";

/** Below so many episodes, those that are over are left alone until somebody asks. */
const FEW = 64;

const trackers = new WeakMap<Connection, SlowConsumers>();

/** Which subscriptions of a connection drop messages, from the first look on. It costs nothing per message. */
export class SlowConsumers {
  /** The most messages that were seen to wait in an episode: about what the subscription bears. */
  private readonly dropping = new Map<HoldfastSubscription, number>();
  /** What they had dropped when they were looked at last. */
  private readonly seen = new WeakMap<HoldfastSubscription, number>();
  private room = FEW;

  /** The one of this connection: it listens once, however many handlers there are. */
  static of(nc: Connection): SlowConsumers {
    let found = trackers.get(nc);
    if (found === undefined) {
      found = new SlowConsumers();
      trackers.set(nc, found);
      nc.on("slowConsumer", ({ subscription, pending, dropped }) =>
        found!.told(subscription, pending, dropped),
      );
    }
    return found;
  }

  /** The `slowConsumer` event. */
  told(subscription: HoldfastSubscription, pending: number, dropped: number): void {
    // The event tells of option `slow` as well: then nothing is dropped.
    if (dropped <= (this.seen.get(subscription) ?? 0)) return;
    this.seen.set(subscription, dropped);
    this.dropping.set(subscription, pending);
    if (this.dropping.size < this.room) return;
    for (const [other, waited] of this.dropping) this.look(other, waited);
    this.room = Math.max(FEW, 2 * this.dropping.size);
  }

  /** Whether any of them drops messages. */
  get any(): boolean {
    for (const [subscription, waited] of this.dropping) if (this.look(subscription, waited)) return true;
    return false;
  }

  /** Whether its episode goes on: it is over when what waits is down to half. */
  private look(subscription: HoldfastSubscription, waited: number): boolean {
    const pending = subscription.getPending();
    // With drop-oldest the event comes when there is room, and the message that wants it is not there yet.
    if (pending > waited) this.dropping.set(subscription, pending);
    if (!subscription.isClosed() && pending * 2 > waited) return true;
    this.seen.set(subscription, subscription.getDropped());
    this.dropping.delete(subscription);
    return false;
  }
}
