import { afterAll, describe, expect, it } from "vitest";
import { type DoctorOptions, type DoctorReport, describeReport } from "../../src/doctor/index.js";
import { Cleanup } from "../support/cleanup.js";
import { deadUrl, type FakeLink, FakeServer, infoLine, speaksNats } from "../support/fake-server.js";
import { examine, rules } from "./support/examine.js";

const cleanup = new Cleanup();
afterAll(() => cleanup[Symbol.asyncDispose]());
const fake = async (behave: (link: FakeLink) => void) => cleanup.use(await FakeServer.start(behave));
/** Says a word when it gets CONNECT, and is gone. */
const says = (text: string) =>
  fake((link) => {
    link.send(infoLine());
    link.socket.once("data", () => link.socket.end(`-ERR '${text}'\r\n`));
  });
const FAST: DoctorOptions = { timeout: 1500, probes: 1, jetstream: false };
const widest = (text: string) => Math.max(...text.split("\n").map((line) => line.length));
const hostport = (url: string) => url.slice("nats://".length);

describe("how many of several servers it is [X2]", () => {
  it("none of them, for one reason", async () => {
    const [a, b, c] = [await deadUrl(), await deadUrl(), await deadUrl()];
    const two = await examine([a, b], FAST);
    expect(two.summary).toBe(
      `broken: neither server can be used: ${hostport(a)} and ${hostport(b)}: nobody listens there (ECONNREFUSED)`,
    );
    const three = await examine([a, b, c], FAST);
    expect(three.summary).toMatch(
      /^broken: none of the 3 servers can be used: .+, .+ and .+: nobody listens/,
    );
    expect(three.findings[0].why).toBe("a connection cannot be made");
  });

  it("none of them, for several reasons: none sounds as if the others were well", async () => {
    const dead = await deadUrl();
    const refusing = await says("Authorization Violation");
    const { summary, findings } = await examine([dead, refusing.url], FAST);
    expect(summary).toBe(
      `broken: neither server can be used; ${refusing.hostport}: it wants credentials, and none are given (and 1 more)`,
    );
    expect(findings.map(({ message }) => message.replace(/;.*/, ""))).toEqual(
      Array(2).fill("neither server can be used"),
    );
    expect(findings.map(({ why }) => why)).toEqual(Array(2).fill("a connection cannot be made"));
  });

  it("some of them", async () => {
    const dead = await deadUrl();
    const well = await fake(speaksNats());
    const { summary, findings } = await examine([dead, well.url], FAST);
    expect(summary).toMatch(/^broken: 1 of 2 servers cannot be used: /);
    expect(findings[0].why).toBe("a connection that comes to it has to go on to another one");
  });

  it("they can be used, and have not what was asked for", async () => {
    const [a, b] = [await fake(speaksNats()), await fake(speaksNats({ server_id: "B", server_name: "b" }))];
    const both = await examine([a.url, b.url], { ...FAST, payload: 4 * 1024 * 1024 });
    expect(both.summary).toMatch(/^broken: both servers fall short: .+ and .+: a message of 4 MiB is over/);
    const large = await fake(speaksNats({ server_id: "C", server_name: "c", max_payload: 8 * 1024 * 1024 }));
    const one = await examine([a.url, large.url], { ...FAST, payload: 4 * 1024 * 1024 });
    expect(one.summary).toMatch(/^broken: 1 of 2 servers falls short: /);
    expect(one.findings[0].why).toBe("a connection that comes to it does not get what it needs");
    const dead = await deadUrl();
    const mixed = await examine([a.url, dead], { ...FAST, payload: 4 * 1024 * 1024 });
    expect(mixed.findings.map(({ message }) => message.replace(/:.*/s, ""))).toEqual([
      "1 of 2 servers cannot be used",
      "1 of 2 servers falls short",
    ]);
  });
});

describe("what a server says of itself is not more than it is worth [X2]", () => {
  it("an error of its own is told as that", async () => {
    const strange = await says("Something Else");
    expect((await examine(strange.url, FAST)).summary).toBe(
      `broken: ${strange.hostport}: it has ended the connection: Something Else`,
    );
    const slow = await says("Authentication Timeout");
    expect((await examine(slow.url, FAST)).summary).toBe(
      `broken: ${slow.hostport}: it could not settle in time who this is (Authentication Timeout): it is slow, or its auth callout is`,
    );
  });

  it("an entry of gossip that is no address has no empty brackets", async () => {
    const server = await fake(speaksNats({ cluster: "c", connect_urls: ["h:99999999"] }));
    const report = await examine(server.url, FAST);
    expect(rules(report)).toEqual(["gossip-unreachable"]);
    expect(report.summary).toMatch(/from here does not work: that is no address of a server$/);
  });

  it("long names and versions leave the page as wide as it is", async () => {
    const long = {
      server_name: "n".repeat(3000),
      version: `2.15.1-${"9".repeat(300)}`,
      cluster: "c".repeat(400),
    };
    const server = await fake(speaksNats(long));
    const report = await examine(server.url, FAST);
    expect(report.verdict).toBe("healthy");
    expect(widest(describeReport(report))).toBeLessThanOrEqual(80);
  });

  it("a long error of JetStream is cut", async () => {
    const description = "no way".repeat(200);
    const server = await fake((link) => {
      speaksNats()(link);
      link.socket.on("data", () => {
        const inbox = /PUB \$JS\.API\.INFO (\S+) 0\r\n/.exec(link.received)?.[1];
        const body = JSON.stringify({ error: { code: 503, err_code: 1, description } });
        if (inbox !== undefined) link.send(`MSG ${inbox} 2 ${body.length}`, body);
      });
    });
    const { summary } = await examine(server.url, { ...FAST, jetstream: true });
    expect(summary).toMatch(/JetStream answers with an error: no way.*…$/);
    expect(summary.length).toBeLessThan(300);
  });
});

it("the table of servers stays within the page, facts below where there is no room [X2]", () => {
  const server = (name: string) => `${name}.nats-headless.messaging.svc.cluster.local:4222`;
  const servers = ["nats-0", "nats-1"].map((name, index): DoctorReport["servers"][number] => ({
    server: server(name),
    origin: index === 0 ? "given" : "gossip",
    ok: index === 0,
    name,
    version: "2.15.1",
    cluster: "production-east",
    probe: { server: server(name), scheme: "nats", ok: true, at: 0, ms: 1, steps: [] },
  }));
  const report: DoctorReport = {
    verdict: "healthy",
    summary: "healthy: 2 servers",
    findings: [],
    servers,
    monitors: [],
    at: 0,
    ms: 1,
  };
  const text = describeReport(report);
  expect(widest(text)).toBeLessThanOrEqual(80);
  expect(text).toContain(
    `✓ ${server("nats-0")}  nats-0  2.15.1\n    cluster production-east\n✗ ${server("nats-1")}  nats-1  2.15.1\n    cluster production-east, (gossip)`,
  );
  expect(describeReport(report, { width: 120 })).toContain("nats-0  2.15.1  cluster production-east\n");
});
