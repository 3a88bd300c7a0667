import type { Connection, EventName, Listener } from "../../src/index.js";

const NAMES: readonly EventName[] = [
  "state",
  "connect",
  "disconnect",
  "reconnecting",
  "reconnect",
  "partition",
  "move",
  "update",
  "lameDuck",
  "serverInfo",
  "error",
  "messageLost",
  "slowConsumer",
  "close",
];

type Arguments<E extends EventName> = Parameters<Listener<E>>;

/** Writes down all events of a connection, in their order, with their arguments. */
export class Recorder {
  readonly events: { name: EventName; args: unknown[] }[] = [];

  /** @param names which events; those that come with every attempt, or with much data, are left out unless asked for */
  constructor(nc: Connection, names: readonly EventName[] = NAMES) {
    for (const name of names) {
      nc.on(name, ((...args: unknown[]) => {
        this.events.push({ name, args });
      }) as Listener<typeof name>);
    }
  }

  /** The arguments of each event of this name so far. */
  of<E extends EventName>(name: E): Arguments<E>[] {
    return this.events.filter((event) => event.name === name).map((event) => event.args as Arguments<E>);
  }

  count(name: EventName): number {
    return this.of(name).length;
  }

  /** The names of the events so far, in order; without those that are left out. */
  names(...leftOut: EventName[]): EventName[] {
    return this.events.map((event) => event.name).filter((name) => !leftOut.includes(name));
  }
}
