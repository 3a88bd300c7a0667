import dns from "node:dns";
import { afterEach, expect, it, vi } from "vitest";
import { connect } from "../src/index.js";
import { Cleanup } from "./support/cleanup.js";
import { FakeServer, speaksNats } from "./support/fake-server.js";

afterEach(() => {
  vi.restoreAllMocks();
});

type Done = (error: Error | null, found?: dns.LookupAddress[]) => void;

const OPTIONS = { timeout: 8000, reconnectTimeWait: 10, reconnectJitter: 0 };
const found = [{ address: "127.0.0.1", family: 4 }];

/** Puts a resolver in the place of the system's; returns how often it was asked. */
function resolver(answer: (done: Done) => void): () => number {
  const lookup = dns.lookup as (...args: unknown[]) => void;
  let asked = 0;
  vi.spyOn(dns, "lookup").mockImplementation(((...args: [string, object, Done]) => {
    if (!args[0].endsWith(".example")) return lookup(...args);
    asked++;
    answer(args[2]);
  }) as never);
  return () => asked;
}

it("many connections to one name that begin at once ask for it once", async () => {
  await using cleanup = new Cleanup();
  await using fake = await FakeServer.start(speaksNats());
  const asked = resolver((done) => setImmediate(done, null, found));
  const options = { ...OPTIONS, servers: `many.example:${fake.port}` };
  const connections = await Promise.all(Array.from({ length: 50 }, () => connect(options)));
  for (const nc of connections) cleanup.use(nc);
  expect(asked()).toBe(1);
});

it.each<[string, (done: Done) => void]>([
  ["fails", (done) => setImmediate(done, Object.assign(new Error("no"), { code: "EAI_AGAIN" }))],
  ["keeps silent", () => {}],
])(
  "a resolver that %s in an outage does not keep us from the server that it named before",
  async (what, answer) => {
    await using fake = await FakeServer.start(speaksNats());
    resolver((done) => setImmediate(done, null, found));
    await using nc = await connect({ ...OPTIONS, servers: `${what.replace(" ", "-")}.example:${fake.port}` });
    vi.restoreAllMocks();
    const asked = resolver(answer);
    const back = new Promise<number>((resolve) => nc.once("reconnect", (info) => resolve(info.downtime)));
    fake.last.socket.destroy();
    expect(await back).toBeLessThan(OPTIONS.timeout / 2);
    expect(asked()).toBe(1);
  },
);
