import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../src/index.js";
import { serve } from "../../src/observe/index.js";
import { startServer } from "../../src/testing/index.js";
import { freePort, releasePort } from "../../src/testing/launcher/ports.js";
import { until } from "../support/until.js";
import { Cli } from "./run-cli.js";

let cli: Cli;
beforeAll(async () => {
  cli = await Cli.compile();
}, 60_000);
afterAll(() => cli.remove());

let http: Server | undefined;
afterEach(() => {
  http?.closeAllConnections();
  http?.close();
  http = undefined;
});

/** A server of the test's own; returns its address. */
async function answering(listener: RequestListener, port = 0): Promise<string> {
  http = createServer(listener).listen(port, "127.0.0.1");
  await once(http, "listening");
  return `127.0.0.1:${(http.address() as AddressInfo).port}`;
}

describe("holdfast watch --once", () => {
  it("shows a process, its outages with their advice, and its components", async () => {
    const server = await startServer();
    await using nc = await connect({
      servers: server.url,
      name: "orders",
      backoff: { initial: 20, max: 20 },
    });
    nc.addComponent({
      facts: () => ({ kind: "other", name: "import", state: "running", unready: "no data" }),
    } as never);
    await using served = await serve([nc], { port: 0 });
    const good = await cli.run(["watch", served.url, "--once"]);
    expect(good).toMatchObject({ code: 0, err: "" });
    expect(good.out).toMatch(/● orders {2}connected for .* at 127\.0\.0\.1:\d+/);
    expect(good.out).toMatch(/import +\w+ +no data/);

    await server.close();
    await until(() => nc.state === "reconnecting", "the outage");
    const bad = await cli.run(["watch", `${served.url}/dashboard`, "--once"]);
    expect(bad.code).toBe(1);
    expect(bad.out).toMatch(
      /○ orders {2}reconnecting[\s\S]*→ [\s\S]*Outages\n.* for .* {2}server-shutdown {2}/,
    );
    const json = await cli.run(["watch", served.url, "--once", "--json"]);
    const told = JSON.parse(json.out);
    expect(told).toMatchObject({ away: null, status: "unhealthy", answer: { status: "unhealthy" } });
    expect(told.outages[0]).toMatchObject({ connection: "orders", kind: "server-shutdown" });
  });

  it("wants the token, and shows it to nobody", async () => {
    await using server = await startServer();
    await using nc = await connect({ servers: server.url });
    const token = "s3cret-token-of-the-test";
    await using served = await serve(nc, { port: 0, token });
    const without = await cli.run(["watch", served.url, "--once"]);
    expect(without).toMatchObject({ code: 1, out: expect.stringMatching(/HTTP 401: .*HOLDFAST_TOKEN/) });
    const [option, variable, url] = await Promise.all([
      cli.run(["watch", served.url, "--once", "--token", token]),
      cli.run(["watch", served.url, "--once"], { HOLDFAST_TOKEN: token }),
      cli.run(["watch", `${served.url}/dashboard?token=${token}`, "--once", "--json"]),
    ]);
    for (const { code, out } of [option, variable, url]) {
      expect(code).toBe(0);
      expect(out).not.toContain(token);
    }
  });

  it.each<[string, RequestListener, RegExp]>([
    [
      "HTML",
      (_, res) => res.setHeader("content-type", "text/html").end("<h1>no</h1>"),
      /HTTP 200, no JSON but text\/html/,
    ],
    ["another JSON", (_, res) => res.end('{"status":"UP"}'), /not what \/health of serve\(\) tells/],
    ["nothing", (_, res) => res.writeHead(204).end(), /HTTP 204, no JSON/],
    [
      "half an answer",
      (_, res) => {
        res.writeHead(200, { "content-length": "100" }).write('{"status":');
        setImmediate(() => res.destroy());
      },
      /broke off|ECONNRESET|reset|aborted/,
    ],
    [
      "a redirect",
      (_, res) => res.writeHead(302, { location: "http://127.0.0.1:1/" }).end(),
      /HTTP 302, no JSON/,
    ],
    [
      "too much",
      (_, res) => {
        const chunk = Buffer.alloc(1024 * 1024, 0x20);
        const more = () => {
          while (!res.destroyed && res.write(chunk));
        };
        res.on("drain", more);
        more();
      },
      /more than 4096 KiB/,
    ],
    [
      "control characters",
      (_, res) =>
        res.end(JSON.stringify({ status: "healthy", state: "\u001b[2Jconnected", connected: true })),
      /\?\[2Jconnected/,
    ],
    [
      "wrong types",
      (_, res) =>
        res.end(
          JSON.stringify({
            status: "healthy",
            connected: 1,
            state: [],
            stats: "x",
            buffer: 7,
            components: [null, 3, {}],
            rtt: "x",
          }),
        ),
      /● connection/,
    ],
  ])("bears %s", async (_, listener, text) => {
    const { out, err } = await cli.run(["watch", await answering(listener), "--once"]);
    expect(err).toBe("");
    expect(out).toMatch(text);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may be there
    expect(out).not.toMatch(/\u001b/);
  });

  it("does not wait for ever", async () => {
    const { code, out } = await cli.run(["watch", await answering(() => {}), "--once"]);
    expect(code).toBe(1);
    expect(out).toContain("no whole answer within 5 s");
  });
});

describe("holdfast watch in a pipe", () => {
  it("goes on while the process is away, and says when it is back", async () => {
    const body = JSON.stringify({ status: "healthy", connected: true, state: "connected" });
    // One of those that nobody else is given while nobody listens there.
    const port = await freePort("127.0.0.1");
    const hostport = await answering((_, res) => res.end(body), port);
    const { child, said, ended } = cli.begin(["watch", hostport, "--interval", "100ms"]);
    await until(() => said.out.includes("connection · healthy · connected"), "the first look");
    http!.close();
    http!.closeAllConnections();
    await until(() => said.out.includes("away: nobody listens there"), "it to be away");
    await answering((_, res) => res.end(body), port);
    await until(() => said.out.includes("answers again"), "it to be back");
    child.kill("SIGINT");
    expect(await ended).toMatchObject({ code: 0, err: "" });
    releasePort(port);
  });

  it("ends when nobody reads", async () => {
    const hostport = await answering((_, res) => res.end('{"status":"healthy","connected":true}'));
    const { child, said, ended } = cli.begin(["watch", hostport, "--interval", "100ms", "--json"]);
    await until(() => said.out !== "", "a line");
    child.stdout.destroy();
    expect((await ended).err).toBe("");
  });
});
