import { afterEach, beforeEach, expect, it } from "vitest";
import { publishNumbers } from "../support/publisher.js";
import { until } from "../support/until.js";
import { OutboxWorld } from "./world.js";

let world: OutboxWorld;
beforeEach(async () => {
  world = await OutboxWorld.make();
});
afterEach(async () => {
  await world[Symbol.asyncDispose]();
});

const same = (bytes: Uint8Array) => bytes;

it("a decrypt that does not end holds up neither the end of the connection nor close(), and nothing is lost", async () => {
  await world.receive();
  const first = await world.open({ mode: "always", encrypt: same, decrypt: same });
  for (let i = 0; i < 10; i++) await first.store(messageOf(i));
  await first.close();
  let asked = 0;
  const release: (() => void)[] = [];
  const decrypt = (bytes: Uint8Array) =>
    new Promise<Uint8Array>((resolve) => {
      asked++;
      release.push(() => resolve(bytes));
    });
  const outbox = await world.open({ encrypt: same, decrypt });
  const nc = await world.connect(outbox, { retryOnFailedConnect: true });
  await until(() => asked > 0, "the read");
  publishNumbers(nc, "n", 10, 20);
  const errors: Error[] = [];
  nc.on("error", (error) => errors.push(error));
  await nc.close();
  // An outbox that does not let go in time is told as an error, and has no other connection.
  expect(errors).toEqual([]);
  const again = await world.connect(outbox);
  await again.close();
  // What comes too late is nobody's.
  for (const end of release) end();
  await outbox.close();
  expect(world.store.closed).toBe(2);
  const last = await world.open({ encrypt: same, decrypt: same });
  expect(last.stats().recovered).toBe(20);
  await world.connect(last);
  await last.empty({ timeout: 10_000 });
  await world.arrived(20);
});

it("one that ends after the connection gives its batch to the next one", async () => {
  await world.receive();
  const first = await world.open({ mode: "always", encrypt: same, decrypt: same });
  for (let i = 0; i < 10; i++) await first.store(messageOf(i));
  await first.close();
  const release: (() => void)[] = [];
  const decrypt = (bytes: Uint8Array) =>
    new Promise<Uint8Array>((resolve) => release.push(() => resolve(bytes)));
  const outbox = await world.open({ encrypt: same, decrypt });
  const nc = await world.connect(outbox);
  await until(() => release.length > 0, "the read");
  await nc.close();
  await world.connect(outbox);
  const releasing = setInterval(() => void release.splice(0).map((end) => end()), 1);
  try {
    await outbox.empty({ timeout: 10_000 });
  } finally {
    clearInterval(releasing);
  }
  await world.arrived(10);
});

function messageOf(number: number) {
  return { subject: "n", reply: "", headers: undefined, payload: String(number), bytes: 20, replay: true };
}
