import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nkeys } from "../../src/index.js";
import { Operator } from "../../src/testing/auth/operator.js";
import { NatsServer, type NatsServerOptions } from "../../src/testing/server.js";
import { Cleanup } from "../support/cleanup.js";
import { compile } from "../support/compile.js";
import { deadUrl } from "../support/fake-server.js";
import { until } from "../support/until.js";

const cleanup = new Cleanup();
let compiled: string;
let folder: string;
let plain: NatsServer;
const start = async (options: NatsServerOptions) => cleanup.use(await NatsServer.start(options));
beforeAll(async () => {
  compiled = await compile("tsconfig.build.json", "dist");
  folder = mkdtempSync(join(tmpdir(), "holdfast-doctor-"));
  plain = await start({ monitor: true });
}, 60_000);
afterAll(async () => {
  await cleanup[Symbol.asyncDispose]();
  for (const made of [compiled, folder]) rmSync(made, { recursive: true, force: true });
});

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** `holdfast doctor` in a process of its own, whose environment has nothing of NATS but `variables`. */
function begin(args: string[], variables: Record<string, string> = {}) {
  const main = join(compiled, "dist", "cli", "main.js");
  const { PATH = "" } = process.env;
  const env = { PATH, HOME: folder, XDG_CONFIG_HOME: folder, ...variables };
  const child = spawn(process.execPath, [main, "doctor", ...args], { env });
  const said = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said.out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said.err += text;
  });
  const ended = once(child, "close").then(([code]): Ended => ({ code: code as number | null, ...said }));
  return { child, said, ended };
}

const run = (args: string[], variables?: Record<string, string>): Promise<Ended> =>
  begin(args, variables).ended;
const file = (name: string, text: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

describe("holdfast doctor [X2]", () => {
  it("says the verdict first, and ends with its code", async () => {
    const good = await run([plain.url, "--monitor", `127.0.0.1:${plain.monitorPort}`]);
    expect(good).toMatchObject({ code: 0, err: "" });
    expect(good.out).toMatch(/^healthy: 1 server, nats-server /);
    expect(good.out).not.toContain("\u001b");
    const dead = await deadUrl();
    const partial = await run([plain.url, "--monitor", dead.replace("nats:", "http:")]);
    expect(partial).toMatchObject({ code: 1, err: "" });
    expect(partial.out).toMatch(/^warnings: the monitoring port http:/);
    const bad = await run([`${plain.url},${dead}`]);
    expect(bad).toMatchObject({ code: 2, err: "" });
    expect(bad.out).toMatch(/^broken: 1 of 2 servers cannot be used: /);
  });

  it("prints JSON, and nothing else", async () => {
    const { code, out, err } = await run([plain.url, "--json", "--payload", "2MiB", "--jetstream"]);
    expect([code, err]).toEqual([2, ""]);
    expect(JSON.parse(out)).toMatchObject({
      verdict: "broken",
      summary: expect.stringMatching(/^broken: .* max_payload, 1 MiB/),
      findings: [{ rule: "payload-too-large", level: "error", servers: [plain.hostport] }],
      servers: [{ server: plain.hostport, origin: "given", ok: false, probe: { failed: "payload" } }],
      monitors: [],
    });
  });

  it("goes where the environment leads, and lints it", async () => {
    const variables = { NATS_URL: plain.url, NATS_NAME: "orders-1", NATS_PING_INTERVAL: "0" };
    const { code, out } = await run(["--json"], variables);
    expect(code).toBe(1);
    expect(JSON.parse(out).findings).toContainEqual(
      expect.objectContaining({ rule: "ping-budget", variable: "NATS_PING_INTERVAL" }),
    );
    // A server on the command line is not the environment's; with --env the rest of it holds.
    expect((await run([plain.url], variables)).code).toBe(0);
    expect((await run([plain.url, "--env"], variables)).code).toBe(1);
  });

  it("takes credentials, and shows none, whatever they are", async () => {
    const secrets: string[] = [];
    const never = async (expected: number, args: string[], variables?: Record<string, string>) => {
      const ended = await Promise.all(
        ["--json", "--verbose"].map((format) => run([...args, format], variables)),
      );
      for (const { code, out, err } of ended) {
        expect(code, out + err).toBe(expected);
        for (const secret of secrets) expect(out + err).not.toContain(secret);
      }
    };
    const password = await start({ user: "me", pass: "p4ssw0rd", monitor: true });
    secrets.push("p4ssw0rd", "wr0ng-one", "t0k3n-of-m1ne");
    const monitor = `http://me:p4ssw0rd@127.0.0.1:${password.monitorPort}/?t=t0k3n-of-m1ne`;
    await never(0, [`nats://me:p4ssw0rd@${password.hostport}`, "--monitor", monitor]);
    await never(2, [`nats://me:wr0ng-one@${password.hostport}`]);
    await never(0, [password.url, "--env"], { NATS_USER: "me", NATS_PASSWORD: "p4ssw0rd" });
    await never(2, [`nats://t0k3n-of-m1ne@${password.hostport}`]);
    await never(2, ["nats://me:p4ssw0rd@h:x"]);
    await never(2, [plain.url, "--monitor", "http://me:p4ssw0rd@:x"]);
    const operator = new Operator();
    const user = operator.account("A").user();
    const jwt = await start({ config: operator.config });
    secrets.push(user.jwt, Buffer.from(user.seed).toString());
    await never(0, [jwt.url, "--creds", file("user.creds", user.creds)]);
    await never(2, [jwt.url, "--creds", file("cut.creds", user.creds.slice(0, 300))]);
    const key = nkeys.createUser();
    const seed = Buffer.from(key.getSeed()).toString();
    secrets.push(seed);
    const byKey = await start({ config: `authorization { users: [{ nkey: ${key.getPublicKey()} }] }` });
    await never(0, [byKey.url, "--nkey", file("user.nk", `${seed}\n`)]);
    await never(2, [byKey.url, "--nkey", file("cut.nk", seed.slice(0, 30))]);
    // Twenty processes, one after the other: on a busy machine that takes its time.
  }, 120_000);

  it.each([
    [["--nonsense"]],
    [["--probes", "x"]],
    [["--payload", "65MiB"]],
    [["--watch", "0"]],
    [["http://127.0.0.1:4222"]],
    [["127.0.0.1:1", "--monitor", "ftp://h"]],
    [["127.0.0.1:1", "--nkey", "/nowhere/user.nk"]],
    [["127.0.0.1:1", "--context", "a", "--env"]],
    [["127.0.0.1:1", "--context", "nobody-has-this"]],
    [["127.0.0.1:1", "--tls-ca", "/nowhere/ca.pem"]],
  ])("wrong use is 2, one line, without a stack: %o", async (args) => {
    const { code, out, err } = await run(args);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(/\S/);
    expect(err).not.toMatch(/^ +at /m);
  });

  it("what is no seed, and what is for another option, is told as that", async () => {
    const words = file("no.nk", "not a seed\n");
    const seed = await run([plain.url, "--nkey", words]);
    expect([seed.code, seed.out]).toEqual([2, ""]);
    expect(seed.err).toContain(`--nkey: ${words} holds no seed of an nkey`);
    expect(seed.err).not.toContain("not a seed");
    const monitor = await run([`http://127.0.0.1:${plain.monitorPort}`]);
    expect(monitor.err).toMatch(/is the one with http:\/\/ for --monitor/);
  });

  it("says that it takes the selected context, and has no advice about its name", async () => {
    const home = join(folder, "selected");
    mkdirSync(join(home, "nats", "context"), { recursive: true });
    writeFileSync(join(home, "nats", "context", "here.json"), JSON.stringify({ url: plain.url }));
    writeFileSync(join(home, "nats", "context.txt"), "here");
    const { code, out, err } = await run(["--json"], { XDG_CONFIG_HOME: home });
    expect(code, err).toBe(0);
    expect(err).toMatch(/^holdfast: taken: the selected context "here"\n$/);
    expect(out).not.toContain("no-name");
  });

  it("--watch tells what changes, and Ctrl-C ends it with the last verdict", async () => {
    const server = await start({});
    const { child, said, ended } = begin([server.url, "--watch", "1", "--timeout", "500"]);
    await until(() => said.out.includes("healthy: "), "the first verdict");
    await server.kill();
    // A look that was under way when the server died tells of that first, and then it is no more.
    const change =
      /\n\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ broken: \S+ nobody listens there \(ECONNREFUSED\)\n {2}\+ .*\n(?: {2}- no more: .*\n)*$/;
    const lines = (head: string) => said.out.split(`\n  ${head} `).length - 1;
    await until(
      () => change.test(said.out) && lines("+") === lines("-") + 1,
      () => `the change; ${said.out}`,
    );
    const first = said.out;
    child.kill("SIGINT");
    const { code, out, err } = await ended;
    expect([code, err]).toEqual([2, ""]);
    expect(out).toBe(first);
  });

  it("--watch --json prints a line for each change", async () => {
    const { child, said, ended } = begin([plain.url, "--watch", "1", "--json"]);
    await until(() => said.out.includes("\n"), "a line");
    child.kill("SIGINT");
    const { code, out } = await ended;
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ verdict: "healthy" });
  });
});
