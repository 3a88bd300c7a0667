import { parseAddress } from "../../core/address.js";
import { Engine } from "../../core/engine.js";
import type { EngineEvent } from "../../core/events.js";
import type { EngineOptions } from "../../core/options.js";
import { ServerPool } from "../../core/pool.js";
import type { MessageSink } from "../../core/subscriptions.js";
import { CodedError } from "../../errors.js";
import { ChunkPool } from "../../wire/chunk.js";
import { OPTIONS } from "./engine-options.js";

export const INFO = { server_id: "S", version: "2.15.1", max_payload: 1024 * 1024, headers: true, proto: 1 };

/** An engine whose sockets, server and clock are the test's. */
export class EngineWorld {
  readonly pool: ServerPool;
  readonly chunks = new ChunkPool();
  readonly engine: Engine;
  readonly events: EngineEvent[] = [];
  /** Effects: `dial a`, `close 1`, `reset 1`, `authenticate a`, `hold 2`. */
  readonly done: string[] = [];
  /** What was written to the link of the moment and not yet read by {@link World.read}. */
  wire = "";
  now = 0;
  epoch = 0;
  /** Bytes that the kernel does not take. */
  blocked = false;

  constructor(urls = "a", options: Partial<EngineOptions> = {}) {
    this.pool = new ServerPool(
      urls.split(" ").map((url) => parseAddress(url)),
      undefined,
    );
    this.engine = new Engine(
      { ...OPTIONS, ...options },
      this.pool,
      this.chunks,
      { wake() {}, writeNow() {} },
      0,
    );
  }

  /** What a driver does after every input. */
  pump(): void {
    const { engine } = this;
    engine.settle(this.now);
    const { session } = engine;
    for (let effect = session.pollEffect(); effect !== undefined; effect = session.pollEffect()) {
      if (effect.type === "dial") {
        this.epoch = effect.epoch;
        this.wire = "";
        this.done.push(`dial ${effect.server.address.hostname}${effect.secure ? " with TLS" : ""}`);
      } else if (effect.type === "authenticate") {
        this.done.push(`authenticate ${effect.server.address.hostname}`);
      } else if (effect.type === "close") {
        this.done.push(`${effect.reset ? "reset" : "close"} ${effect.epoch}`);
      } else this.done.push(`${effect.type} ${effect.epoch}`);
    }
    while (engine.nextOutput(this.epoch, this.now)) {
      const { bytes, start, end, chunk } = engine.outbound;
      this.wire += Buffer.from(bytes!).toString("utf8", start, end);
      if (chunk !== undefined) this.chunks.unref(chunk);
      if (!this.blocked) engine.handleWritten(this.epoch, end - start, this.now, false);
    }
    for (let event = session.pollEvent(); event !== undefined; event = session.pollEvent())
      this.events.push(event);
  }

  /** What was written since the last look. */
  read(): string {
    const { wire } = this;
    this.wire = "";
    return wire;
  }

  serve(text: string, epoch = this.epoch): void {
    this.engine.handleData(epoch, Buffer.from(text), this.now);
    this.pump();
  }

  info(fields: object = {}): void {
    this.engine.session.handleOpen(this.epoch, this.now);
    this.serve(`INFO ${JSON.stringify({ ...INFO, ...fields })}\r\n`);
  }

  /** The handshake up to the link that stands; returns what the client said. */
  accept(fields: object = {}): string {
    this.info(fields);
    this.engine.session.authenticate(this.epoch, {}, this.now);
    this.pump();
    this.serve("PONG\r\n");
    const said = this.wire;
    this.serve("PONG\r\n");
    return said;
  }

  start(fields: object = {}): this {
    this.engine.session.start(this.now);
    this.pump();
    this.accept(fields);
    this.read();
    return this;
  }

  publish(subject: string, payload: Uint8Array | string = "x"): void {
    this.engine.publish(subject, payload, "", undefined, undefined);
  }

  die(error = new CodedError("CONNECTION_LOST", "reset")): void {
    this.closeSocket(error);
  }

  closeSocket(error: Error | undefined): void {
    this.engine.session.handleClosed(this.epoch, error, this.now);
    this.pump();
  }

  /** Lets time pass, from deadline to deadline. */
  pass(ms: number): void {
    const end = this.now + ms;
    while (this.engine.timeout <= end) {
      this.now = Math.max(this.now, this.engine.timeout);
      this.engine.handleTimeout(this.now);
      this.pump();
    }
    this.now = end;
  }

  told<T extends EngineEvent["type"]>(type: T): Extract<EngineEvent, { type: T }>[] {
    return this.events.filter((event) => event.type === type) as Extract<EngineEvent, { type: T }>[];
  }
}

/** Takes messages as text. */
export class Sink implements MessageSink {
  readonly got: string[] = [];
  readonly ends: (CodedError | undefined)[] = [];
  private readonly after: (count: number) => void;

  constructor(after: (count: number) => void = () => {}) {
    this.after = after;
  }
  onMessage(buf: Buffer, ...at: number[]): void {
    this.got.push(buf.latin1Slice(at[5], at[6]));
    this.after(this.got.length);
  }
  onEnd(error: CodedError | undefined): void {
    this.ends.push(error);
  }
}

/** Code of the error that `run` throws, if it does. */
export const code = (run: () => void): string | undefined => {
  try {
    run();
  } catch (error) {
    return (error as CodedError).code;
  }
  return undefined;
};
