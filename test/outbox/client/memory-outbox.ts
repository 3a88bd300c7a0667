import type { Connection, DurableOverflow, OverflowDecision, OverflowMessage } from "../../../src/index.js";

/** A message with bytes of its own. */
export interface Held {
  readonly subject: string;
  readonly reply: string;
  readonly headers: Uint8Array | undefined;
  readonly payload: Uint8Array;
  readonly ttl: number | undefined;
}

/** An outbox whose disk is an array: what a real one does with a connection, and nothing of what it does with a disk. */
export class MemoryOutbox implements DurableOverflow {
  readonly name = "memory";
  engaged = false;
  readonly held: Held[] = [];
  /** What was offered, and at the end of a connection asked to be kept: the subject, and whether a server may have it. */
  readonly offered: OverflowMessage[] = [];
  readonly kept: [subject: string, maybeDelivered: boolean][] = [];
  attached = 0;
  detached = 0;
  nc: Connection | undefined;
  private readonly always: boolean;
  private older = 0;

  /** @param always every message goes by it */
  constructor(always = false) {
    this.always = always;
    this.engaged = always;
  }

  attach(nc: Connection): void {
    if (this.nc !== undefined) throw new Error("it has another connection");
    this.nc = nc;
    this.older = 0;
    this.attached++;
    nc.on("connect", () => this.send());
    nc.on("reconnect", () => this.send());
    nc.on("buffer", () => this.send());
  }

  detach(): Promise<void> {
    this.nc = undefined;
    this.detached++;
    return Promise.resolve();
  }

  offer(message: OverflowMessage): OverflowDecision {
    this.offered.push(message);
    if (message.replay === false) return "pass";
    this.hold(message, this.held.length);
    return "taken";
  }

  store(message: OverflowMessage): Promise<void> {
    this.hold(message, this.held.length);
    setImmediate(() => this.send());
    return Promise.resolve();
  }

  keep(message: OverflowMessage, maybeDelivered: boolean): boolean {
    this.kept.push([message.subject, maybeDelivered]);
    this.hold(message, this.older++);
    return true;
  }

  private hold({ subject, reply, headers, payload, ttl }: OverflowMessage, at: number): void {
    const copy = headers && Uint8Array.from(headers);
    const bytes = Uint8Array.from(Buffer.from(payload as string));
    this.held.splice(at, 0, { subject, reply, headers: copy, payload: bytes, ttl });
    this.engaged = true;
  }

  /** Publishes what it holds, oldest first, while there is room. */
  send(): void {
    const { nc, held } = this;
    if (nc?.state !== "connected") return;
    while (held.length > 0) {
      const { subject, reply, headers: encodedHeaders, payload, ttl } = held[0];
      nc.publish(subject, payload, { reply, encodedHeaders, ttl, bypassOverflow: true, recovered: true });
      held.shift();
    }
    this.engaged = this.always;
  }
}
