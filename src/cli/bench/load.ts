import { setTimeout as sleep } from "node:timers/promises";
import { type Connection, type ConnectionOptions, connect, type HoldfastError } from "../../index.js";
import { Latencies } from "./latencies.js";
import { Pace } from "./pace.js";

/** What is to be done. */
export interface Load {
  readonly subject: string;
  readonly pub: number;
  readonly sub: number;
  /** All together; Infinity: until `seconds` are over. */
  readonly msgs: number;
  readonly seconds: number | undefined;
  /** Bytes. */
  readonly size: number;
  /** Per second, all together. */
  readonly rate: number | undefined;
  readonly request: boolean;
}

/** Messages one way, and how long they took. */
export interface Flow {
  messages: number;
  /** Payloads. */
  bytes: number;
  /** ms from the first to the last. */
  ms: number;
}

/** What came of it. */
export interface Measured {
  /** Published and confirmed; requests that were answered. */
  published: Flow;
  received: Flow;
  /** Messages that should have come, and did not. */
  missing: number;
  /** Requests, or messages, that failed, by code. */
  failed: Record<string, number>;
  latencies: Latencies;
  /** CPU of this process meanwhile, ms. */
  cpu: number;
  /** ms, all of it. */
  took: number;
  /** Why it ended before its end; undefined when it did not. */
  gaveUp?: string;
  server: string;
  version: string;
}

/** Bytes that a payload begins with: a number of this run, since others may publish here, and the time. */
const STAMP = 16;
/** ms without a message, or an answer, after which there are no more. */
const PATIENCE = 10_000;
/** ms that what is on its way may still take. */
const LATE = 2000;
/** ms for one connection: servers may tell of others without end, none of which answers. */
const DIAL = 30_000;
const LOOK_EVERY = 20;

/** How many messages there will be after `seconds`, if it goes on as in the first `elapsed` ms: the part that is done is that of the time. */
export function foreseen(done: number, elapsed: number, seconds: number): number {
  return Math.max(done, 1, elapsed > 0 ? Math.round((done * seconds * 1000) / elapsed) : 1);
}

/** Connects, does it, and leaves; rejects as `connect()` does. */
export class Bench {
  readonly #load: Load;
  readonly #options: ConnectionOptions;
  readonly #stop = new AbortController();
  readonly #publishers: Connection[] = [];
  readonly #subscribers: Connection[] = [];
  readonly #latencies = new Latencies();
  readonly #run = Math.random();
  readonly #failed: Record<string, number> = {};
  #out = 0;
  #answered = 0;
  #in = 0;
  #inBytes = 0;
  #began = 0;
  #firstIn = 0;
  #lastIn = 0;
  #gaveUp: string | undefined;
  #server = "";
  #version = "";

  readonly #patience: number;
  readonly #quiet: number;
  /** A connection was given up that is still being dialled, which keeps the process alive. */
  stuck = false;

  /**
   * @param patience ms for each connection
   * @param quiet ms without a message, or an answer, after which there are no more
   */
  constructor(load: Load, options: ConnectionOptions, patience = DIAL, quiet = PATIENCE) {
    this.#patience = patience;
    this.#quiet = quiet;
    this.#load = load;
    this.#options = options;
  }

  /** Connects all; undefined: it was stopped before that was done. */
  async begin(): Promise<Connection | undefined> {
    const { pub, sub } = this.#load;
    for (let i = 0; i < sub + pub; i++) {
      const [role, those] = i < sub ? ["sub", this.#subscribers] : ["pub", this.#publishers];
      const dialled = this.#dial(role as string);
      // What comes too late is left again, and what fails then fails for nobody.
      dialled.then(
        (nc) => (this.#stop.signal.aborted ? nc.close({ timeout: 1 }) : undefined),
        () => {},
      );
      const nc = await this.#inTime(Promise.race([dialled, this.#stopped()]));
      if (nc === undefined || this.#stop.signal.aborted) return undefined;
      (those as Connection[]).push(nc);
    }
    const nc = (this.#publishers[0] ?? this.#subscribers[0])!;
    this.#server = nc.getServer();
    this.#version = nc.info?.version ?? "";
    return nc;
  }

  /** How far it is: messages, of how many; where time is what ends it, of as many as there will be at this pace. */
  progress(): { done: number; total: number } {
    const { msgs, pub, sub, request } = this.#load;
    const done = request ? this.#answered : pub > 0 ? this.#out : this.#in;
    if (!Number.isFinite(msgs)) {
      const { seconds = 0 } = this.#load;
      return {
        done,
        total: foreseen(done, this.#began === 0 ? 0 : performance.now() - this.#began, seconds),
      };
    }
    const total = pub > 0 || request ? msgs : msgs * Math.max(1, sub);
    return { done, total: Math.max(total, done) };
  }

  /** Ends it now; what was measured so far stands. */
  stop(): void {
    this.#stop.abort();
  }

  async run(): Promise<Measured> {
    this.#subscribe();
    // The server has the subscriptions before the first message.
    await Promise.race([Promise.all(this.#subscribers.map((nc) => this.#subscribed(nc))), this.#stopped()]);
    const cpu = process.cpuUsage();
    const began = performance.now();
    this.#began = began;
    const { pub, request } = this.#load;
    const watch = this.#watch();
    try {
      if (pub === 0) await this.#listen();
      else {
        const all = this.#publishers.map((nc, index) =>
          request ? this.#ask(nc, index) : this.#publish(nc, index),
        );
        await Promise.race([Promise.all(all), this.#enough()]);
      }
      const published = performance.now() - began;
      if (!request && pub > 0) await this.#late();
      return this.#measured(began, published, process.cpuUsage(cpu));
    } finally {
      clearInterval(watch);
    }
  }

  /** Leaves at once: nothing that is still on its way is of interest. */
  async end(): Promise<void> {
    await Promise.all([...this.#publishers, ...this.#subscribers].map((nc) => nc.close({ timeout: 1 })));
  }

  /** Rejects when a connection takes too long; what is still being dialled is left, as when it is stopped. */
  async #inTime<T>(dialled: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        this.stuck = true;
        const text = `no connection within ${this.#patience / 1000} s: none of the servers, or of those that they tell of, can be used`;
        reject(Object.assign(new Error(text), { code: "TIMEOUT" }));
        this.stop();
      }, this.#patience);
    });
    try {
      return await Promise.race([dialled, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #dial(role: string): Promise<Connection> {
    const nc = await connect({ ...this.#options, name: `holdfast bench ${role}` });
    nc.on("error", (error) => this.#fail(error));
    return nc;
  }

  #fail(error: unknown): void {
    const { code } = error as Partial<HoldfastError>;
    const name = typeof code === "string" ? code : "ERROR";
    this.#failed[name] = (this.#failed[name] ?? 0) + 1;
  }

  #subscribe(): void {
    const { subject, request, msgs, pub } = this.#load;
    const enough = pub === 0 ? msgs * this.#subscribers.length : Number.POSITIVE_INFINITY;
    for (const nc of this.#subscribers) {
      nc.subscribe(subject, {
        ...(request && { queue: "holdfast-bench" }),
        callback: (error, msg) => {
          if (error !== null) return this.#fail(error);
          const now = performance.now();
          if (this.#in === 0) this.#firstIn = now;
          this.#lastIn = now;
          this.#in++;
          const { data } = msg;
          this.#inBytes += data.length;
          if (request) msg.respond(data);
          else if (pub > 0) this.#time(data, now);
          if (this.#in >= enough) this.stop();
        },
      });
    }
  }

  async #subscribed(nc: Connection): Promise<void> {
    try {
      await nc.flush({ timeout: this.#quiet });
    } catch (cause) {
      const { code } = cause as Partial<HoldfastError>;
      if (code !== "TIMEOUT") throw cause;
      const text = `${nc.getServer() || this.#server} has not confirmed a subscription within ${this.#quiet / 1000} s`;
      throw Object.assign(new Error(text, { cause }), { code });
    }
  }

  /** Notes how old a message is, if it is one of ours. */
  #time(data: Uint8Array, now: number): void {
    if (data.length < STAMP) return;
    const view = new DataView(data.buffer, data.byteOffset, STAMP);
    if (view.getFloat64(0) === this.#run) this.#latencies.add(now - view.getFloat64(8));
  }

  async #publish(nc: Connection, index: number): Promise<void> {
    const { subject, size } = this.#load;
    const pace = this.#pace();
    let left = this.#shareOf(index);
    const stamped = size >= STAMP;
    // Each message has bytes of its own as long as it may be kept for a replay.
    const fill = Buffer.alloc(size, 0x78);
    while (left > 0) {
      if (!pace.free && !(await pace.next())) break;
      const payload = stamped ? Buffer.from(fill) : fill;
      if (stamped) {
        payload.writeDoubleBE(this.#run);
        payload.writeDoubleBE(performance.now(), 8);
      }
      let more: boolean;
      try {
        more = nc.publish(subject, payload);
      } catch (error) {
        this.#fail(error);
        this.#gaveUp ??= (error as Error).message;
        this.stop();
        return;
      }
      pace.sent();
      this.#out++;
      left--;
      if (!more) await Promise.race([nc.writable(), this.#stopped()]);
    }
    await Promise.race([nc.flush({ timeout: this.#quiet }), this.#enough()]).catch((error) =>
      this.#fail(error),
    );
  }

  async #ask(nc: Connection, index: number): Promise<void> {
    const { subject, size } = this.#load;
    const pace = this.#pace();
    const payload = Buffer.alloc(size, 0x78);
    for (let left = this.#shareOf(index); left > 0; left--) {
      if (!pace.free && !(await pace.next())) break;
      pace.sent();
      this.#out++;
      const asked = performance.now();
      try {
        const answer = await nc.request(subject, payload, { timeout: this.#quiet });
        const now = performance.now();
        this.#answered++;
        this.#latencies.add(now - asked);
        this.#inBytes += this.#subscribers.length > 0 ? 0 : answer.data.length;
      } catch (error) {
        this.#fail(error);
        const { code } = error as Partial<HoldfastError>;
        if (code === "NO_RESPONDERS") {
          this.#gaveUp = `nobody answers requests to ${subject}`;
          this.stop();
        }
      }
    }
  }

  /** The part of all messages that is one publisher's. */
  #shareOf(index: number): number {
    const { msgs, pub } = this.#load;
    if (!Number.isFinite(msgs)) return Number.POSITIVE_INFINITY;
    return Math.floor(msgs / pub) + (index < msgs % pub ? 1 : 0);
  }

  #pace(): Pace {
    const { rate, seconds, pub } = this.#load;
    return new Pace(rate === undefined ? undefined : rate / pub, seconds, this.#stop.signal);
  }

  /** Only subscribers: until enough has come, or the time is over. */
  async #listen(): Promise<void> {
    const { seconds } = this.#load;
    if (seconds !== undefined)
      await sleep(seconds * 1000, undefined, { signal: this.#stop.signal }).catch(() => {});
    else await this.#stopped();
  }

  /** What was published has a while to arrive. */
  async #late(): Promise<void> {
    const expected = () => this.#out * this.#subscribers.length;
    let seen = -1;
    let at = performance.now();
    while (this.#in < expected() && !this.#stop.signal.aborted) {
      if (this.#in !== seen) at = performance.now();
      seen = this.#in;
      if (performance.now() - at > LATE) return;
      await sleep(LOOK_EVERY, undefined, { signal: this.#stop.signal }).catch(() => {});
    }
  }

  /** Ends a bench in which nothing goes on any more. */
  #watch(): NodeJS.Timeout {
    if (this.#load.pub === 0) return setInterval(() => {}, PATIENCE);
    let seen = -1;
    let at = performance.now();
    return setInterval(() => {
      const done = this.#answered + this.#in + this.#out;
      if (done !== seen) at = performance.now();
      seen = done;
      const waited = performance.now() - at;
      const rare = this.#load.rate === undefined ? 0 : 2000 / this.#load.rate;
      if (waited <= Math.max(this.#quiet * 1.5, rare)) return;
      this.#gaveUp ??= `nothing went on for ${Math.round(waited / 1000)} s${this.#away()}`;
      this.stop();
    }, 500);
  }

  /** What a bench without connections waits for. */
  #away(): string {
    const all = [...this.#publishers, ...this.#subscribers];
    const away = all.filter(({ state }) => state !== "connected").length;
    return away === 0 ? "" : `: ${away} of ${all.length} connections to ${this.#server} are lost`;
  }

  /** It was ended, and what was on its way then, which still counts, has had its time. */
  #enough(): Promise<void> {
    return this.#stopped().then(() => sleep(LATE / 2, undefined, { ref: false }));
  }

  #stopped(): Promise<void> {
    const { signal } = this.#stop;
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  }

  #measured(began: number, published: number, cpu: NodeJS.CpuUsage): Measured {
    const { size, request, pub } = this.#load;
    const confirmed = request
      ? this.#answered
      : this.#publishers.reduce((sum, nc) => sum + nc.stats().confirmed, 0);
    return {
      published: { messages: confirmed, bytes: confirmed * size, ms: published },
      received: {
        messages: this.#in,
        bytes: this.#inBytes,
        ms: Math.max(0, this.#lastIn - (pub > 0 ? began : this.#firstIn)),
      },
      missing: request || pub === 0 ? 0 : Math.max(0, confirmed * this.#subscribers.length - this.#in),
      failed: this.#failed,
      latencies: this.#latencies,
      cpu: (cpu.user + cpu.system) / 1000,
      took: performance.now() - began,
      ...(this.#gaveUp !== undefined && { gaveUp: this.#gaveUp }),
      server: this.#server,
      version: this.#version,
    };
  }
}
