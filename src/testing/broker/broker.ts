import type { ClientConnection } from "./client-connection.js";
import type { ConnectFields } from "./connect-fields.js";
import { KeepAlive } from "./keep-alive.js";
import type { Scheduler } from "./line.js";
import type { Message } from "./message.js";
import { permits } from "./permissions.js";
import type { ServerSettings } from "./settings.js";
import { addressOf } from "./settings.js";
import { Sublist, type Subscription } from "./sublist.js";

/** What a server asks of its cluster. */
export interface BrokerHost {
  /** Without it nothing is done because of time alone. */
  readonly scheduler?: Scheduler;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Addresses that it tells its clients. */
  urls(): string[];
  /** Carries a message to the other servers; returns whether anyone there wants it. */
  forward(message: Message, origin: Broker): boolean;
  /** A server has one subscription more, or one less. */
  subscribed?(server: Broker, sub: Subscription): void;
  unsubscribed?(server: Broker, sub: Subscription): void;
}

/**
 * The model of one nats-server, without sockets, clock and randomness of its own: connections bring bytes and
 * take bytes.
 */
export class Broker {
  readonly settings: ServerSettings;
  protected readonly host: BrokerHost;
  /** Those that are open, the oldest first. */
  readonly clients = new Set<ClientConnection>();
  readonly sublist = new Sublist();
  /** Its process runs. */
  up = true;
  /** In lame duck mode: takes no new clients, and lets go of those it has. */
  lame = false;
  /** Its process stands still. */
  frozen = false;
  private clientIds = 0;
  private serials = 0;

  constructor(settings: ServerSettings, host: BrokerHost) {
    this.settings = settings;
    this.host = host;
  }

  /** Its address for clients. */
  get address(): string {
    return addressOf(this.settings);
  }

  nextClientId(): number {
    return ++this.clientIds;
  }

  nextSerial(): number {
    return ++this.serials;
  }

  /** Takes a connection: it is told who the server is, unless there are too many. */
  admit(client: ClientConnection): void {
    const { maxConnections } = this.settings;
    this.clients.add(client);
    client.say(this.info(client, this.lame));
    if (maxConnections !== undefined && this.clients.size > maxConnections) {
      client.expel("maximum connections exceeded");
    } else if (this.host.scheduler !== undefined) {
      client.keepAlive = new KeepAlive(client, this.host.scheduler);
    }
  }

  /** A client has got the answer to its first PING: from now on it takes news. */
  firstPong(_client: ClientConnection): void {}

  /** A client of this server has subscribed, or a subscription is over. */
  insert(sub: Subscription): void {
    this.sublist.insert(sub);
    this.host.subscribed?.(this, sub);
  }

  remove(sub: Subscription): void {
    this.sublist.remove(sub);
    this.host.unsubscribed?.(this, sub);
  }

  /** Whether a client may come in with what its CONNECT says. */
  authenticate({ user, pass, auth_token }: ConnectFields): boolean {
    const { settings } = this;
    if (settings.token !== undefined) return auth_token === settings.token;
    return settings.user === undefined || (user === settings.user && pass === (settings.pass ?? ""));
  }

  mayPublish(_client: ClientConnection, subject: string): boolean {
    return permits(this.settings.permissions?.publish, subject);
  }

  maySubscribe(_client: ClientConnection, subject: string): boolean {
    return permits(this.settings.permissions?.subscribe, subject);
  }

  /** Carries a message to all who want it, here and in the cluster; returns whether there is anyone. */
  publish(message: Message, from: ClientConnection | undefined): boolean {
    const here = this.deliver(message, from);
    return this.host.forward(message, this) || here;
  }

  /**
   * Hands a message to all subscriptions here that cover it, and to one of each queue group that nobody has served.
   * Returns whether anyone wants it.
   *
   * @param only the queue groups that are served here; undefined: all
   */
  deliver(message: Message, from: ClientConnection | undefined, only?: ReadonlySet<string>): boolean {
    let found = false;
    for (const sub of this.sublist.match(message.subject).plain) {
      if (!sub.client.wants(sub, message.subject, from)) continue;
      found = true;
      sub.client.deliver(sub, message);
    }
    return this.serve(message, from, only) || found;
  }

  /** The same for queue groups alone. */
  serve(message: Message, from: ClientConnection | undefined, only?: ReadonlySet<string>): boolean {
    const { subject } = message;
    let found = false;
    for (const [queue, members] of this.sublist.match(subject).groups) {
      if (only !== undefined && !only.has(queue)) continue;
      const some = members.filter((sub) => sub.client.wants(sub, subject, from));
      if (some.length === 0) continue;
      found = true;
      message.served ??= new Set();
      if (message.served.has(queue)) continue;
      message.served.add(queue);
      const chosen = some[Math.floor(this.host.random() * some.length)];
      chosen.client.deliver(chosen, message);
    }
    return found;
  }

  /** The connection is over. */
  gone(client: ClientConnection): void {
    this.clients.delete(client);
  }

  /** The INFO line for a client; `lameDuck`: it says that the server is going to shut down. */
  info(client: ClientConnection, lameDuck: boolean): string {
    return `INFO ${JSON.stringify(this.infoFields(client, lameDuck))}\r\n`;
  }

  protected infoFields(client: ClientConnection, lameDuck: boolean): Record<string, unknown> {
    const { name, host, port, maxPayload, headers, requireAuth, tls } = this.settings;
    return {
      server_id: `ID-${name}`,
      server_name: name,
      version: "2.12.0",
      go: "sim",
      cluster: "sim",
      host,
      port,
      proto: 1,
      max_payload: maxPayload,
      client_id: client.id,
      headers,
      auth_required: requireAuth,
      connect_urls: this.host.urls(),
      ...(tls === undefined ? {} : { [`tls_${tls}`]: true }),
      ...(lameDuck ? { ldm: true } : {}),
    };
  }

  /** Tells all clients what has changed. */
  announce(): void {
    for (const client of this.clients) {
      if (client.connected && client.fields.protocol === 1) client.inform(this.lame);
    }
  }

  /** SIGKILL: what it had not processed is gone. */
  kill(): void {
    this.up = false;
    this.frozen = false;
    this.lame = false;
    for (const client of [...this.clients]) {
      client.line.destroy();
      client.close();
    }
  }

  /** Lets go of all clients in order, as at the end of lame duck mode. */
  stop(): void {
    this.thaw();
    this.up = false;
    this.lame = false;
    for (const client of [...this.clients]) {
      client.line.close();
      client.close();
    }
  }

  start(): void {
    this.up = true;
  }

  /** SIGSTOP: it neither reads nor writes, and is not gone. */
  freeze(): void {
    this.frozen = true;
    for (const client of this.clients) client.freeze();
  }

  /** SIGCONT. */
  thaw(): void {
    this.frozen = false;
    for (const client of [...this.clients]) client.thaw();
  }

  enterLameDuck(): void {
    this.lame = true;
    this.announce();
  }
}
