import type { Connection } from "../../client/connection.js";
import type { EventName } from "../../client/events.js";
import { headers, type Msg } from "../../interop/nats-core.js";
import type { Random } from "../random.js";
import type { Coverage } from "../sim/coverage.js";
import { demand } from "../sim/violation.js";
import type { World } from "../sim/world.js";
import type { ClientProfile } from "./client-profile.js";
import type { EventWatch } from "./event-watch.js";
import type { Findings } from "./findings.js";
import type { Post, PostKind, Posts } from "./posts.js";
import type { PromiseBook } from "./promise-book.js";
import { answers, Reader, type ReaderHost, type ReaderOptions } from "./reader.js";
import { flush } from "./waiting.js";

/** What the application works with. */
export interface Desk {
  readonly world: World;
  readonly profile: ClientProfile;
  readonly posts: Posts;
  readonly promises: PromiseBook;
  readonly findings: Findings;
  readonly coverage: Coverage;
}

const PATTERNS = ["data.>", "data.1", "data.*", "deny.>", "ext.1", "ext.>", "closed.1", "*.2", "*.*.>"];
const SERVICES = { "svc.fast": 6, "svc.slow": 2, "svc.mute": 1, "svc.none": 1 } as const;
const MAX_READERS = 20;
/** ms that a narrow network may be busy with what is on its way to us. */
const BUSY_MS = 10_000;
/** Reactions of one run: an application that answers each message with two of its own would never end. */
const MAX_REACTIONS = 300;

/** Errors with which a publish may be rejected, whatever the application has done right. */
const REJECTIONS = new Set([
  "CONNECTION_CLOSED",
  "CONNECTION_DRAINING",
  "MAX_PAYLOAD_EXCEEDED",
  "HEADERS_UNSUPPORTED",
  "BUFFER_FULL",
  "DISCONNECTED",
  "MAX_PENDING_EXCEEDED",
]);
/** Errors with which a request may fail beside those. */
const FAILURES = new Set([...REJECTIONS, "TIMEOUT", "NO_RESPONDERS", "CONNECTION_LOST", "MESSAGE_DROPPED"]);

type Coded = Error & { code?: string };

/** An application that does anything at any time through the public API, also in the middle of a message or an event. */
export class RandomApplication implements ReaderHost {
  readonly findings: Findings;
  readonly random: Random;
  readonly readers: Reader[] = [];
  nc!: Connection;
  watch!: EventWatch;
  /** No more of its own accord. */
  quiet = false;
  /** The next callback, or the next event, does this. */
  inCallback: (() => void) | undefined;
  inListener: (() => void) | undefined;
  private readonly desk: Desk;
  private reactions = 0;

  constructor(desk: Desk) {
    this.desk = desk;
    this.findings = desk.findings;
    this.random = desk.world.random.fork(6);
  }

  /** Works with this connection from now on. */
  begin(nc: Connection, watch: EventWatch): void {
    this.nc = nc;
    this.watch = watch;
    watch.onEvent = (name) => this.heard(name);
  }

  /** Publishes a message. It was accepted if the call has not thrown: whether that is so the next audit sees by the counters. */
  private give(post: Post, publish: () => boolean): boolean {
    const { posts } = this.desk;
    try {
      const isWritable = publish();
      posts.accept(post);
      return isWritable;
    } catch (error) {
      this.checkRejection(error as Coded);
      posts.reject(post);
      return true;
    }
  }

  /** The same with a promise: whether the message was accepted is known by the counters. */
  private ask<T>(post: Post, call: () => Promise<T>): Promise<T> {
    const { posts, findings } = this.desk;
    const owed = this.nc.stats().accepted - posts.accepted;
    const promise = findings.guard(call);
    const taken = this.nc.stats().accepted - posts.accepted - owed;
    findings.guard(() =>
      demand(taken === 0 || taken === 1, "accepted", () => `message ${post.id} was accepted ${taken} times`),
    );
    if (taken === 1) posts.accept(post);
    else posts.reject(post);
    return promise;
  }

  /** What a publish throws must be one of the documented errors. */
  private checkRejection(error: Coded): void {
    const isKnown = error instanceof Error && REJECTIONS.has(error.code ?? "");
    this.findings.guard(() => demand(isKnown, "thrown", () => `${error.stack}`));
  }

  private compose(kind: PostKind, subject: string, replay?: boolean): Post {
    const { random, desk } = this;
    const { profile, posts } = desk;
    const size = random.chance(0.1) ? 0 : Math.floor(random.scale(16, Math.max(17, profile.world.maxSize)));
    const once = !(replay ?? profile.options.delivery !== "at-most-once");
    return posts.make(kind, subject, once, size, random.chance(0.2));
  }

  /** Publishes a message of any kind. */
  publish(): void {
    const { random, nc } = this;
    const flavour = random.weighted({
      data: 10,
      once: 1,
      deny: 1,
      ack: 0.5,
      headers: 1,
      ttl: 1,
      critical: 0.5,
    });
    const k = random.int(4);
    const subject = flavour === "deny" ? `deny.${k}` : flavour === "ack" ? `$JS.ACK.s.c.1.${k}` : `data.${k}`;
    const replay = flavour === "once" ? false : undefined;
    const post = this.compose(flavour === "ack" ? "control" : "data", subject, replay);
    this.give(post, () => {
      switch (flavour) {
        case "once":
          return nc.publish(post.subject, post.payload, { replay: false });
        case "headers": {
          const sent = headers();
          sent.set("X-Id", String(post.id));
          return nc.publish(post.subject, post.payload, { headers: sent });
        }
        case "ttl":
          return nc.publish(post.subject, post.payload, { ttl: random.scale(1, 5000) });
        case "critical":
          return nc.publish(post.subject, post.payload, { critical: true });
        default:
          return nc.publish(post.subject, post.payload);
      }
    });
  }

  /** So much is on its way to us that a narrow network is busy with it for long: more says nothing new. */
  get isBusy(): boolean {
    const { posts, profile } = this.desk;
    const onTheWay = Math.max(0, ...posts.peers.slice(-3).map(({ wire }) => wire.down.inFlight));
    return onTheWay > profile.world.conditions.bandwidth * BUSY_MS;
  }

  burst(): void {
    const { random, nc, desk } = this;
    if (nc.buffered.bytes > desk.profile.world.conditions.capacity * 20 || this.isBusy) return;
    let isWritable = true;
    for (let i = Math.floor(random.scale(10, 200)); i > 0; i--) {
      const post = desk.posts.make(
        "data",
        "data.1",
        desk.profile.options.delivery === "at-most-once",
        16 + random.int(200),
        false,
      );
      isWritable = this.give(post, () => nc.publish(post.subject, post.payload));
    }
    if (!isWritable) this.awaitWritable();
  }

  awaitWritable(): void {
    this.desk.promises.follow("writable", this.nc.writable());
  }

  publishConfirmed(): void {
    const { nc, desk, random } = this;
    const { posts, findings } = desk;
    const post = this.compose("data", random.chance(0.1) ? "deny.1" : `data.${random.int(4)}`);
    const promise = this.ask(post, () => nc.publishConfirmed(post.subject, post.payload));
    desk.promises.follow("publishConfirmed", promise);
    promise
      .then(
        () => findings.guard(() => posts.confirm(post)),
        (error: Coded) => findings.guard(() => this.failed(post, error)),
      )
      .catch(() => {});
  }

  private failed(post: Post, error: Coded): void {
    demand(error instanceof Error && error.code !== undefined, "thrown", () => `${error}`);
    if (post.isAccepted) this.desk.posts.fail(post, error.code!);
    else this.checkRejection(error);
  }

  request(): void {
    const { nc, desk, random } = this;
    const timeout = random.scale(1, 3000);
    const post = this.compose("request", `${random.weighted(SERVICES)}.${random.int(3)}`);
    const promise = this.ask(post, () =>
      nc.request(post.subject, post.payload, { timeout, noMux: random.chance(0.2) }),
    );
    desk.promises.follow("request", promise, timeout);
    const { guard } = this.findings;
    promise
      .then(
        (msg) => guard(() => demand(answers(msg, post.id), "wrong-answer", () => `request ${post.id}`)),
        (error: Coded) =>
          guard(() => demand(FAILURES.has(error.code ?? ""), "thrown", () => `${error.stack}`)),
      )
      .catch(() => {});
  }

  requestMany(): void {
    const { nc, desk, random, findings } = this;
    const maxWait = random.scale(1, 3000);
    const post = this.compose("request", `${random.weighted(SERVICES)}.${random.int(3)}`);
    const strategy = random.pick(["timer", "stall", "count"] as const);
    const many = this.ask(post, () =>
      nc.requestMany(post.subject, post.payload, { strategy, maxWait, maxMessages: 1 }),
    );
    const read = async () => {
      try {
        for await (const msg of await many)
          findings.guard(() => demand(answers(msg, post.id), "wrong-answer", () => `request ${post.id}`));
      } catch (error) {
        const { code, stack } = error as Coded;
        const isKnown = FAILURES.has(code ?? "") || code === "CONNECTION_DRAINING";
        findings.guard(() => demand(isKnown, "thrown", () => `${stack}`));
      }
    };
    desk.promises.follow("requestMany", read(), maxWait);
  }

  subscribe(iterates: boolean): void {
    const { nc, random, desk } = this;
    const alive = this.readers.filter(({ subscription }) => !subscription.isClosed());
    if (alive.length >= MAX_READERS || nc.isClosed() || nc.isDraining()) return;
    const max = random.chance(0.3) ? 1 + random.int(10) : undefined;
    const queue = random.chance(0.2) ? "group" : undefined;
    const limit = desk.profile.options.pendingLimit?.messages ?? Number.POSITIVE_INFINITY;
    this.read(random.pick(PATTERNS), { iterates, max, queue, limit });
  }

  private read(subject: string, options: ReaderOptions): void {
    this.readers.push(new Reader(this.nc, this, this.desk.posts, subject, options));
  }

  /** What others publish all the time. */
  subscribeToFlows(): void {
    const { nc, random, desk } = this;
    if (nc.isClosed() || nc.isDraining()) return;
    const limit = desk.profile.options.pendingLimit?.messages ?? Number.POSITIVE_INFINITY;
    this.read("ext.>", { iterates: random.chance(0.3), limit });
    this.read("ext.*", { iterates: false, limit, queue: random.pick(["q1", "q2"]) });
    this.read("ext.1", { iterates: false, limit, queue: random.pick(["q1", undefined]) });
  }

  /** One of those that are there. */
  withReader(action: (reader: Reader) => void): void {
    const alive = this.readers.filter(({ subscription }) => !subscription.isClosed());
    if (alive.length > 0) action(this.random.pick(alive));
  }

  moveReader(): void {
    const { random } = this;
    const max = random.chance(0.3) ? 1 + random.int(10) : undefined;
    this.withReader((reader) => reader.move(random.pick(PATTERNS), max));
  }

  drainReader(): void {
    this.withReader(({ subscription }) => {
      const drained = subscription.drain();
      this.desk.promises.follow("drain", drained);
      const isDone = () => subscription.isClosed() && subscription.getPending() === 0;
      const check = () => demand(isDone(), "not-drained", () => JSON.stringify(subscription));
      drained.then(() => this.findings.guard(check)).catch(() => {});
    });
  }

  react(_reader: Reader, _msg: Msg): unknown {
    const { random, desk } = this;
    if (this.inCallback !== undefined) {
      const act = this.inCallback;
      this.inCallback = undefined;
      act();
    }
    if (this.quiet) return undefined;
    this.reactAtRandom();
    this.stumble();
    if (!random.chance(0.2)) return undefined;
    const fails = random.chance(desk.profile.clumsiness);
    if (fails) this.watch.failuresMade++;
    return this.sleep(random.scale(0.1, 100)).then(() => {
      if (fails) throw new Error("a callback that fails later");
    });
  }

  private reactAtRandom(): void {
    const { random, desk, nc } = this;
    if (this.reactions >= MAX_REACTIONS || !random.chance(desk.profile.reentrance)) return;
    this.reactions++;
    const reaction = random.weighted({ publish: 5, request: 1, unsubscribe: 1, flush: 1, look: 1 });
    desk.coverage.count("reaction", reaction);
    if (reaction === "publish") this.publish();
    else if (reaction === "request") this.request();
    else if (reaction === "unsubscribe") this.withReader(({ subscription }) => subscription.unsubscribe());
    else if (reaction === "flush") flush(nc, desk, random);
    else nc.health();
  }

  /** It is asked which servers it prefers, in the middle of everything, and does something else first. */
  asked(): void {
    if (this.nc === undefined) return;
    const { inListener } = this;
    this.inListener = undefined;
    if (inListener !== undefined) inListener();
    else if (!this.quiet) this.reactAtRandom();
  }

  /** Throws, now and then. */
  private stumble(): void {
    if (!this.random.chance(this.desk.profile.clumsiness)) return;
    this.watch.failuresMade++;
    throw new Error("a callback that fails");
  }

  private heard(name: EventName): void {
    if (this.inListener !== undefined && name !== "close") {
      const act = this.inListener;
      this.inListener = undefined;
      act();
    }
    if (this.quiet || name === "error") return;
    this.reactAtRandom();
    // Behind the end nobody is told any more.
    if (name !== "close") this.stumble();
  }

  work(): Promise<void> | undefined {
    return this.quiet || this.random.chance(0.6) ? undefined : this.sleep(this.random.scale(0.1, 100));
  }

  leaves(): boolean {
    return !this.quiet && this.random.chance(0.02);
  }

  /** ms of the application's time. */
  private sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.desk.world.clientIn(ms, resolve);
    });
  }
}
