import { afterEach, describe, expect, it } from "vitest";
import type { DoctorOptions } from "../../src/doctor/index.js";
import { Cleanup } from "../support/cleanup.js";
import { type FakeLink, FakeServer, infoLine, speaksNats } from "../support/fake-server.js";
import { examine, rules } from "./support/examine.js";
import { FakeMonitor, varz } from "./support/fake-monitor.js";

const cleanup = new Cleanup();
afterEach(() => cleanup[Symbol.asyncDispose]());

const start = async (behave: (link: FakeLink) => void) => cleanup.use(await FakeServer.start(behave));
/** INFO, and then something for CONNECT. */
const refuses = (answer: (link: FakeLink) => void, info: Record<string, unknown> = {}) =>
  start((link) => {
    link.send(infoLine(info));
    link.socket.once("data", () => answer(link));
  });
const says = (text: string) =>
  refuses((link) => link.socket.end(`-ERR '${text}'\r\n`), { auth_required: true });
/** JetStream's API, which answers this. */
const jetstream = (answer: object) =>
  start((link) => {
    speaksNats({ jetstream: true })(link);
    link.socket.on("data", (data: Buffer) => {
      const inbox = /PUB \$JS\.API\.INFO (\S+) 0/.exec(data.toString("latin1"))?.[1];
      const json = JSON.stringify(answer);
      if (inbox !== undefined) link.send(`MSG ${inbox} 2 ${json.length}`, json);
    });
  });

const FAST: DoctorOptions = { timeout: 1500, probes: 3, jetstream: false };

describe("the first line is right when", () => {
  it.each([
    [
      "the account has no room",
      "maximum account active connections exceeded",
      /it takes no more connections of this account/,
    ],
    [
      "the server has no room",
      "maximum connections exceeded",
      /it takes no more connections \(max_connections\)$/,
    ],
    ["an error has no text", " ", /it has ended the connection with an error that has no text$/],
    ["the credentials were revoked", "User Authentication Revoked", /refuses the user and pass given \(User/],
    ["the account is not known", "failed account registration", /refuses the user and pass given \(failed/],
    ["the user has expired", "User Authentication Expired", /the credentials have expired$/],
  ])("%s", async (_what, text, line) => {
    const server = await says(text);
    const { summary, verdict } = await examine(`nats://me:s3cret@${server.hostport}`, FAST, ["s3cret"]);
    expect([verdict, summary]).toEqual(["broken", expect.stringMatching(line)]);
  });

  it("the server, or what stands before it, resets at CONNECT", async () => {
    const server = await refuses((link) => link.socket.resetAndDestroy());
    const { summary } = await examine(server.url, FAST);
    expect(summary).toBe(
      `broken: ${server.hostport}: it resets the connection during the handshake (ECONNRESET)`,
    );
  });

  it("only some PINGs are answered", async () => {
    const server = await start(speaksNats({}, 2));
    const { summary } = await examine(server.url, FAST);
    expect(summary).toMatch(/: it has answered 1 of 3 PINGs$/);
    const none = await start(speaksNats({}, 1));
    expect((await examine(none.url, FAST)).summary).toMatch(/: it does not answer PINGs$/);
  });

  it("a websocket, or TLS before all, comes to the port for clients", async () => {
    const server = await start(speaksNats());
    const ws = await examine(`ws://${server.hostport}`, FAST);
    expect(ws.summary).toMatch(/it does not speak websocket: if that is the port for clients, it is nats:/);
    const wss = await examine(`wss://${server.hostport}`, FAST);
    expect(rules(wss)).toEqual(["no-tls"]);
    expect(wss.summary).toMatch(/it does not offer TLS, which is asked for$/);
  });

  it("JetStream answers with an error", async () => {
    const error = { code: 503, err_code: 10_008, description: "JetStream system temporarily unavailable" };
    const server = await jetstream({ error });
    const { summary } = await examine(server.url, { ...FAST, jetstream: true });
    expect(summary).toMatch(/: JetStream answers with an error: JetStream system temporarily unavailable$/);
  });

  it("a server has no version", async () => {
    const server = await start(speaksNats({ version: "" }));
    expect((await examine(server.url, FAST)).summary).toMatch(/^healthy: 1 server, nats-server \?, round/);
  });

  it("a clock is wrong, and credentials have expired by it; it does not explain other troubles", async () => {
    const now = new Date(Date.now() + 600_000).toISOString();
    const monitor = cleanup.use(await FakeMonitor.start({ varz: varz({ now }) }));
    const expired = await says("User Authentication Expired");
    const both = await examine(`nats://me:s3cret@${expired.hostport}`, { ...FAST, monitor: monitor.url });
    expect(rules(both)).toEqual(["clock-skew", "credentials-expired"]);
    const wrong = await says("Authorization Violation");
    const other = await examine(`nats://me:s3cret@${wrong.hostport}`, { ...FAST, monitor: monitor.url });
    expect(rules(other)).toEqual(["credentials-refused", "clock-skew"]);
  });

  it("it says one byte", async () => {
    const one = await start((link) => link.socket.write("I"));
    expect((await examine(one.url, FAST)).summary).toMatch(/: it sent 1 byte and no whole INFO within/);
  });

  it("one slow consumer was a client, and others routes", async () => {
    const server = await start(speaksNats());
    const told = varz({ slow_consumers: 5, slow_consumer_stats: { clients: 1, routes: 4 } });
    const monitor = cleanup.use(await FakeMonitor.start({ varz: told }));
    const { summary } = await examine(server.url, { ...FAST, monitor: monitor.url });
    expect(summary).toMatch(/\(1 client, 4 routes\)$/);
  });
});
