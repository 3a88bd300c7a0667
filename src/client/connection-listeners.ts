import type { ConnectionClosedListener, QueuedIterator, Status } from "../interop/nats-core.js";
import { ConnectionFacts } from "./connection-facts.js";
import type { EventName, Listener } from "./events.js";

/** How those who want to hear what happens to a connection come, and go. */
export abstract class ConnectionListeners extends ConnectionFacts {
  /** Adds a listener. */
  on<E extends EventName>(event: E, listener: Listener<E>): this {
    this.reporter.emitter.add(event, listener, false);
    return this;
  }

  /** Adds a listener that is called once. */
  once<E extends EventName>(event: E, listener: Listener<E>): this {
    this.reporter.emitter.add(event, listener, true);
    return this;
  }

  /** Removes a listener. */
  off<E extends EventName>(event: E, listener: Listener<E>): this {
    this.reporter.emitter.remove(event, listener);
    return this;
  }

  /** What happens, in nats.js's shape, from this call on. */
  status(): QueuedIterator<Status> {
    return this.reporter.status();
  }

  /** Tells `listener` of the end of the connection. */
  addCloseListener(listener: ConnectionClosedListener): void {
    this.extras.official.addCloseListener(listener);
  }

  /** Tells `listener`, which {@link addCloseListener} was given, no more. */
  removeCloseListener(listener: ConnectionClosedListener): void {
    this.extras.official.removeCloseListener(listener);
  }
}
