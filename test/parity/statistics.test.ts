import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect, headers } from "../../src/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { FakeServer, speaksNats } from "../support/fake-server.js";
import { cutLinks } from "../support/inside.js";
import { until } from "../support/until.js";

let server: NatsServer;
beforeAll(async () => {
  server = await NatsServer.start();
});
afterAll(() => server.close());

describe("statistics", () => {
  it("count messages both ways, and of their bytes those of payload and headers only [parity 194]", async () => {
    const nc = await connect({ servers: server.url });
    nc.subscribe("stats.of.a.long.subject", { callback: () => {} });
    const h = headers();
    h.set("Key", "value");
    const head = "NATS/1.0\r\nKey: value\r\n\r\n".length;
    for (let i = 0; i < 10; i++) nc.publish("stats.of.a.long.subject", "12345");
    nc.publish("stats.of.a.long.subject", "12345", { headers: h, reply: "somewhere" });
    await nc.flush();
    const bytes = 11 * 5 + head;
    expect(nc.stats()).toMatchObject({ outMsgs: 11, outBytes: bytes, inMsgs: 11, inBytes: bytes });
    await nc.close();
    expect(nc.stats()).toMatchObject({ outMsgs: 11, outBytes: bytes, inMsgs: 11, inBytes: bytes });
  });

  it("are a snapshot each: what is done to one changes nothing [parity 194]", async () => {
    const nc = await connect({ servers: server.url });
    const stats = nc.stats();
    nc.publish("a", "b");
    await nc.flush();
    expect([stats.outMsgs, nc.stats().outMsgs]).toEqual([0, 1]);
    await nc.close();
  });

  it("stay across a forced reconnect, which is a move, and across an outage, which is counted [parity 195]", async () => {
    const nc = await connect({ servers: server.url });
    nc.subscribe("a", { callback: () => {} });
    nc.publish("a", "b");
    await nc.flush();
    const moved = new Promise((resolve) => nc.once("move", resolve));
    await nc.reconnect();
    await moved;
    nc.publish("a", "b");
    await nc.flush();
    expect(nc.stats()).toMatchObject({ reconnects: 0, outMsgs: 2, inMsgs: 2, outBytes: 2, inBytes: 2 });
    cutLinks(nc);
    await until(() => nc.state === "connected" && nc.stats().reconnects === 1, "the reconnect");
    nc.publish("a", "b");
    await nc.flush();
    expect(nc.stats()).toMatchObject({ reconnects: 1, outMsgs: 3, inMsgs: 3, outBytes: 3, inBytes: 3 });
    await nc.close();
  });
});

describe("a message whose subject is not UTF-8", () => {
  it("is handed over all the same, its subject with replacement characters [parity 198]", async () => {
    await using fake = await FakeServer.start(speaksNats());
    const nc = await connect({ servers: fake.url });
    const got: [string, string][] = [];
    const sub = nc.subscribe("a.*", { callback: (_, msg) => void got.push([msg.subject, msg.string()]) });
    await nc.flush();
    const frame = (verb: string) => [Buffer.from(verb), Buffer.from([0x61, 0x2e, 0xff, 0xfe])];
    const head = "NATS/1.0\r\n\r\n";
    fake.last.socket.write(
      Buffer.concat([
        ...frame("MSG "),
        Buffer.from(` ${sub.getID()} 1\r\nx\r\n`),
        ...frame("HMSG "),
        Buffer.from(` ${sub.getID()} ${head.length} ${head.length + 1}\r\n${head}y\r\n`),
      ]),
    );
    await until(() => got.length === 2, "both");
    expect(got).toEqual([
      ["a.\ufffd\ufffd", "x"],
      ["a.\ufffd\ufffd", "y"],
    ]);
    expect(nc.state).toBe("connected");
    await nc.close();
  });
});
