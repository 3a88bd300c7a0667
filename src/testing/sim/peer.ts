import { ClientConnection, type Fate } from "../broker/client-connection.js";
import type { Line } from "../broker/line.js";
import type { Message } from "../broker/message.js";
import type { Subscription } from "../broker/sublist.js";
import { ClientProtocol } from "./client-protocol.js";
import { markOf } from "./content.js";
import type { SimServer } from "./server.js";
import { accuses } from "./server-texts.js";
import { demand } from "./violation.js";
import type { Wire } from "./wire.js";

/** Hears what a server takes from a client. It stands outside of the world, and survives every crash. */
export interface Witness {
  opened(peer: Peer): void;
  /** A publish was parsed. */
  published(peer: Peer, message: Message, fate: Fate): void;
  /** The connection is ended with an error that may be about what the client wrote. */
  accused(peer: Peer, text: string): void;
  subscribed(peer: Peer, sub: Pick<Subscription, "subject" | "queue">, sid: number): void;
}

const NO_RESPONDERS = "NATS/1.0 503";

/**
 * A server's end of a simulated connection. It is stricter than a server: what no client of ours may say is a violation.
 */
export class Peer extends ClientConnection {
  readonly wire: Wire;
  readonly server: SimServer;
  /** Every sid that was ever subscribed here. */
  readonly seen = new Set<number>();
  /** Those with a `max`: when it is raised they are subscribed once more, lest the old one has ended them. */
  private readonly limited = new Set<number>();
  /** Those that the client has ended: in a move one may be subscribed again behind that. */
  private readonly ended = new Set<number>();
  /** The client began to subscribe as the second of two links, and has begun anew. */
  repeats = false;
  /** Messages by which a sid heard that nobody answers: a server does not count them against its `max`. */
  readonly unheeded = new Map<number, number>();
  /** What was sent, in order, and not yet seen to arrive: sid and mark by turns. */
  readonly sent: number[] = [];
  private sentHead = 0;
  /** Behind how many bytes each of them ends. */
  private readonly sentEnds: number[] = [];
  /** Frames that were taken. */
  frames = 0;
  private pongsDue = 0;
  /** Takes everything and answers nothing. */
  mute = false;
  /** The largest `max_payload` that this client was told, and whether headers are taken. */
  private toldMaxPayload: number;
  private readonly headers: boolean;
  /** What was said of errors and of the end, and behind how many bytes. */
  private readonly words: { readonly at: number; readonly error?: string; readonly lameDuck?: boolean }[] =
    [];

  constructor(server: SimServer, wire: Wire) {
    super(server, lineOf(wire), (sink) => new ClientProtocol(sink));
    this.server = server;
    this.wire = wire;
    this.toldMaxPayload = server.setup.maxPayload;
    this.headers = server.setup.headers;
  }

  get epoch(): number {
    return this.wire.epoch;
  }

  /** The client was told of a larger `max_payload` on this link before: what it has written by then may be too large now. */
  get takesLess(): boolean {
    return this.server.setup.maxPayload < this.toldMaxPayload;
  }

  /** The errors that have arrived at the client and are not about a single operation, oldest first. */
  get errorsHeard(): string[] {
    return this.words.flatMap(({ at, error }) => (error !== undefined && this.hasArrived(at) ? [error] : []));
  }

  /** The client has heard that the server is going to shut down. */
  get lameDuckHeard(): boolean {
    return (
      this.words.findLast(({ at, lameDuck }) => lameDuck !== undefined && this.hasArrived(at))?.lameDuck ===
      true
    );
  }

  /** Where the first thing ends that was said: the INFO. */
  private introducedAt: number | undefined;

  /** The client has got the first INFO in full. */
  get isIntroduced(): boolean {
    return this.introducedAt !== undefined && this.hasArrived(this.introducedAt);
  }

  /** The client has heard so at some time, whatever was said later. */
  get wasLame(): boolean {
    return this.words.some(({ at, lameDuck }) => lameDuck === true && this.hasArrived(at));
  }

  private hasArrived(at: number): boolean {
    return at <= this.wire.down.read;
  }

  /** Bytes that were said, with those that are not on their way yet. */
  private get saidBytes(): number {
    return this.wire.down.pushed + this.withheld;
  }

  override say(text: string | Buffer): void {
    if (!this.mute) super.say(text);
    this.introducedAt ??= this.saidBytes;
  }

  override complain(error: string): void {
    const before = this.saidBytes;
    super.complain(error);
    if (this.saidBytes > before) this.words.push({ at: this.saidBytes, error });
  }

  /** `culprit`: it is known which message is to blame. */
  override expel(error: string, culprit = false): void {
    if (!culprit && accuses(error)) this.server.witness.accused(this, error);
    super.expel(error);
  }

  override inform(lameDuck: boolean): void {
    this.toldMaxPayload = Math.max(this.toldMaxPayload, this.server.setup.maxPayload);
    const before = this.saidBytes;
    super.inform(lameDuck);
    if (this.saidBytes > before) this.words.push({ at: this.saidBytes, lameDuck });
  }

  override askPing(): void {
    this.pongsDue++;
    super.askPing();
  }

  override connect(json: string): void {
    this.frames++;
    demand(!this.connected, "protocol", () => "a second CONNECT on the same link");
    const fields = JSON.parse(json) as Record<string, unknown>;
    demand(fields.protocol === 1 && fields.verbose === false, "protocol", () => `CONNECT ${json}`);
    super.connect(json);
    if (this.connected) this.server.entered(this);
  }

  private begin(verb: string): void {
    this.frames++;
    demand(this.connected || this.mute, "protocol", () => `${verb} before CONNECT`);
  }

  override ping(): void {
    this.begin("PING");
    super.ping();
  }

  override pong(): void {
    this.begin("PONG");
    demand(--this.pongsDue >= 0, "protocol", () => "a PONG that nobody asked for");
    super.pong();
  }

  override sub(subject: string, queue: string | undefined, name: string): void {
    this.begin("SUB");
    const sid = Number(name);
    const isNew = !this.seen.has(sid) || this.limited.has(sid) || this.ended.has(sid) || this.repeats;
    demand(isNew, "protocol", () => `SUB ${subject} with sid ${sid}, which is in use`);
    this.seen.add(sid);
    this.server.witness.subscribed(this, { subject, queue }, sid);
    if (!this.subs.has(name)) this.unheeded.delete(sid);
    super.sub(subject, queue, name);
  }

  override unsub(sid: string, max: number | undefined): void {
    this.begin("UNSUB");
    (max === undefined ? this.ended : this.limited).add(Number(sid));
    super.unsub(sid, max);
  }

  override publish(subject: string, reply: string, headers: Buffer | undefined, payload: Buffer): void {
    this.begin("PUB");
    const size = payload.length + (headers?.length ?? 0);
    demand(
      size <= this.toldMaxPayload,
      "max-payload",
      () => `${size} bytes to ${subject}, the server takes ${this.toldMaxPayload}`,
    );
    demand(
      headers === undefined || this.headers,
      "headers",
      () => `headers to ${subject}, the server takes none`,
    );
    super.publish(subject, reply, headers, payload);
  }

  protected override take(message: Message): void {
    const { poison } = this.server.setup;
    if (poison === undefined || !message.subject.startsWith("poison.")) return super.take(message);
    this.published(message, "expelled");
    this.expel(poison, true);
  }

  protected override published(message: Message, fate: Fate): void {
    this.server.witness.published(this, message, fate);
  }

  protected override send(sub: Subscription, message: Message): void {
    const sid = Number(sub.sid);
    this.sent.push(sid, markOf(message.subject, message.payload));
    if (isNoResponders(message)) this.unheeded.set(sid, (this.unheeded.get(sid) ?? 0) + 1);
    super.send(sub, message);
    this.sentEnds.push(this.wire.over ? Number.POSITIVE_INFINITY : this.saidBytes);
  }

  /** What was sent and has not been read by the client: sid and mark by turns. */
  get unread(): number[] {
    const { sentEnds } = this;
    let first = sentEnds.length;
    while (first > 0 && sentEnds[first - 1] > this.wire.down.read) first--;
    return this.sent.slice(2 * first);
  }

  /** The client has parsed the next message; it must be the one that was sent next. */
  arrived(sid: number, mark: number): void {
    const at = this.sentHead;
    demand(at < this.sent.length, "receiving", () => `sid ${sid} got a message that was never sent`);
    demand(
      this.sent[at] === sid && this.sent[at + 1] === mark,
      "receiving",
      () => `sid ${sid} got ${mark}, but next comes ${this.sent[at + 1]} for sid ${this.sent[at]}`,
    );
    this.sentHead += 2;
  }
}

function isNoResponders({ headers, payload }: Message): boolean {
  return payload.length === 0 && headers?.latin1Slice(0, NO_RESPONDERS.length) === NO_RESPONDERS;
}

function lineOf(wire: Wire): Line {
  return {
    get pending() {
      return wire.down.queued;
    },
    write: (bytes) => wire.down.push(bytes),
    close: () => wire.serverClosed(),
    destroy: () => wire.serverDied(),
    pause: () => wire.freeze(),
    resume: () => wire.thaw(),
  };
}
