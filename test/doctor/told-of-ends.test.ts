import { afterEach, describe, expect, it } from "vitest";
import { describeReport } from "../../src/doctor/index.js";
import { Cleanup } from "../support/cleanup.js";
import { type FakeLink, FakeServer, infoLine, speaksNats } from "../support/fake-server.js";
import { examine } from "./support/examine.js";
import { FakeMonitor } from "./support/fake-monitor.js";

const cleanup = new Cleanup();
afterEach(() => cleanup[Symbol.asyncDispose]());

/** Answers as many PINGs, the one of the handshake included, and then does something else. */
const answering = async (pongs: number, then: (link: FakeLink) => void) => {
  const server = await FakeServer.start((link) => {
    let pings = 0;
    link.send(infoLine({}));
    link.socket.on("data", (data: Buffer) => {
      for (const _ of data.toString("latin1").matchAll(/PING\r\n/g)) {
        if (++pings <= pongs) link.send("PONG");
        else then(link);
      }
    });
  });
  return cleanup.use(server);
};
const look = async (server: FakeServer, jetstream = false) =>
  await examine(server.url, { timeout: 1500, probes: 5, jetstream });

describe("a server that ends the connection while it is measured", () => {
  it.each<[string, number, (link: FakeLink) => void, RegExp]>([
    [
      "without a word",
      1,
      (link) => link.socket.destroy(),
      /: it closed the connection right behind the handshake$/,
    ],
    ["later", 3, (link) => link.socket.destroy(), /: it closed the connection after 2 round trips$/],
    [
      "by a reset",
      1,
      (link) => link.socket.resetAndDestroy(),
      /: it reset the connection right behind the handshake \(ECONNRESET\)$/,
    ],
    [
      "with a reason",
      2,
      (link) => link.socket.end("-ERR 'Stale Connection'\r\n"),
      /: it ended the connection after 1 round trip: Stale Connection$/,
    ],
  ])("%s is not said to leave PINGs without an answer", async (_how, pongs, then, line) => {
    const { summary, findings } = await look(await answering(pongs, then));
    expect(summary).toMatch(line);
    expect(findings[0]).toMatchObject({ rule: "server-failed", level: "error" });
  });

  it("for the credentials, has that in the first line", async () => {
    const server = await answering(1, (link) => link.socket.end("-ERR 'User Authentication Expired'\r\n"));
    const { summary, findings } = await look(server);
    expect(summary).toMatch(/: the credentials have expired$/);
    expect(findings[0].rule).toBe("credentials-expired");
  });
});

it("JetStream that is silent, and was not asked for, is not said to have been", async () => {
  const server = cleanup.use(await FakeServer.start(speaksNats({ jetstream: true })));
  const options = { timeout: 600, probes: 1 };
  const [unasked] = (await examine(server.url, options)).findings;
  expect(unasked).toMatchObject({ rule: "jetstream-silent", level: "warning" });
  expect(unasked.why).toBe(
    "streams, key-value and object stores cannot be used by way of this server; all else can",
  );
  const [asked] = (await examine(server.url, { ...options, jetstream: true })).findings;
  expect(asked).toMatchObject({
    level: "error",
    why: "what was asked for is not to be had from any server",
  });
});

it("a monitoring port behind a password says where it belongs", async () => {
  const server = cleanup.use(await FakeServer.start(speaksNats({})));
  for (const status of [401, 403]) {
    const monitor = cleanup.use(
      await FakeMonitor.start({ varz: (_, response) => response.writeHead(status).end() }),
    );
    const { findings } = await examine(server.url, { probes: 1, jetstream: false, monitor: monitor.url });
    const found = findings.find(({ rule }) => /^monitor-/.test(rule));
    expect(found?.advice[0]).toMatch(
      /^put the user and password .* into its URL, as http:\/\/user:password@/,
    );
  }
});

it("no line of a report is longer than the terminal is wide", async () => {
  const server = cleanup.use(await FakeServer.start(speaksNats({})));
  const monitor = cleanup.use(await FakeMonitor.start({}));
  const report = await examine([server.url, "127.0.0.1:1"], {
    probes: 1,
    jetstream: false,
    monitor: monitor.url,
  });
  for (const width of [40, 50, 60]) {
    const long = describeReport(report, { width })
      .split("\n")
      .filter((line) => line.length > width);
    expect(long).toEqual([]);
  }
});
