import type { NatsCluster } from "../src/testing/cluster.js";
import { now, sleep } from "./clock.js";
import type { Outage } from "./evidence.js";
import type { LinkBook } from "./link-book.js";
import type { Progress } from "./progress.js";
import { type Step, YOUNG_LINK } from "./schedule.js";

/** How long a step waits for the client to be where the step wants it. */
const PATIENCE = 3000;
/** The watchers are told before a kill; this is ample for the message to reach them. */
const HEADS_UP = 10;

/** Whom the conductor tells of an outage. */
export interface OutageWatcher {
  /** The nodes are about to be killed. */
  arm(outage: number, nodes: readonly number[]): void;
  /** Their processes are gone. */
  gone(outage: number): void;
}

/** Carries out a schedule: finds the nodes that play the wanted roles at that moment, kills and restarts them. */
export class Conductor {
  readonly outages: Outage[] = [];
  readonly remarks: string[] = [];
  readonly #cluster: NatsCluster;
  readonly #publisher: LinkBook;
  readonly #subscriber: LinkBook;
  readonly #watcher: OutageWatcher;
  readonly #progress: Progress;
  readonly #signal: AbortSignal;

  constructor(
    cluster: NatsCluster,
    publisher: LinkBook,
    subscriber: LinkBook,
    watcher: OutageWatcher,
    progress: Progress,
    signal: AbortSignal,
  ) {
    this.#cluster = cluster;
    this.#publisher = publisher;
    this.#subscriber = subscriber;
    this.#watcher = watcher;
    this.#progress = progress;
    this.#signal = signal;
  }

  /** Resolves when the last node is up again, with the time by which the steps were late (they wait for clients). */
  async perform(steps: readonly Step[], startedAt: number): Promise<number> {
    let late = 0;
    for (const step of steps) {
      await sleep(startedAt + step.at + late - now(), this.#signal);
      if (!(await this.#publisherIsReady(step))) {
        this.#remark(`skipped a kill: the publisher was without a link for ${PATIENCE / 1000} s`);
        continue;
      }
      late = Math.max(late, now() - startedAt - step.at);
      await this.#strike(step);
    }
    return late;
  }

  async #strike(step: Step): Promise<void> {
    const id = this.outages.length;
    const nodes = this.#cast(step);
    this.#watcher.arm(id, nodes);
    await sleep(HEADS_UP, this.#signal);
    const outage: Outage = {
      id,
      target: step.target,
      young: step.young,
      nodes,
      hitPublisher: nodes.includes(this.#publisher.lastNode),
      hitSubscriber: nodes.includes(this.#subscriber.lastNode),
      publisherLinkSince: this.#publisher.since,
      killedAt: now(),
    };
    const dead = step.target === "all" ? this.#cluster.killAll() : this.#cluster.servers[nodes[0]].kill();
    this.outages.push(outage);
    const began = outage.killedAt - this.#progress.startedAt;
    const downtimes = nodes.map((node) => {
      const downtime = { from: began, to: Number.POSITIVE_INFINITY };
      this.#progress.nodes[node].downtimes.push(downtime);
      return downtime;
    });
    this.#progress.note(began, this.#words(step, nodes), "bad");
    await dead;
    this.#watcher.gone(id);
    await sleep(outage.killedAt + step.down - now(), this.#signal);
    await (step.target === "all" ? this.#cluster.restartAll() : this.#cluster.servers[nodes[0]].restart());
    const back = now() - this.#progress.startedAt;
    for (const downtime of downtimes) downtime.to = back;
    this.#progress.note(back, `${this.#names(nodes)} restarted`, "plain");
  }

  /** The nodes that play the role now. */
  #cast(step: Step): number[] {
    const all = this.#cluster.servers.map((_server, node) => node);
    switch (step.target) {
      case "all":
        return all;
      case "publisher":
        return [this.#publisher.lastNode];
      case "subscriber":
        return [this.#subscriber.lastNode];
      case "idle": {
        const used = [this.#publisher.lastNode, this.#subscriber.lastNode];
        return all.filter((node) => !used.includes(node)).slice(0, 1);
      }
    }
  }

  async #publisherIsReady(step: Step): Promise<boolean> {
    if (step.target !== "publisher") return true;
    const until = now() + PATIENCE;
    const age = () => (this.#publisher.since === undefined ? -1 : now() - this.#publisher.since);
    const wanted = step.young ? YOUNG_LINK : 0;
    while (age() < wanted) {
      if (now() > until) return false;
      await sleep(2, this.#signal);
    }
    return true;
  }

  #words(step: Step, nodes: number[]): string {
    const down = `for ${(step.down / 1000).toFixed(1)} s`;
    switch (step.target) {
      case "all":
        return `all three nodes killed at once, ${down}`;
      case "idle":
        return `${this.#names(nodes)} killed, nobody was on it, ${down}`;
      case "subscriber":
        return `${this.#names(nodes)} killed, the subscriber's node, ${down}`;
      case "publisher":
        return step.young
          ? `${this.#names(nodes)} killed, the publisher had just arrived there, ${down}`
          : `${this.#names(nodes)} killed, the publisher's node, ${down}`;
    }
  }

  #names(nodes: number[]): string {
    return nodes.map((node) => this.#cluster.servers[node].name).join(", ");
  }

  #remark(text: string): void {
    this.remarks.push(text);
    this.#progress.note(now() - this.#progress.startedAt, text);
  }
}
