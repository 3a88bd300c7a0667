import { Broker, type BrokerHost } from "../broker/broker.js";
import type { ClientConnection } from "../broker/client-connection.js";
import type { ServerSettings } from "../broker/settings.js";
import { addressOf } from "../broker/settings.js";
import type { SocketLine } from "./socket-line.js";

/** The nats-server whose core protocol it speaks. */
const VERSION = "2.12.0";
const SERVER_ID = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** What is known of the members of a cluster from outside of this one. */
export interface EmbeddedHost extends BrokerHost {
  /** The cluster's name, if it is one. */
  readonly cluster: string | undefined;
}

/** A server's model on real sockets: its INFO says what a nats-server's does. */
export class EmbeddedBroker extends Broker {
  declare protected readonly host: EmbeddedHost;
  /** Another one after each start, as with a real server without nkeys. */
  private serverId = makeId();

  constructor(settings: ServerSettings, host: EmbeddedHost) {
    super(settings, host);
    this.up = false;
  }

  override start(): void {
    super.start();
    this.serverId = makeId();
  }

  override firstPong(client: ClientConnection): void {
    const news = { ...this.infoFields(client, this.lame), connect_info: true, remote_account: "$G" };
    client.say(`INFO ${JSON.stringify(news)}\r\n`);
  }

  protected override infoFields(client: ClientConnection, lameDuck: boolean): Record<string, unknown> {
    const { name, host, port, headers, maxPayload, requireAuth } = this.settings;
    const { cluster } = this.host;
    const address = addressOf(this.settings);
    // A server that is going to shut down names only the others.
    const urls = this.host.urls().filter((url) => !lameDuck || url !== address);
    return {
      server_id: this.serverId,
      server_name: name,
      version: VERSION,
      proto: 1,
      go: "holdfast/testing",
      host,
      port,
      headers,
      ...(requireAuth ? { auth_required: true } : {}),
      max_payload: maxPayload,
      client_id: client.id,
      client_ip: (client.line as SocketLine).socket.remoteAddress,
      ...(cluster === undefined ? {} : { cluster }),
      ...(cluster === undefined || urls.length === 0 ? {} : { connect_urls: urls }),
      ...(lameDuck ? { ldm: true } : {}),
    };
  }
}

/** As a nats-server's public key: 56 letters that begin with an N. */
function makeId(): string {
  const letter = () => SERVER_ID[Math.floor(Math.random() * SERVER_ID.length)];
  return `N${Array.from({ length: 55 }, letter).join("")}`;
}
