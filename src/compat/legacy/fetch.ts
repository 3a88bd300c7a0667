import type { JsMsg } from "@nats-io/jetstream";
import type { Connection } from "../../index.js";
import { createInbox } from "../../index.js";
import type { QueuedIterator } from "../iterators.js";
import { checkJsError, isFlowControlMsg, isTerminal } from "../js-status.js";
import { CompatSubscription } from "../subscription.js";
import { translated } from "../translate.js";
import { CompatJsMsg } from "./js-msg.js";
import { type PullOptions, pullRequest } from "./pull-request.js";
import { Silence } from "./silence.js";

/** ms that the server's own end of a request is waited for, on top of the time that it was given. */
const GRACE = 250;

/** The messages that answer one request to a pull consumer: `js.fetch()`. */
export class Fetch implements QueuedIterator<JsMsg> {
  private readonly nc: Connection;
  private readonly timeout: number;
  private readonly options: Partial<PullOptions>;
  private readonly subscription: CompatSubscription;
  private readonly silence: Silence;
  private readonly deadline: NodeJS.Timeout;
  private error: Error | undefined;
  private processed = 0;

  /** @param timeout ms that a request to the server may take */
  constructor(nc: Connection, subject: string, options: Partial<PullOptions>, timeout: number) {
    const { expires = 0, no_wait = false, idle_heartbeat = 0 } = options;
    if (expires === 0 && !no_wait) throw new Error("expires or no_wait is required");
    this.nc = nc;
    this.timeout = timeout;
    this.options = options;
    const inbox = createInbox(nc.options.inboxPrefix);
    this.subscription = new CompatSubscription(translated(() => nc.subscribe(inbox)));
    this.deadline = setTimeout(() => this.stop(), expires > 0 ? expires + GRACE : timeout);
    this.silence = new Silence(idle_heartbeat, (error) => this.stop(error));
    void this.subscription.closed.then(() => this.stop());
    translated(() => nc.publish(subject, pullRequest(options), { reply: inbox }));
  }

  stop(error?: Error): void {
    this.error ??= error;
    clearTimeout(this.deadline);
    this.silence.stop();
    this.subscription.unsubscribe();
  }

  getProcessed(): number {
    return this.processed;
  }

  getPending(): number {
    return this.subscription.getPending();
  }

  getReceived(): number {
    return this.subscription.getReceived();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<JsMsg, void, undefined> {
    const { batch = 1, max_bytes = 0 } = this.options;
    let bytes = 0;
    try {
      for await (const msg of this.subscription) {
        this.silence.broken();
        if (isFlowControlMsg(msg)) continue;
        const error = checkJsError(msg);
        if (error !== null && isTerminal(error)) throw error;
        if (error !== null) return;
        this.processed++;
        bytes += msg.data.length;
        yield new CompatJsMsg(msg, this.nc, this.timeout);
        if (this.processed === batch || (max_bytes > 0 && bytes >= max_bytes)) return;
      }
      if (this.error !== undefined) throw this.error;
    } finally {
      this.stop();
    }
  }
}
