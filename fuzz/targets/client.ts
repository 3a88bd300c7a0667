import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import fc from "fast-check";
import { Connection } from "../../src/client/connection.js";
import { Events } from "../../src/client/events.js";
import { toSettings } from "../../src/client/settings.js";
import { ErrorCode, isHoldfastError } from "../../src/errors.js";
import type { Msg } from "../../src/interop/nats-core.js";
import { ChunkPool } from "../../src/wire/chunk.js";
import { ManualClock, turns } from "../manual-clock.js";
import { mutated } from "../mutations.js";
import { expectNoSecret, SECRET } from "../secret.js";
import { serverFrames, WORDS } from "../server-bytes.js";
import { target } from "../target.js";

const PLAIN = [
  "accept",
  "mute",
  "end",
  "reset",
  "flush",
  "fence",
  "reconnect",
  "callback",
  "loop",
  "request",
  "many",
] as const;

/** One thing that happens to a client. */
export type ClientStep =
  | { readonly do: (typeof PLAIN)[number] }
  | { readonly do: "serve"; readonly bytes: string }
  | { readonly do: "publish"; readonly size: number }
  | { readonly do: "pass"; readonly ms: number };

export interface ClientInput {
  readonly steps: readonly ClientStep[];
  /** How it ends. */
  readonly drain: boolean;
}

/** The other end of a connection, which answers PINGs until it is told not to. */
class FakeSocket extends Duplex {
  connecting = true;
  answers = false;

  get readyState(): string {
    return this.connecting ? "opening" : "open";
  }

  resetAndDestroy(): this {
    return this.destroy();
  }

  override _read(): void {}

  override _write(bytes: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    const pings = bytes.toString("latin1").split("PING\r\n").length - 1;
    if (this.answers && pings > 0) this.serve("PONG\r\n".repeat(pings));
    callback();
  }

  /** The server says something; it may be gone already. */
  serve(bytes: string): void {
    if (!this.destroyed && !this.readableEnded) this.push(Buffer.from(bytes, "latin1"));
  }

  open(): void {
    if (!this.connecting || this.destroyed) return;
    this.connecting = false;
    this.emit("connect");
  }
}

const ADDRESS = `nats://me:${SECRET}@a`;
const INFO = 'INFO {"server_id":"S","version":"2.15.1","headers":true,"max_payload":1000,"proto":1}\r\n';

/** A client with its application, and a server that is not to be trusted. */
class Play {
  readonly clock = new ManualClock();
  readonly nc: Connection;
  readonly chunks = new ChunkPool();
  private socket: FakeSocket | undefined;
  private readonly told: unknown[] = [];
  private readonly promises: Promise<unknown>[] = [];
  private readonly failures: unknown[] = [];

  constructor() {
    const surroundings = {
      clock: this.clock,
      chunks: this.chunks,
      dial: () => {
        this.socket = new FakeSocket({ allowHalfOpen: false });
        return this.socket as unknown as Socket;
      },
      look: () => undefined,
      random: () => 0.5,
    };
    const context = {
      lastError: () => undefined,
      info: () => undefined,
      report: (error: Error) => this.told.push(error),
    };
    const options = {
      servers: [ADDRESS, `tls://${SECRET}@b`],
      waitOnFirstConnect: true,
      closeTimeout: 1000,
      drainTimeout: 1000,
    };
    this.nc = new Connection(
      toSettings(options, () => 0.5, context),
      surroundings,
    );
    for (const name of Object.values(Events))
      this.nc.on(name, (...args: unknown[]) => void this.told.push([name, ...args]));
    this.nc.start();
  }

  async take(step: ClientStep): Promise<void> {
    const { socket } = this;
    switch (step.do) {
      case "accept":
        socket?.open();
        if (socket !== undefined) socket.answers = true;
        socket?.serve(INFO);
        break;
      case "mute":
        if (socket !== undefined) socket.answers = false;
        break;
      case "end":
        if (socket !== undefined && !socket.destroyed) socket.push(null);
        break;
      case "reset":
        socket?.destroy(Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }));
        break;
      case "serve":
        socket?.open();
        socket?.serve(step.bytes);
        break;
      case "pass":
        await this.clock.pass(step.ms);
        break;
      default:
        this.call(() => this.ask(step));
    }
    await turns();
    this.audit();
  }

  private ask(step: ClientStep): unknown {
    const { nc } = this;
    switch (step.do) {
      case "publish":
        return nc.publish("a", "x".repeat(step.size));
      case "callback":
        return nc.subscribe("a", { callback: (error, msg) => void (error === null && this.look(msg)) });
      case "loop":
        return this.loop();
      case "request":
        return nc.request("a", "q", { timeout: 500 }).then((msg) => this.look(msg));
      case "many":
        return nc.requestMany("a", "q", { maxWait: 500 }).then(async (all) => {
          for await (const msg of all) this.look(msg);
        });
      case "flush":
        return nc.flush({ timeout: 500 });
      case "fence":
        return nc.fence();
      case "reconnect":
        return nc.reconnect();
      default:
        return undefined;
    }
  }

  private async loop(): Promise<void> {
    for await (const msg of this.nc.subscribe("a", { max: 3 })) this.look(msg);
  }

  /** A message is looked at as applications do. What nats-core finds wrong with headers is thrown by it. */
  private look(msg: Msg): void {
    assert(typeof msg.subject === "string" && typeof msg.string() === "string" && msg.data.length >= 0);
    try {
      msg.headers?.get("A");
    } catch (error) {
      assert.equal((error as Error).name, "InvalidArgumentError");
    }
    try {
      msg.respond("r");
    } catch (error) {
      this.expectTyped(error);
    }
  }

  /** A call of the application: it throws, or rejects, with a code or not at all. */
  private call(run: () => unknown): void {
    try {
      const result = run();
      if (result instanceof Promise) this.promises.push(result.catch((error) => this.judge(error)));
    } catch (error) {
      this.expectTyped(error);
    }
  }

  /** As {@link expectTyped}, where nobody could catch it. */
  private judge(error: unknown): void {
    try {
      this.expectTyped(error);
    } catch (failure) {
      this.failures.push(failure);
    }
  }

  private expectTyped(error: unknown): void {
    assert(
      isHoldfastError(error) && Object.hasOwn(ErrorCode, error.code),
      `told ${(error as Error)?.stack ?? error}`,
    );
    expectNoSecret(error, "an error");
  }

  private audit(): void {
    const { accepted, confirmed, refused, pending, dropped, unconfirmed } = this.nc.stats();
    assert.equal(accepted, confirmed + refused + pending + dropped + unconfirmed, "the books do not balance");
  }

  async end(drain: boolean): Promise<void> {
    const { nc, clock } = this;
    if (drain) this.call(() => nc.drain());
    this.promises.push(nc.close());
    await clock.pass(2000);
    await turns();
    assert(nc.isClosed(), "not closed in time");
    assert.equal(nc.stats().pending, 0);
    await clock.pass(1000);
    assert.equal(clock.pending, 0, "a timer after close");
    await settled(this.promises);
    for (const failure of this.failures) throw failure;
    for (const event of this.told.flat()) {
      if (!(event instanceof Error)) continue;
      this.expectTyped(event);
      // No callback of this application fails, but for what it finds wrong itself.
      assert.notEqual((event as { code?: string }).code, "CALLBACK_FAILED", String(event.cause));
    }
    expectNoSecret([this.told, nc.history, nc.getServers(), nc.toJSON(), nc.health()], "what is told");
    assert.equal(this.chunks.used, 0, "chunks after close");
    this.audit();
  }
}

/** @throws when one of the promises does not settle, or has failed */
async function settled(promises: readonly Promise<unknown>[]): Promise<void> {
  let done = false;
  const all = Promise.all(promises).then(() => {
    done = true;
  });
  await Promise.race([all, turns(10)]);
  assert(done, "a promise that never settles");
}

/** @param spoil changes the connection, for tests of this target */
export async function checkClient(
  { steps, drain }: ClientInput,
  spoil: (nc: Connection) => void = () => {},
): Promise<void> {
  const play = new Play();
  spoil(play.nc);
  await turns();
  for (const step of steps) await play.take(step);
  await play.end(drain);
}

const ANSWERS = [
  "MSG a 1 1\r\nx\r\n",
  "MSG a 1 r 1\r\nx\r\n",
  "MSG a 2 1\r\nx\r\n",
  "HMSG a 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\n",
  "HMSG a 1 11 12\r\nNATS/1.0\r\nB\r\nx\r\n",
];

function step(known: readonly string[]): fc.Arbitrary<ClientStep> {
  const words = [...WORDS, ...ANSWERS];
  const bytes = fc.oneof(
    serverFrames,
    fc.array(fc.constantFrom(...ANSWERS), { minLength: 1, maxLength: 4 }).map((list) => list.join("")),
    serverFrames.chain((text) => mutated([text], words)),
    mutated(known, words),
  );
  return fc.oneof(
    { weight: 5, arbitrary: bytes.map((text): ClientStep => ({ do: "serve", bytes: text })) },
    { weight: 8, arbitrary: fc.constantFrom(...PLAIN).map((name): ClientStep => ({ do: name })) },
    { weight: 2, arbitrary: fc.constant<ClientStep>({ do: "accept" }) },
    {
      weight: 3,
      arbitrary: fc.constantFrom(0, 1, 900, 1001).map((size): ClientStep => ({ do: "publish", size })),
    },
    { weight: 3, arbitrary: fc.constantFrom(1, 20, 600, 6000).map((ms): ClientStep => ({ do: "pass", ms })) },
  );
}

export const client = target<ClientInput>({
  name: "client",
  about:
    "the whole client, with a server that sends anything: typed errors, promises that settle, no secret told",
  testRuns: 60,
  inputs: (known) => {
    const texts = known.flatMap(({ steps }) =>
      steps.flatMap((one) => (one.do === "serve" ? [one.bytes] : [])),
    );
    const steps = fc.array(step(texts), { maxLength: 16 });
    const accepted = steps.map((rest): ClientStep[] => [{ do: "accept" }, ...rest]);
    return fc.record({
      steps: fc.oneof({ weight: 4, arbitrary: accepted }, { weight: 1, arbitrary: steps }),
      drain: fc.boolean(),
    });
  },
  check: (input) => checkClient(input),
});
