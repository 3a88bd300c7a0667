import { once } from "node:events";
import { createServer as createHttp } from "node:http";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Cleanup } from "../support/cleanup.js";
import { FakeServer, infoLine, speaksNats } from "../support/fake-server.js";
import { until } from "../support/until.js";
import { Cli } from "./run-cli.js";

let cli: Cli;
beforeAll(async () => {
  cli = await Cli.compile();
}, 60_000);
afterAll(() => cli.remove());

const cleanup = new Cleanup();
afterEach(() => cleanup[Symbol.asyncDispose]());

/** What a terminal obeys, of both sets, and what turns the direction of writing. */
const EVIL = "\u001b[2J\u009b31m\u202e\u2066";
const RAW = /[^\P{Cc}\n]|\p{Cf}/u;
/** Below the 5 s and more that the time-outs of the commands are. */
const SOON = 4000;

/** Accepts, and says nothing. */
async function silent(): Promise<{ hostport: string; accepted: () => number }> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  const server = createServer((socket) => {
    accepted++;
    sockets.add(socket.on("error", () => {}));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanup.use({
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  });
  return { hostport: `127.0.0.1:${(server.address() as AddressInfo).port}`, accepted: () => accepted };
}

/** Sends a signal, and waits for the end. */
async function interrupted(running: ReturnType<Cli["begin"]>, signal: NodeJS.Signals) {
  const at = performance.now();
  running.child.kill(signal);
  const ended = await running.ended;
  return { ...ended, ms: performance.now() - at };
}

describe("Ctrl-C and SIGTERM do not wait for who is silent", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("watch, %s", async (signal, code) => {
    const { hostport, accepted } = await silent();
    const running = cli.begin(["watch", hostport, "--json"]);
    await until(() => accepted() > 0, "the request");
    const ended = await interrupted(running, signal);
    expect(ended).toMatchObject({ code, out: "", err: "" });
    expect(ended.ms).toBeLessThan(SOON);
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("bench, %s while it connects", async (signal, code) => {
    // It takes CONNECT, and never answers the PING behind it.
    const server = cleanup.use(await FakeServer.start(speaksNats({}, 0)));
    const running = cli.begin(["bench", "--server", server.url, "--msgs", "10"]);
    await until(() => server.last?.received.includes("PING") === true, "the PING");
    const ended = await interrupted(running, signal);
    expect(ended).toMatchObject({ code, out: "" });
    expect(ended.ms).toBeLessThan(SOON);
  });

  it("doctor has found nothing then, and does not call that healthy", async () => {
    const { hostport, accepted } = await silent();
    const running = cli.begin(["doctor", hostport, "--json", "--timeout", "60000"]);
    await until(() => accepted() > 0, "the probe");
    const { code, out } = await interrupted(running, "SIGINT");
    expect(code).toBe(130);
    expect(JSON.parse(out)).toMatchObject({
      verdict: "broken",
      summary: expect.stringMatching(/^broken: ended before any server was looked at/),
      aborted: true,
      findings: [{ rule: "ended-early", level: "error" }],
    });
  });
});

it("doctor --watch ends when nobody reads", async () => {
  const server = cleanup.use(await FakeServer.start(speaksNats()));
  const { child, ended } = cli.begin(["doctor", server.url, "--watch", "1", "--json", "--probes", "1"]);
  child.stdout.destroy();
  expect(await ended).toMatchObject({ err: "" });
}, 20_000);

describe("nothing that others say is obeyed by a terminal", () => {
  it("--json of doctor, bench and watch", async () => {
    const told = infoLine({ version: `2.10.0${EVIL}`, server_name: EVIL });
    const refusing = cleanup.use(
      await FakeServer.start((link) => {
        link.send(told);
        link.socket.once("data", () => link.socket.end(`-ERR 'Weird ${EVIL}'\r\n`));
      }),
    );
    const doctor = await cli.run(["doctor", refusing.url, "--json", "--timeout", "500"]);
    expect(doctor.out).toMatch(/Weird/);
    const debug = await cli.run(["bench", "-s", refusing.url, "--msgs", "5", "--debug"]);
    expect(debug.err).toMatch(/^ +at /m);
    const server = cleanup.use(
      await FakeServer.start(speaksNats({ version: `2.10.0${EVIL}`, server_name: EVIL })),
    );
    const bench = await cli.run(["bench", "-s", server.url, "--sub", "0", "--msgs", "5", "--json"]);
    expect(JSON.parse(bench.out).version).toMatch(/^2\.10\.0/);
    const http = createHttp((_, res) =>
      res.end(JSON.stringify({ status: "healthy", connected: true, note: EVIL })),
    ).listen(0, "127.0.0.1");
    await once(http, "listening");
    cleanup.use({ [Symbol.asyncDispose]: async () => void http.close() });
    const { port } = http.address() as AddressInfo;
    const watch = await cli.run(["watch", `127.0.0.1:${port}`, "--once", "--json"]);
    // For programs it is what it was.
    expect(JSON.parse(watch.out).answer.note).toBe(EVIL);
    for (const { out, err } of [doctor, debug, bench, watch]) expect(out + err).not.toMatch(RAW);
  });
});

it.each([
  ["explain", "nats://me:s3cret@h:4222"],
  ["completion", "nats://me:s3cret@h:4222"],
  ["completion", "nats://me:a/b s3cret@h:4222"],
  ["bench", "--msgs", "nats://me:s3cret@h:4222"],
  ["nats://me:s3cret@h:4222"],
])("an argument that is a URL is not told with its password: %s %s", async (...args) => {
  const { code, out, err } = await cli.run(args);
  expect(code).toBe(2);
  expect(err).toMatch(/\S/);
  expect(out + err).not.toContain("s3cret");
});

it.each([["doctor"], ["bench", "x", "--server"]])(
  "a comma cuts no password into servers: %s",
  async (...args) => {
    const { code, out, err } = await cli.run([...args, "nats://me:12,34s3cret@127.0.0.1:1"]);
    expect([code, out, err]).toEqual([2, "", expect.stringMatching(/^holdfast: .*write it there as %2C/)]);
    expect(err).not.toMatch(/12|s3cret/);
  },
);

it("a file of credentials that cannot be used is wrong use", async () => {
  const { code, err } = await cli.run(["bench", "-s", "127.0.0.1:1", "--creds", "/nowhere/user.creds"]);
  expect([code, err]).toEqual([2, expect.stringContaining("there is no such file")]);
});
