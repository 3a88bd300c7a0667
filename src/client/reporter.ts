import type { EngineEvent } from "../core/events.js";
import type { Transition } from "../core/lifecycle.js";
import { describeCause } from "../errors.js";
import { publicError } from "../interop/errors.js";
import type { QueuedIterator, Status } from "../interop/nats-core.js";
import { type ConnectionState, Emitter, type StateChange } from "./events.js";
import { StatusFeed } from "./status.js";
import type { Subscription } from "./subscription.js";

/** Monotonic ms as ms since the epoch. */
function wallClock(at: number): number {
  return Math.round(performance.timeOrigin + at);
}

/**
 * Tells the world what happens: turns what the engine says into events for listeners, into statuses for
 * `nc.status()`, and into the history of states.
 */
export class Reporter {
  readonly emitter: Emitter;
  private readonly feed = new StatusFeed();
  private readonly isDraining: () => boolean;
  private past: StateChange[] = [];
  private state: ConnectionState = "disconnected";
  /** Messages abandoned on links that failed before they stood, not told yet. */
  private abandoned = 0;
  /** Why the last attempt failed; also for `nc.lastError`. */
  lastError: Error | undefined;

  /** @param isDraining whether a drain is under way: then it is reported in place of the link's state */
  constructor(isDraining: () => boolean) {
    this.isDraining = isDraining;
    this.emitter = new Emitter((name, cause) => {
      // The failing listener may be one of `error`: telling it again would not end.
      if (name === "error")
        process.emitWarning(
          `a listener of the NATS connection's "error" event failed: ${describeCause(cause)}`,
        );
      else this.error(new Error(`a listener of "${name}" failed: ${describeCause(cause)}`, { cause }));
    });
  }

  get history(): readonly StateChange[] {
    return this.past;
  }

  status(): QueuedIterator<Status> {
    return this.feed.open();
  }

  error(error: Error): void {
    this.emitter.emit("error", error);
    this.feed.push({ type: "error", error });
  }

  slowConsumer(subscription: Subscription, pending: number): void {
    this.emitter.emit("slowConsumer", { subscription, pending });
    this.feed.push({ type: "slowConsumer", sub: subscription, pending });
  }

  /** The state as users see it has changed, or a drain has begun. */
  changed(to: ConnectionState, at: number, reason: string): void {
    if (to === this.state) return;
    const change: StateChange = { from: this.state, to, at: wallClock(at), reason };
    this.state = to;
    this.past = [...this.past.slice(-63), change];
    this.emitter.emit("state", change);
  }

  private transition({ to, at, reason }: Transition): void {
    this.changed(to !== "closed" && this.isDraining() ? "draining" : to, at, reason);
  }

  tell(event: EngineEvent): void {
    const { emitter, feed } = this;
    switch (event.type) {
      case "state":
        return this.transition(event.transition);
      case "connect":
        return emitter.emit("connect", { server: event.server });
      case "disconnect": {
        const { server, unconfirmed, abandoned } = event;
        const error = event.error === undefined ? undefined : publicError(event.error);
        this.lastError = error ?? this.lastError;
        emitter.emit("disconnect", error, { server, unconfirmed, abandoned });
        feed.push({ type: "disconnect", server });
        return;
      }
      case "attemptFailed":
        this.lastError = publicError(event.error);
        this.abandoned += event.abandoned;
        return;
      case "reconnecting": {
        const { attempt, server, delay } = event;
        const { abandoned } = this;
        this.abandoned = 0;
        emitter.emit("reconnecting", { attempt, server, delay, error: this.lastError, abandoned });
        feed.push({ type: "reconnecting" });
        return;
      }
      case "reconnect": {
        const { type, ...info } = event;
        emitter.emit(type, info);
        feed.push({ type, server: event.server });
        return;
      }
      case "update": {
        const { added, deleted } = event;
        emitter.emit("update", { added, deleted });
        feed.push({ type: "update", added, deleted });
        return;
      }
      case "serverInfo":
        return emitter.emit("serverInfo", event.info);
      case "lameDuck":
        emitter.emit("lameDuck", { server: event.server });
        feed.push({ type: "ldm", server: event.server });
        return;
      case "error":
        return this.error(publicError(event.error));
      case "stale":
        return feed.push({ type: "staleConnection" });
      case "messageLost":
        return emitter.emit("messageLost", event.messages);
      case "writable":
        return;
      case "close": {
        const { dropped, unconfirmed } = event;
        emitter.emit("close", event.error === undefined ? undefined : publicError(event.error), {
          dropped,
          unconfirmed,
        });
        feed.close();
        return;
      }
    }
  }
}
