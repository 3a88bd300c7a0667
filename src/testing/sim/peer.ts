import { type ClientFrames, ClientProtocol } from "./client-protocol.js";
import { markOf } from "./content.js";
import { covers, type Routed, routed, type ServerSub } from "./interest.js";
import type { Outlet } from "./pipe.js";
import type { Random } from "./random.js";
import type { ServerSetup } from "./server-setup.js";
import { demand } from "./violation.js";
import type { Wire } from "./wire.js";

/** What a server does with a publish: takes it, refuses it, or ends the connection because of it. */
export type Fate = "taken" | "denied" | "expelled";

/** Hears what a server takes from a client. It stands outside of the world, and survives every crash. */
export interface Witness {
  opened(peer: Peer): void;
  /** A publish was parsed. */
  published(peer: Peer, message: Routed, fate: Fate): void;
  /** The connection is ended with an error that may be about what the client wrote. */
  accused(peer: Peer): void;
  subscribed(peer: Peer, sub: ServerSub): void;
}

/** What a connection asks of its server. */
export interface PeerHost {
  readonly setup: ServerSetup;
  readonly random: Random;
  readonly witness: Witness;
  route(message: Routed, from: Peer): void;
  gone(peer: Peer): void;
}

/** Errors that are not about what the client has written last. */
const HARMLESS = /^(stale|slow|user|auth|max.* connections)/i;
const NO_RESPONDERS = Buffer.from("NATS/1.0 503\r\n\r\n");

/** A server's end of a connection, from its INFO to its end. */
export class Peer implements Outlet, ClientFrames {
  readonly wire: Wire;
  private readonly host: PeerHost;
  private readonly protocol: ClientProtocol;
  readonly subs = new Map<number, ServerSub>();
  /** Every sid that was ever subscribed here. */
  readonly seen = new Set<number>();
  /** Those with a `max`: when it is raised they are subscribed once more, lest the old one has ended them. */
  private readonly limited = new Set<number>();
  /** What was sent, in order, and not yet seen to arrive: sid and mark by turns. */
  readonly sent: number[] = [];
  private sentHead = 0;
  /** Frames that were taken. */
  frames = 0;
  connected = false;
  private echo = true;
  private noResponders = false;
  private pongsDue = 0;
  private out: Buffer[] = [];
  private corked = false;
  /** Takes everything and answers nothing. */
  mute = false;
  /** The largest `max_payload` that this client was told, and whether headers are taken. */
  private maxPayload: number;
  private readonly headers: boolean;
  /** What was said of errors and of the end, and behind how many bytes. */
  private readonly words: { readonly at: number; readonly error?: string; readonly lameDuck?: boolean }[] =
    [];

  constructor(host: PeerHost, wire: Wire) {
    this.host = host;
    this.wire = wire;
    this.maxPayload = host.setup.maxPayload;
    this.headers = host.setup.headers;
    this.protocol = new ClientProtocol(this);
  }

  get epoch(): number {
    return this.wire.epoch;
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

  private hasArrived(at: number): boolean {
    return at <= this.wire.down.read;
  }

  /** Bytes that were said, with those that are not on their way yet. */
  private get saidBytes(): number {
    return this.out.reduce((sum, { length }) => sum + length, this.wire.down.pushed);
  }

  /** Bytes of a frame that is not complete. */
  get held(): number {
    return this.protocol.held;
  }

  data(bytes: Buffer): void {
    this.corked = true;
    this.protocol.feed(bytes);
    this.corked = false;
    this.flush();
  }

  end(): void {
    this.close();
  }

  /** Nothing more is taken from here. */
  close(): void {
    this.protocol.stop();
    this.subs.clear();
    this.host.gone(this);
  }

  say(text: string | Buffer): void {
    if (this.mute) return;
    this.out.push(typeof text === "string" ? Buffer.from(text) : text);
    if (!this.corked) this.flush();
  }

  /** The server's process stands still. */
  freeze(): void {
    this.wire.freeze();
  }

  thaw(): void {
    this.wire.thaw();
    this.flush();
  }

  private flush(): void {
    if (this.out.length === 0 || this.wire.frozenAt !== undefined) return;
    const { out } = this;
    this.out = [];
    this.wire.down.push(out.length === 1 ? out[0] : Buffer.concat(out));
  }

  /** Says an error that is not about a single operation. */
  complain(error: string): void {
    const before = this.saidBytes;
    this.say(`-ERR '${error}'\r\n`);
    if (this.saidBytes > before) this.words.push({ at: this.saidBytes, error });
  }

  /** Says why, and closes. `culprit`: it is known which message is to blame. */
  expel(error: string, culprit = false): void {
    if (!culprit && !HARMLESS.test(error)) this.host.witness.accused(this);
    this.complain(error);
    this.flush();
    this.wire.serverClosed();
    this.close();
  }

  /** Tells the client what the server is like now. */
  inform(info: string, lameDuck: boolean): void {
    this.maxPayload = Math.max(this.maxPayload, this.host.setup.maxPayload);
    const before = this.saidBytes;
    this.say(info);
    if (this.saidBytes > before) this.words.push({ at: this.saidBytes, lameDuck });
  }

  /** Asks for a sign of life. */
  askPing(): void {
    this.pongsDue++;
    this.say("PING\r\n");
  }

  connect(json: string): void {
    this.frames++;
    demand(!this.connected, "protocol", () => "a second CONNECT on the same link");
    const fields = JSON.parse(json) as Record<string, unknown>;
    demand(fields.protocol === 1 && fields.verbose === false, "protocol", () => `CONNECT ${json}`);
    const { setup } = this.host;
    const known = fields.user === "sim" && fields.pass === "secret";
    if (setup.rejectAuth || (setup.requireAuth && !known)) return this.expel("Authorization Violation");
    this.connected = true;
    this.echo = fields.echo !== false;
    this.noResponders = fields.headers === true && fields.no_responders === true;
  }

  private begin(verb: string): void {
    this.frames++;
    demand(this.connected || this.mute, "protocol", () => `${verb} before CONNECT`);
  }

  ping(): void {
    this.begin("PING");
    this.say("PONG\r\n");
  }

  pong(): void {
    this.begin("PONG");
    demand(--this.pongsDue >= 0, "protocol", () => "a PONG that nobody asked for");
  }

  sub(subject: string, queue: string | undefined, sid: number): void {
    this.begin("SUB");
    const isNew = !this.seen.has(sid) || this.limited.has(sid);
    demand(isNew, "protocol", () => `SUB ${subject} with sid ${sid}, which is in use`);
    this.seen.add(sid);
    const sub: ServerSub = { sid, subject, queue, tokens: subject.split("."), max: undefined, delivered: 0 };
    this.host.witness.subscribed(this, sub);
    // A number that is still there stays as it is; one that its `max` has ended begins anew.
    if (this.subs.has(sid)) return;
    if (this.host.setup.denySubscribe && subject.startsWith("closed.")) {
      const group = queue === undefined ? "" : ` using queue "${queue}"`;
      this.say(`-ERR 'Permissions Violation for Subscription to "${subject}"${group}'\r\n`);
      return;
    }
    this.subs.set(sid, sub);
  }

  unsub(sid: number, max: number | undefined): void {
    this.begin("UNSUB");
    if (max !== undefined) this.limited.add(sid);
    const sub = this.subs.get(sid);
    if (sub === undefined) return;
    if (max !== undefined && max > sub.delivered) sub.max = max;
    else this.subs.delete(sid);
  }

  publish(subject: string, reply: string, headers: Buffer | undefined, payload: Buffer): void {
    this.begin("PUB");
    const size = payload.length + (headers?.length ?? 0);
    const { setup, witness } = this.host;
    demand(
      size <= this.maxPayload,
      "max-payload",
      () => `${size} bytes to ${subject}, the server takes ${this.maxPayload}`,
    );
    demand(
      headers === undefined || this.headers,
      "headers",
      () => `headers to ${subject}, the server takes none`,
    );
    // Written before the client could know of the new limit.
    if (size > setup.maxPayload) return this.expel("Maximum Payload Violation");
    const message = routed(subject, reply, headers, payload, markOf(subject, payload));
    if (setup.poison !== undefined && subject.startsWith("poison.")) {
      witness.published(this, message, "expelled");
      return this.expel(setup.poison, true);
    }
    const denied = setup.denyPublish && subject.startsWith("deny.");
    witness.published(this, message, denied ? "denied" : "taken");
    if (denied) this.say(`-ERR 'Permissions Violation for Publish to "${subject}"'\r\n`);
    else this.host.route(message, this);
  }

  /** Nobody was there for a request of this client. */
  nobody(reply: string): void {
    if (!this.noResponders) return;
    this.deliver(routed(reply, "", NO_RESPONDERS, Buffer.alloc(0), 0), false);
  }

  /** Whether this client has subscribed what covers the message. */
  wants(message: Routed, own: boolean): boolean {
    if (own && !this.echo) return false;
    for (const sub of this.subs.values()) if (covers(sub.tokens, message.tokens)) return true;
    return false;
  }

  /** Sends a message to all subscriptions that cover it, and to one of each queue group. */
  deliver(message: Routed, own: boolean): void {
    if (own && !this.echo) return;
    const groups = new Map<string, ServerSub[]>();
    for (const sub of this.subs.values()) {
      if (!covers(sub.tokens, message.tokens)) continue;
      if (sub.queue === undefined) this.send(sub, message);
      else if (!message.served.has(sub.queue)) groups.set(sub.queue, [...(groups.get(sub.queue) ?? []), sub]);
    }
    for (const [queue, members] of groups) {
      message.served.add(queue);
      this.send(this.host.random.pick(members), message);
    }
  }

  private send(sub: ServerSub, { subject, reply, headers, payload, mark }: Routed): void {
    const to = reply === "" ? `${subject} ${sub.sid}` : `${subject} ${sub.sid} ${reply}`;
    const total = payload.length + (headers?.length ?? 0);
    const line = headers === undefined ? `MSG ${to} ${total}` : `HMSG ${to} ${headers.length} ${total}`;
    const parts = [Buffer.from(`${line}\r\n`), payload, Buffer.from("\r\n")];
    if (headers !== undefined) parts.splice(1, 0, headers);
    this.sent.push(sub.sid, mark);
    this.say(Buffer.concat(parts));
    sub.delivered++;
    if (sub.max !== undefined && sub.delivered >= sub.max) this.subs.delete(sub.sid);
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
