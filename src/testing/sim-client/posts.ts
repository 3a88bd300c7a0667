import type { LostMessage } from "../../core/events.js";
import type { Fate } from "../broker/client-connection.js";
import type { Message } from "../broker/message.js";
import type { Subscription } from "../broker/sublist.js";
import { History } from "../history/history.js";
import { type Verdict, wrongIn } from "../history/verdict.js";
import type { Cluster } from "../sim/cluster.js";
import { clientId, isBytes, makeBytes, makeText, markOf, Origin } from "../sim/content.js";
import { DeliveryRules, type Listener } from "../sim/delivery-rules.js";
import type { Peer, Witness } from "../sim/peer.js";
import { isProbe } from "../sim/probe.js";
import { demand } from "../sim/violation.js";

/** What is done with a message when its link dies: `data` follows `delivery`, the others are never written twice. */
export type PostKind = "data" | "request" | "control";

/** A message that the application gives to the connection. */
export interface Post {
  readonly id: number;
  readonly kind: PostKind;
  readonly subject: string;
  /** Never to be written twice. */
  readonly once: boolean;
  readonly payload: Uint8Array | string;
  /** Bytes of the payload. */
  readonly size: number;
  isAccepted: boolean;
  /** How it ended, as far as the application was told. */
  outcome: string | undefined;
  confirmedAt: number | undefined;
  /** Links on which a server has parsed it. */
  readonly links: number[];
  /** A server has taken it, or refused it. */
  isTaken: boolean;
  isDenied: boolean;
}

/** Numbers of `nc.stats()` that a verdict is held against. */
export interface Books {
  readonly refused: number;
  readonly unconfirmed: number;
}

/** Shortest payload that has a name in it. */
const NAMED = 16;

/**
 * All that was given to the connection, what the application was told of it, and what servers have got: it stands
 * outside of the world, and hears every server.
 */
export class Posts implements Witness {
  readonly history = new History();
  /** By their numbers, which begin at 1. */
  private readonly posts: Post[] = [];
  private readonly now: () => number;
  /** Messages that the connection has accepted, requests among them. */
  accepted = 0;
  /** Messages that were told to be lost. */
  lost = 0;
  /** When each link was accepted by a server, and the last message that came over it. */
  private readonly openedAt = new Map<number, number>();
  private readonly last = new Map<number, number>();
  /** Every connection that a server had, in order. */
  readonly peers: Peer[] = [];
  /** Subscriptions of the application, by their numbers. */
  readonly listeners = new Map<number, Listener>();
  readonly delivery: DeliveryRules;
  /** Confirmed messages may be written again. */
  margin = false;

  /** @param cluster where the servers are; asked for when there is one */
  constructor(now: () => number, cluster: () => Cluster) {
    this.now = now;
    this.delivery = new DeliveryRules(now, cluster);
  }

  /** A message to be given to the connection; as text if `text`. */
  make(kind: PostKind, subject: string, once: boolean, bytes: number, text: boolean): Post {
    const id = this.posts.length + 1;
    const length = bytes < NAMED ? 0 : bytes;
    const payload = text ? makeText(Origin.client, id, length) : makeBytes(Origin.client, id, length);
    const post: Post = {
      id,
      kind,
      subject: length === 0 && !text ? `${subject}.i-${id}` : subject,
      once: once || kind !== "data",
      payload,
      size: typeof payload === "string" ? Buffer.byteLength(payload) : payload.length,
      isAccepted: false,
      outcome: undefined,
      confirmedAt: undefined,
      links: [],
      isTaken: false,
      isDenied: false,
    };
    this.posts.push(post);
    return post;
  }

  private find(subject: string, payload: Uint8Array): Post | undefined {
    return this.posts[clientId(markOf(subject, payload)) - 1];
  }

  accept(post: Post): void {
    post.isAccepted = true;
    this.accepted++;
    if (post.kind === "data") this.history.accepted(post.id);
  }

  reject(post: Post): void {
    if (post.kind === "data") this.history.rejected(post.id);
  }

  confirm(post: Post): void {
    demand(post.isTaken, "confirmed-unseen", () => `message ${post.id}: no server has it`);
    demand(
      post.outcome === undefined,
      "two-outcomes",
      () => `message ${post.id}: ${post.outcome}, confirmed`,
    );
    post.outcome = "confirmed";
    post.confirmedAt = this.now();
    if (post.kind === "data") this.history.confirmed(post.id);
  }

  /** The application was told that it failed. */
  fail(post: Post, reason: string): void {
    demand(post.outcome !== "confirmed", "two-outcomes", () => `message ${post.id}: confirmed, ${reason}`);
    if (post.outcome === undefined && post.kind === "data") this.history.reported(post.id, reason);
    post.outcome ??= reason;
  }

  /** `messageLost` has told of it. */
  tell({ subject, data, reason, maybeDelivered, age }: LostMessage): void {
    this.lost++;
    demand(data !== undefined && age >= 0, "messageLost", () => `${subject} without its data`);
    const post = this.find(subject, data);
    demand(post?.isAccepted === true && holds(post, subject, data), "messageLost", () => `${subject}`);
    demand(
      maybeDelivered || post.links.length === 0,
      "messageLost",
      () => `message ${post.id} is said not to have been delivered (${reason})`,
    );
    this.fail(post, reason);
  }

  /**
   * The first `upTo` messages are confirmed, or have another outcome: so says a flush.
   *
   * @param dropped how many are counted as dropped: some of them may not have been told yet
   */
  settled(upTo: number, dropped: number): void {
    let untold = dropped - this.lost;
    for (const { id, isAccepted, isTaken, isDenied, once, outcome } of this.posts.slice(0, upTo)) {
      if (!isAccepted || isTaken || isDenied || once || outcome !== undefined) continue;
      demand(--untold >= 0, "flush", () => `message ${id} has no outcome, and no server has it`);
    }
  }

  /** Virtual ms. */
  get clock(): number {
    return this.now();
  }

  /** How many messages there are. */
  get count(): number {
    return this.posts.length;
  }

  opened(peer: Peer): void {
    this.peers.push(peer);
    this.openedAt.set(peer.epoch, this.now());
  }

  published(peer: Peer, message: Message, fate: Fate): void {
    const { subject, payload } = message;
    if (isProbe(subject)) return;
    if (fate === "taken") this.delivery.taken(peer.server, message, 0, peer.wire.over);
    const post = this.find(subject, payload);
    const known = post !== undefined && holds(post, subject, payload);
    demand(known, "content", () => `${subject}, ${payload.length} bytes`);
    const { epoch } = peer;
    const { links, id, confirmedAt } = post;
    demand(
      links.length === 0 || !(post.once || links.includes(epoch)),
      "duplicate",
      () => `message ${id} came over the links ${links} and ${epoch}`,
    );
    links.push(epoch);
    const again = confirmedAt !== undefined && this.openedAt.get(epoch)! > confirmedAt && !this.margin;
    demand(!again, "confirmed-replayed", () => `message ${id} on link ${epoch}`);
    if (post.kind === "data") {
      const last = this.last.get(epoch) ?? -1;
      demand(id > last, "wire-order", () => `message ${id} came behind ${last} on link ${epoch}`);
      this.last.set(epoch, id);
    }
    if (fate === "taken" && post.kind === "data") this.history.found(id);
    post.isTaken ||= fate === "taken";
    post.isDenied ||= fate === "denied";
  }

  accused(): void {}

  subscribed(peer: Peer, { subject }: Pick<Subscription, "subject">, sid: number): void {
    // When the other link of a move is lost, this one is told of everything once more.
    if (isProbe(subject)) peer.repeats = true;
    this.delivery.subscribed(peer, this.listeners.get(sid));
  }

  /**
   * Judges what became of all messages; nothing is pending any more.
   *
   * @param closed what was on its way when the connection was closed may be unconfirmed
   */
  conclude(closed: boolean, { refused, unconfirmed }: Books): Verdict {
    let missing = 0;
    let last: Post | undefined;
    for (const post of this.posts) {
      if (post.isTaken && !post.once && !closed && post.outcome === undefined) this.confirm(post);
      // What became of a request its caller was told.
      const isKnown =
        !post.isAccepted || post.isTaken || post.outcome !== undefined || post.kind === "request";
      if (isKnown || !(post.isDenied || post.once || closed)) continue;
      missing++;
      last = post;
      this.fail(post, post.isDenied ? "refused" : "unconfirmed");
    }
    demand(
      missing <= refused + unconfirmed,
      "missing",
      () =>
        `${missing}, and ${refused} + ${unconfirmed} are counted; the last is ${last?.id} to ${last?.subject}`,
    );
    const verdict = this.history.check();
    const wrong = wrongIn(verdict);
    demand(wrong === undefined, "history", () => `${wrong}`);
    return verdict;
  }
}

function holds({ id, subject, payload, size }: Post, foundSubject: string, found: Uint8Array): boolean {
  if (foundSubject !== subject || found.length !== size) return false;
  const bytes = Buffer.from(found.buffer, found.byteOffset, found.length);
  if (typeof payload === "string") return bytes.equals(Buffer.from(payload));
  return isBytes(bytes, Origin.client, id, size);
}
