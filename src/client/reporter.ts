import type { Cause } from "../core/cause.js";
import type { EngineEvent, LostMessage } from "../core/events.js";
import type { Transition } from "../core/lifecycle.js";
import { NONE } from "../core/none.js";
import { describeCause } from "../errors.js";
import { endError, publicError } from "../interop/errors.js";
import type { QueuedIterator, Status } from "../interop/nats-core.js";
import type { Clock } from "../io/clock.js";
import type { OutageHistory } from "./diagnosis/outage-history.js";
import {
  type ConnectionState,
  Emitter,
  type EmitterHost,
  type EventName,
  type StateChange,
} from "./events.js";
import { type Buffered, copyInfo } from "./facts.js";
import { StatusFeed } from "./status.js";
import type { Subscription } from "./subscription.js";

/** What the reporter asks of the connection. */
export interface ReporterHost {
  readonly clock: Clock;
  /** Whether a drain is under way: then it is reported in place of the link's state. */
  isDraining(): boolean;
  /** What waits now. */
  readonly buffered: Buffered;
}

/**
 * Tells the world what happens: turns what the engine says into events for listeners, into statuses for
 * `nc.status()`, and into the history of states.
 */
export class Reporter implements EmitterHost {
  readonly emitter = new Emitter(this);
  private readonly feed = new StatusFeed();
  private readonly host: ReporterHost;
  private past: readonly StateChange[] = NONE;
  private state: ConnectionState = "disconnected";
  /** Messages abandoned on links that failed before they stood, not told yet. */
  private abandoned = 0;
  /** Why the last attempt failed; also for `nc.lastError`. */
  lastError: Error | undefined;
  lastCause: Cause | undefined;
  /** ms since the epoch. */
  lastConnectedAt: number | undefined;
  lastDisconnectedAt: number | undefined;
  private readonly partitionThreshold: number;
  /** What is remembered for `nc.diagnose()`. */
  outages: OutageHistory | undefined;

  /** @param partitionThreshold ms of downtime that make an outage a partition */
  constructor(host: ReporterHost, partitionThreshold: number) {
    this.host = host;
    this.partitionThreshold = partitionThreshold;
  }

  get connection(): unknown {
    return this.host;
  }

  listenerFailed(name: EventName, cause: unknown): void {
    // The failing listener may be one of `error`: telling it again would not end.
    if (name === "error")
      process.emitWarning(
        `a listener of the NATS connection's "error" event failed: ${describeCause(cause)}`,
      );
    else this.error(new Error(`a listener of "${name}" failed: ${describeCause(cause)}`, { cause }));
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

  messageLost(messages: LostMessage[]): void {
    this.emitter.emit("messageLost", messages);
  }

  /** The application has asked for a new connection. */
  forced(): void {
    this.feed.push({ type: "forceReconnect" });
  }

  slowConsumer(subscription: Subscription, pending: number, dropped: number): void {
    this.emitter.emit("slowConsumer", { subscription, pending, dropped });
    this.feed.push({ type: "slowConsumer", sub: subscription, pending });
  }

  /** The state as users see it has changed, or a drain has begun. */
  changed(to: ConnectionState, at: number, reason: string): void {
    if (to === this.state) return;
    const change: StateChange = { from: this.state, to, at: this.wallClock(at), reason };
    this.state = to;
    this.past = this.past.slice(-63).concat(change);
    this.emitter.emit("state", change);
  }

  /** Monotonic ms as ms since the epoch. */
  private wallClock(at: number): number {
    return Math.round(this.host.clock.origin + at);
  }

  private transition({ from, to, at, reason }: Transition): void {
    if (to === "connected") this.lastConnectedAt = this.wallClock(at);
    if (from === "connected") this.lastDisconnectedAt = this.wallClock(at);
    this.changed(to !== "closed" && this.host.isDraining() ? "draining" : to, at, reason);
  }

  tell(event: EngineEvent): void {
    const { emitter, feed } = this;
    // Before the listeners: one of them may want a diagnosis.
    this.outages?.hear(event);
    switch (event.type) {
      case "state":
        return this.transition(event.transition);
      case "connect":
        return emitter.emit("connect", { server: event.server });
      case "disconnect": {
        const { server, cause, unconfirmed, abandoned } = event;
        const error = event.error === undefined ? undefined : endError(event.error, cause);
        this.lastError = error ?? this.lastError;
        this.lastCause = cause;
        emitter.emit("disconnect", error, { server, cause, unconfirmed, abandoned });
        feed.push({ type: "disconnect", server });
        return;
      }
      case "attemptFailed": {
        const { server, attempt, cause, abandoned } = event;
        const error = endError(event.error, cause);
        this.lastError = error;
        this.lastCause = cause;
        this.abandoned += abandoned;
        emitter.emit("attemptFailed", error, { server, attempt, cause, abandoned });
        // Waiting does not mend credentials: someone has to hear of it. The first connect is told by connect().
        if (cause.kind === "authentication" && this.state !== "connecting") this.error(error);
        return;
      }
      case "reconnecting": {
        const { attempt, server, delay } = event;
        const { abandoned, lastError: error, lastCause: cause } = this;
        this.abandoned = 0;
        emitter.emit("reconnecting", { attempt, server, delay, error, cause, abandoned });
        // One per attempt, as in nats.js; a wait between two passes has no server.
        if (server !== "") feed.push({ type: "reconnecting" });
        return;
      }
      case "move": {
        const { type, ...info } = event;
        emitter.emit(type, info);
        if (event.reason === "reconnect") feed.forced(event.from, event.to);
        return;
      }
      case "spare": {
        const { purpose, server, ready, cause } = event;
        const error = event.error === undefined ? undefined : endError(event.error, cause);
        return emitter.emit(purpose, { server, ready, error, cause });
      }
      case "reconnect": {
        const { type, ...info } = event;
        emitter.emit(type, info);
        feed.push({ type, server: event.server });
        const { downtime: duration, previous, server, serverChanged } = event;
        if (duration >= this.partitionThreshold)
          emitter.emit("partition", { duration, previous, server, serverChanged });
        return;
      }
      case "update": {
        const { added, deleted } = event;
        emitter.emit("update", { added, deleted });
        feed.push({ type: "update", added, deleted });
        return;
      }
      case "serverInfo":
        // Each link has one: it is not copied for nobody.
        if (emitter.has("serverInfo")) emitter.emit("serverInfo", copyInfo(event.info));
        return;
      case "lameDuck":
        emitter.emit("lameDuck", { server: event.server });
        feed.push({ type: "ldm", server: event.server });
        return;
      case "error":
        return this.error(publicError(event.error));
      case "stale":
        return feed.push({ type: "staleConnection" });
      case "ping":
        return feed.push({ type: "ping", pendingPings: event.pendingPings });
      case "messageLost":
        return this.messageLost(event.messages);
      case "overflow": {
        const { policy, messages, bytes } = event;
        const { limit, bytes: buffered } = this.host.buffered;
        emitter.emit("overflow", { policy, messages, bytes, limit, buffered });
        return;
      }
      case "buffer": {
        const { messages, bytes, limit, ratio } = this.host.buffered;
        emitter.emit("buffer", { level: event.level, messages, bytes, limit, ratio });
        return;
      }
      case "writable":
        return;
      case "close": {
        const { cause, dropped, unconfirmed } = event;
        emitter.emit("close", event.error === undefined ? undefined : endError(event.error, cause), {
          cause,
          dropped,
          unconfirmed,
        });
        feed.close();
        return;
      }
    }
  }
}
