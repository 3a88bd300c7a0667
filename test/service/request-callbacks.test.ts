import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { type Connection, connect } from "../../src/index.js";
import { policy, request } from "../../src/service/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { rejection } from "../support/until.js";

/** Longer than any test may take. */
const LONG = 60_000;

let server: NatsServer;
let nc: Connection;
const unhandled: unknown[] = [];
const note = (error: unknown) => unhandled.push(error);
beforeAll(async () => {
  server = await NatsServer.start();
  process.on("unhandledRejection", note);
});
afterAll(async () => {
  process.off("unhandledRejection", note);
  await server.close();
});
beforeEach(async () => {
  unhandled.splice(0);
  nc = await connect({ servers: server.url, drainTimeout: LONG });
});
afterEach(() => nc.close());

it("totalTimeout bounds a fallback that never settles, and with it a drain", async () => {
  const by = policy({ totalTimeout: 150, retry: false, fallback: () => new Promise(() => {}) });
  const asked = rejection(request(nc, "nobody", 1, by));
  const drained = nc.drain();
  expect(await asked).toMatchObject({ code: expect.stringMatching(/^(NO_RESPONDERS|TIMEOUT)$/) });
  await drained;
  expect(by.counts).toMatchObject({ calls: 1, failed: 1, fallbacks: 0 });
});

it("an encoder that answers with a promise that rejects: refused, and nothing that nobody handles", async () => {
  const encode = (async () => {
    throw new Error("later");
  }) as never;
  const error = await rejection(request(nc, "nobody", 1, { codec: { decode: () => 1, encode } }));
  expect(error).toMatchObject({ code: "INVALID_PAYLOAD", subject: "nobody" });
  await new Promise(setImmediate);
  expect(unhandled).toEqual([]);
});
