import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { describe, expect, it, vi } from "vitest";
import { isHoldfastError } from "../errors.js";
import { CHUNK_BYTES, Chunk, ChunkPool } from "../wire/chunk.js";
import { systemClock } from "./clock.js";
import { LinkSocket, socketError } from "./socket.js";

const PATIENT = { timeout: 10_000 };

/** Lets everything happen that is due: callbacks of streams come a tick later. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

type WriteEnd = (error?: Error | null) => void;

/** A socket whose writes end when the test says so, as those in the kernel do. */
class HeldSocket extends Duplex {
  readyState = "opening";
  resets = 0;
  /** How many writes went out in one system call, each time. */
  readonly gathered: number[] = [];
  /** Writes that have not ended: the very memory that they refer to. */
  readonly held: { bytes: Buffer; end: WriteEnd }[] = [];

  constructor() {
    super({ emitClose: true, autoDestroy: true });
  }

  open(): void {
    this.readyState = "open";
    this.emit("connect");
  }

  override _read(): void {}

  override _write(bytes: Buffer, _encoding: BufferEncoding, end: WriteEnd): void {
    this.held.push({ bytes, end });
  }

  override _writev(writes: { chunk: Buffer }[], end: WriteEnd): void {
    this.gathered.push(writes.length);
    for (const [i, { chunk }] of writes.entries()) {
      this.held.push({ bytes: chunk, end: i === writes.length - 1 ? end : () => {} });
    }
  }

  resetAndDestroy(): this {
    this.resets++;
    return this.destroy();
  }

  async endWrite(error?: Error): Promise<void> {
    this.held.shift()?.end(error);
    await turn();
  }
}

function world() {
  const socket = new HeldSocket();
  const pool = new ChunkPool();
  const told: string[] = [];
  const link = new LinkSocket(socket as unknown as Socket, pool, systemClock, {
    opened: () => told.push("opened"),
    secured: () => told.push("secured"),
    data: (buf) => told.push(`data ${buf}`),
    written: (bytes) => told.push(`written ${bytes}`),
    closed: (error) => told.push(`closed ${error?.message ?? "without error"}`),
  });
  /** A chunk with `size` bytes that the window has let go of already: only writes keep it. */
  const write = (size: number, fill = "x"): Chunk => {
    const chunk = pool.take(size);
    chunk.bytes.fill(fill, 0, size);
    chunk.refs++;
    link.write(chunk.bytes, 0, size, chunk);
    pool.give(chunk);
    return chunk;
  };
  return { socket, pool, told, link, write };
}

describe("a write", () => {
  it("keeps its chunk from the pool until it has ended", async () => {
    const { socket, pool, told, write } = world();
    socket.open();
    const chunk = write(100);
    await turn();
    expect(pool.free).toBe(0);
    await socket.endWrite();
    expect(pool.free).toBe(1);
    expect(chunk.refs).toBe(0);
    expect(told).toEqual(["opened", "written 100"]);
  });

  it("goes out in pieces of 64 KiB, each told when it is done, and each refers to the chunk until then", async () => {
    const { socket, pool, told, link } = world();
    socket.open();
    const chunk = new Chunk(150_000, 2);
    for (let i = 0; i < chunk.bytes.length; i++) chunk.bytes[i] = i % 251;
    chunk.refs = 1;
    pool.give(chunk);
    const seen: Buffer[] = [];
    link.write(chunk.bytes, 10, 149_990, chunk);
    // What waits behind the first goes out in one system call, and ends with it.
    for (const refs of [2, 2, 0]) {
      await turn();
      seen.push(Buffer.from(socket.held[0].bytes));
      await socket.endWrite();
      expect(chunk.refs).toBe(refs);
    }
    expect(seen.map((piece) => piece.length)).toEqual([65_536, 65_536, 149_980 - 131_072]);
    expect(Buffer.concat(seen).equals(chunk.bytes.subarray(10, 149_990))).toBe(true);
    expect(told.slice(1)).toEqual(["written 65536", "written 65536", "written 18908"]);
  });

  it("refers to the chunk itself, without a copy", async () => {
    const { socket, write } = world();
    socket.open();
    const chunk = write(100);
    expect(socket.held[0].bytes.buffer).toBe(chunk.bytes.buffer);
  });

  it("goes out at once, and several in one system call between cork and uncork", async () => {
    const { socket, link, write } = world();
    socket.open();
    link.cork();
    for (let i = 1; i <= 5; i++) write(i);
    expect(socket.held).toEqual([]);
    link.uncork();
    expect(socket.gathered).toEqual([5]);
  });

  it("of a line of the link's own belongs to no chunk", async () => {
    const { socket, told, link } = world();
    socket.open();
    link.write(Buffer.from("PING\r\n"), 0, 6, undefined);
    await socket.endWrite();
    expect(told).toEqual(["opened", "written 6"]);
  });

  it("gives chunks back in the order in which writes end, corked or not", async () => {
    const { socket, pool, link, write } = world();
    socket.open();
    write(1);
    link.cork();
    write(2);
    write(3);
    link.uncork();
    write(4);
    const free: number[] = [];
    while (socket.held.length > 0) {
      free.push(pool.free);
      await socket.endWrite();
    }
    expect(free[0]).toBe(0);
    expect(free[1]).toBe(1);
    expect(pool.free).toBe(4);
    expect(pool.used).toBe(0);
  });

  it("that the kernel takes at once has ended in the call: its chunk is free, and nothing is told later", async () => {
    const { socket, pool, told, link, write } = world();
    socket.open();
    socket._write = (_bytes, _encoding, end) => end();
    const chunk = write(100);
    expect(chunk.refs).toBe(0);
    expect(pool.free).toBe(1);
    expect(link.pending).toBe(0);
    expect(link.write(Buffer.alloc(150_000), 0, 150_000, undefined)).toBe(150_000);
    await turn();
    expect(told).toEqual(["opened"]);
    expect(pool.free).toBe(1);
    expect(link.pending).toBe(0);
  });

  it("whose stream tells of its end in the call, as one of a dialer's may, lets go of its chunk once", async () => {
    const { socket, pool, told, link, write } = world();
    socket.open();
    socket.write = ((_bytes: unknown, end: WriteEnd) => {
      end();
      return true;
    }) as Duplex["write"];
    const chunk = write(100);
    expect(chunk.refs).toBe(0);
    expect(link.pending).toBe(0);
    expect(pool.free).toBe(1);
    expect(told).toEqual(["opened", "written 100"]);
  });

  it("that was gathered and is taken at once has ended in the call as well", async () => {
    const { socket, pool, told, link, write } = world();
    socket.open();
    socket._writev = (_chunks, end) => end();
    socket._write = (_bytes, _encoding, end) => end();
    link.cork();
    for (let i = 1; i <= 3; i++) write(i);
    expect(pool.free).toBe(0);
    expect(link.uncork()).toBe(6);
    expect(pool.free).toBe(3);
    await turn();
    expect(told).toEqual(["opened"]);
  });

  it("behind one that waits has not ended, nor has one that failed or was written to a destroyed socket", async () => {
    const { socket, told, link } = world();
    socket.open();
    const bytes = Buffer.from("a");
    expect(link.write(bytes, 0, 1, undefined)).toBe(0);
    expect(link.write(bytes, 0, 1, undefined)).toBe(0);
    await socket.endWrite();
    await socket.endWrite();
    expect(told).toEqual(["opened", "written 1", "written 1"]);
    socket._write = (_bytes, _encoding, end) => end(new Error("EPIPE"));
    expect(link.write(bytes, 0, 1, undefined)).toBe(0);
    socket.destroy();
    expect(link.write(bytes, 0, 1, undefined)).toBe(0);
    await turn();
    expect(told.filter((what) => what.startsWith("written"))).toHaveLength(2);
  });
});

describe("TLS upon a socket that is no net.Socket", () => {
  it("is what is read: the bytes underneath it are nobody's, although the socket tells of them", async () => {
    const { socket, told, link } = world();
    socket.open();
    socket.push("plain");
    await turn();
    const tls = new HeldSocket();
    link.secure(() => tls as unknown as TLSSocket);
    socket.push("ciphertext");
    tls.emit("secureConnect");
    tls.push("text");
    await turn();
    expect(told).toEqual(["opened", "data plain", "secured", "data text"]);
  });
});

describe("a closed link", () => {
  it("gives no chunk back while a write still refers to it, whoever closed it", async () => {
    for (const end of [
      ({ link }: ReturnType<typeof world>) => link.close(true),
      ({ link }: ReturnType<typeof world>) => link.close(false),
      ({ socket }: ReturnType<typeof world>) => socket.push(null),
      ({ socket }: ReturnType<typeof world>) => socket.destroy(new Error("reset")),
    ]) {
      const one = world();
      one.socket.open();
      const inKernel = one.write(100);
      await turn();
      end(one);
      await turn();
      expect(inKernel.refs).toBe(1);
      expect(one.pool.free).toBe(0);
      await one.socket.endWrite(new Error("cancelled"));
      expect(inKernel.refs).toBe(0);
      expect(one.pool.free).toBe(1);
    }
  });

  it("gives back every chunk once, and that of the write in the kernel last, when others wait behind it", async () => {
    const { socket, pool, link, write } = world();
    socket.open();
    const inKernel = write(100);
    const waiting = [write(200), write(300)];
    await turn();
    link.close(true);
    await turn();
    expect(inKernel.refs).toBe(1);
    expect(pool.take(1)).not.toBe(inKernel);
    await socket.endWrite(new Error("cancelled"));
    expect([inKernel, ...waiting].map((chunk) => chunk.refs)).toEqual([0, 0, 0]);
    expect(pool.used).toBe(1);
  });

  it("does not mix up its chunks when something is written between its end and its close", async () => {
    const { socket, pool, link, write } = world();
    socket.open();
    const inKernel = write(100);
    await turn();
    socket.destroy();
    const late = link.isOpen ? write(200) : undefined;
    await turn();
    expect(inKernel.refs).toBe(1);
    await socket.endWrite(new Error("cancelled"));
    expect(inKernel.refs).toBe(0);
    expect(late?.refs ?? 0).toBe(0);
    expect(pool.used).toBe(0);
  });

  it("never changes the bytes of a write that has not ended: no chunk of it is handed out again", async () => {
    const { socket, pool, link, write } = world();
    socket.open();
    write(CHUNK_BYTES - 100, "a");
    write(CHUNK_BYTES - 100, "b");
    await turn();
    const { bytes } = socket.held[0];
    link.close(true);
    await turn();
    for (let i = 0; i < 5; i++) pool.take(1).bytes.fill("z");
    expect(bytes.every((byte) => byte === 97)).toBe(true);
  });

  it("tells nothing any more after close()", async () => {
    const { socket, told, link, write } = world();
    socket.open();
    write(100);
    told.length = 0;
    link.close(true);
    socket.emit("connect");
    socket.emit("data", Buffer.from("late"));
    await socket.endWrite(new Error("cancelled"));
    socket.emit("error", new Error("late"));
    await turn();
    expect(told).toEqual([]);
    expect(link.isOpen).toBe(false);
  });

  it("tells that it is closed once, with the first error, and nothing after it", async () => {
    const { socket, told } = world();
    socket.open();
    socket.push("hello");
    await turn();
    socket.destroy(new Error("first"));
    await turn();
    socket.emit("error", new Error("second"));
    socket.emit("data", Buffer.from("late"));
    socket.emit("close");
    await turn();
    expect(told).toEqual(["opened", "data hello", "closed first"]);
  });

  it("is closed when the server has ended it, without an error", async () => {
    const { socket, told, link } = world();
    socket.open();
    expect(link.isOpen).toBe(true);
    socket.push(null);
    await turn();
    await turn();
    expect(told).toEqual(["opened", "closed without error"]);
    expect(socket.destroyed).toBe(true);
    expect(link.isOpen).toBe(false);
  });

  it("was reset when what the kernel holds must not be delivered, and not when all is confirmed", () => {
    const dead = world();
    dead.socket.open();
    dead.link.close(true);
    expect(dead.socket.resets).toBe(1);
    const done = world();
    done.socket.open();
    done.link.close(false);
    expect([done.socket.resets, done.socket.destroyed]).toEqual([0, true]);
    const never = world();
    never.link.close(true);
    expect([never.socket.resets, never.socket.destroyed]).toEqual([0, true]);
  });
});

describe("a failed write", () => {
  it.each([
    ["ECONNRESET", "closed write ECONNRESET"],
    ["EPIPE", "closed without error"],
  ])(
    "with %s, and a read side that ends as if nothing had been wrong: %s [parity 110]",
    async (code, expected) => {
      const { socket, told, write } = world();
      socket.open();
      write(100);
      await socket.endWrite(Object.assign(new Error(`write ${code}`), { code }));
      socket.push("last words");
      await turn();
      socket.push(null);
      await turn();
      await turn();
      expect(told).toEqual(["opened", "data last words", expected]);
    },
  );

  // libuv tells the end first, and tries the write that waited for room behind it.
  it("with ECONNRESET in the turn in which the read side ends: a reset", async () => {
    const { socket, told, write } = world();
    socket.open();
    write(100);
    socket.push("bytes");
    await turn();
    socket.push(null);
    process.nextTick(() => socket.endWrite(Object.assign(new Error("write reset"), { code: "ECONNRESET" })));
    await turn();
    await turn();
    expect(told).toEqual(["opened", "data bytes", "closed write reset"]);
  });
});

describe("a socket of the system", () => {
  /** A connection whose other end does what it is told to, and what this end tells. */
  async function connected(behave: (peer: Socket) => void) {
    const server = createServer(behave).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const told: string[] = [];
    let opened = () => {};
    const open = new Promise<void>((resolve) => {
      opened = resolve;
    });
    const link = new LinkSocket(connect(port, "127.0.0.1"), new ChunkPool(), systemClock, {
      opened,
      secured: () => told.push("secured"),
      data: (buf) => told.push(`data ${buf}`),
      written: () => {},
      closed: (error) => told.push(`closed ${error?.message ?? "without error"}`),
    });
    await open;
    return { server, link, told };
  }

  it("is read once more before TLS is put upon it, behind what it has said: a refusal comes in plain text", async () => {
    const { server, link, told } = await connected((socket) => {
      socket.on("error", () => {}).write("INFO");
    });
    await vi.waitFor(() => expect(told).toEqual(["data INFO"]), PATIENT);
    let upgraded = 0;
    const upgrade = () => {
      upgraded++;
      throw new Error("no certificate");
    };
    link.secure(upgrade);
    expect(upgraded).toBe(0);
    await vi.waitFor(() => expect(told).toHaveLength(2), PATIENT);
    expect([upgraded, told[1]]).toEqual([1, "closed TLS failed: no certificate"]);
    server.close();
  });

  it("that is closed meanwhile has no TLS put upon it", async () => {
    const { server, link, told } = await connected((socket) => {
      socket.on("error", () => {}).write("INFO");
    });
    await vi.waitFor(() => expect(told).toEqual(["data INFO"]), PATIENT);
    let upgraded = 0;
    link.secure(() => {
      upgraded++;
      throw new Error("never");
    });
    link.close(true);
    for (let i = 0; i < 4; i++) await turn();
    expect([upgraded, told]).toEqual([0, ["data INFO"]]);
    server.close();
  });
});

describe("the error of a socket", () => {
  it.each([
    ["ECONNREFUSED", "CONNECTION_REFUSED"],
    ["ENOTFOUND", "CONNECTION_REFUSED"],
    ["EAI_AGAIN", "CONNECTION_REFUSED"],
    ["EHOSTUNREACH", "CONNECTION_REFUSED"],
    ["ECONNRESET", "CONNECTION_LOST"],
    ["EPIPE", "CONNECTION_LOST"],
    [undefined, "CONNECTION_LOST"],
  ])("%s is %s, with the system's error as its cause", (system, code) => {
    const cause = Object.assign(new Error("what the system says"), { code: system });
    const error = socketError(cause);
    expect(error).toMatchObject({ code, message: "what the system says", cause });
    expect(isHoldfastError(error)).toBe(true);
  });

  it("has a text also when the system's has none: that of each address that was tried", () => {
    const cause = Object.assign(new AggregateError([new Error("a"), new Error("b")]), {
      code: "ECONNREFUSED",
    });
    expect(socketError(cause)).toMatchObject({ code: "CONNECTION_REFUSED", message: "a; b" });
  });
});

describe("a socket that a user's dialer has made", () => {
  it("and has paused is read all the same", async () => {
    const { socket, told } = world();
    socket.open();
    socket.push("hello");
    await turn();
    expect(told).toEqual(["opened", "data hello"]);
    const paused = new HeldSocket();
    paused.pause();
    const got: string[] = [];
    new LinkSocket(paused as unknown as Socket, new ChunkPool(), systemClock, {
      opened() {},
      secured() {},
      data: (buf) => got.push(buf.toString()),
      written() {},
      closed() {},
    });
    paused.push("hello");
    await turn();
    expect(got).toEqual(["hello"]);
  });

  it("and that hands out text ends with an error that names the option", async () => {
    const { socket, told } = world();
    socket.setEncoding("utf8");
    socket.open();
    socket.push("hello");
    await turn();
    expect(told).toEqual(["opened", expect.stringMatching(/^closed option "dialer".*text/)]);
  });

  it("and whose write throws ends with that error, and its chunk is free", async () => {
    const { socket, pool, told, write } = world();
    socket.open();
    socket.write = () => {
      throw new Error("cannot write");
    };
    write(100);
    await turn();
    expect(told).toEqual(["opened", "closed cannot write"]);
    expect(pool.free).toBe(1);
  });

  it("and that ends with what is no Error is told as one", async () => {
    const { socket, told } = world();
    socket.open();
    socket.emit("error", "text");
    socket.destroy();
    await turn();
    expect(told).toEqual(["opened", "closed text"]);
  });
});
