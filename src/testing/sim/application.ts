import type { EngineEvent } from "../../core/events.js";
import type { PoolServer } from "../../core/pool.js";
import type { Credentials } from "../../core/session-owner.js";
import { CodedError } from "../../errors.js";
import type { Random } from "../random.js";
import type { Client } from "./client.js";
import { FAR_SUBJECTS } from "./flows.js";
import { type Profile, SETTLE } from "./profile.js";
import type { Asked } from "./sent.js";
import type { Subscriber } from "./subscriber.js";
import type { World } from "./world.js";

/** What the application does when the engine asks it or tells it something; each may use any command. */
export interface Application {
  event(event: EngineEvent): void;
  message(subscriber: Subscriber): void;
  answered(asked: Asked): void;
  /** Something it waited for is confirmed, or is not going to be. */
  settled(): void;
  beforeReplay(epoch: number): void;
  /** A move has begun. */
  moving(): void;
  authenticate(server: PoolServer): Credentials | Error | "never";
}

/** Reactions of one run: an application that answers each message with two of its own would never end. */
const MAX_REACTIONS = 200;
const MAX_SUBSCRIPTIONS = 20;
/** Subscriptions that are made in a move between servers that are far apart, at most, and when: in times that it settles. */
const LATE = 8;
const EARLIEST = 4;
const LATEST = 12;
const PATTERNS = [
  "data.>",
  "data.1",
  "data.*",
  "inbox.1",
  "inbox.>",
  "ext.1",
  "ext.2",
  "ext.>",
  "closed.1",
  "*.2",
];

/** An application that does anything at any time, also in the middle of a message, an event or an answer. */
export class RandomApplication implements Application {
  readonly random: Random;
  /** What came later, with luck of its own. */
  private readonly later: Random;
  private readonly profile: Profile;
  private readonly world: World;
  private client!: Client;
  private reactions = 0;
  private late = 0;
  /** The next message closes the connection, in the middle of a read. */
  closeInSink = false;
  /** No more commands of its own accord. */
  quiet = false;

  constructor(world: World, profile: Profile) {
    this.world = world;
    this.profile = profile;
    this.random = world.random.fork(6);
    this.later = world.random.fork(52);
  }

  attach(client: Client): void {
    this.client = client;
  }

  private reacts(p: number): boolean {
    if (this.quiet || this.reactions >= MAX_REACTIONS || !this.random.chance(p)) return false;
    this.reactions++;
    return true;
  }

  event(event: EngineEvent): void {
    if (event.type !== "close" && this.closes()) return;
    if (event.type === "writable" || event.type === "close" || this.reacts(this.profile.reentrance)) {
      if (!this.quiet) this.client.publish(this.client.drafts.publication(this.client.now));
    }
  }

  /** Closes the connection here and now, if that is what this run ends with; returns whether it did. */
  private closes(): boolean {
    const { client, random } = this;
    if (!this.closeInSink || random.chance(0.5)) return false;
    this.closeInSink = false;
    client.coverage.count("reaction", "close");
    if (random.chance(0.5)) client.close();
    else client.finish(random.between(1, 500));
    return true;
  }

  message(subscriber: Subscriber): void {
    const { client, random } = this;
    if (this.closes()) return;
    if (isFar(subscriber) || !this.reacts(this.profile.reentrance)) return;
    const reaction = random.weighted({
      publish: 5,
      unsubscribe: 1,
      other: 1,
      max: 1,
      drain: 1,
      subscribe: 1,
      request: 1,
      fence: 1,
      reconnect: 0.3,
    });
    client.coverage.count("reaction", reaction);
    switch (reaction) {
      case "publish":
        for (let i = random.int(4); i >= 0; i--) client.publish(client.drafts.publication(client.now));
        break;
      case "unsubscribe":
        client.unsubscribe(subscriber);
        break;
      case "other":
        if (this.profile.actions["move-subscription"] === undefined)
          this.withSubscriber((other) => client.unsubscribe(other));
        else this.moveSubscription();
        break;
      case "max":
        client.limit(subscriber, random.int(3));
        break;
      case "drain":
        client.drain(subscriber);
        break;
      case "subscribe":
        this.subscribe();
        break;
      case "request":
        this.request();
        break;
      case "fence":
        client.fence();
        break;
      case "reconnect":
        client.reconnect();
        break;
    }
  }

  settled(): void {
    if (this.reacts(this.profile.reentrance))
      this.client.publish(this.client.drafts.publication(this.client.now));
  }

  answered(): void {
    if (this.closes()) return;
    if (!this.reacts(this.profile.reentrance)) return;
    if (this.random.chance(0.5)) this.client.publish(this.client.drafts.publication(this.client.now));
    else this.request();
  }

  /** Asks its subscribers whether they are back, then lets the replay go on; or forgets to. */
  beforeReplay(epoch: number): void {
    const { client, random, world } = this;
    const wait = random.chance(0.3) ? 0 : random.scale(0.5, 300);
    if (random.chance(0.5)) this.request();
    if (random.chance(0.3)) this.subscribe();
    if (random.chance(0.3)) this.withSubscriber((one) => client.drain(one));
    if (random.chance(0.3)) client.publish(client.drafts.publication(client.now));
    if (random.chance(0.1)) return;
    world.clientIn(wait, () => client.releaseReplay(epoch));
  }

  /** Where it takes long until other servers know of a subscription, some are made at every instant of it. */
  moving(): void {
    const { later, world, client, profile } = this;
    if (profile.routes.distance === 0) return;
    const { settle = SETTLE } = profile.options.move;
    for (let i = later.int(LATE); i >= 0; i--) {
      // Each to a subject of its own: what one of them is known to want, all get.
      const subject = FAR_SUBJECTS[this.late++];
      if (subject === undefined) return;
      world.clientIn(settle * later.between(EARLIEST, LATEST), () => {
        if (!this.quiet) client.subscribe(subject, undefined, undefined);
      });
    }
  }

  authenticate(_server: PoolServer): Credentials | Error | "never" {
    const troubled = this.profile.faults["auth-refused"] !== undefined && !this.quiet;
    if (troubled && this.random.chance(0.05)) return "never";
    if (troubled && this.random.chance(0.05))
      return new CodedError("AUTHENTICATOR_FAILED", "the authenticator has no credentials");
    return { user: "sim", pass: "secret" };
  }

  subscribe(): void {
    const { random } = this;
    // Every message is sent once for each of them.
    if (this.client.engine.subscriptions.size - this.late > MAX_SUBSCRIPTIONS) return;
    const queue = random.chance(0.3) ? random.pick(["q1", "q2"]) : undefined;
    const max = random.chance(0.3) ? 1 + random.int(10) : undefined;
    this.client.subscribe(random.pick(PATTERNS), queue, max);
  }

  /** Moves one of the subscriptions to another subject. */
  moveSubscription(): void {
    const { client, random } = this;
    const max = random.chance(0.3) ? 1 + random.int(10) : undefined;
    this.withSubscriber((one) => client.moveSubscription(one, random.pick(PATTERNS), max));
  }

  /** What others publish all the time. */
  subscribeToFlows(): void {
    const { client, random } = this;
    client.subscribe("ext.>", undefined, undefined);
    client.subscribe("ext.1", random.pick(["q1", "q2", undefined]), undefined);
    client.subscribe("ext.*", random.pick(["q1", "q2"]), undefined);
  }

  request(): void {
    const timeout = this.random.scale(1, 3000);
    this.client.request(this.client.drafts.request(this.world.now + timeout), timeout);
  }

  /** Does something with one of the subscriptions that have not ended. */
  withSubscriber(act: (subscriber: Subscriber) => void): void {
    const alive = [...this.client.subscribers.values()].filter((one) => !one.ended && !isFar(one));
    if (alive.length > 0) act(this.random.pick(alive));
  }
}

/** Made in a move, to stay: whether it gets everything is to be seen. */
function isFar({ subject }: Subscriber): boolean {
  return FAR_SUBJECTS.includes(subject);
}
