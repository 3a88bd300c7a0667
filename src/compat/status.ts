import type { Connection, Status as HoldfastStatus } from "../index.js";
import { asNatsError } from "./errors.js";
import type { DebugEvents, Events } from "./events.js";
import { expand } from "./iterators.js";
import type { NatsError, PermissionContext } from "./nats-error.js";

/** The servers that came to the cluster and went. */
export interface ServersChanged {
  /** `host:port` of each server that came. */
  readonly added: string[];
  /** `host:port` of each server that went. */
  readonly deleted: string[];
}

/** What `nc.status()` yields. */
export interface Status {
  /** What it tells of; says what `data` is. */
  type: Events | DebugEvents;
  /** The server (`host:port`), what changed, the error's code, or how many PINGs wait; empty when there is nothing to say. */
  data: string | ServersChanged | number;
  /** What was not permitted, for errors of permission. */
  permissionContext?: PermissionContext;
  /** The error whose code is in `data`. */
  error?: NatsError;
}

/** What `nc.status()` gives. */
export interface StatusIterator extends AsyncIterableIterator<Status> {
  /** Ends the iteration. */
  stop(): void;
}

/** Statuses from this call on, in the shape of `nats` 2; ends when the connection is closed. */
export function statusOf(nc: Connection): StatusIterator {
  // The official status of an attempt does not say which server; the event that goes with it does.
  const dialled: string[] = [];
  const note = (info: { server: string }) => dialled.push(info.server);
  nc.on("reconnecting", note);
  const source = nc.status();
  const inner = expand(source, (status) => translate(status, () => dialled.shift() ?? ""));
  const stop = () => {
    nc.off("reconnecting", note);
    source.stop();
  };
  return {
    next: () => inner.next(),
    return: async () => {
      stop();
      await inner.return();
      return { done: true, value: undefined };
    },
    stop,
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

function* translate(status: HoldfastStatus, dialled: () => string): Iterable<Status> {
  switch (status.type) {
    case "disconnect":
    case "reconnect":
    case "ldm":
      return yield { type: status.type, data: status.server };
    case "update": {
      const { added = [], deleted = [] } = status;
      return yield { type: "update", data: { added, deleted } };
    }
    case "error":
      return yield ofError(asNatsError(status.error));
    case "reconnecting": {
      const data = dialled();
      // Empty: a wait between two passes, which `nats` 2 does not tell.
      if (data !== "") yield { type: "reconnecting", data };
      return;
    }
    case "ping":
      return yield { type: "pingTimer", data: `${status.pendingPings}` };
    case "staleConnection":
      return yield { type: "staleConnection", data: "" };
    case "forceReconnect":
      return yield { type: "client initiated reconnect", data: "" };
    case "slowConsumer":
      return yield { type: "slowConsumer", data: status.sub.getSubject() };
    case "close":
      return;
  }
}

function ofError(error: NatsError): Status {
  const { code, permissionContext } = error;
  const status: Status = { type: "error", data: code ?? error.message, error };
  if (permissionContext !== undefined) status.permissionContext = permissionContext;
  return status;
}
