import { describe, expect, it } from "vitest";
import { CodedError } from "../errors.js";
import { ChunkPool } from "../wire/chunk.js";
import { parseAddress } from "./address.js";
import { Engine } from "./engine.js";
import type { EngineEvent } from "./events.js";
import type { EngineOptions } from "./options.js";
import { ServerPool } from "./pool.js";
import type { MessageSink } from "./subscriptions.js";

const INFO = { server_id: "S", version: "2.15.1", max_payload: 1024 * 1024, headers: true, proto: 1 };

const OPTIONS: EngineOptions = {
  connector: {
    maxReconnectAttempts: -1,
    maxPasses: Number.POSITIVE_INFINITY,
    delay: () => 1000,
    ignoreAuthErrorAbort: false,
    stableAfter: 1000,
  },
  liveness: { pingInterval: 20_000, maxPingOut: 2, stallTimeout: 5000 },
  connect: { verbose: false, pedantic: false, echo: true, lang: "holdfast", version: "0" },
  inbox: "_INBOX.me.",
  timeout: 5000,
  reconnect: true,
  retryFirst: false,
  reconnectBufSize: 8 * 1024 * 1024,
  maxPending: 64 * 1024 * 1024,
  highWater: 4 * 1024 * 1024,
  atLeastOnce: true,
  replayMargin: 0,
  holdTimeout: 0,
  ignoreClusterUpdates: false,
  confirmInterval: 10,
};

/** An engine whose sockets, server and clock are the test's. */
class World {
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
    this.engine = new Engine({ ...OPTIONS, ...options }, this.pool, this.chunks, () => {}, 0);
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
        this.done.push(`dial ${effect.server.address.hostname}`);
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
class Sink implements MessageSink {
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

const code = (run: () => void): string | undefined => {
  try {
    run();
  } catch (error) {
    return (error as CodedError).code;
  }
  return undefined;
};

describe("connecting", () => {
  it("says CONNECT and PING, then the subscriptions and PING, and stands with the second PONG", () => {
    const world = new World();
    world.engine.session.start(0);
    world.engine.subscribe("s.*", "q", undefined, new Sink());
    world.pump();
    expect(world.engine.state).toBe("connecting");
    const said = world.accept();
    expect(said).toMatch(/^CONNECT \{.*\}\r\nPING\r\nSUB s\.\* q 1\r\nPING\r\n$/);
    expect(world.engine.state).toBe("connected");
    expect(world.told("connect")).toEqual([{ type: "connect", server: "a:4222" }]);
  });

  it("publishes nothing before the server has taken CONNECT and the subscriptions are on their way", () => {
    const world = new World("a", { retryFirst: true });
    world.engine.session.start(0);
    world.publish("early");
    world.pump();
    world.info();
    expect(world.read()).toBe("");
    world.engine.session.authenticate(world.epoch, {}, 0);
    world.pump();
    expect(world.read()).not.toContain("PUB");
    world.serve("PONG\r\n");
    expect(world.read()).toMatch(/^PING\r\nPUB early 1\r\nx\r\n/);
  });

  it.each([
    ["speaks garbage", (world: World) => world.serve("HTTP/1.1 400 Bad Request\r\n\r\n"), "PROTOCOL_ERROR"],
    ["closes at once", (world: World) => world.closeSocket(undefined), "CONNECTION_REFUSED"],
    ["sends an INFO that is none", (world: World) => world.serve("INFO [1]\r\n"), "PROTOCOL_ERROR"],
    ["sends nothing", (world: World) => world.pass(5000), "TIMEOUT"],
    [
      "sends INFO and hangs",
      (world: World) => {
        world.info();
        world.engine.session.authenticate(world.epoch, {}, 0);
        world.pass(5000);
      },
      "TIMEOUT",
    ],
    [
      "says -ERR to CONNECT",
      (world: World) => {
        world.info();
        world.engine.session.authenticate(world.epoch, {}, 0);
        world.serve("-ERR 'Authorization Violation'\r\n");
      },
      "AUTHORIZATION_VIOLATION",
    ],
    [
      "cannot be given credentials",
      (world: World) => {
        world.info();
        world.engine.session.authenticate(world.epoch, new CodedError("AUTHENTICATOR_FAILED", "no"), 0);
        world.pump();
      },
      "AUTHENTICATOR_FAILED",
    ],
  ])("goes on to the next server when one %s", (_what, fail, wanted) => {
    const world = new World("a b");
    world.engine.session.start(0);
    world.pump();
    world.engine.session.handleOpen(world.epoch, 0);
    fail(world);
    expect(world.done.filter((line) => line.startsWith("dial"))).toEqual(["dial a", "dial b"]);
    expect(world.done).toContain("reset 1");
    expect(world.told("attemptFailed")[0]).toMatchObject({ server: "a:4222", error: { code: wanted } });
    world.accept();
    expect(world.engine.state).toBe("connected");
    expect(world.now).toBeLessThanOrEqual(5000);
  });

  it("gives up with the last error when no server can be reached", () => {
    const world = new World("a b");
    world.engine.session.start(0);
    world.pump();
    world.die();
    const last = new CodedError("CONNECTION_REFUSED", "the last");
    world.die(last);
    expect(world.engine.state).toBe("closed");
    expect(world.told("close")).toMatchObject([{ error: last }]);
    expect(world.engine.timeout).toBe(Number.POSITIVE_INFINITY);
  });

  it("hears nothing any more of a link that was given up: input of an older epoch is dropped", () => {
    const world = new World("a b");
    world.engine.session.start(0);
    world.pump();
    const old = world.epoch;
    world.die();
    world.accept();
    const before = world.engine.books.confirmed;
    world.engine.session.handleOpen(old, 0);
    world.serve("-ERR 'Stale Connection'\r\nnonsense\r\nPONG\r\nMSG a 1 1\r\nx\r\n", old);
    world.engine.session.authenticate(old, {}, 0);
    world.engine.session.handleClosed(old, undefined, 0);
    expect(world.engine.nextOutput(old, 0)).toBe(false);
    world.pump();
    expect(world.engine.state).toBe("connected");
    expect(world.engine.books.confirmed).toBe(before);
    expect(world.engine.inMsgs).toBe(0);
  });
});

describe("TLS", () => {
  it("that is asked for and not spoken yet ends the attempt before anything secret is said", () => {
    for (const [urls, fields] of [
      ["tls://me:secret@a", {}],
      ["nats://me:secret@a", { tls_required: true }],
    ] as const) {
      const world = new World(urls);
      world.engine.session.start(0);
      world.pump();
      world.info(fields);
      expect(world.read()).toBe("");
      expect(world.told("attemptFailed")[0].error).toMatchObject({ code: "TLS_UNSUPPORTED" });
    }
  });

  it("is not left out by what an unprotected INFO says of other servers", () => {
    const world = new World("tls://me:secret@a");
    world.engine.session.start(0);
    world.pump();
    world.info({ connect_urls: ["evil:4222"] });
    if (world.done.includes("dial evil")) world.info();
    expect(world.done.filter((line) => line.startsWith("authenticate"))).toEqual([]);
  });
});

describe("a link that stands", () => {
  it("confirms what was published, after confirmInterval at the latest", () => {
    const world = new World().start();
    world.publish("a");
    world.pump();
    expect(world.read()).toBe("PUB a 1\r\nx\r\n");
    world.pass(10);
    expect(world.read()).toBe("PING\r\n");
    world.serve("PONG\r\n");
    expect(world.engine.books).toMatchObject({ accepted: 1, confirmed: 1, pending: 0 });
    expect(world.engine.outbound.window.held).toBe(0);
  });

  it("confirms at once when someone waits for it", () => {
    const world = new World().start();
    const told: string[] = [];
    world.publish("a");
    world.engine.confirmLast((outcome) => told.push(outcome));
    world.pump();
    expect(world.read()).toBe("PUB a 1\r\nx\r\nPING\r\n");
    expect(told).toEqual([]);
    world.serve("PONG\r\n");
    expect(told).toEqual(["confirmed"]);
  });

  it("confirms nothing by a PONG that answers something else", () => {
    const world = new World().start();
    const rtts: number[] = [];
    world.engine.ping((rtt) => rtts.push(rtt), 0);
    world.publish("a");
    world.engine.confirmLast(() => {});
    world.pump();
    world.now = 3;
    world.serve("PONG\r\n");
    expect(rtts).toEqual([3]);
    expect(world.engine.books.confirmed).toBe(0);
    world.serve("PONG\r\n");
    expect(world.engine.books.confirmed).toBe(1);
    world.serve("PONG\r\nPONG\r\n");
    expect(world.engine.state).toBe("connected");
  });

  it("answers PING with PONG", () => {
    const world = new World().start();
    world.serve("PING\r\n");
    expect(world.read()).toBe("PONG\r\n");
  });

  it("counts a refused message as refused, and tells who waits for it", () => {
    const world = new World().start();
    const told: string[] = [];
    world.publish("denied");
    world.engine.confirmLast((outcome) => told.push(outcome));
    world.publish("fine");
    world.pump();
    world.serve("-ERR 'Permissions Violation for Publish to \"denied\"'\r\nPONG\r\n");
    expect(told).toEqual(["refused"]);
    expect(world.engine.books).toMatchObject({ refused: 1, confirmed: 1 });
    expect(world.told("error")).toMatchObject([{ error: { code: "PERMISSIONS_VIOLATION" } }]);
    expect(world.engine.state).toBe("connected");
  });

  it("ends a refused subscription with the server's error", () => {
    const world = new World().start();
    const sink = new Sink();
    world.engine.subscribe("a", undefined, undefined, sink);
    world.pump();
    world.serve("-ERR 'Permissions Violation for Subscription to \"a\"'\r\n");
    expect(sink.ends).toMatchObject([{ code: "PERMISSIONS_VIOLATION" }]);
    expect(world.engine.subscriptions.size).toBe(0);
  });

  it("is not given up because a large message follows a long silence and takes a moment to write", () => {
    const world = new World().start();
    world.pass(15_000);
    world.blocked = true;
    world.publish("a", Buffer.alloc(1024 * 1024 - 100));
    world.pump();
    world.pass(4000);
    expect(world.told("stale")).toEqual([]);
    expect(world.engine.state).toBe("connected");
    world.pass(2000);
    expect(world.told("stale")).toHaveLength(1);
  });
});

describe("signs of life", () => {
  it("are all bytes that come in: a link on which messages flow is not stale for want of PONGs", () => {
    const options = { liveness: { pingInterval: 1000, maxPingOut: 2, stallTimeout: 0 } };
    const world = new World("a", options).start();
    for (let i = 0; i < 20; i++) {
      world.pass(900);
      world.serve("MSG nobody 99 1\r\nx\r\n");
    }
    expect(world.told("stale")).toEqual([]);
    world.pass(3000);
    expect(world.told("stale")).toEqual([{ type: "stale", server: "a:4222" }]);
    expect(world.told("disconnect")).toMatchObject([{ error: { code: "STALE_CONNECTION" } }]);
  });
});

describe("pacing", () => {
  it("publish() says no above the high-water mark, and `writable` is told once, at half of it", () => {
    const world = new World("a", { highWater: 1000 }).start();
    const publish = () => world.engine.publish("a", "x".repeat(90), "", undefined, undefined);
    let count = 0;
    while (publish()) {
      count++;
      world.engine.sendFence();
    }
    expect(world.engine.writable).toBe(false);
    expect(world.engine.pendingBytes).toBeGreaterThan(1000);
    world.engine.awaitWritable();
    world.pump();
    let confirmed = 0;
    while (world.told("writable").length === 0) {
      expect(world.engine.pendingBytes).toBeGreaterThan(500);
      world.serve("PONG\r\n");
      confirmed++;
    }
    expect(confirmed).toBeLessThan(count);
    world.serve("PONG\r\n".repeat(3));
    expect(world.told("writable")).toHaveLength(1);
  });

  it("who waits for it hears of the end as well", () => {
    const world = new World().start();
    world.engine.close(undefined, 0);
    world.pump();
    expect(world.told("writable")).toHaveLength(1);
  });
});

describe("subscriptions", () => {
  it("end with their last message, counted over all links", () => {
    const world = new World("a b").start();
    const sink = new Sink();
    world.engine.subscribe("a", undefined, 3, sink);
    world.pump();
    world.serve("MSG a 1 1\r\n1\r\n");
    world.die();
    expect(world.accept()).toContain("SUB a 1\r\nUNSUB 1 2\r\n");
    world.serve("MSG a 1 1\r\n2\r\nMSG a 1 1\r\n3\r\nMSG a 1 1\r\n4\r\n");
    expect(sink.got).toEqual(["1", "2", "3"]);
    expect(sink.ends).toEqual([undefined]);
  });

  it("that the next server refuses end, and the link stands all the same", () => {
    const world = new World("a b").start();
    const sink = new Sink();
    world.engine.subscribe("secret", undefined, undefined, sink);
    world.pump();
    world.die();
    world.info();
    world.engine.session.authenticate(world.epoch, {}, 0);
    world.pump();
    world.serve("PONG\r\n");
    world.serve("-ERR 'Permissions Violation for Subscription to \"secret\"'\r\nPONG\r\n");
    expect(world.engine.state).toBe("connected");
    expect(sink.ends).toMatchObject([{ code: "PERMISSIONS_VIOLATION" }]);
  });
});

describe("gossip", () => {
  it("of the server in use brings servers that are dialled when it is lost; it is told", () => {
    const world = new World("a").start({ connect_urls: ["a:4222", "b:4222"] });
    expect(world.told("update")).toEqual([{ type: "update", added: ["b:4222"], deleted: [] }]);
    world.serve(`INFO ${JSON.stringify({ ...INFO, connect_urls: ["c:4222"] })}\r\n`);
    expect(world.told("update")[1]).toEqual({ type: "update", added: ["c:4222"], deleted: ["b:4222"] });
    world.die();
    expect(world.done.at(-1)).toBe("dial c");
  });

  it("is ignored when that is wanted", () => {
    const world = new World("a", { ignoreClusterUpdates: true }).start({ connect_urls: ["b:4222"] });
    expect(world.pool.all).toHaveLength(1);
    expect(world.told("update")).toEqual([]);
  });
});

describe("a callback in the middle of a read", () => {
  const stream = "MSG a 1 1\r\n1\r\nMSG a 1 1\r\n2\r\nMSG a 1 1\r\n3\r\nPING\r\nMSG a 1 1\r\n4\r\n";

  it("may unsubscribe: no message follows, the read is taken to its end", () => {
    const world = new World().start();
    const sink = new Sink((count) => {
      if (count === 2) world.engine.unsubscribe(entry);
    });
    const entry = world.engine.subscribe("a", undefined, undefined, sink);
    world.pump();
    world.read();
    world.serve(stream);
    expect(sink.got).toEqual(["1", "2"]);
    expect(world.read()).toContain("PONG\r\n");
    expect(world.read()).toBe("");
    expect(world.engine.inMsgs).toBe(4);
  });

  it("may publish and subscribe", () => {
    const world = new World().start();
    const sink = new Sink((count) => {
      world.publish(`answer.${count}`);
      world.engine.subscribe(`more.${count}`, undefined, undefined, new Sink());
    });
    world.engine.subscribe("a", undefined, undefined, sink);
    world.pump();
    world.serve(stream);
    expect(sink.got).toEqual(["1", "2", "3", "4"]);
    expect(world.read().match(/^(PUB answer|SUB more)/gm)).toHaveLength(8);
  });

  it("may close: nothing is delivered any more", () => {
    const world = new World().start();
    const sink = new Sink((count) => {
      if (count === 2) world.engine.close(undefined, world.now);
    });
    world.engine.subscribe("a", undefined, undefined, sink);
    world.pump();
    world.serve(stream);
    expect(sink.got).toEqual(["1", "2"]);
    expect(sink.ends).toEqual([undefined]);
    expect(world.told("close")).toHaveLength(1);
    expect(world.engine.timeout).toBe(Number.POSITIVE_INFINITY);
  });

  it("may leave the server: nothing of the old link is delivered any more", () => {
    const world = new World("a b").start();
    const sink = new Sink((count) => {
      if (count === 2) world.engine.session.reconnect(world.now);
    });
    world.engine.subscribe("a", undefined, undefined, sink);
    world.pump();
    world.serve(stream);
    expect(sink.got).toEqual(["1", "2"]);
    expect(sink.ends).toEqual([]);
    expect(world.done.at(-1)).toBe("dial b");
  });
});

describe("an outage", () => {
  it("is told once; the link is reset; the next server is dialled at once; what was unconfirmed is written again", () => {
    const world = new World("a b").start();
    world.engine.subscribe("s", undefined, undefined, new Sink());
    world.publish("one");
    world.pump();
    world.publish("two");
    world.now = 5000;
    world.die();
    expect(world.done.slice(-2)).toEqual(["reset 1", "dial b"]);
    expect(world.told("disconnect")).toMatchObject([{ server: "a:4222", unconfirmed: 1, abandoned: 0 }]);
    world.publish("three");
    world.now = 5200;
    const said = world.accept();
    expect(said.match(/(SUB s|PUB (\w+)|PING)/g)).toEqual([
      "PING",
      "SUB s",
      "PING",
      "PUB one",
      "PUB two",
      "PUB three",
    ]);
    expect(world.told("reconnect")).toMatchObject([
      { server: "b:4222", previous: "a:4222", downtime: 200, attempts: 1, replayed: 1 },
    ]);
    expect(world.engine.books.balanced).toBe(true);
  });

  it("is measured from its own beginning, and its attempts are counted from 1", () => {
    const world = new World("a b").start();
    for (const begin of [10_000, 50_000]) {
      world.now = begin;
      world.die();
      world.die();
      world.now = begin + 70;
      world.accept();
    }
    expect(world.told("reconnect")).toMatchObject([
      { downtime: 70, attempts: 2, previous: "a:4222" },
      { downtime: 70, attempts: 2 },
    ]);
    expect(world.told("reconnecting").map(({ attempt }) => attempt)).toEqual([1, 2, 1, 2]);
    expect(world.engine.session.reconnects).toBe(2);
    const [server] = world.pool.all.filter((entry) => entry.lastConnect === 50_000);
    expect(server).toBeDefined();
  });

  it("that is given up goes through disconnected to closed, with the reason", () => {
    const world = new World("a", { connector: { ...OPTIONS.connector, maxPasses: 1 } }).start();
    world.now = 5000;
    world.die();
    world.die();
    expect(world.engine.session.lifecycle.history.map(({ to }) => to)).toEqual([
      "connecting",
      "connected",
      "reconnecting",
      "disconnected",
      "closed",
    ]);
    expect(world.told("close")).toMatchObject([{ error: { code: "MAX_RECONNECT_ATTEMPTS" } }]);
  });

  it("does not block publishing; the buffer is bounded by encoded bytes, to the last one", () => {
    const world = new World("a", { reconnectBufSize: 1000 }).start();
    world.publish("before", "x".repeat(5000));
    world.pump();
    world.die();
    let accepted = 0;
    const full = code(() => {
      for (;;) {
        world.publish("abc", "0123456789");
        accepted += "PUB abc 10\r\n0123456789\r\n".length;
      }
    });
    expect(full).toBe("BUFFER_FULL");
    expect(accepted).toBeLessThanOrEqual(1000);
    expect(accepted).toBeGreaterThan(970);
    expect(world.engine.books).toMatchObject({ pending: 1 + accepted / 24 });
  });

  it("goes through all servers without a wait, then waits, and never ends by itself", () => {
    const world = new World("a b c").start();
    world.now = 5000;
    world.die();
    for (let i = 0; i < 3; i++) world.die();
    expect(world.done.filter((line) => line.startsWith("dial"))).toEqual([
      "dial a",
      "dial b",
      "dial c",
      "dial a",
    ]);
    expect(world.told("reconnecting").at(-1)).toMatchObject({ server: "", delay: 1000 });
    world.pass(999);
    expect(world.done.at(-1)).toMatch(/^reset/);
    world.pass(1);
    expect(world.done.at(-1)).toMatch(/^dial/);
    expect(world.engine.state).toBe("reconnecting");
  });

  it("ends with a closed connection when reconnecting is switched off", () => {
    const world = new World("a", { reconnect: false }).start();
    world.publish("a");
    world.pump();
    world.die();
    expect(world.engine.state).toBe("closed");
    expect(world.told("close")).toMatchObject([{ unconfirmed: 1, dropped: 0 }]);
    expect(world.engine.books.balanced).toBe(true);
  });

  it("a JetStream pull is not accepted into it silently: who waits for it hears that it was dropped", () => {
    const world = new World().start();
    world.die();
    const told: string[] = [];
    world.publish("$JS.API.CONSUMER.MSG.NEXT.S.C");
    world.engine.confirmLast((outcome) => told.push(outcome));
    expect(told).toEqual(["dropped"]);
    expect(world.engine.books).toMatchObject({ dropped: 1, pending: 0 });
    world.publish("a");
    world.engine.confirmLast((outcome) => told.push(outcome));
    expect(told).toEqual(["dropped"]);
  });

  it("what the new server would close the connection for is dropped and told", () => {
    const world = new World("a b").start();
    world.publish("large", "x".repeat(1000));
    world.publish("small");
    world.die();
    const said = world.accept({ max_payload: 100 });
    expect(said).toContain("PUB small");
    expect(said).not.toContain("PUB large");
    expect(world.told("messageLost")).toMatchObject([
      { messages: [{ subject: "large", size: 1000, reason: "max-payload", maybeDelivered: false }] },
    ]);
  });
});

describe("the hold before a replay", () => {
  it("lets requests and subscriptions through, and the replay when the application says so", () => {
    const world = new World("a b", { holdTimeout: 5000 }).start();
    world.publish("kept");
    world.pump();
    world.die();
    const said = world.accept();
    expect(said).not.toContain("kept");
    expect(world.done.at(-1)).toBe(`hold ${world.epoch}`);
    world.read();
    const sink = { onReply() {}, onFail() {} };
    world.engine.request("ready", "", undefined, 1000, sink, 0);
    world.publish("new");
    world.pump();
    expect(world.read()).toMatch(/^SUB _INBOX\.me\.\* 1\r\nPUB ready _INBOX\.me\.1 0\r\n\r\n$/);
    world.engine.session.releaseReplay(world.epoch, 10);
    world.pump();
    expect(world.read().match(/PUB \w+/g)).toEqual(["PUB kept", "PUB new"]);
  });

  it("has a deadline: then the replay goes on, and an error tells", () => {
    const world = new World("a b", { holdTimeout: 300 }).start();
    world.publish("kept");
    world.pump();
    world.die();
    world.accept();
    world.read();
    world.pass(299);
    expect(world.read()).toBe("");
    world.pass(1);
    expect(world.read()).toContain("PUB kept");
    expect(world.told("error")).toMatchObject([{ error: { code: "BEFORE_REPLAY_FAILED" } }]);
  });

  it("is not asked for at the first connect", () => {
    const world = new World("a", { holdTimeout: 300 }).start();
    expect(world.done.some((line) => line.startsWith("hold"))).toBe(false);
  });
});

describe("the end", () => {
  it("by finish comes when everything is confirmed, and nothing is accepted meanwhile", () => {
    const world = new World().start();
    world.publish("a");
    world.engine.finish(1000, 0);
    world.pump();
    expect(code(() => world.publish("b"))).toBe("CONNECTION_DRAINING");
    expect(world.engine.state).toBe("connected");
    world.serve("PONG\r\n");
    world.pass(0);
    expect(world.engine.state).toBe("closed");
    expect(world.told("close")).toMatchObject([{ error: undefined, dropped: 0, unconfirmed: 0 }]);
    expect(code(() => world.publish("b"))).toBe("CONNECTION_CLOSED");
  });

  it("by finish comes at its deadline in the middle of an outage, and what could not be sent is told", () => {
    const world = new World().start();
    world.publish("sent");
    world.pump();
    world.die();
    world.publish("unsent");
    world.engine.finish(1000, world.now);
    world.pump();
    world.pass(999);
    expect(world.engine.state).toBe("reconnecting");
    world.pass(1);
    expect(world.engine.state).toBe("closed");
    expect(world.told("close")).toMatchObject([{ dropped: 1, unconfirmed: 1 }]);
    expect(world.told("messageLost").flatMap((event) => event.messages)).toMatchObject([
      { subject: "unsent", reason: "closed", maybeDelivered: false },
    ]);
    expect(world.engine.books.balanced).toBe(true);
    expect(world.engine.books.pending).toBe(0);
    expect(world.chunks.used).toBe(0);
    expect(world.engine.timeout).toBe(Number.POSITIVE_INFINITY);
  });

  it("leaves the server in peace when all is confirmed, and resets the link when it is not trusted any more", () => {
    const world = new World().start();
    world.engine.close(undefined, 0);
    world.pump();
    expect(world.done.at(-1)).toBe("close 1");
    const failed = new World().start();
    failed.engine.close(new Error("why"), 0);
    failed.pump();
    expect(failed.done.at(-1)).toBe("reset 1");
    const closed = new World("a b").start();
    closed.now = 5000;
    closed.die();
    closed.engine.close(undefined, 5000);
    closed.pump();
    expect(closed.done.at(-1)).toBe("reset 2");
    expect(closed.engine.session.lifecycle.history.map(({ to }) => to)).toEqual([
      "connecting",
      "connected",
      "reconnecting",
      "closed",
    ]);
  });

  it("tells everyone who waits, once", () => {
    const world = new World().start();
    const told: string[] = [];
    const sink = new Sink();
    world.engine.subscribe("s", undefined, undefined, sink);
    world.publish("a");
    world.engine.confirmLast((outcome) => told.push(`message ${outcome}`));
    world.engine.fence((outcome) => told.push(`fence ${outcome}`), 0);
    const replies = {
      onReply: () => told.push("reply"),
      onFail: (error: CodedError) => told.push(error.code),
    };
    world.engine.request("r", "", undefined, 1000, replies, 0);
    world.pump();
    world.engine.close(undefined, 0);
    world.engine.close(undefined, 0);
    world.pump();
    expect(told.toSorted()).toEqual(["CONNECTION_CLOSED", "fence closed", "message unconfirmed"]);
    expect(sink.ends).toEqual([undefined]);
    expect(world.told("close")).toHaveLength(1);
  });
});
