import { expect, it } from "vitest";
import { connect, optionsFromEnv } from "../src/index.js";
import { rejection, thrown } from "./support/until.js";

const SECRET = "S3CRET";

it.each([
  `nats://u:${SECRET}@,${SECRET}@127.0.0.1,nats://127.0.0.2`,
  `nats://u:${SECRET}@${SECRET},${SECRET}@127.0.0.1`,
  `u:${SECRET}@${SECRET},${SECRET}@127.0.0.1`,
  `nats://u:${SECRET}%40%zz@127.0.0.1`,
  `nats://${SECRET}%40127.0.0.1`,
  `nats://u:${SECRET}@${SECRET}@127.0.0.1`,
])("a password that was not encoded is no server's name, and not shown: %s", async (servers) => {
  const expected = { code: "INVALID_OPTION", message: expect.stringMatching(/%2C|%40|%25|encoded/) };
  const error = await rejection(connect({ servers, timeout: 1000 }));
  expect(error).toMatchObject({ ...expected, option: "servers" });
  expect(`${error.stack} ${JSON.stringify(error)}`).not.toContain(SECRET);
  const inEnv = thrown(() => optionsFromEnv({ NATS_SERVERS: servers }));
  expect(inEnv).toMatchObject({ code: "INVALID_OPTION" });
  expect(`${inEnv.stack} ${JSON.stringify(inEnv)}`).not.toContain(SECRET);
});
