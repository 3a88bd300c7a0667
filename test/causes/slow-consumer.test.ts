import { Worker } from "node:worker_threads";
import { expect, it } from "vitest";
import { connect } from "../../src/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { Cleanup } from "../support/cleanup.js";
import { Recorder } from "../support/recorder.js";
import { until } from "../support/until.js";

/** What a handler takes of the processor for each message, ms. */
const WORK = 0.5;

function work(): void {
  for (const until = performance.now() + WORK; performance.now() < until; );
}

/**
 * Publishes to `s` as much as the server takes, on an event loop of its own: the one that cannot keep up must not hold it back. Until
 * it is closed.
 */
function flood({ port }: NatsServer): { close(): Promise<unknown> } {
  const program = `
    const socket = require("node:net").connect(require("node:worker_threads").workerData, "127.0.0.1");
    const messages = Buffer.from(("PUB s 1000\\r\\n" + "x".repeat(1000) + "\\r\\n").repeat(100));
    const publish = () => { while (socket.write(messages)); };
    socket.on("error", () => {}).on("drain", publish).resume();
    socket.write('CONNECT {"verbose":false}\\r\\n');
    publish();`;
  const worker = new Worker(program, { eval: true, workerData: port });
  return { close: () => worker.terminate() };
}

it("a process that is busy with each message until the server gives it up: it is told, though the server says nothing", async () => {
  await using cleanup = new Cleanup();
  const server = cleanup.use(await NatsServer.start({ maxPending: 1024 * 1024 }));
  const nc = cleanup.use(await connect({ servers: server.url, closeTimeout: 100 }));
  const recorder = new Recorder(nc, ["disconnect"]);
  nc.subscribe("s", { callback: work });
  await nc.flush();
  cleanup.use(flood(server));
  await until(() => recorder.count("disconnect") > 0, "the disconnect", 60_000);
  expect(server.log()).toContain("Slow Consumer Detected");
  const { cause } = recorder.of("disconnect")[0][1];
  // On a busy machine this process does not run for more than a second at times: then that is why it was slow.
  const stalled = cause.evidence.some((line) => line.startsWith("this process did not run for"));
  expect(cause).toMatchObject({ kind: stalled ? "local-stall" : "slow-consumer", code: "CONNECTION_LOST" });
  // A PING that comes when the server has closed already is answered with a reset.
  expect(cause.evidence).toContainEqual(
    expect.stringMatching(
      /^the (?:other side ended the connection without an error|system reported (?:ECONNRESET|EPIPE))$/,
    ),
  );
  expect(cause.evidence).toContainEqual(
    expect.stringMatching(/^this process was busy for \d+ % of the last/),
  );
  if (!stalled) expect(cause.advice).toContainEqual(expect.stringContaining("Slow Consumer Detected"));
}, 90_000);

it("a server that is killed while this process is at rest is not", async () => {
  await using cleanup = new Cleanup();
  const server = cleanup.use(await NatsServer.start());
  const nc = cleanup.use(await connect({ servers: server.url, closeTimeout: 100 }));
  const recorder = new Recorder(nc, ["disconnect"]);
  let came = 0;
  nc.subscribe("s", { callback: () => came++ });
  for (let i = 0; i < 2000; i++) nc.publish("s", new Uint8Array(1000));
  await until(() => came === 2000, "the messages");
  await server.kill();
  await until(() => recorder.count("disconnect") > 0, "the disconnect");
  // Its kernel may reset what it had not read.
  expect(["server-shutdown", "network"]).toContain(recorder.of("disconnect")[0][1].cause.kind);
});
