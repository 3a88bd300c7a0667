import { now, sleep } from "./clock.js";
import type { Means, Outage } from "./evidence.js";
import type { LinkBook } from "./link-book.js";
import type { Ailment, Downtime, Note, Progress } from "./progress.js";
import type { Fault } from "./schedule.js";
import type { Servers } from "./servers.js";

/** The watchers are told before a blow; this is ample for the message to reach them. */
const HEADS_UP = 10;

/** Whom the stage tells of an outage. */
export interface OutageWatcher {
  /** The nodes are about to be struck. */
  arm(outage: number, nodes: readonly number[]): void;
  /** Their processes are gone, or stand still. */
  gone(outage: number): void;
}

/** What the faults of a run act upon. */
export interface Cast {
  readonly cluster: Servers;
  readonly publisher: LinkBook;
  readonly subscriber: LinkBook;
  /** The nodes in the order in which the publisher was given them. */
  readonly publisherOrder: readonly number[];
  readonly watcher: OutageWatcher;
  /** Makes the subscriber slow for so many milliseconds. */
  readonly slowDown: (ms: number) => void;
}

/** Strikes nodes and mends them, and keeps the record of it. */
export class Stage {
  readonly outages: Outage[] = [];
  readonly cast: Cast;
  readonly signal: AbortSignal;
  /** Index of the step that is being carried out. */
  step = -1;
  readonly #progress: Progress;
  /** By node, what ails it now. */
  readonly #ailing = new Map<number, Downtime>();

  constructor(cast: Cast, progress: Progress, signal: AbortSignal) {
    this.cast = cast;
    this.signal = signal;
    this.#progress = progress;
  }

  get nodes(): number[] {
    return this.cast.cluster.servers.map((_server, node) => node);
  }

  /** Where a client goes that has lost this node: both take the next one in the list that they were given. */
  after(node: number): number {
    const { publisherOrder } = this.cast;
    return publisherOrder[(publisherOrder.indexOf(node) + 1) % publisherOrder.length];
  }

  names(nodes: readonly number[]): string {
    return nodes.map((node) => this.cast.cluster.servers[node].name).join(", ");
  }

  /** Sends the signal to the nodes at once; resolves when they are gone or stand still. */
  async strike(nodes: readonly number[], fault: Fault, means: Means, words: string): Promise<void> {
    const { publisher, subscriber, watcher } = this.cast;
    const id = this.outages.length;
    watcher.arm(id, nodes);
    await sleep(HEADS_UP, this.signal);
    const blow = {
      id,
      step: this.step,
      fault,
      means,
      nodes: [...nodes],
      hitPublisher: nodes.includes(publisher.lastNode),
      hitSubscriber: nodes.includes(subscriber.lastNode),
      publisherLinkSince: publisher.since,
      struckAt: now(),
    };
    const struck = nodes.map((node) => this.#send(node, means));
    for (const node of nodes) this.ail(node, means === "SIGSTOP" ? "frozen" : "down");
    this.note(words, "bad");
    await Promise.all(struck);
    this.outages.push({ ...blow, deadAt: now() });
    watcher.gone(id);
  }

  /** Starts the nodes again, or lets them go on. */
  async restore(nodes: readonly number[]): Promise<void> {
    await Promise.all(
      nodes.map(async (node) => {
        const server = this.cast.cluster.servers[node];
        if (server.stopped) server.cont();
        else await server.restart();
        this.#recovered(node);
      }),
    );
  }

  /** Shows from now on what is wrong with a node. */
  ail(node: number, ailment: Ailment): void {
    this.#recovered(node);
    const downtime = { from: now() - this.#progress.startedAt, to: Number.POSITIVE_INFINITY, ailment };
    this.#progress.nodes[node].downtimes.push(downtime);
    this.#ailing.set(node, downtime);
  }

  note(text: string, mood: Note["mood"] = "plain"): void {
    this.#progress.note(now() - this.#progress.startedAt, text, mood);
  }

  #recovered(node: number): void {
    const downtime = this.#ailing.get(node);
    if (downtime !== undefined) downtime.to = now() - this.#progress.startedAt;
    this.#ailing.delete(node);
  }

  async #send(node: number, means: Means): Promise<void> {
    const server = this.cast.cluster.servers[node];
    if (means === "SIGSTOP") server.stop();
    else if (means === "SIGTERM") await server.term();
    else await server.kill();
  }
}
