import type { Connection, ConnectionEvents, EventName, Listener } from "../index.js";
import { toNatsError } from "./errors.js";
import type { NatsError } from "./nats-error.js";
import { type Status, type StatusIterator, statusOf } from "./status.js";

/** Events that `nats` 2 names and only its statuses tell. */
type StatusName = "pingTimer" | "staleConnection" | "client initiated reconnect";

/** The same arguments, with errors as `NatsError`s. */
type Told<A extends unknown[]> = {
  [I in keyof A]: A[I] extends Error
    ? NatsError
    : A[I] extends Error | undefined
      ? NatsError | undefined
      : A[I];
};

/** Holdfast's events. */
type OwnEvents = { [E in EventName]: Told<ConnectionEvents[E]> };

/** The events of `nc.on()` and the arguments of their listeners. */
export interface CompatEvents extends OwnEvents {
  /** The server is about to shut down. */
  ldm: OwnEvents["lameDuck"];
  /** A PING was sent; so many wait for their PONG. */
  pingTimer: [data: Status["data"]];
  /** There was no sign of life in time. */
  staleConnection: [data: Status["data"]];
  /** `nc.reconnect()` was called. */
  "client initiated reconnect": [data: Status["data"]];
}

export type CompatListener<E extends keyof CompatEvents> = (...args: CompatEvents[E]) => unknown;
type AnyListener = (...args: unknown[]) => unknown;

const OWN_NAMES: Partial<Record<keyof CompatEvents, EventName>> = { ldm: "lameDuck" };
const FROM_STATUS: readonly string[] = [
  "pingTimer",
  "staleConnection",
  "client initiated reconnect",
] satisfies StatusName[];

/** A listener that is there. */
interface Added {
  readonly event: string;
  readonly listener: unknown;
  /** Takes it away again. */
  remove(): void;
}

/** `nc.on()`, `once()` and `off()` with the names of `nats` 2; errors arrive as `NatsError`s. */
export class Listeners {
  private readonly nc: Connection;
  private readonly added: Added[] = [];

  constructor(nc: Connection) {
    this.nc = nc;
  }

  add<E extends keyof CompatEvents>(event: E, listener: CompatListener<E>, once: boolean): void {
    const call = (...args: unknown[]) => {
      // Called already, if a listener before it has brought the event about again.
      if (once && !this.take(added)) return;
      return (listener as AnyListener)(...args.map(toNatsError));
    };
    const remove = FROM_STATUS.includes(event)
      ? this.watch(event, call)
      : this.listen(event as EventName, call);
    const added: Added = { event, listener, remove };
    this.added.push(added);
  }

  remove<E extends keyof CompatEvents>(event: E, listener: CompatListener<E>): void {
    const found = this.added.find((entry) => entry.event === event && entry.listener === listener);
    if (found !== undefined) this.take(found);
  }

  /** Whether it was still there. */
  private take(entry: Added): boolean {
    const at = this.added.indexOf(entry);
    if (at === -1) return false;
    this.added.splice(at, 1);
    entry.remove();
    return true;
  }

  private listen(event: EventName, call: AnyListener): () => void {
    const name = OWN_NAMES[event] ?? event;
    this.nc.on(name, call as Listener<typeof name>);
    return () => this.nc.off(name, call as Listener<typeof name>);
  }

  private watch(event: string, call: AnyListener): () => void {
    const statuses = statusOf(this.nc);
    void tell(statuses, event, call);
    return () => statuses.stop();
  }
}

/** A listener that fails harms nobody: only Holdfast's own events have an `error` event to tell it. */
async function tell(statuses: StatusIterator, event: string, call: AnyListener): Promise<void> {
  for await (const { type, data } of statuses) {
    if (type !== event) continue;
    try {
      await call(data);
    } catch (error) {
      process.emitWarning(error instanceof Error ? error : String(error));
    }
  }
}
