import type { Broker } from "../broker/broker.js";
import { ClientConnection } from "../broker/client-connection.js";
import type { Line } from "../broker/line.js";
import type { Message } from "../broker/message.js";
import type { Subscription } from "../broker/sublist.js";
import { clientId, markOf } from "./content.js";

/** Nobody is at the other end: what the server says is heard by {@link Ear.send} already. */
const NO_LINE: Line = { pending: 0, write() {}, close() {}, destroy() {}, pause() {}, resume() {} };
const NO_PARSER = { held: 0, feed() {}, stop() {} };

/** A server's end of a connection to somebody who only listens. */
class Ear extends ClientConnection {
  private readonly hear: (message: Message) => void;

  constructor(server: Broker, hear: (message: Message) => void) {
    super(server, NO_LINE, () => NO_PARSER);
    this.hear = hear;
  }

  protected override send(_sub: Subscription, about: Message): void {
    this.hear(about);
  }
}

/** A subscriber in another process, which may be away: core NATS keeps nothing for it meanwhile (promises.md §5). */
export class Receiver {
  private readonly server: Broker;
  private readonly subject: string;
  private readonly queue: string | undefined;
  private readonly heard: (mark: number) => void;
  private ear: Ear | undefined;
  /** The client's messages that have arrived, by id, once for each arrival. */
  readonly arrived: number[] = [];

  /** @param heard told the mark of every message that comes in */
  constructor(server: Broker, subject: string, queue?: string, heard: (mark: number) => void = () => {}) {
    this.server = server;
    this.subject = subject;
    this.queue = queue;
    this.heard = heard;
  }

  /** It is subscribed. */
  get isHere(): boolean {
    return this.ear !== undefined;
  }

  /** Connects, and subscribes. */
  come(): this {
    this.leave();
    this.ear = new Ear(this.server, ({ subject, payload }) => {
      const mark = markOf(subject, payload);
      this.arrived.push(clientId(mark));
      this.heard(mark);
    });
    this.ear.sub(this.subject, this.queue, "1");
    return this;
  }

  /** Its connection is gone. */
  leave(): void {
    this.ear?.close();
    this.ear = undefined;
  }
}
