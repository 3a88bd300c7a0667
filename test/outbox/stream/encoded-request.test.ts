import { afterEach, expect, it } from "vitest";
import { connect, headers } from "../../../src/index.js";
import { NatsServer } from "../../../src/testing/index.js";
import { Cleanup } from "../../support/cleanup.js";
import { rejection } from "../../support/until.js";

const cleanup = new Cleanup();
afterEach(() => cleanup[Symbol.asyncDispose]());

const encodedHeaders = Buffer.from("NATS/1.0\r\nX: a b\r\nx: c\r\n\r\n");

it("a request takes encoded headers as a publish does", async () => {
  const server = cleanup.use(await NatsServer.start());
  const nc = cleanup.use(await connect({ servers: server.url }));
  nc.subscribe("echo", { callback: (_, msg) => msg.respond("", { headers: msg.headers }) });
  for (const options of [{}, { noMux: true, timeout: 5_000 }]) {
    const { headers: told } = await nc.request("echo", "", { encodedHeaders, timeout: 5_000, ...options });
    expect([told?.values("X"), told?.values("x")]).toEqual([["a b"], ["c"]]);
  }
  const wrong: object[] = [
    { encodedHeaders, headers: headers() },
    { encodedHeaders: "NATS/1.0\r\n\r\n" },
    { encodedHeaders: Buffer.from("NATS/1.0\r\nX: a") },
    { encodedHeaders: new Uint8Array() },
  ];
  for (const options of wrong) {
    for (const more of [{}, { noMux: true, timeout: 5_000 }]) {
      const error = await rejection(nc.request("echo", "", { ...options, ...more }));
      expect(error).toMatchObject({ code: "INVALID_ARGUMENT", option: "encodedHeaders" });
    }
  }
});
