import type { Attributes } from "@opentelemetry/api";
import type { Connection, EventName } from "../../index.js";
import type { Operation } from "./operations.js";

/** What may change them. */
const EVENTS = ["connect", "serverInfo", "disconnect", "reconnect", "move"] as const satisfies EventName[];

/** `host:port`, IPv6 in brackets, and the path of a websocket. */
const SERVER = /^(?:\[(.+)\]|([^:/]+)):(\d+)/;

/** What spans say of the link, kept from event to event: nothing of it is asked for per message. */
export class LinkFacts {
  /** Client and server. */
  attributes: Attributes = {};
  /** Whether there is a server that takes headers. Not in an outage: the next one may take none, or smaller messages. */
  takesHeaders = false;
  private readonly nc: Connection;
  private readonly clientId: string;
  private readonly bases = new Map<Operation, Attributes>();

  constructor(nc: Connection, clientId: string) {
    this.nc = nc;
    this.clientId = clientId;
    for (const event of EVENTS) nc.on(event, this.refresh);
    this.refresh();
  }

  stop(): void {
    for (const event of EVENTS) this.nc.off(event, this.refresh);
  }

  /** The attributes of an operation, client and server. To be copied, not changed. */
  baseOf(operation: Operation): Attributes {
    let base = this.bases.get(operation);
    if (base === undefined) {
      base = { ...operation.attributes, ...this.attributes };
      this.bases.set(operation, base);
    }
    return base;
  }

  private readonly refresh = (): void => {
    const { nc } = this;
    const server = nc.getServer();
    this.attributes = { "messaging.client.id": this.clientId, ...serverOf(server) };
    this.bases.clear();
    this.takesHeaders = server !== "" && nc.info?.headers === true;
  };
}

/** `server.address` and `server.port` of `host:port`; none for an empty text. */
export function serverOf(server: string): Attributes {
  const parts = SERVER.exec(server);
  if (parts === null) return {};
  return { "server.address": parts[1] ?? parts[2], "server.port": Number(parts[3]) };
}
