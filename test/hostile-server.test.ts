import { setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Connection, connect } from "../src/index.js";
import { FakeServer, infoLine, speaksNats } from "./support/fake-server.js";
import { Recorder } from "./support/recorder.js";
import { until } from "./support/until.js";

let fake: FakeServer;
let nc: Connection;
let recorder: Recorder;
beforeEach(async () => {
  fake = await FakeServer.start(speaksNats());
  nc = await connect({ servers: fake.url, timeout: 1000, reconnectTimeWait: 5, reconnectJitter: 0 });
  recorder = new Recorder(nc);
});
afterEach(async () => {
  await nc.close();
  await fake[Symbol.asyncDispose]();
});

describe("a server that we are connected to", () => {
  it("may send messages for unknown subscriptions: they are ignored", async () => {
    const got: string[] = [];
    const sub = nc.subscribe("a", { callback: (_, msg) => got.push(msg.string()) });
    await nc.flush();
    fake.last.send(
      "MSG a 4711 5",
      "wrong",
      "MSG a 0 5",
      "wrong",
      "MSG a 999999999999999 5",
      "wrong",
      `MSG a ${sub.getID()} 5`,
      "right",
    );
    await until(() => got.length > 0, "a message");
    expect(got).toEqual(["right"]);
    expect(recorder.names()).toEqual([]);
  });

  it("may send PONGs that nobody asked for: they confirm nothing that comes later, and are told once", async () => {
    fake.last.send("PONG", "PONG", "PONG");
    await nc.flush();
    nc.publish("a", "b");
    expect(nc.stats()).toMatchObject({ accepted: 1, confirmed: 0, pending: 1 });
    await nc.flush();
    expect(nc.stats()).toMatchObject({ accepted: 1, confirmed: 1, pending: 0 });
    expect(recorder.names()).toEqual(["error"]);
    expect(recorder.of("error")[0][0]).toMatchObject({ code: "PROTOCOL_ERROR" });
  });

  it("may send +OK whenever it likes", async () => {
    fake.last.send("+OK", "+OK");
    await nc.flush();
    expect(recorder.names()).toEqual([]);
  });

  it("is answered its PINGs", async () => {
    fake.last.send("PING", "PING");
    await until(() => fake.last.times("PONG\r\n") === 2, "two PONGs");
  });

  it("may send its lines in pieces of one byte", async () => {
    const got: string[] = [];
    const sub = nc.subscribe("a.*", {
      callback: (_, msg) => got.push(`${msg.subject} ${msg.reply} ${msg.string()}`),
    });
    await nc.flush();
    for (const byte of Buffer.from(`MSG a.b ${sub.getID()} r 5\r\nhello\r\n`)) {
      await new Promise((resolve) => fake.last.socket.write(Buffer.of(byte), resolve));
      await turn();
    }
    await nc.flush();
    expect(got).toEqual(["a.b r hello"]);
  });

  it("may tell an error that it goes on from: an error event, and nothing else [parity 127]", async () => {
    fake.last.send("-ERR 'Something unheard of'");
    await until(() => recorder.count("error") === 1, "an error event");
    await nc.flush();
    expect(recorder.of("error")[0][0]).toMatchObject({
      code: "SERVER_ERROR",
      message: "Something unheard of",
    });
    expect(recorder.names()).toEqual(["error"]);
    expect(nc.state).toBe("connected");
  });

  it("that tells an error and closes is left with that error as the cause", async () => {
    fake.last.send("-ERR 'Stale Connection'");
    fake.last.socket.end();
    await until(() => recorder.count("reconnect") === 1, "the reconnect");
    expect(recorder.of("disconnect")[0][0]).toMatchObject({ code: "STALE_CONNECTION" });
  });

  it.each([
    ["garbage", "what is this?"],
    ["a message line with a word for a number", "MSG a one 5"],
    ["a message line with a negative size", "MSG a 1 -5"],
    ["a message with headers larger than itself", "HMSG a 1 20 10"],
    ["a message that is longer than it says", "MSG a 1 2\r\nhello"],
    ["an INFO that is not JSON", "INFO {"],
    ["a message beyond the largest size", "MSG a 1 67108865"],
  ])("that sends %s is left, and nothing of it is delivered [parity 122]", async (_, line) => {
    let got = 0;
    nc.subscribe(">", { callback: () => got++ });
    await nc.flush();
    const { last } = fake;
    last.send(line, "MSG a 1 5", "hello");
    await until(() => recorder.count("reconnect") === 1, "the reconnect");
    expect(recorder.of("disconnect")[0][0]).toMatchObject({ code: "PROTOCOL_ERROR" });
    expect(got).toBe(0);
    expect(fake.last).not.toBe(last);
  });

  it("may say of itself what it likes: only fields of the right type are taken", async () => {
    fake.last.send(
      'INFO {"server_id":5,"max_payload":"big","connect_urls":[1,"","::::"],"__proto__":{"x":1}}',
    );
    await until(() => recorder.count("serverInfo") === 1, "the INFO");
    expect(nc.info).toMatchObject({ server_id: "", max_payload: 1_048_576 });
    expect(nc.info).not.toHaveProperty("x");
    expect(nc.getServers()).toHaveLength(1);
    expect(nc.state).toBe("connected");
  });

  it("cannot fill the pool with invented servers", async () => {
    const urls = Array.from({ length: 5_000 }, (_, i) => `10.0.${i >> 8}.${i & 255}:4222`);
    fake.last.send(infoLine({ connect_urls: urls }));
    await until(() => recorder.count("update") === 1, "the update");
    expect(nc.getServers().length).toBeLessThanOrEqual(257);
  });

  it("is heard at once: an INFO in the same read as the first PONG is not lost [parity 16]", async () => {
    await using eager = await FakeServer.start((link) => {
      link.send(infoLine());
      link.socket.once("data", () => {
        link.send("PONG", infoLine({ connect_urls: ["127.0.0.1:1234"] }));
        speaksPings(link);
      });
    });
    const speaksPings = (link: (typeof eager.links)[number]) => {
      let answered = 1;
      link.socket.on("data", () => {
        for (; answered < link.times("PING\r\n"); answered++) link.send("PONG");
      });
    };
    const other = await connect({ servers: eager.url, timeout: 1000 });
    expect(other.getServers().map((server) => server.listen)).toContain("127.0.0.1:1234");
    await other.close();
  });
});
