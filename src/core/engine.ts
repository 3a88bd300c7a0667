import type { CodedError } from "../errors.js";
import type { ChunkPool } from "../wire/chunk.js";
import type { ServerInfo } from "../wire/info.js";
import { Books } from "./books.js";
import { Continuity, type ContinuityHost } from "./continuity.js";
import type { EngineDriver } from "./engine-driver.js";
import { type Fence, type FenceOutcome, Fences } from "./fences.js";
import { Fencing } from "./fencing.js";
import type { FullListener } from "./frame-log.js";
import { Intake } from "./intake.js";
import { Lifecycle, type State, type Transition } from "./lifecycle.js";
import { Losses } from "./losses.js";
import { LostMessages } from "./lost-messages.js";
import { Margin } from "./margin.js";
import type { Moves } from "./moves.js";
import { BURST_CAP, type EngineOptions } from "./options.js";
import { Outbound } from "./outbound.js";
import type { ServerPool } from "./pool.js";
import type { PublishWishes } from "./publish-wishes.js";
import { Published, Publisher } from "./publisher.js";
import { RequestSender, type RequestSenderHost } from "./request-sender.js";
import type { PendingRequest, ReplySink, Requests } from "./requests.js";
import { Session } from "./session.js";
import { Shutdown, type ShutdownHost } from "./shutdown.js";
import { type SecondLink, Subscriber, type SubscriberHost } from "./subscriber.js";
import { type MessageSink, type SubscriptionEntry, Subscriptions } from "./subscriptions.js";
import { Timers } from "./timers.js";
import type { Window } from "./window.js";

/**
 * The engine: a NATS connection without input, output, clock, randomness or promises. It composes the
 * publish window with its books, the subscriptions, the requests, and the session that keeps a link up.
 *
 * Inputs (`handle…`) and commands take `now`, in monotonic ms. After each, the driver asks for effects
 * ({@link Session.effects}), events, output ({@link nextOutput}) and the next deadline ({@link timeout}).
 * Messages go to their sinks directly, in the middle of an input; a sink may use any command.
 */
export class Engine implements SubscriberHost, RequestSenderHost, ContinuityHost, ShutdownHost, FullListener {
  readonly books = new Books();
  readonly subscriptions = new Subscriptions();
  readonly fences = new Fences();
  readonly outbound: Outbound;
  readonly session: Session;
  readonly intake: Intake;
  readonly lost = new LostMessages();
  readonly timers = new Timers();
  readonly continuity: Continuity;
  readonly options: EngineOptions;
  readonly publisher: Publisher;
  readonly losses: Losses;
  readonly subscriber: Subscriber;
  /** Sends requests, if there were any. */
  senderIfAny: RequestSender | undefined;
  private readonly fencing: Fencing;
  private readonly driver: EngineDriver;
  private wakeWanted = false;
  private turnWanted = false;
  /** The time of the last input: exact enough for what is stamped per message. */
  now: number;

  constructor(
    options: EngineOptions,
    servers: ServerPool,
    chunks: ChunkPool,
    driver: EngineDriver,
    now: number,
  ) {
    this.options = options;
    this.driver = driver;
    this.now = now;
    const { books, subscriptions, fences, lost, timers } = this;
    const lifecycle = new Lifecycle(this);
    const losses = new Losses(this);
    const margin = new Margin(options.replayMargin, BURST_CAP);
    const outbound = new Outbound(chunks, books, losses, margin);
    const intake = new Intake(options, lifecycle, outbound.window, books, lost);
    losses.attach(outbound.window, intake);
    outbound.window.listener = this;
    const publisher = new Publisher(options, intake, outbound, fences, this);
    const subscriber = new Subscriber(subscriptions, this);
    this.fencing = new Fencing(outbound, timers, options.confirmInterval);
    this.losses = losses;
    this.outbound = outbound;
    this.intake = intake;
    this.publisher = publisher;
    this.subscriber = subscriber;
    this.continuity = new Continuity(this, options.highWater, this);
    this.session = new Session(options, servers, lifecycle, timers, this.continuity, this);
  }

  get sender(): RequestSender {
    this.senderIfAny ??= new RequestSender(this.intake, this.outbound, this.options.inbox, this);
    return this.senderIfAny;
  }

  get requests(): Requests {
    return this.sender.requests;
  }

  /** Planned moves to another server. */
  get moves(): Moves {
    return this.session.moves;
  }

  /** A link takes what is appended to the window. */
  get stands(): boolean {
    return this.session.stands;
  }

  get closed(): boolean {
    return this.session.closed;
  }

  get second(): SecondLink | undefined {
    return this.session.movesIfAny?.second;
  }

  get state(): State {
    return this.session.lifecycle.state;
  }

  get info(): ServerInfo | undefined {
    return this.session.info;
  }

  /** Encoded bytes accepted and not confirmed. */
  get pendingBytes(): number {
    return this.outbound.window.bytes;
  }

  /** Whether `publish()` would return true now, or an overflow would take the message. */
  get writable(): boolean {
    return this.continuity.hasRoom();
  }

  /**
   * Accepts a message. Returns whether the window is below its high-water mark, and the message in it.
   *
   * @param isRequest somebody waits for answers, and its frame is never written twice
   * @throws CodedError when it is not accepted, see `Connection.publish`
   */
  publish(
    subject: string,
    payload: Uint8Array | string,
    reply: string,
    headers: Uint8Array | undefined,
    wishes?: PublishWishes,
    isRequest = false,
  ): boolean {
    const published = this.tryPublish(subject, payload, reply, headers, wishes, isRequest);
    if (published === Published.Rejected) throw this.intake.noRoom;
    return published === Published.Accepted;
  }

  /** The same, but that there is no room is no exception: returns one of {@link Published}. */
  tryPublish(
    subject: string,
    payload: Uint8Array | string,
    reply: string,
    headers: Uint8Array | undefined,
    wishes?: PublishWishes,
    isRequest = false,
  ): number {
    // Also what is not accepted is told, at the end of the burst.
    this.wakeUp();
    const published = this.publisher.publish(subject, payload, reply, headers, wishes, isRequest, this.now);
    if (published === Published.Crowded && !this.turnWanted && this.intake.awaitsTurn) {
      // Asked for in the very burst that has crossed the mark, the next turn is noticed before the next burst.
      this.turnWanted = true;
      this.driver.wake();
    }
    return published;
  }

  /**
   * Sends a request; its answer or error goes to `sink`, once.
   *
   * @param timeout ms until it fails with `TIMEOUT`
   */
  request(
    subject: string,
    payload: Uint8Array | string,
    headers: Uint8Array | undefined,
    timeout: number,
    sink: ReplySink,
    now: number,
  ): PendingRequest {
    this.now = now;
    this.wakeUp();
    return this.sender.send(subject, payload, headers, timeout, sink, now);
  }

  /**
   * Subscribes. `max`: total number of messages after which it ends.
   *
   * @param resubscribe a refusal does not end it (`sink.onRefused`): every new link tries again
   * @throws CodedError `INVALID_SUBJECT`, `INVALID_ARGUMENT`, `CONNECTION_CLOSED`
   */
  subscribe(
    subject: string,
    queue: string | undefined,
    max: number | undefined,
    sink: MessageSink,
    resubscribe = false,
  ): SubscriptionEntry {
    if (this.closed) throw this.intake.refusal();
    return this.subscriber.subscribe(subject, queue, max, sink, resubscribe);
  }

  /** Ends a subscription now, or after `max` messages in total. */
  unsubscribe(entry: SubscriptionEntry, max?: number): void {
    this.subscriber.unsubscribe(entry, max);
  }

  /** Ends a subscription after what the server has already sent for it; `sink.onEnd` tells when. */
  drainSubscription(entry: SubscriptionEntry, now: number): void {
    this.now = now;
    this.subscriber.drain(entry);
  }

  sendLines(lines: string): void {
    if (!this.stands) return;
    this.outbound.urgent.appendProtocol(Buffer.from(lines), this.now);
    this.wakeUp();
  }

  sendFence(): { window: Window; position: number } | undefined {
    if (!this.stands) return undefined;
    const window = this.outbound.urgent;
    this.fencing.want();
    this.wakeUp();
    return { window, position: window.position };
  }

  /** Settles when the message accepted last is confirmed, or ends otherwise. */
  confirmLast(settle: (outcome: FenceOutcome) => void): void {
    if (this.publisher.confirmLast(settle)) this.fencing.want();
  }

  /**
   * Sends a request whose answers go to `reply`, a subscription of the caller's. `onFail` hears when it is
   * refused, or lost with its link. Returns how to stop: a frame that is not on the link yet is taken back.
   */
  requestTo(
    reply: string,
    subject: string,
    payload: Uint8Array | string,
    headers: Uint8Array | undefined,
    onFail: (error: CodedError) => void,
  ): () => void {
    this.publish(subject, payload, reply, headers, undefined, true);
    const stop = this.sender.watchLast(subject, onFail);
    return () => {
      stop();
      this.wakeUp();
    };
  }

  /** Settles when everything accepted so far is confirmed, or has ended otherwise. */
  fence(settle: (outcome: FenceOutcome) => void, now: number): Fence {
    this.wakeUp();
    return this.publisher.fence(settle, now);
  }

  /** Measures a round trip, unless the link is lost; returns false when there is no link to measure. */
  ping(onPong: (rtt: number) => void, now: number, onLost?: () => void): boolean {
    const link = this.session.active;
    if (link === undefined || link.phase !== "live") return false;
    link.sendPing(now, onPong, onLost);
    this.wakeUp();
    return true;
  }

  /** Asks for a `writable` event when there is room: with a link, when the window has fallen to half of its high-water mark. */
  awaitWritable(): void {
    this.continuity.writableWanted = true;
  }

  /** Accepts nothing more, and closes when all is confirmed, after `timeout` ms at the latest; called again, the nearer deadline holds. */
  finish(timeout: number, now: number): void {
    if (this.closed) return;
    new Shutdown(this, this).begin(timeout, now);
    this.wakeUp();
  }

  /** Closes now. What was on its way ends as unconfirmed, what never left as dropped. */
  close(error: Error | undefined, now: number): void {
    if (this.closed) return;
    this.now = now;
    new Shutdown(this, this).end(error, now);
    this.wakeUp();
  }

  /** A read of the link `epoch`. */
  handleData(epoch: number, buf: Buffer, now: number): void {
    this.turn(now);
    this.session.handleData(epoch, buf, now);
  }

  /**
   * `bytes` that were handed to the link `epoch` have been taken by the kernel.
   *
   * @param blocked the kernel had no room for them at first: that it has some now is a sign of life
   */
  handleWritten(epoch: number, bytes: number, now: number, blocked = true): void {
    this.turn(now);
    this.session.handleWritten(epoch, bytes, now, blocked);
  }

  /**
   * The time of {@link timeout} has come. Call it only after everything that had come in by then was handed
   * over: a process that was busy must not take what it has not read yet for silence.
   */
  handleTimeout(now: number): void {
    this.turn(now);
    if (this.timers.take("shutdown", now)) return this.close(undefined, now);
    if (this.timers.take("requests", now)) this.senderIfAny?.requests.expire(now);
    if (this.timers.take("margin", now)) this.outbound.window.release(now);
    this.timers.take("losses", now);
    if (this.timers.take("expiry", now)) this.publisher.expiry.expire(now);
    this.fencing.handleTimeout(now);
    this.session.handleTimeout(now);
  }

  /**
   * Of all bytes handed to the link `epoch`, `arrived` have reached the other end's kernel, and ours holds `queued`
   * (effect `look`).
   */
  handleLook(epoch: number, arrived: number, queued: number, now: number): void {
    this.turn(now);
    this.session.handleLook(epoch, arrived, queued, now);
  }

  /** The event loop has turned, as `intake.awaitsTurn` has asked. */
  handleTurn(now: number): void {
    this.turn(now);
  }

  private turn(now: number): void {
    this.turnWanted = false;
    this.now = now;
    this.intake.turned(this.pendingBytes);
  }

  /** To be called at the end of every burst and input: puts fences and deadlines where they belong. */
  settle(now: number): void {
    this.now = now;
    this.wakeWanted = false;
    if (this.closed) return;
    const { timers } = this;
    // Before the PING, which may cross the mark again.
    this.continuity.settle();
    this.fencing.settle(this.stands, now);
    timers.set("requests", this.senderIfAny?.requests.nextDeadline ?? Number.POSITIVE_INFINITY);
    timers.set("margin", this.outbound.window.releaseAt);
    timers.set("expiry", this.publisher.expiry.next);
    this.session.settle(now);
    this.losses.tell(now);
  }

  /** Finds the next bytes for the link `epoch`: `outbound.bytes[start, end)`. */
  nextOutput(epoch: number, now: number): boolean {
    const link = this.session.link(epoch);
    if (link === undefined || (!link.hasOwn && link !== this.session.active)) return false;
    const idle = link.inFlight === 0 && link.pingsInFlight === 0;
    if (!this.outbound.next(link, now)) {
      this.outbound.rest(now);
      return false;
    }
    if (idle) link.waitingSince = now;
    link.handOver(this.outbound.end - this.outbound.start, now);
    // Nothing may come back from a dead peer, not even that the kernel has taken the bytes.
    if (idle) this.session.settle(now);
    return true;
  }

  /** Monotonic ms of the next deadline; Infinity when there is none. */
  get timeout(): number {
    return this.timers.next;
  }

  /** There is something to write, or a deadline to set. */
  wakeUp(): void {
    if (this.wakeWanted) return;
    this.wakeWanted = true;
    this.driver.wake();
  }

  onFull(): void {
    if (this.stands) this.driver.writeNow();
  }

  onWritable(): void {
    this.session.emit({ type: "writable" });
  }

  stateChanged(transition: Transition): void {
    this.session.emit({ type: "state", transition });
  }
}
