import { afterEach, describe, expect, it } from "vitest";
import { type Connection, type ConnectionOptions, connect } from "../../src/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { Cleanup } from "../support/cleanup.js";
import { FakeServer, infoLine } from "../support/fake-server.js";
import { Recorder } from "../support/recorder.js";
import { until } from "../support/until.js";
import {
  agreement,
  frame,
  Opcode,
  type RawWebSocket,
  rawWebSocketServer,
  speaksNats,
  webUrl,
} from "./support/raw-websocket.js";

const cleanup = new Cleanup();
afterEach(() => cleanup[Symbol.asyncDispose]());

const EAGER = { reconnectTimeWait: 5, reconnectJitter: 0 };

/** A client of a server that speaks NATS until the test says something else; and the server's side of it. */
async function connected(options: ConnectionOptions = {}): Promise<{
  nc: Connection;
  sockets: RawWebSocket[];
  recorder: Recorder;
}> {
  const sockets: RawWebSocket[] = [];
  const server = cleanup.use(
    await rawWebSocketServer((socket) => {
      sockets.push(socket);
      speaksNats(socket);
    }),
  );
  const nc = cleanup.use(await connect({ servers: webUrl(server), ...EAGER, closeTimeout: 100, ...options }));
  return { nc, sockets, recorder: new Recorder(nc) };
}

const MIB = 1024 * 1024;

describe("frames that no websocket server sends [parity 199]", () => {
  it.each<[string, Uint8Array]>([
    ["masked", frame("PING\r\n", { mask: true })],
    ["with a reserved bit", frame("PING\r\n", { rsv: 2 })],
    ["compressed, which was not agreed upon", frame("PING\r\n", { rsv: 4 })],
    ["of an unknown kind", frame("PING\r\n", { opcode: 3 })],
    ["of an unknown kind of control", frame("", { opcode: 11 })],
    ["of control in fragments", frame("x", { opcode: Opcode.ping, fin: false })],
    ["of control that are too long", frame("x".repeat(126), { opcode: Opcode.ping })],
    ["that go on with what was not begun", frame("x", { opcode: Opcode.more })],
    ["that begin anew in the middle", Buffer.concat([frame("x", { fin: false }), frame("y")])],
    ["of text that is no text", frame(Buffer.from([0xff, 0xfe]), { opcode: Opcode.text })],
    ["to close with half a code", frame("x", { opcode: Opcode.close })],
    ["to close with a code that is none", frame(Buffer.from([0, 1]), { opcode: Opcode.close })],
    ["larger than any message", frame("x", { length: 1024 * MIB })],
    ["larger than any number", frame("x", { length: Number.MAX_SAFE_INTEGER + 1 })],
  ])("%s: the link ends, and the next one is made", async (_, bytes) => {
    const { nc, sockets, recorder } = await connected();
    const memory = process.memoryUsage().arrayBuffers;
    sockets[0].write(bytes);
    await until(() => recorder.count("reconnect") === 1, "the reconnect");
    expect(recorder.of("disconnect")[0][0]).toMatchObject({ code: "PROTOCOL_ERROR" });
    expect(nc.state).toBe("connected");
    expect(process.memoryUsage().arrayBuffers - memory).toBeLessThan(16 * MIB);
  });
});

describe("what is not NATS within frames", () => {
  it("ends the link as it does over TCP", async () => {
    const { sockets, recorder } = await connected();
    sockets[0].write(frame("garbage\r\n"));
    await until(() => recorder.count("reconnect") === 1, "the reconnect");
    expect(recorder.of("disconnect")[0][0]).toMatchObject({ code: "PROTOCOL_ERROR" });
  });
});

describe("frames as servers and those on the way may send them [parity 199]", () => {
  it("are read whatever they are cut into, with control frames in between", async () => {
    const { nc, sockets } = await connected();
    const got: string[] = [];
    nc.subscribe("a", { callback: (_, msg) => got.push(msg.string()) });
    await nc.flush();
    const [socket] = sockets;
    const bytes = Buffer.from("MSG a 1 5\r\nhello\r\nMSG a 1 0\r\n\r\n");
    // One frame for each byte; then one fragment for each byte, with a ping behind each; then text; then all in one.
    for (const byte of bytes) socket.write(frame(Buffer.from([byte])));
    socket.write(frame(""));
    for (const [i, byte] of bytes.entries()) {
      const opcode = i === 0 ? Opcode.binary : Opcode.more;
      socket.write(frame(Buffer.from([byte]), { opcode, fin: i === bytes.length - 1 }));
      socket.write(frame(`${i}`, { opcode: Opcode.ping }));
    }
    socket.write(frame(bytes, { opcode: Opcode.text }));
    socket.write(frame(bytes), frame(Buffer.concat(Array(100).fill(bytes))));
    await until(() => got.length === 208, "all messages");
    expect(got).toEqual(Array(104).fill(["hello", ""]).flat());
    const pongs = () => socket.frames.filter(({ opcode }) => opcode === Opcode.pong);
    await until(() => pongs().length === bytes.length, "an answer to each ping");
    expect(pongs().map(({ payload }) => payload.toString())).toEqual([...bytes.keys()].map(String));
    expect(socket.frames.every(({ masked }) => masked)).toBe(true);
  });

  it("are read up to the one that closes, which is answered; the next link is made at once", async () => {
    const { nc, sockets, recorder } = await connected();
    const got: string[] = [];
    nc.subscribe("a", { callback: (_, msg) => got.push(msg.string()) });
    await nc.flush();
    const [socket] = sockets;
    const reason = Buffer.concat([Buffer.from([0x03, 0xe9]), Buffer.from("bye")]);
    // The server does not close its socket.
    socket.write(
      frame("MSG a 1 4\r\nlast\r\n"),
      frame(reason, { opcode: Opcode.close }),
      frame("MSG a 1 4\r\nmore\r\n"),
    );
    await until(() => recorder.count("reconnect") === 1, "the reconnect");
    expect(got).toEqual(["last"]);
    const echo = socket.frames.find(({ opcode }) => opcode === Opcode.close);
    expect(echo?.payload).toEqual(reason);
    await until(() => socket.link.socket.destroyed, "the end of the first socket");
  });

  it("that bring a reason before they close: it is told", async () => {
    const { sockets, recorder } = await connected();
    const [{ link }] = sockets;
    sockets[0].write(frame("-ERR 'Maximum Connections Exceeded'\r\n"), frame("", { opcode: Opcode.close }));
    // It neither reads the answer nor closes its socket.
    link.socket.pause();
    await until(() => recorder.count("reconnect") === 1, "the reconnect");
    expect(recorder.of("disconnect")[0][0]).toMatchObject({ code: "MAX_CONNECTIONS_EXCEEDED" });
  });

  it("that bring a reason before a reset: it is told, although a write finds the reset first", async () => {
    const { nc, sockets, recorder } = await connected();
    sockets[0].write(frame("-ERR 'Maximum Connections Exceeded'\r\n"));
    sockets[0].link.socket.resetAndDestroy();
    nc.publish("a");
    await until(() => recorder.count("reconnect") === 1, "the reconnect");
    expect(recorder.of("disconnect")[0][0]).toMatchObject({ code: "MAX_CONNECTIONS_EXCEEDED" });
  });

  it("that take their time are no silence", async () => {
    // What stands still for longer than that is this process, and it knows.
    const { nc, sockets, recorder } = await connected({ stallTimeout: 1_000 });
    const [socket] = sockets;
    const message = frame(`MSG x 9 1000\r\n${"x".repeat(1000)}\r\n`);
    socket.link.socket.removeAllListeners("data");
    nc.publish("a");
    const since = performance.now();
    for (let at = 0; performance.now() - since < 2_500; at++) {
      socket.write(message.subarray(at, at + 1));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(recorder.count("disconnect")).toBe(0);
  });

  it("of control alone are no sign of life: whoever is on the way answers for a dead server", async () => {
    const { nc, sockets, recorder } = await connected({
      stallTimeout: 300,
      pingInterval: 200,
      maxPingOut: 1,
    });
    const [socket] = sockets;
    socket.link.socket.removeAllListeners("data");
    const pinging = setInterval(() => socket.write(frame("", { opcode: Opcode.ping })), 20);
    try {
      nc.publish("a");
      await until(() => recorder.count("disconnect") === 1, "the end of the link");
    } finally {
      clearInterval(pinging);
    }
    expect(recorder.of("disconnect")[0][0]).toMatchObject({ code: "STALE_CONNECTION" });
  });
});

describe("an upgrade that goes wrong", () => {
  /** Of an attempt that is to be given up; all others are over long before the deadline that there is by default. */
  const SHORT = { timeout: 400 };
  const attempt = (servers: string, options: ConnectionOptions = {}) => connect({ servers, ...options });

  it("when it is never answered: the attempt has its deadline, and another server its turn", async () => {
    const mute = cleanup.use(await FakeServer.start(() => {}));
    await expect(attempt(webUrl(mute), SHORT)).rejects.toMatchObject({ code: "TIMEOUT" });
    await until(() => mute.links.every(({ socket }) => socket.destroyed), "no socket is left");
    const real = cleanup.use(await NatsServer.start({ websocket: true }));
    const nc = cleanup.use(await connect({ servers: [webUrl(mute), real.wsUrl!], noRandomize: true }));
    expect(nc.getServer()).toBe(real.wsUrl?.replace("ws://", ""));
  });

  it("when the answer never ends", async () => {
    const slow = cleanup.use(
      await FakeServer.start(({ socket }) => {
        socket.write("HTTP/1.1 101 Switching Protocols\r\n");
        const more = setInterval(() => socket.write("X: y\r\n"), 20);
        socket.on("close", () => clearInterval(more));
      }),
    );
    await expect(attempt(webUrl(slow), SHORT)).rejects.toMatchObject({ code: "TIMEOUT" });
    await until(() => slow.last.socket.destroyed, "no socket is left");
  });

  it.each<[string, (request: string) => string]>([
    ["INFO of a NATS server", () => `${infoLine()}\r\n`],
    ["garbage", () => "\0\x01\x02\r\n\r\n"],
    [
      "another key",
      (request) => agreement(request, { "Sec-WebSocket-Accept": "AAAAAAAAAAAAAAAAAAAAAAAAAAA=" }),
    ],
    ["another protocol", (request) => agreement(request, { Upgrade: "h2c" })],
    ["a subprotocol", (request) => agreement(request, { "Sec-WebSocket-Protocol": "mqtt" })],
    ["an extension", (request) => agreement(request, { "Sec-WebSocket-Extensions": "permessage-deflate" })],
    ["an answer without end", () => `HTTP/1.1 101 Switching Protocols\r\nX: ${"y".repeat(MIB)}`],
  ])("with %s: PROTOCOL_ERROR", async (_, answer) => {
    const server = cleanup.use(await rawWebSocketServer(() => {}, answer));
    await expect(attempt(webUrl(server))).rejects.toMatchObject({ code: "PROTOCOL_ERROR" });
    await until(() => server.last.socket.destroyed, "no socket is left");
  });

  it("at the port for plain clients of a real server", async () => {
    const real = cleanup.use(await NatsServer.start());
    const failed = attempt(real.url.replace("nats://", "ws://"));
    await expect(failed).rejects.toMatchObject({ code: "PROTOCOL_ERROR" });
  });

  it("by the end of the connection", async () => {
    const server = cleanup.use(await FakeServer.start(({ socket }) => socket.destroy()));
    await expect(attempt(webUrl(server))).rejects.toMatchObject({ code: "CONNECTION_LOST" });
  });

  it("where nobody listens, and with a host that no URL can have", async () => {
    await expect(attempt("ws://127.0.0.1:1")).rejects.toMatchObject({ code: "CONNECTION_REFUSED" });
    await expect(attempt("ws://1.2.3.4.5:1")).rejects.toMatchObject({ code: "CONNECTION_REFUSED" });
  });

  it("with frames right behind the answer: they are read", async () => {
    const server = cleanup.use(
      await rawWebSocketServer(
        (socket) => speaksNats(socket),
        (request) => Buffer.concat([Buffer.from(agreement(request)), frame("", { opcode: Opcode.ping })]),
      ),
    );
    const nc = cleanup.use(await connect({ servers: webUrl(server) }));
    expect(nc.state).toBe("connected");
  });
});
