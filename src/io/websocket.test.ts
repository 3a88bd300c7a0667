import { once } from "node:events";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { MAX_INBOUND_PAYLOAD } from "../wire/limits.js";
import { sendQueue } from "./send-queue.js";
import { WebSocketStream } from "./websocket.js";

const KIB = 1024;

let server: WebSocketServer;
const streams: WebSocketStream[] = [];
beforeEach(async () => {
  server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
});
afterEach(async () => {
  for (const stream of streams.splice(0)) stream.destroy();
  for (const client of server.clients) client.terminate();
  await new Promise((resolve) => server.close(resolve));
});

function dialled(): { stream: WebSocketStream; tcp: Socket } {
  const { port } = server.address() as AddressInfo;
  const tcp = connect(port, "127.0.0.1");
  const url = new URL(`ws://127.0.0.1:${port}/`);
  const stream = new WebSocketStream(tcp, tcp, { url, headers: {}, compression: false });
  streams.push(stream.on("error", () => {}));
  return { stream, tcp };
}

/** A stream that is connected, its socket, and the other end of it. */
async function world() {
  const { stream, tcp } = dialled();
  const [[peer]] = await Promise.all([
    once(server, "connection") as Promise<[WebSocket]>,
    once(stream, "connect"),
  ]);
  const received: Buffer[] = [];
  peer.on("message", (data: Buffer) => received.push(data));
  peer.on("error", () => {});
  return { stream, tcp, peer, received };
}

/** Resolves when the condition holds: as many turns of the event loop as it takes. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

describe("a websocket as a socket", () => {
  it("is opening until the server has agreed, then open, then closed", async () => {
    const { stream } = dialled();
    expect(stream.readyState).toBe("opening");
    await once(stream, "connect");
    expect(stream.readyState).toBe("open");
    stream.destroy();
    await once(stream, "close");
    expect(stream.readyState).toBe("closed");
  });

  it("carries bytes both ways, in binary frames", async () => {
    const { stream, peer, received } = await world();
    const got: Buffer[] = [];
    stream.on("data", (data) => got.push(data));
    stream.write("hello");
    peer.send(Buffer.from("hi"));
    peer.send(Buffer.alloc(200 * KIB, 1));
    await until(() => received.length === 1 && Buffer.concat(got).length === 200 * KIB + 2);
    expect(`${received[0]}`).toBe("hello");
  });

  it("leaves what is written as it is, although frames are masked", async () => {
    const { stream, received } = await world();
    const bytes = Buffer.alloc(70 * KIB, "x");
    stream.write(bytes);
    await until(() => received.length === 1);
    expect(received[0].equals(Buffer.alloc(70 * KIB, "x"))).toBe(true);
    expect(bytes.equals(Buffer.alloc(70 * KIB, "x"))).toBe(true);
  });

  it("tells of an end of the other side in good order as of one", async () => {
    const { stream, peer } = await world();
    peer.close(1001);
    const [failed] = await once(stream, "close");
    expect([failed, stream.errored]).toEqual([undefined, null]);
  });

  it("tells of a reset of the other side as an error", async () => {
    const { stream, peer } = await world();
    (peer as unknown as { _socket: Socket })._socket.resetAndDestroy();
    const [error] = await once(stream, "error");
    expect(error).toMatchObject({ code: "ECONNRESET" });
  });
});

describe("a large frame", () => {
  const LARGEST = 2 * MAX_INBOUND_PAYLOAD;

  /** The beginning of a binary frame of `size` bytes. */
  function begin(peer: WebSocket, size: number): void {
    const header = Buffer.alloc(11);
    header.set([0x82, 127]);
    header.writeBigUInt64BE(BigInt(size), 2);
    (peer as unknown as { _socket: Socket })._socket.write(header);
  }

  it("is a sign of life when it begins", async () => {
    const { stream, peer } = await world();
    const got = once(stream, "data");
    begin(peer, LARGEST);
    expect((await got)[0]).toHaveLength(0);
    expect(stream.readyState).toBe("open");
  });

  it("that is larger than any server's ends the stream before it has come", async () => {
    const { stream, peer } = await world();
    begin(peer, LARGEST + 1);
    expect((await once(stream, "error"))[0]).toMatchObject({ code: "PROTOCOL_ERROR" });
  });
});

describe("a write to a websocket", () => {
  it("that the kernel takes has ended at once, as that of a socket has: it was not blocked", async () => {
    const { stream } = await world();
    let ended = 0;
    stream.write(Buffer.alloc(10 * KIB), () => ended++);
    expect(stream.writableLength).toBe(0);
    await until(() => ended === 1);
  });

  it("goes out with others between cork and uncork in one frame", async () => {
    const { stream, tcp, received } = await world();
    let calls = 0;
    for (const name of ["_write", "_writev"] as const) {
      const write = tcp[name]!;
      Object.assign(tcp, {
        [name]: (...args: unknown[]) => {
          calls++;
          return (write as (...args: unknown[]) => void).apply(tcp, args);
        },
      });
    }
    stream.cork();
    for (let i = 0; i < 5; i++) stream.write(`${i}`);
    expect(calls).toBe(0);
    stream.uncork();
    expect([calls, stream.writableLength]).toEqual([1, 0]);
    await until(() => received.length > 0);
    expect(received.join()).toBe("01234");
  });

  it("waits for a server that does not read, and so does all behind it", async () => {
    const { stream, tcp, peer, received } = await world();
    peer.pause();
    let ended = 0;
    let written = 0;
    for (; written < 384; written++) {
      stream.write(Buffer.alloc(64 * KIB, written), () => ended++);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(ended).toBeLessThan(300);
    expect(stream.writableLength).toBe((written - ended) * 64 * KIB);
    // Only the first of those that wait has been made into a frame.
    expect(tcp.writableLength).toBeLessThan(65 * KIB);
    const whole = () => received.reduce((sum, { length }) => sum + length, 0) / (64 * KIB);
    const looked = sendQueue(stream as unknown as Socket);
    if (process.platform === "linux") {
      expect(looked?.queued).toBeGreaterThan(0);
      expect(looked?.arrived).toBeGreaterThan(0);
    }
    peer.resume();
    await until(() => ended === written && whole() === written);
    const bytes = Buffer.concat(received);
    for (let i = 0; i < written; i++) expect(bytes[i * 64 * KIB]).toBe(i & 255);
  });

  it("ends with an error when its socket dies, and so do all behind it", async () => {
    const { stream, peer } = await world();
    peer.pause();
    const ends: unknown[] = [];
    for (let i = 0; i < 384; i++) stream.write(Buffer.alloc(64 * KIB), (error) => ends.push(error?.message));
    await new Promise((resolve) => setImmediate(resolve));
    const before = ends.length;
    stream.resetAndDestroy();
    await once(stream, "close");
    await until(() => ends.length === 384);
    expect(ends.slice(before).filter((text) => text === undefined)).toEqual([]);
    expect(before).toBeLessThan(384);
  });

  it("after the other side has closed is none", async () => {
    const { stream, peer } = await world();
    peer.close();
    await once(stream, "close");
    const error = await new Promise((resolve) => stream.write("late", resolve));
    expect(error).toBeInstanceOf(Error);
  });
});

describe("the end of a websocket", () => {
  it("in good order says so to the server, behind what was written", async () => {
    const { stream, peer, received } = await world();
    stream.write("last");
    stream.destroy();
    const [code] = await once(peer, "close");
    expect([code, `${received}`]).toEqual([1000, "last"]);
  });

  it("by a reset is one for the server, too", async () => {
    const { stream, tcp, peer } = await world();
    const reset = once((peer as unknown as { _socket: Socket })._socket, "error");
    stream.resetAndDestroy();
    await once(stream, "close");
    expect(tcp.closed).toBe(true);
    expect((await reset)[0]).toMatchObject({ code: "ECONNRESET" });
  });

  it.each(["destroy", "resetAndDestroy"] as const)(
    "by %s() while it is connecting leaves nothing",
    async (end) => {
      const { stream, tcp } = dialled();
      stream[end]();
      await once(stream, "close");
      expect([tcp.destroyed, stream.errored]).toEqual([true, null]);
    },
  );

  it("after the socket was refused is told with the system's error", async () => {
    const tcp = connect(1, "127.0.0.1");
    const url = new URL("ws://127.0.0.1:1/");
    const stream = new WebSocketStream(tcp, tcp, { url, headers: {}, compression: false });
    const [error] = await once(stream, "error");
    expect(error).toMatchObject({ code: "ECONNREFUSED" });
  });
});
