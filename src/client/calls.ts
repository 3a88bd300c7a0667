import type { Msg, MsgCallback } from "../interop/nats-core.js";
import { Copies } from "./copies.js";
import { isThenable } from "./handled.js";
import type { HoldfastMsg } from "./msg.js";

/** Messages at work that may keep their reads alive; the small ones beyond that are copied out of them. */
const UNCOPIED = 1024;

/** Whose callback it is. */
export interface CallsHost {
  /** The callback has thrown, or its promise has rejected. */
  callFailed(cause: unknown): void;
  /** One promise less is running: it may have been the last. */
  checkIdle(): void;
}

/**
 * Calls the callback of a subscription and follows the promises that it returns: the messages that they are at work on
 * are what waits in a subscription without a queue.
 */
export class Calls {
  /** Messages whose promise has not settled. */
  messages = 0;
  /** Bytes of headers and payloads of them. */
  bytes = 0;
  /** Promises that have not settled. */
  running = 0;
  /** Those of them that wait for a drain of this subscription. */
  private draining = 0;
  private isCalling = false;
  /** The present call has asked for a drain. */
  private drains = false;
  /** Made by the first message that is copied: hardly any subscription comes to that. */
  private copies: Copies | undefined;
  private readonly host: CallsHost;

  constructor(host: CallsHost) {
    this.host = host;
  }

  /** No call is under way, and no promise of one runs. */
  get idle(): boolean {
    return this.running === 0 && !this.isCalling;
  }

  /** The same, those apart that wait for a drain of this subscription. */
  get othersIdle(): boolean {
    return this.running === this.draining && (!this.isCalling || this.drains);
  }

  /** A drain is asked for: whether by the present call of the callback, which is not waited for then. */
  excludeCurrent(): boolean {
    if (this.isCalling) this.drains = true;
    return this.isCalling;
  }

  /** The hot path: a message for the callback. */
  call(callback: MsgCallback<Msg>, msg: HoldfastMsg): void {
    this.isCalling = true;
    try {
      const result: unknown = callback(null, msg);
      if (result !== undefined && isThenable(result)) this.followMessage(result, msg);
    } catch (cause) {
      this.host.callFailed(cause);
    }
    this.isCalling = false;
    this.drains = false;
  }

  /** The error that has ended the subscription. */
  tell(callback: MsgCallback<Msg>, error: Error): void {
    try {
      const result: unknown = callback(error, {} as Msg);
      if (result !== undefined && isThenable(result)) this.follow(result, 0, 0);
    } catch (cause) {
      this.host.callFailed(cause);
    }
  }

  private followMessage(promise: PromiseLike<unknown>, msg: HoldfastMsg): void {
    const { contentSize, read } = msg;
    if (this.messages >= UNCOPIED && msg.size() * 2 < read.length) {
      this.copies ??= new Copies();
      this.copies.take(msg);
    }
    this.follow(promise, 1, contentSize);
  }

  private follow(promise: PromiseLike<unknown>, messages: number, bytes: number): void {
    const draining = this.drains ? 1 : 0;
    this.running++;
    this.draining += draining;
    this.messages += messages;
    this.bytes += bytes;
    const done = () => {
      this.running--;
      this.draining -= draining;
      this.messages -= messages;
      this.bytes -= bytes;
      this.host.checkIdle();
    };
    // A promise of a foreign kind may settle twice, or throw: ours does neither.
    Promise.resolve(promise).then(done, (cause) => {
      this.host.callFailed(cause);
      done();
    });
  }
}
