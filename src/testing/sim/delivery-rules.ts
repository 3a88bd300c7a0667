import type { Message } from "../broker/message.js";
import { covers } from "../broker/subject.js";
import type { Cluster } from "./cluster.js";
import { clientId, markOf } from "./content.js";
import type { Peer } from "./peer.js";
import type { SimServer } from "./server.js";
import { Troubles } from "./troubles.js";
import { demand } from "./violation.js";

/**
 * ms after which every server knows what was subscribed on one of them, and a message is at its last server, beyond what they are
 * apart.
 */
const EVERYWHERE = 45;

/** ms for which two links stand beside each other in a move that takes its time: by then every server knows of them. */
export const SAFE_SETTLE = 25;

/** A message as a server has taken it from its publisher; the same one may be published more than once. */
interface Taking {
  readonly at: number;
  readonly server: SimServer;
  /** Nothing follows from it: the link that has brought it is lost, or a server without headers makes another message of it. */
  readonly excused: boolean;
}

interface Known {
  readonly mark: number;
  readonly subject: string;
  /** 0: nobody whose order is watched. */
  readonly publisher: number;
  /** Grows from one message of a publisher to the next. */
  readonly order: number;
  readonly takings: Taking[];
}

/** A subscription, and what it has got. */
export interface Listener {
  readonly subject: string;
  readonly queue: string | undefined;
  /** When a server has taken it for the first time; undefined: none has. */
  since: number | undefined;
  /** That server: it knows of it at once. */
  home: SimServer | undefined;
  /** When it began to end. */
  endedAt: number | undefined;
  /** It is not told of everything that comes in. */
  deaf: boolean;
  /** It ends after some number of messages: a server counts also those that are lost with a link. */
  limited: boolean;
  /** A member of the group in another process. */
  readonly outside: SimServer | undefined;
  readonly got: Map<number, number>;
  /** The order of the last message of each publisher. */
  readonly last: Map<number, number>;
}

/**
 * Checks what subscriptions get of what was published, across moves (promises.md §5): while nothing unplanned happens, each
 * message that can be told apart comes once, and in the order of its publisher. A link that is lost may have brought what comes
 * by a slow route to the next one, and be missing what it should have brought; a queue group never gets anything twice.
 */
export class DeliveryRules {
  /** Whether the client hears what it publishes itself. */
  echo = true;
  /** What a socket has read the client has read: it keeps nothing back that would be lost with it. */
  isExact = true;
  /** It is told to move without waiting until its subscriptions are known everywhere: no move of it is judged. */
  isHasty = false;
  private readonly now: () => number;
  private readonly cluster: () => Cluster;
  private readonly known = new Map<number, Known>();
  private readonly listeners: Listener[] = [];
  /** How often each group has got a message, by mark. */
  private readonly groups = new Map<string, Map<number, number>>();
  private readonly links: { readonly peer: Peer; readonly from: number }[] = [];
  readonly troubles = new Troubles();
  private current: Peer | undefined;
  /** Messages that were on a link when the client lost it, or left it with no other one: what still comes in is read by nobody. */
  private readonly abandoned = new Set<number>();
  /** Those that stand on a second link alone, and its server. */
  private readonly waiting = new Map<Listener, SimServer>();
  /** Messages that came in for subscriptions which the client had ended. */
  private readonly late = new Set<number>();
  /** Messages, once for each subscription or group, that had to arrive, and moves that were made. */
  owed = 0;
  moves = 0;

  constructor(now: () => number, cluster: () => Cluster) {
    this.now = now;
    this.cluster = cluster;
    this.troubles.begin(Number.NEGATIVE_INFINITY);
  }

  /** A server takes a message from its publisher. */
  taken(server: SimServer, { subject, payload, headers }: Message, publisher: number, late = false): void {
    const mark = markOf(subject, payload);
    if (mark === 0) return;
    const isCut = headers !== undefined && this.cluster().servers.some(({ setup }) => !setup.headers);
    const taking = { at: this.now(), server, excused: late || isCut };
    const before = this.known.get(mark);
    if (before === undefined)
      this.known.set(mark, { mark, subject, publisher, order: this.known.size, takings: [taking] });
    else before.takings.push(taking);
  }

  listen(subject: string, queue: string | undefined, outside?: SimServer): Listener {
    const listener: Listener = {
      subject,
      queue,
      since: outside === undefined ? undefined : this.now(),
      home: outside,
      endedAt: undefined,
      deaf: false,
      limited: false,
      outside,
      got: new Map(),
      last: new Map(),
    };
    this.listeners.push(listener);
    return listener;
  }

  /** A server has taken a SUB of the client. */
  subscribed(peer: Peer, listener: Listener | undefined): void {
    const now = this.now();
    if (!this.links.some((one) => one.peer === peer)) this.links.push({ peer, from: now });
    if (listener === undefined) return;
    // What stands only on a link that is to follow brings nothing before that.
    if (this.current === undefined || this.current === peer) stands(listener, peer.server, now);
    else this.waiting.set(listener, peer.server);
  }

  private join(): void {
    for (const [listener, server] of this.waiting) stands(listener, server, this.now());
    this.waiting.clear();
  }

  /** The link that the client relies on from now on, after an outage or for the first time. */
  up(peer: Peer | undefined): void {
    this.troubles.end(this.now());
    this.current = peer;
    this.join();
  }

  /** The client has lost its link. */
  down(): void {
    const now = this.now();
    this.troubles.begin(Math.min(now, this.current?.wire.badSince ?? now));
    if (this.current !== undefined) this.collect(this.current, this.abandoned);
    this.current = undefined;
  }

  /** The client has moved. `stands`: whether the subscription with a number is one that has not ended. */
  moved(peer: Peer | undefined, overlap: number, stands: (sid: number) => boolean): void {
    const now = this.now();
    this.moves++;
    const left = this.current;
    this.current = peer;
    this.join();
    if (left === undefined) return;
    const { badSince, ending } = left.wire;
    if (badSince <= now) this.troubles.add(badSince, now);
    else if (this.isHasty) this.troubles.add(now - overlap - this.everywhere, now);
    if (ending?.by !== "client" || ending.reset) return;
    const unread = left.unread.filter((sid, i) => i % 2 === 0 && stands(sid));
    demand(
      unread.length === 0,
      "left-unread",
      () => `link ${left.epoch} was left with unread messages for ${unread}`,
    );
  }

  /** A subscription gets a message. */
  hear(listener: Listener, mark: number): void {
    const known = this.known.get(mark);
    if (known === undefined) return;
    const { queue, got, last } = listener;
    const count = (got.get(mark) ?? 0) + 1;
    got.set(mark, count);
    const heard = queue === undefined ? count : this.count(queue, mark);
    // What cannot be told apart may come by both links of a move.
    const times = known.takings.length;
    const most = times > 1 ? 2 * times : 1;
    const what = () => `${describe(listener)} got ${describeKnown(known)} for the ${heard}. time`;
    const [{ at, excused }] = known.takings;
    const isCalm = !excused && !this.isHasty && this.isCalm(at);
    const isOnce = heard <= most || (queue === undefined && !isCalm);
    demand(isOnce, queue === undefined ? "delivered-twice" : "group-twice", what);
    demand(this.echo || clientId(mark) === 0 || !isCalm || times > 1, "no-echo", what);
    if (queue !== undefined || known.publisher === 0 || times > 1 || !isCalm) return;
    // What was published before the subscription stood may come by a slow route, if somebody else listens there.
    const { since = Number.POSITIVE_INFINITY } = listener;
    if (at < since + this.everywhere) return;
    // A server with a route to one of two links alone: what it brings waits until the other one is done.
    if (!this.hadRoutes(known.takings[0])) return;
    const before = last.get(known.publisher) ?? -1;
    demand(known.order > before, "publisher-order", () => `${what()}, behind a later one`);
    last.set(known.publisher, known.order);
  }

  /** A message has come in for a subscription that the client has ended, and its server did not know yet. */
  tooLate(mark: number): void {
    this.late.add(mark);
  }

  private count(queue: string, mark: number): number {
    let group = this.groups.get(queue);
    if (group === undefined) {
      group = new Map();
      this.groups.set(queue, group);
    }
    const count = (group.get(mark) ?? 0) + 1;
    group.set(mark, count);
    return count;
  }

  /** ms after which every server knows what was subscribed on one of them, and a message is at its last server. */
  private get everywhere(): number {
    return EVERYWHERE + this.distance;
  }

  /** ms that the servers are apart. */
  private get distance(): number {
    return this.cluster().routes.conditions.distance;
  }

  private isCalm(at: number): boolean {
    // That the link is lost is told behind what comes of it.
    if (this.current !== undefined && this.current.wire.badSince <= at + this.everywhere) return false;
    return !this.troubles.touch(at - this.everywhere, at + this.everywhere);
  }

  /** Everything that was on its way has arrived: what had to be delivered was. */
  conclude(): void {
    const excused = this.excused();
    const queues = new Map<string, Listener[]>();
    for (const listener of this.listeners) {
      const { queue } = listener;
      if (queue === undefined) this.judgePlain(listener, excused);
      else queues.set(queue, [...(queues.get(queue) ?? []), listener]);
    }
    for (const [queue, members] of queues) this.judgeGroup(queue, members, excused);
  }

  private judgePlain(listener: Listener, excused: ReadonlySet<number>): void {
    const { since, home, endedAt, deaf, subject, got } = listener;
    if (since === undefined || endedAt !== undefined || deaf) return;
    if (listener.limited && this.troubles.touch(since, this.now())) return;
    for (const known of this.known.values()) {
      if (!covers(subject, known.subject)) continue;
      const owed = this.owedOf(known, since, excused, [], home);
      const count = got.get(known.mark) ?? 0;
      demand(
        count >= owed,
        "not-delivered",
        () => `${describe(listener)} got ${describeKnown(known)} ${count}×`,
      );
    }
  }

  /** A group must have a member that stands, and none that ends with messages of its own. */
  private judgeGroup(queue: string, members: readonly Listener[], excused: ReadonlySet<number>): void {
    for (const known of this.known.values()) {
      const some = members.filter(({ subject }) => covers(subject, known.subject));
      const [{ at }] = known.takings;
      if (this.late.has(known.mark)) continue;
      if (
        some.some(
          ({ endedAt, deaf, limited }) =>
            deaf || limited || (endedAt !== undefined && endedAt >= at - this.everywhere),
        )
      )
        continue;
      const standing = some.filter(({ endedAt, since }) => endedAt === undefined && since !== undefined);
      if (standing.length === 0) continue;
      const since = Math.min(...standing.map((one) => one.since!));
      const servers = some.flatMap(({ outside }) => outside ?? []);
      const owed = this.owedOf(known, since, excused, servers);
      const count = this.groups.get(queue)?.get(known.mark) ?? 0;
      demand(count >= owed, "group-missed", () => `${queue} got ${describeKnown(known)} ${count}×`);
    }
  }

  /**
   * How often a message has to arrive at least.
   *
   * @param home the server that knew of the subscription `since` then
   */
  private owedOf(
    { mark, takings }: Known,
    since: number,
    excused: ReadonlySet<number>,
    others: readonly SimServer[] = [],
    home?: SimServer,
  ): number {
    if (excused.has(mark) || (!this.echo && clientId(mark) > 0)) return 0;
    const owed = takings.filter((taking) => {
      const { at } = taking;
      if (taking.excused) return false;
      if (taking.server === home ? at <= since : at < since + this.everywhere) return false;
      if (at > this.now() - this.everywhere || !this.isCalm(at)) return false;
      return this.hadRoutes(taking, others);
    });
    this.owed += owed.length;
    // Of equal messages one may be taken for the other link's where servers lag behind one another by more than a move settles.
    return this.distance > 0 ? Math.min(owed.length, 1) : owed.length;
  }

  /** Whether the server that has taken a message could pass it on to all on which the client was subscribed, and to `others`. */
  private hadRoutes({ at, server }: Taking, others: readonly SimServer[] = []): boolean {
    return [...this.serversAt(at), ...others].every((one) =>
      this.cluster().routes.wasOpen(server, one, at - this.everywhere, at + this.everywhere),
    );
  }

  /** The servers that the client was subscribed on, around `at`. */
  private serversAt(at: number): SimServer[] {
    return this.links
      .filter(
        ({ peer, from }) =>
          from <= at + this.everywhere && (peer.wire.ending?.at ?? at) >= at - this.everywhere,
      )
      .map(({ peer }) => peer.server);
  }

  /** Messages that were on a link when it ended otherwise than by being left in order. */
  private excused(): Set<number> {
    const marks = new Set(this.abandoned);
    for (const { peer } of this.links) {
      const { ending } = peer.wire;
      if (ending === undefined && peer.wire.badSince === Number.POSITIVE_INFINITY) continue;
      if (ending?.by === "client" && !ending.reset) continue;
      this.collect(peer, marks);
    }
    return marks;
  }

  private collect(peer: Peer, marks: Set<number>): void {
    const unread = this.isExact ? peer.unread : peer.sent;
    for (let i = 1; i < unread.length; i += 2) marks.add(unread[i]);
  }
}

/** A server has taken a subscription. */
function stands(listener: Listener, server: SimServer, now: number): void {
  if (listener.since !== undefined) return;
  listener.since = now;
  listener.home = server;
}

function describe({ subject, queue, outside }: Listener): string {
  const group = queue === undefined ? "" : ` in ${queue}`;
  return `${outside === undefined ? "a subscription" : `a member at ${outside.address}`} to ${subject}${group}`;
}

function describeKnown({ mark, subject, publisher, takings }: Known): string {
  const places = takings.map(({ at, server }) => `${server.address} at ${at}`);
  return `message ${mark} of publisher ${publisher} to ${subject}, taken by ${places}`;
}
