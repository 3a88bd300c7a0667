import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../src/index.js";
import { NatsServer } from "../src/testing/server.js";
import { FakeServer, infoLine, speaksNats } from "./support/fake-server.js";
import { Recorder } from "./support/recorder.js";
import { until } from "./support/until.js";

let server: NatsServer;
beforeAll(async () => {
  server = await NatsServer.start({ cluster: { name: "facts" }, jetstream: false });
});
afterAll(() => server.close());

describe("what is known of the server", () => {
  it("is its id, name, cluster, address, and what it knows of us; no server after close() [parity 19, 20, 22]", async () => {
    const nc = await connect({ servers: server.url });
    expect(nc.info).toMatchObject({
      server_name: server.name,
      cluster: "facts",
      port: server.port,
      client_ip: "127.0.0.1",
    });
    expect(nc.info?.server_id).toMatch(/^N[A-Z2-7]{55}$/);
    expect(nc.getServer()).toBe(server.hostport);
    await nc.close();
    expect(nc.getServer()).toBe("");
  });

  it("is our number there: the same across an INFO, another after a move and a reconnect [parity 21]", async () => {
    let id = 7;
    await using fake = await FakeServer.start((link) => speaksNats({ client_id: id++ })(link));
    await using nc = await connect({ servers: fake.url });
    const recorder = new Recorder(nc);
    expect(nc.info?.client_id).toBe(7);
    fake.last.send(infoLine({ client_id: 7, server_name: "renamed" }));
    await until(() => nc.info?.server_name === "renamed", "the INFO");
    expect(nc.info?.client_id).toBe(7);
    await nc.reconnect();
    await until(() => recorder.count("move") === 1, "the move");
    expect(nc.info?.client_id).toBe(8);
    fake.last.socket.resetAndDestroy();
    await until(() => recorder.count("reconnect") === 1, "the reconnect");
    expect(nc.info?.client_id).toBe(9);
    await nc.close();
  });
});
