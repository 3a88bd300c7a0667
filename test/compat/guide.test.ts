import { describe, expect, it } from "vitest";
import {
  connect,
  credsAuthenticator,
  ErrorCode,
  NatsError,
  nkeyAuthenticator,
  nkeys,
} from "../../src/compat/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { Cleanup } from "../support/cleanup.js";
import { rejection, until } from "../support/until.js";
import { ConnectionManager, NatsClient, ResilientPublisher, StreamWorker } from "./guide-service.js";

describe("a service written from the guides, on holdfast/compat", () => {
  it("lives through a server that is killed, and loses nothing", async () => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await NatsServer.start({ jetstream: true }));
    const manager = new ConnectionManager();
    await manager.connect([server.url]);
    const { nc, log } = manager;
    const address = nc.getServer();
    expect(manager.getHealth()).toMatchObject({
      connected: true,
      server: address,
      version: expect.any(String),
    });

    const client = new NatsClient(nc);
    const orders: number[] = [];
    client.subscribe<{ n: number }>("orders", async ({ n }) => void orders.push(n), "workers");
    client.subscribe<number[]>("sum", async (numbers) => numbers.reduce((total, one) => total + one, 0));
    client.subscribe("bad", async () => {
      throw new Error("one bad message");
    });
    const publisher = new ResilientPublisher(nc, 10);
    expect(await client.request("sum", [1, 2, 3])).toBe(6);
    nc.publish("bad", "{");
    nc.publish("bad", "{}");
    await until(() => client.failures.length === 2, "the failures");
    expect(client.failures).toEqual([ErrorCode.BadJson, "one bad message"]);

    const done: string[] = [];
    const worker = new StreamWorker(nc);
    let failing = true;
    await worker.start("EVENTS", ["events.>"], async (m) => {
      if (m.string() === "2" && failing) {
        failing = false;
        throw new Error("once");
      }
      done.push(m.string());
    });
    for (const text of ["1", "2", "3"]) await worker.js.publish("events.a", text, { msgID: text });
    await until(() => done.length === 3, "the first messages of the stream");

    await server.kill();
    await until(() => !manager.intake, "the disconnect");
    for (let n = 0; n < 100; n++) expect(publisher.publish("orders", { n })).toBe(true);
    const late = client.request<number>("sum", [4, 5]);
    await server.restart();
    await until(() => manager.intake, "the reconnect");
    await until(() => orders.length === 100, "what was published meanwhile");
    expect(orders).toEqual(Array.from({ length: 100 }, (_, n) => n));
    expect([publisher.queue, publisher.lost, await late]).toEqual([[], [], 9]);
    for (;;) {
      const ack = await worker.js.publish("events.b", "4", { msgID: "4" }).catch((error: NatsError) => error);
      if (!(ack instanceof NatsError)) break;
      expect(ack.code).toBe(ErrorCode.NoResponders);
    }
    await until(() => done.includes("4"), "the stream's next message", 15_000);
    // An acknowledgement that the killed server had not stored yet is given again.
    expect(new Set(done)).toEqual(new Set(["1", "2", "3", "4"]));

    await worker.stop();
    await manager.close();
    await until(() => log.at(-1) === "status end", "the end");
    expect(log.filter((line) => !line.startsWith("status"))).toEqual([
      "disconnect true",
      "reconnect true true true",
      "close undefined",
    ]);
    expect(log.filter((line) => line.startsWith("status"))).toEqual([
      `status disconnect ${address}`,
      `status reconnect ${address}`,
      "status end",
    ]);
    expect(publisher.publish("orders", {})).toBe(false);
    const error = await rejection<NatsError>(client.request("sum", []));
    expect([error instanceof NatsError, error.code]).toEqual([true, ErrorCode.ConnectionClosed]);
  });

  it("signs in with an authenticator made from a seed, and says what was wrong with creds", async () => {
    const user = nkeys.createUser();
    const config = `authorization { users: [{ nkey: ${user.getPublicKey()} }] }`;
    await using server = await NatsServer.start({ config });
    await using nc = await connect({ servers: server.url, authenticator: nkeyAuthenticator(user.getSeed()) });
    await nc.flush();
    const creds = credsAuthenticator(new TextEncoder().encode("no creds"));
    const error = await rejection<NatsError>(connect({ servers: server.url, authenticator: creds }));
    expect(error).toBeInstanceOf(NatsError);
    expect(error.code).toBe(ErrorCode.BadAuthentication);
  });

  it("speaks TLS by the options of the guides, and refuses a certificate that nobody vouches for", async () => {
    await using server = await NatsServer.start({ tls: true });
    const { caFile } = server.tls!;
    await using nc = await connect({ servers: server.url, tls: { caFile } });
    await nc.flush();
    expect(nc.info).toMatchObject({ tls_required: true });
    const error = await rejection<NatsError>(connect({ servers: server.url, tls: {} }));
    expect([error instanceof NatsError, error.code]).toEqual([true, ErrorCode.Tls]);
  });
});
