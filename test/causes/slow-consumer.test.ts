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

it("a process that is busy with each message until the server gives it up: it is told, though the server says nothing", async () => {
  await using cleanup = new Cleanup();
  const server = cleanup.use(await NatsServer.start({ maxPending: 1024 * 1024 }));
  const nc = cleanup.use(await connect({ servers: server.url, closeTimeout: 100 }));
  const recorder = new Recorder(nc, ["disconnect"]);
  nc.subscribe("s", { callback: work });
  await nc.flush();
  const publisher = cleanup.use(await connect({ servers: server.url, closeTimeout: 100 }));
  const payload = new Uint8Array(1000);
  // As much as it takes to fill the buffers of both kernels and of the server; the server holds publishers back by then.
  const flood = setInterval(() => {
    for (let i = 0; i < 500 && nc.state === "connected" && publisher.publish("s", payload); i++);
  }, 1);
  try {
    await until(() => recorder.count("disconnect") > 0, "the disconnect", 60_000);
  } finally {
    clearInterval(flood);
  }
  expect(server.log()).toContain("Slow Consumer Detected");
  const { cause } = recorder.of("disconnect")[0][1];
  expect(cause).toMatchObject({ kind: "slow-consumer", code: "CONNECTION_LOST" });
  expect(cause.evidence).toContain("the other side ended the connection without an error");
  expect(cause.evidence).toContainEqual(
    expect.stringMatching(/^this process was busy for \d+ % of the last/),
  );
  expect(cause.advice).toContainEqual(expect.stringContaining("Slow Consumer Detected"));
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
