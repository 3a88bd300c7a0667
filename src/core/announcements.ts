import { parseInfo, type ServerInfo } from "../wire/info.js";
import type { EngineEvent } from "./events.js";
import type { Link } from "./link.js";
import type { EngineOptions } from "./options.js";
import type { PoolServer, ServerPool } from "./pool.js";
import { rememberLast } from "./remember-last.js";
import { wantsTls } from "./tls-policy.js";

/** Whom it concerns what a server says of itself. */
export interface AnnouncementsHost {
  emit(event: EngineEvent): void;
  /** The server has told what it takes from us: its first INFO on the link that is used now, or a later one. */
  onServerInfo(info: ServerInfo): void;
  /** The link in use, which may be another one than that which tells. */
  readonly active?: { readonly server: PoolServer } | undefined;
  /** There are other servers than before. */
  serversChanged(): void;
  /** The server in use will shut down. */
  lameDuck(): void;
}

/** Connections to one server share what it says alike to all of them. */
const keptOnce = rememberLast((text: string) => text);

/** What servers say of themselves and of their cluster: INFO, at the beginning of a link and whenever something changes. */
export class Announcements {
  /** INFO of the server that we are, or were last, connected to. */
  info: ServerInfo | undefined;
  private readonly options: EngineOptions;
  private readonly pool: ServerPool;
  private readonly host: AnnouncementsHost;

  constructor(options: EngineOptions, pool: ServerPool, host: AnnouncementsHost) {
    this.options = options;
    this.pool = pool;
    this.host = host;
  }

  /**
   * The first INFO of a link, which begins the handshake. What it says of other servers is taken only once the link is as
   * secure as it gets: see {@link trusted}.
   *
   * @returns whether TLS comes next
   * @throws CodedError `PROTOCOL_ERROR`, `TLS_REQUIRED`, `TLS_UNAVAILABLE`
   */
  greeted(link: Link, json: string): boolean {
    this.read(link, json);
    return wantsTls(link, this.options.tls);
  }

  /** The link is as secure as it gets: what the first INFO said of other servers holds. */
  trusted(link: Link): void {
    this.pool.told(link.server, link.info!, link.lastInbound);
    this.takeGossip(link);
  }

  /**
   * A later INFO.
   *
   * @param inUse whether the link carries the window
   * @throws CodedError `PROTOCOL_ERROR`
   */
  changed(link: Link, json: string, inUse: boolean): void {
    this.read(link, json);
    this.pool.told(link.server, link.info!, link.lastInbound);
    this.takeGossip(link);
    if (!inUse) return;
    this.adopt(link);
    if (link.lameDuck) this.tellLameDuck(link);
  }

  /** The server in use will shut down: told once. */
  tellLameDuck(link: Link): void {
    if (link.lameDuckTold) return;
    link.lameDuckTold = true;
    this.host.emit({ type: "lameDuck", server: link.server.address.listen });
    this.host.lameDuck();
  }

  /** The link carries the window from now on: what its server takes holds. */
  adopt(link: Link): void {
    const info = link.info!;
    this.info = info;
    this.host.onServerInfo(info);
    this.host.emit({ type: "serverInfo", info });
  }

  private read(link: Link, json: string): void {
    const info = parseInfo(json);
    info.server_id = keptOnce(info.server_id);
    // A server without a name of its own has its id for one.
    if (info.server_name === info.server_id) info.server_name = info.server_id;
    link.info = info;
    link.lameDuck = info.ldm === true;
  }

  private takeGossip(link: Link): void {
    if (this.options.ignoreClusterUpdates) return;
    const update = this.pool.gossip(link.info!.connect_urls, link.server, this.host.active?.server);
    if (update === undefined) return;
    this.host.emit({ type: "update", ...update });
    this.host.serversChanged();
  }
}
