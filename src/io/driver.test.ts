import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { parseAddress } from "../core/address.js";
import { Engine } from "../core/engine.js";
import type { EngineEvent } from "../core/events.js";
import type { EngineOptions } from "../core/options.js";
import { type PoolServer, ServerPool } from "../core/pool.js";
import type { Credentials } from "../core/session-owner.js";
import { OPTIONS } from "../testing/worlds/engine-options.js";
import { ChunkPool } from "../wire/chunk.js";
import { systemClock } from "./clock.js";
import { Driver, type DriverHost } from "./driver.js";
import { SYSTEM } from "./surroundings.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A socket whose writes end when the test says so. */
class FakeSocket extends Duplex {
  readyState = "opening";
  written = "";
  /** Writes are not ended by themselves. */
  held = false;
  private readonly ends: (() => void)[] = [];

  open(): void {
    this.readyState = "open";
    this.emit("connect");
  }
  override _read(): void {}
  override _write(bytes: Buffer, _encoding: BufferEncoding, end: () => void): void {
    this.written += bytes.toString("latin1");
    if (this.held) this.ends.push(end);
    else end();
  }
  resetAndDestroy(): this {
    return this.destroy();
  }
  release(): void {
    this.held = false;
    for (const end of this.ends.splice(0)) end();
  }
  taken(): string {
    const { written } = this;
    this.written = "";
    return written;
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

class World implements DriverHost {
  readonly chunks = new ChunkPool();
  readonly events: EngineEvent[] = [];
  readonly sockets: FakeSocket[] = [];
  readonly dialled: string[] = [];
  readonly driver: Driver;
  readonly engine: Engine;
  credentials: Promise<Credentials> = Promise.resolve({ user: "me" });
  onEvent: (event: EngineEvent) => void = () => {};
  released: () => void = () => {};
  /** Instead of a socket. */
  dialError: unknown;

  constructor(urls = "a", options: Partial<EngineOptions> = {}) {
    const dial = (server: PoolServer) => {
      this.dialled.push(server.address.hostname);
      if (this.dialError !== undefined) {
        const error = this.dialError;
        this.dialError = undefined;
        throw error;
      }
      const socket = new FakeSocket();
      this.sockets.push(socket);
      return socket as unknown as Socket;
    };
    this.driver = new Driver(this, { ...SYSTEM, chunks: this.chunks, dial });
    const pool = new ServerPool(
      urls.split(" ").map((url) => parseAddress(url)),
      undefined,
    );
    this.engine = new Engine({ ...OPTIONS, ...options }, pool, this.chunks, this.driver, systemClock.now());
    this.driver.attach(this.engine);
  }

  event(event: EngineEvent): void {
    this.events.push(event);
    this.onEvent(event);
  }
  readonly websocket = { headers: () => ({}), compression: false };

  tls(): object {
    return {};
  }
  authenticate(): Promise<Credentials> {
    return this.credentials;
  }
  beforeReplay(): Promise<void> {
    return new Promise((resolve) => {
      this.released = resolve;
    });
  }

  get socket(): FakeSocket {
    return this.sockets.at(-1)!;
  }

  /** Lets callbacks of streams and promises run; `ms` of time pass. */
  pass(ms = 0): Promise<unknown> {
    return vi.advanceTimersByTimeAsync(ms);
  }

  async serve(text: string): Promise<void> {
    this.socket.push(text);
    await this.pass();
  }

  start(): void {
    this.driver.input((now) => this.engine.session.start(now));
  }

  async accept(): Promise<void> {
    this.socket.open();
    await this.serve('INFO {"headers":true,"max_payload":1048576}\r\n');
    await this.serve("PONG\r\n");
    await this.serve("PONG\r\n");
  }

  async connect(): Promise<this> {
    this.start();
    await this.accept();
    this.socket.taken();
    return this;
  }

  publish(subject: string, payload: Uint8Array | string = "x"): void {
    this.engine.publish(subject, payload, "", undefined, undefined);
  }

  told(type: EngineEvent["type"]): EngineEvent[] {
    return this.events.filter((event) => event.type === type);
  }
}

describe("the driver", () => {
  it("dials, shakes hands with the credentials of the host, and tells the host", async () => {
    const world = new World();
    world.start();
    expect(world.dialled).toEqual(["a"]);
    await world.accept();
    expect(world.socket.taken()).toMatch(/^CONNECT \{.*"user":"me".*\}\r\nPING\r\nPING\r\n$/);
    expect(world.told("connect")).toHaveLength(1);
  });

  it("writes a burst when the JavaScript that made it has ended, and asks for the confirmation in time", async () => {
    const world = await new World().connect();
    for (let i = 0; i < 3; i++) world.publish("a", String(i));
    expect(world.socket.written).toBe("");
    await world.pass();
    expect(world.socket.taken()).toBe("PUB a 1\r\n0\r\nPUB a 1\r\n1\r\nPUB a 1\r\n2\r\n");
    await world.pass(12);
    expect(world.socket.taken()).toBe("PING\r\n");
    await world.serve("PONG\r\n");
    expect(world.engine.books).toMatchObject({ confirmed: 3, pending: 0 });
  });

  it("writes what has filled a chunk before a long burst has ended, and the rest of it behind", async () => {
    const world = await new World().connect();
    const payload = Buffer.alloc(1000);
    for (let i = 0; i < 100; i++) world.publish("a", payload);
    expect(world.socket.written.length).toBeGreaterThan(60_000);
    expect(world.socket.written.length).toBeLessThan(70_000);
    await world.pass();
    expect(world.socket.written.length).toBeGreaterThan(100 * 1000);
    expect(world.socket.taken().match(/PUB a 1000/g)).toHaveLength(100);
    expect(world.engine.session.link(1)?.inFlight).toBe(0);
  });

  it("only writes in the middle of a burst, also when a dialer's stream tells of the end of a write in the call", async () => {
    const world = await new World().connect();
    let writes = 0;
    world.socket.write = ((_bytes: unknown, end: () => void) => {
      writes++;
      end();
      return true;
    }) as FakeSocket["write"];
    const settle = vi.spyOn(world.engine, "settle");
    for (let i = 0; i < 100; i++) world.publish("a", Buffer.alloc(1000));
    expect(writes).toBeGreaterThan(0);
    expect(settle).not.toHaveBeenCalled();
    await world.pass();
    expect(settle).toHaveBeenCalled();
  });

  it("writes nothing in the middle of what a read brings about, but behind it", async () => {
    const world = await new World().connect();
    const written: number[] = [];
    const onMessage = () => {
      for (let i = 0; i < 100; i++) world.publish("a", Buffer.alloc(1000));
      written.push(world.socket.written.length);
    };
    world.engine.subscribe("s", undefined, undefined, { onMessage, onEnd() {} });
    await world.pass();
    world.socket.taken();
    await world.serve("MSG s 1 0\r\n\r\nMSG s 1 0\r\n\r\n");
    expect(written).toEqual([0, 0]);
    expect(world.socket.taken().match(/PUB a 1000/g)).toHaveLength(200);
  });

  it("gathers small pieces behind the first into one system call, and goes on when there is room again", async () => {
    const world = await new World().connect();
    const sizes: number[] = [];
    world.socket._writev = (pieces, end) => {
      sizes.push(pieces.length);
      for (const { chunk } of pieces) world.socket.written += chunk.toString("latin1");
      end();
    };
    const onMessage = () => {
      const dropped = new Set<number>();
      const { window } = world.engine.outbound;
      for (let i = 0; i < 5000; i++) {
        world.publish("kept");
        world.publish("dropped");
        dropped.add(window.position - 1);
      }
      window.dropOldest(5000, 0, (seq) => dropped.has(seq));
    };
    world.engine.subscribe("s", undefined, undefined, { onMessage, onEnd() {} });
    await world.pass();
    world.socket.taken();
    await world.serve("MSG s 1 0\r\n\r\n");
    expect(world.socket.taken().match(/PUB \w+/g)).toEqual(new Array(5000).fill("PUB kept"));
    expect(sizes.length).toBeGreaterThan(3);
    expect(sizes[0]).toBeGreaterThan(1000);
  });

  it.each([new Error("no socket"), "text", undefined, Object.create(null)])(
    "goes on to the next server when there is no socket to be had: %o",
    async (thrown) => {
      const world = new World("a b");
      world.dialError = thrown ?? null;
      world.start();
      await world.pass();
      expect(world.dialled).toEqual(["a", "b"]);
      await world.accept();
      expect(world.engine.state).toBe("connected");
    },
  );

  it("goes on to the next server when the credentials cannot be had", async () => {
    const world = new World("a b");
    world.credentials = Promise.reject(new Error("no key"));
    world.start();
    world.socket.open();
    await world.serve("INFO {}\r\n");
    expect(world.dialled).toEqual(["a", "b"]);
    expect(world.sockets[0].destroyed).toBe(true);
  });

  it("carries out in the same call what listeners cause, without going round in circles", async () => {
    const world = await new World().connect();
    let told = 0;
    world.onEvent = (event) => {
      if (event.type !== "lameDuck") return;
      told++;
      world.publish("from.listener");
      world.driver.pump();
    };
    await world.serve('INFO {"ldm":true,"headers":true}\r\n');
    expect(told).toBe(1);
    expect(world.socket.taken()).toBe("PUB from.listener 1\r\nx\r\n");
  });

  it("keeps a socket busy, but hands it no more than can be borne to lose with it", async () => {
    const world = await new World().connect();
    world.socket.held = true;
    for (let i = 0; i < 100; i++) world.publish("a", Buffer.alloc(50_000));
    await world.pass();
    expect(world.socket.writableLength).toBeGreaterThan(400_000);
    expect(world.socket.writableLength).toBeLessThan(700_000);
    world.socket.release();
    await world.pass();
    expect(world.socket.taken().length).toBeGreaterThan(5_000_000);
    await world.serve("PONG\r\n".repeat(200));
    await world.pass(12);
    await world.serve("PONG\r\n");
    expect(world.engine.books).toMatchObject({ confirmed: 100, pending: 0 });
    expect(world.chunks.used).toBe(0);
  });

  it("resets the socket of a lost link, writes nothing to it any more, and takes its chunks when the writes have ended", async () => {
    const world = await new World("a b").connect();
    const [dead] = world.sockets;
    dead.held = true;
    world.publish("a");
    await world.pass();
    dead.taken();
    dead.emit("error", new Error("reset"));
    dead.destroy();
    await world.pass();
    expect(world.dialled).toEqual(["a", "b"]);
    await world.accept();
    expect(dead.written).toBe("");
    expect(world.socket.taken()).toContain("PUB a 1\r\nx\r\n");
    await world.pass(12);
    await world.serve("PONG\r\n");
    expect(world.engine.books.pending).toBe(0);
    expect(world.chunks.free).toBe(0);
    dead.release();
    await world.pass();
    expect(world.chunks.free).toBe(1);
  });

  it("holds one timer at most, and none when the connection is closed", async () => {
    const world = new World();
    world.start();
    expect(vi.getTimerCount()).toBe(1);
    await world.accept();
    for (let i = 0; i < 10; i++) {
      world.publish("a");
      world.engine.request("r", "", undefined, 1000 + i, { onReply() {}, onFail() {} }, systemClock.now());
      await world.pass(5);
      expect(vi.getTimerCount()).toBeLessThanOrEqual(1);
    }
    world.driver.input((now) => world.engine.close(undefined, now));
    await world.pass();
    expect(vi.getTimerCount()).toBe(0);
    expect(world.socket.destroyed).toBe(true);
  });

  it("reads what lies in the kernel before it judges a server silent", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    const liveness = { pingInterval: 0, maxPingOut: 2, stallTimeout: 5000, flusherTimeout: 60_000 };
    for (const answer of ["PONG\r\n", ""]) {
      const world = await new World("a", { liveness }).connect();
      world.publish("a");
      await world.pass(12);
      await turn();
      expect(world.socket.taken()).toContain("PING");
      // The PING went out a moment ago, and the server has that long to answer it.
      const stalled = 4500;
      setTimeout(() => world.socket.push(answer), stalled);
      // In steps: a process that did not run for so long would excuse the server.
      for (let ms = 0; ms < stalled; ms += 500) {
        vi.advanceTimersByTime(500);
        await turn();
      }
      expect(world.told("stale")).toHaveLength(answer === "" ? 1 : 0);
    }
  });

  it("lets the replay go on when the host says so", async () => {
    const world = await new World("a b", { holdTimeout: 5000 }).connect();
    world.publish("kept");
    await world.pass();
    world.socket.destroy(new Error("reset"));
    await world.pass();
    await world.accept();
    expect(world.socket.taken()).not.toContain("kept");
    world.released();
    await world.pass();
    expect(world.socket.taken()).toContain("PUB kept");
  });
});
