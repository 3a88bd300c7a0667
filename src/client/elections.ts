import { LazyMap } from "../core/lazy-map.js";
import type { MessageSink, SubscriptionEntry } from "../core/subscriptions.js";

/** Where nats-server tells of JetStream's affairs. */
const ADVISORY = "$JS.EVENT.ADVISORY.";

/** The refusals of what is subscribed to here. */
const OWN = new WeakSet<Error>();

/** What {@link Elections} needs of the engine. */
export interface ElectionsEngine {
  subscribe(
    subject: string,
    queue: undefined,
    max: undefined,
    sink: MessageSink,
    resubscribe?: boolean,
  ): SubscriptionEntry;
  /** A refusal that is on its way still finds it. */
  drainSubscription(entry: SubscriptionEntry, now: number): void;
}

interface Watch {
  readonly entry: SubscriptionEntry;
  readonly listeners: Set<() => void>;
}

/**
 * Hears of new leaders of JetStream consumers that somebody cares about, and of their streams: nobody elects the leader of a
 * consumer with one replica, but it often dies with its stream's. Who is not permitted to subscribe to advisories hears nothing,
 * and is not asked again.
 */
export class Elections {
  private readonly engine: ElectionsEngine;
  private readonly watches = new LazyMap<string, Watch>();
  private readonly now: () => number;
  private isDenied = false;

  /** @param now monotonic ms */
  constructor(engine: ElectionsEngine, now: () => number) {
    this.engine = engine;
    this.now = now;
  }

  /**
   * Calls back whenever the consumer or its stream has a new leader. Returns how to stop that.
   *
   * @param consumer `<stream>.<consumer>`
   */
  watch(consumer: string, listener: () => void): () => void {
    const stream = consumer.slice(0, consumer.indexOf("."));
    const stops = [
      this.listen(`CONSUMER.LEADER_ELECTED.${consumer}`, listener),
      this.listen(`STREAM.LEADER_ELECTED.${stream}`, listener),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }

  private listen(what: string, listener: () => void): () => void {
    if (this.isDenied) return () => {};
    const watch = this.watches.get(what) ?? this.add(what);
    watch.listeners.add(listener);
    return () => {
      if (!watch.listeners.delete(listener) || watch.listeners.size > 0) return;
      if (this.watches.get(what) !== watch) return;
      this.watches.delete(what);
      this.engine.drainSubscription(watch.entry, this.now());
    };
  }

  private add(what: string): Watch {
    const listeners = new Set<() => void>();
    const sink: MessageSink = {
      onMessage: () => {
        for (const listener of [...listeners]) listener();
      },
      onEnd: (error) => {
        if (this.watches.get(what) === watch) this.watches.delete(what);
        if (error === undefined) return;
        this.isDenied = true;
        OWN.add(error);
      },
    };
    const watch: Watch = {
      entry: this.engine.subscribe(ADVISORY + what, undefined, undefined, sink),
      listeners,
    };
    this.watches.set(what, watch);
    return watch;
  }

  /**
   * Whether an error is the refusal of a subscription of ours, of which the application knows nothing. Subscriptions hear of their
   * refusal before anyone is told of the error.
   */
  static isOwn(error: Error): boolean {
    return OWN.has(error);
  }
}
