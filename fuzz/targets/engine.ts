import assert from "node:assert/strict";
import fc from "fast-check";
import type { EngineOptions } from "../../src/core/options.js";
import type { SubscriptionEntry } from "../../src/core/subscriptions.js";
import { CodedError, ErrorCode } from "../../src/errors.js";
import { EngineWorld, INFO, Sink } from "../../src/testing/worlds/engine-world.js";
import { mutated } from "../mutations.js";
import { expectNoSecret, SECRET } from "../secret.js";
import { longLines, serverFrames, WORDS } from "../server-bytes.js";
import { target } from "../target.js";

/** One thing that happens: the application's doing, the server's, or the network's. */
export type Step =
  | { readonly do: "serve"; readonly bytes: string }
  | { readonly do: "pongs"; readonly count: number }
  | { readonly do: "handshake"; readonly maxPayload: number; readonly headers: boolean }
  | {
      readonly do:
        | "open"
        | "authenticate"
        | "reset"
        | "end"
        | "reconnect"
        | "block"
        | "unblock"
        | "fence"
        | "ping"
        | "finish";
    }
  | {
      readonly do: "publish";
      readonly subject: string;
      readonly size: number;
      readonly ttl?: number;
      readonly headers?: boolean;
    }
  | { readonly do: "subscribe"; readonly subject: string; readonly max?: number }
  | { readonly do: "unsubscribe" | "drain"; readonly which: number }
  | { readonly do: "request"; readonly subject: string; readonly timeout: number }
  | { readonly do: "pass"; readonly ms: number };

export interface EngineInput {
  readonly atLeastOnce: boolean;
  readonly smallBuffer: boolean;
  readonly steps: readonly Step[];
}

/** What may be thrown at a caller; everything else is a hole. */
const REFUSALS = new Set<string>(Object.values(ErrorCode));

/** An engine, its application, and how each thing that was asked for has ended. */
class Game {
  readonly world: EngineWorld;
  private readonly entries: SubscriptionEntry[] = [];
  private readonly sinks: Sink[] = [];
  /** Ends of each request, and of each fence. */
  private readonly ends: number[] = [];

  constructor({ atLeastOnce, smallBuffer }: EngineInput, spoil: (world: EngineWorld) => void) {
    const limits: Partial<EngineOptions> = smallBuffer
      ? { reconnectBufSize: 200, maxPending: 400, highWater: 100 }
      : {};
    this.world = new EngineWorld(`nats://me:${SECRET}@a tls://${SECRET}@b c`, { atLeastOnce, ...limits });
    spoil(this.world);
    this.world.engine.session.start(0);
    this.world.pump();
  }

  private end(): () => void {
    const index = this.ends.push(0) - 1;
    return () => {
      this.ends[index]++;
    };
  }

  /** A call of the application; a refusal with a code is no harm. */
  private call(run: () => void): void {
    try {
      run();
    } catch (error) {
      assert(error instanceof CodedError && REFUSALS.has(error.code), `threw ${(error as Error).stack}`);
      expectNoSecret(error, "a refusal");
    }
    this.world.pump();
  }

  take(step: Step): void {
    const { world, entries } = this;
    const { engine, epoch } = world;
    const { session } = engine;
    switch (step.do) {
      case "serve":
        engine.handleData(epoch, Buffer.from(step.bytes, "latin1"), world.now);
        return world.pump();
      case "pongs":
        for (let i = 0; i < step.count; i++) world.serve("PONG\r\n");
        return;
      case "handshake":
        world.info({ max_payload: step.maxPayload, headers: step.headers });
        this.authenticate();
        world.serve("PONG\r\n");
        return world.serve("PONG\r\n");
      case "open":
        session.handleOpen(epoch, world.now);
        return world.pump();
      case "authenticate":
        return this.authenticate();
      case "reset":
        return world.die();
      case "end":
        return world.closeSocket(undefined);
      case "reconnect":
        if (!session.closed) session.reconnect(world.now);
        return world.pump();
      case "block":
      case "unblock":
        world.blocked = step.do === "block";
        return;
      case "fence":
        if (session.closed) return;
        engine.fence(this.end(), world.now);
        return world.pump();
      case "ping":
        engine.ping(() => {}, world.now);
        return world.pump();
      case "finish":
        engine.finish(1000, world.now);
        return world.pump();
      case "publish":
        return this.publish(step);
      case "subscribe":
        return this.call(() => {
          const sink = new Sink();
          entries.push(engine.subscribe(step.subject, undefined, step.max, sink));
          this.sinks.push(sink);
        });
      case "unsubscribe":
      case "drain": {
        const entry = entries[step.which % Math.max(1, entries.length)];
        if (entry === undefined) return;
        if (step.do === "drain") engine.drainSubscription(entry, world.now);
        else engine.unsubscribe(entry);
        return world.pump();
      }
      case "request": {
        const ended = this.end();
        const sink = { onReply: ended, onFail: ended };
        const before = engine.books.accepted;
        this.call(() => void engine.request(step.subject, "q", undefined, step.timeout, sink, world.now));
        // What was refused at the call has no other end.
        if (engine.books.accepted === before && this.ends.at(-1) === 0) ended();
        return;
      }
      case "pass":
        return world.pass(step.ms);
    }
  }

  private publish({ subject, size, ttl, headers }: Extract<Step, { do: "publish" }>): void {
    const { engine, now } = this.world;
    const wishes = ttl === undefined ? undefined : { expiresAt: now + ttl };
    const block = headers === true ? Buffer.from("NATS/1.0\r\nA: b\r\n\r\n") : undefined;
    this.call(() => void engine.publish(subject, "x".repeat(size), "", block, wishes));
  }

  private authenticate(): void {
    const { world } = this;
    world.engine.session.authenticate(
      world.epoch,
      { user: "me", pass: SECRET, jwt: SECRET, sig: SECRET },
      world.now,
    );
    world.pump();
  }

  /** What holds after every step. */
  audit(): void {
    const { books, outbound } = this.world.engine;
    assert(books.balanced, "the books do not balance");
    for (const [name, value] of Object.entries(books))
      if (typeof value === "number") assert(value >= 0, `${name}: ${value}`);
    assert(outbound.window.bytes >= 0);
    for (const count of this.ends) assert(count <= 1, "ended twice");
  }

  /** What holds when all is closed. */
  close(): void {
    const { world } = this;
    const { engine } = world;
    world.blocked = false;
    engine.close(undefined, world.now);
    world.pump();
    this.audit();
    assert.equal(engine.books.pending, 0, "pending after close");
    assert.equal(engine.timeout, Number.POSITIVE_INFINITY, "a timer after close");
    assert.equal(engine.state, "closed");
    assert.equal(world.chunks.used, 0, "chunks after close");
    for (const sink of this.sinks)
      assert.equal(sink.ends.length, 1, `a subscription ended ${sink.ends.length} times`);
    for (const count of this.ends) assert.equal(count, 1, `a request or fence ended ${count} times`);
    expectNoSecret(world.events, "an event");
    assert(!world.wire.includes("PUB PUB"));
  }
}

/** @param spoil changes the engine before it starts, for tests of this target */
export function checkEngine(input: EngineInput, spoil: (world: EngineWorld) => void = () => {}): void {
  const game = new Game(input, spoil);
  for (const step of input.steps) {
    game.take(step);
    game.audit();
  }
  game.close();
}

const subject = fc.constantFrom(
  "a",
  "a.b",
  "$JS.API.INFO",
  "$JS.API.CONSUMER.MSG.NEXT.s.c",
  "$JS.ACK.x",
  "a b",
  "_INBOX.me.1",
);
const handshake = fc
  .record({ maxPayload: fc.constantFrom(INFO.max_payload, 10, 0), headers: fc.boolean() })
  .map((parts): Step => ({ do: "handshake", ...parts }));
const simple = [
  "open",
  "authenticate",
  "reset",
  "end",
  "reconnect",
  "block",
  "unblock",
  "fence",
  "ping",
  "finish",
] as const;

const ANSWERS = [
  "MSG a 1 1\r\nx\r\n",
  "MSG a 2 1\r\nx\r\n",
  "MSG _INBOX.me.1 1 1\r\nx\r\n",
  "MSG _INBOX.me.1 1 0\r\n\r\n",
  "HMSG _INBOX.me.1 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\n",
  "MSG _ 1 0\r\n\r\n",
];

function step(known: readonly string[]): fc.Arbitrary<Step> {
  const words = [...WORDS, ...ANSWERS];
  const bytes = fc.oneof(
    serverFrames,
    mutated(known, words),
    serverFrames.chain((text) => mutated([text], words)),
    fc.constantFrom(...ANSWERS),
  );
  const serve = (of: fc.Arbitrary<string>) => of.map((bytes): Step => ({ do: "serve", bytes }));
  const pongs = fc.integer({ min: 1, max: 3 }).map((count): Step => ({ do: "pongs", count }));
  const publish = fc
    .record(
      { subject, size: fc.constantFrom(0, 1, 30, 150), ttl: fc.constantFrom(1, 500), headers: fc.boolean() },
      { requiredKeys: ["subject", "size"] },
    )
    .map((parts): Step => ({ do: "publish", ...parts }));
  const subscribe = fc
    .record({ subject, max: fc.integer({ min: 1, max: 3 }) }, { requiredKeys: ["subject"] })
    .map((parts): Step => ({ do: "subscribe", ...parts }));
  const unsubscribe = fc
    .tuple(fc.constantFrom("unsubscribe", "drain"), fc.nat(3))
    .map(([name, which]): Step => ({ do: name, which }));
  const request = fc
    .record({ subject, timeout: fc.constantFrom(1, 100, 10_000) })
    .map((parts): Step => ({ do: "request", ...parts }));
  const pass = fc.constantFrom(1, 10, 1000, 6000, 70_000).map((ms): Step => ({ do: "pass", ms }));
  return fc.oneof(
    { weight: 6, arbitrary: serve(bytes) },
    { weight: 1, arbitrary: serve(longLines) },
    { weight: 5, arbitrary: pongs },
    { weight: 4, arbitrary: handshake },
    { weight: 6, arbitrary: fc.constantFrom(...simple).map((name): Step => ({ do: name })) },
    { weight: 8, arbitrary: publish },
    { weight: 3, arbitrary: subscribe },
    { weight: 2, arbitrary: unsubscribe },
    { weight: 3, arbitrary: request },
    { weight: 4, arbitrary: pass },
  );
}

export const engine = target<EngineInput>({
  name: "engine",
  about:
    "a server that sends anything at any time: no exception, books that balance, nothing left behind, no secret told",
  testRuns: 150,
  inputs: (known) => {
    const texts = known.flatMap(({ steps }) =>
      steps.flatMap((one) => (one.do === "serve" ? [one.bytes] : [])),
    );
    const steps = fc
      .tuple(
        fc.oneof({ weight: 4, arbitrary: handshake }, { weight: 1, arbitrary: step(texts) }),
        fc.array(step(texts), { maxLength: 40 }),
      )
      .map(([first, rest]) => [first, ...rest]);
    return fc.record<EngineInput>({ atLeastOnce: fc.boolean(), smallBuffer: fc.boolean(), steps });
  },
  check: (input) => checkEngine(input),
});
