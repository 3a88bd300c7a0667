import type { Broker } from "./broker.js";
import type { ClientParser, ParserHost } from "./client-frames.js";
import { type ConnectFields, readConnect } from "./connect-fields.js";
import type { KeepAlive } from "./keep-alive.js";
import type { Line } from "./line.js";
import { frameFor, type Message, message } from "./message.js";
import { isPartlyDenied, permits } from "./permissions.js";
import { isLiteralSubject, isValidSubject } from "./subject.js";
import type { Subscription } from "./sublist.js";

/** What a server does with a publish: takes it, refuses it, or ends the connection because of it. */
export type Fate = "taken" | "denied" | "expelled";

const NOTHING = Buffer.alloc(0);
const DEFAULT_CONTROL_LINE = 4096;
/** Bytes that are said before they are handed over while a read is being worked on. */
const MOST_WITHHELD = 64 * 1024;

/** A server's end of a client's connection, from its INFO to its end. */
export class ClientConnection implements ParserHost {
  /** Grows from one connection of a server to the next: the `client_id` of its INFO. */
  readonly id: number;
  readonly broker: Broker;
  readonly line: Line;
  protected readonly parser: ClientParser;
  /** By sid. */
  readonly subs = new Map<string, Subscription>();
  /** What its CONNECT said; until then, nats-server's defaults. */
  fields: ConnectFields = { verbose: true, pedantic: true, echo: true };
  /** The CONNECT was accepted. */
  connected = false;
  /** Nothing is taken from here, and nothing is said, any more. */
  over = false;
  /** Messages and bytes of their headers and payloads, from and to the client. */
  readonly traffic = { inMsgs: 0, inBytes: 0, outMsgs: 0, outBytes: 0 };
  /** Watches over it; undefined: nobody does. */
  keepAlive: KeepAlive | undefined;
  private ponged = false;
  private out: Buffer[] = [];
  /** Bytes that were said and are not handed over yet. */
  protected withheld = 0;
  private corked = false;
  private isFrozen = false;

  constructor(broker: Broker, line: Line, makeParser: (host: ParserHost) => ClientParser) {
    this.broker = broker;
    this.line = line;
    this.id = broker.nextClientId();
    this.parser = makeParser(this);
  }

  /** Bytes of a frame that is not complete. */
  get held(): number {
    return this.parser.held;
  }

  get mustAuthenticate(): boolean {
    return this.broker.settings.requireAuth && !this.connected;
  }

  get takesHeaders(): boolean {
    return this.broker.settings.headers && this.fields.headers === true;
  }

  get maxControlLine(): number {
    return this.broker.settings.maxControlLine ?? DEFAULT_CONTROL_LINE;
  }

  get maxPayload(): number {
    return this.broker.settings.maxPayload;
  }

  /** Bytes have come from the client. */
  data(bytes: Buffer): void {
    this.keepAlive?.heard();
    this.corked = true;
    this.parser.feed(bytes);
    this.corked = false;
    this.flush();
  }

  /** The client has closed, or the line is lost. */
  end(): void {
    this.close();
  }

  /** Nothing more is taken from here. */
  close(): void {
    if (this.over) return;
    this.over = true;
    this.keepAlive?.end();
    this.parser.stop();
    for (const sub of this.subs.values()) this.broker.remove(sub);
    this.subs.clear();
    this.broker.gone(this);
  }

  say(text: string | Buffer): void {
    if (this.over) return;
    const bytes = typeof text === "string" ? Buffer.from(text) : text;
    this.out.push(bytes);
    this.withheld += bytes.length;
    if (!this.corked || this.withheld > MOST_WITHHELD) this.flush();
  }

  private sayOk(): void {
    if (this.fields.verbose) this.say("+OK\r\n");
  }

  /** The server's process stands still. */
  freeze(): void {
    this.isFrozen = true;
    this.line.pause();
  }

  thaw(): void {
    this.isFrozen = false;
    this.line.resume();
    this.flush();
  }

  private flush(): void {
    const { maxPending } = this.broker.settings;
    if (maxPending !== undefined && this.withheld + this.line.pending > maxPending) return this.cutOff();
    if (this.out.length === 0 || this.isFrozen) return;
    const { out } = this;
    this.out = [];
    this.withheld = 0;
    this.line.write(out.length === 1 ? out[0] : Buffer.concat(out));
  }

  /** It does not read what there is for it: a slow consumer. What waits could not arrive, so nothing is said. */
  private cutOff(): void {
    this.out = [];
    this.withheld = 0;
    this.line.destroy();
    this.close();
  }

  /** Says an error that is not about a single operation. */
  complain(error: string): void {
    this.say(`-ERR '${error}'\r\n`);
  }

  /** Says why, and closes. */
  expel(error: string): void {
    this.complain(error);
    this.hangUp();
  }

  refuse(error: string | undefined): void {
    if (error === undefined) this.hangUp();
    else this.expel(error);
  }

  /** Closes behind what was said. */
  hangUp(): void {
    this.flush();
    this.line.close();
    this.close();
  }

  /** Tells the client what the server is like now; `lameDuck`: also that it is going to shut down. */
  inform(lameDuck: boolean): void {
    this.say(this.broker.info(this, lameDuck));
  }

  /** Asks for a sign of life. */
  askPing(): void {
    this.say("PING\r\n");
  }

  connect(json: string): void {
    const given = readConnect(json);
    if (given === undefined) return this.refuse(undefined);
    this.fields = { ...this.fields, ...given };
    const { protocol = 0, no_responders } = this.fields;
    if (!this.broker.authenticate(this.fields)) return this.expel("Authorization Violation");
    if (protocol !== 0 && protocol !== 1) return this.expel("invalid client protocol");
    if (no_responders && !this.takesHeaders) return this.expel("no responders requires headers support");
    if (!this.connected) this.keepAlive?.connected();
    this.connected = true;
    this.sayOk();
  }

  ping(): void {
    this.say("PONG\r\n");
    if (this.ponged || this.fields.protocol !== 1) return;
    this.ponged = true;
    this.broker.firstPong(this);
  }

  pong(): void {
    this.keepAlive?.ponged();
  }

  sub(subject: string, queue: string | undefined, sid: string): void {
    const { settings } = this.broker;
    if (!this.broker.maySubscribe(this, subject)) {
      return this.say(`-ERR '${subscriptionViolation(subject, queue)}'\r\n`);
    }
    if (settings.maxSubscriptions !== undefined && this.subs.size >= settings.maxSubscriptions) {
      return this.say("-ERR 'maximum subscriptions exceeded'\r\n");
    }
    // A sid that is still there stays as it is; one that its `max` has ended begins anew.
    if (!this.subs.has(sid)) {
      if (!isValidSubject(subject)) return this.say("-ERR 'Invalid Subject'\r\n");
      const sub: Subscription = {
        client: this,
        sid,
        subject,
        queue,
        serial: this.broker.nextSerial(),
        max: undefined,
        delivered: 0,
        ended: false,
        filtered: isPartlyDenied(settings.permissions?.subscribe, subject),
      };
      this.subs.set(sid, sub);
      this.broker.insert(sub);
    }
    this.sayOk();
  }

  unsub(sid: string, max: number | undefined): void {
    const sub = this.subs.get(sid);
    if (sub !== undefined) {
      if (max !== undefined && max > sub.delivered) sub.max = max;
      else this.remove(sub);
    }
    this.sayOk();
  }

  /** A subscription that it has is not permitted any more. */
  unpermitted(sub: Subscription): void {
    this.remove(sub);
    this.say(`-ERR '${subscriptionViolation(sub.subject, sub.queue)} (sid "${sub.sid}")'\r\n`);
  }

  private remove(sub: Subscription): void {
    this.subs.delete(sub.sid);
    this.broker.remove(sub);
  }

  publishing(subject: string): void {
    if (this.fields.pedantic && !isLiteralSubject(subject)) this.say("-ERR 'Invalid Publish Subject'\r\n");
  }

  publish(subject: string, reply: string, headers: Buffer | undefined, payload: Buffer): void {
    const size = payload.length + (headers?.length ?? 0);
    if (size > this.maxPayload) return this.expel("Maximum Payload Violation");
    this.traffic.inMsgs++;
    this.traffic.inBytes += size;
    this.take(message(subject, reply, headers, payload));
  }

  /** Does what a message of the client asks for. */
  protected take(about: Message): void {
    const { subject, reply } = about;
    const denied = !this.broker.mayPublish(this, subject);
    this.published(about, denied ? "denied" : "taken");
    if (denied) return this.say(`-ERR 'Permissions Violation for Publish to "${subject}"'\r\n`);
    this.sayOk();
    if (!this.broker.publish(about, this) && reply !== "") this.nobody(about);
  }

  /** A publish was parsed. */
  protected published(_message: Message, _fate: Fate): void {}

  /** Nobody was there for a request of this client: one of its own subscriptions that waits for the reply is told. */
  private nobody({ subject, reply }: Message): void {
    if (!this.fields.no_responders) return;
    const waiting = this.broker.sublist.match(reply).plain.find(({ client }) => client === this);
    if (waiting === undefined) return;
    const headers = Buffer.from(`NATS/1.0 503\r\nNats-Subject: ${subject}\r\n\r\n`);
    this.send(waiting, message(reply, "", headers, NOTHING));
  }

  /** Whether a subscription of it gets a message that `from` has published. */
  wants(sub: Subscription, subject: string, from: ClientConnection | undefined): boolean {
    if (sub.ended || (from === this && this.fields.echo === false)) return false;
    return !sub.filtered || permits(this.broker.settings.permissions?.subscribe, subject);
  }

  /** Gives a message to one of its subscriptions. */
  deliver(sub: Subscription, about: Message): void {
    sub.delivered++;
    if (sub.max !== undefined && sub.delivered >= sub.max) this.remove(sub);
    this.send(sub, about);
  }

  protected send(sub: Subscription, about: Message): void {
    this.traffic.outMsgs++;
    this.traffic.outBytes += about.payload.length + (about.headers?.length ?? 0);
    this.say(frameFor(sub.sid, about, this.takesHeaders));
  }
}

function subscriptionViolation(subject: string, queue: string | undefined): string {
  const group = queue === undefined ? "" : ` using queue "${queue}"`;
  return `Permissions Violation for Subscription to "${subject}"${group}`;
}
