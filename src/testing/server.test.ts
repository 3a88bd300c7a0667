import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it, vi } from "vitest";
import { findBinary } from "./launcher/binary.js";
import { freePort } from "./launcher/ports.js";
import { ProcessLog } from "./launcher/process-log.js";
import { RawConnection } from "./launcher/raw-connection.js";
import { NatsServer, NatsServerError } from "./server.js";

const CONNECT = 'CONNECT {"verbose":false,"pedantic":false}';
const PONG = /PONG\r\n/;

const open = (server: NatsServer) => RawConnection.open(server.host, server.port);
const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
const failure = async (promise: Promise<unknown>): Promise<NatsServerError> => {
  const error = await promise.then(
    () => undefined,
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(NatsServerError);
  return error;
};

describe("starting", () => {
  it("is ready for clients when it resolves, on a port outside the range for outgoing connections", async () => {
    await using server = await NatsServer.start();
    using connection = await open(server);
    connection.send(CONNECT, "PING");
    await connection.until(PONG);
    expect(connection.info.server_name).toBe(server.name);
    expect(server.port).toBeLessThan(32_768);
    expect(server.url).toBe(`nats://127.0.0.1:${server.port}`);
    expect(server.hostport).toBe(`127.0.0.1:${server.port}`);
    expect(server.running).toBe(true);
    expect(isAlive(server.pid!)).toBe(true);
    expect(server.log()).toContain("Server is ready");
  });

  it("passes the options on", async () => {
    await using server = await NatsServer.start({
      name: "named",
      user: "me",
      pass: 'with "quotes" and \\',
      maxPayload: 4_096,
      maxPending: 100_000,
      jetstream: true,
      monitor: true,
      config: "max_connections: 7",
    });
    using connection = await open(server);
    expect(connection.info).toMatchObject({
      server_name: "named",
      auth_required: true,
      max_payload: 4_096,
      jetstream: true,
    });
    connection.send(`CONNECT ${JSON.stringify({ user: "me", pass: 'with "quotes" and \\' })}`, "PING");
    await connection.until(PONG);
    const varz = await fetch(`http://127.0.0.1:${server.monitorPort}/varz`);
    expect(await varz.json()).toMatchObject({ max_connections: 7, max_pending: 100_000 });
  });

  it("takes a token", async () => {
    await using server = await NatsServer.start({ token: "s3cret" });
    using stranger = await open(server);
    stranger.send(CONNECT, "PING");
    await stranger.until(/-ERR 'Authorization Violation'/);
    using friend = await open(server);
    friend.send('CONNECT {"auth_token":"s3cret"}', "PING");
    await friend.until(PONG);
  });

  it("fails with the end of the log when the configuration is wrong", async () => {
    const error = await failure(NatsServer.start({ config: "no_such_setting: 1" }));
    expect(error.code).toBe("START_FAILED");
    expect(error.message).toContain("no_such_setting");
  });

  it("refuses a wrong option by name, before anything is started", async () => {
    const error = await failure(NatsServer.start({ maxpayload: 1 } as object));
    expect(error).toMatchObject({ code: "INVALID_OPTION", option: "maxpayload" });
    expect(error.message).toContain('did you mean "maxPayload"?');
  });

  it("fails at once when a port that was asked for is taken", async () => {
    const port = await freePort("127.0.0.1");
    const squatter = createServer().listen(port, "127.0.0.1");
    await new Promise((resolve) => squatter.once("listening", resolve));
    const error = await failure(NatsServer.start({ port }));
    expect(error.code).toBe("PORT_IN_USE");
    expect(error.message).toContain(String(port));
    expect(error.message).toContain("address already in use");
    await new Promise((resolve) => squatter.close(resolve));
  });

  it("tries other ports when one that it chose is taken meanwhile", async () => {
    const taken = await freePort("127.0.0.1");
    const squatter = createServer().listen(taken, "127.0.0.1");
    await new Promise((resolve) => squatter.once("listening", resolve));
    const ports = await import("./launcher/ports.js");
    const chosen = vi.spyOn(ports, "freePort");
    try {
      chosen.mockResolvedValueOnce(taken);
      await using server = await NatsServer.start();
      expect(server.port).not.toBe(taken);
    } finally {
      chosen.mockRestore();
      await new Promise((resolve) => squatter.close(resolve));
    }
  });

  it("names the program that cannot be run", async () => {
    const error = await failure(NatsServer.start({ binary: "/nowhere/nats-server" }));
    expect(error.code).toBe("CANNOT_RUN");
    expect(error.message).toContain("/nowhere/nats-server");
    expect(error.message).toContain("or set NATS_SERVER to the path of one");
  });
});

describe("signals", () => {
  it("kill: gone when it resolves, and its connections are closed; restart: the same ports", async () => {
    await using server = await NatsServer.start({ monitor: true });
    const { port, monitorPort, pid } = server;
    using connection = await open(server);
    await server.kill();
    expect(isAlive(pid!)).toBe(false);
    expect([server.running, server.pid]).toEqual([false, undefined]);
    await connection.closed();
    await server.kill();

    await server.restart();
    expect([server.port, server.monitorPort]).toEqual([port, monitorPort]);
    expect(server.pid).not.toBe(pid);
    using again = await open(server);
    again.send(CONNECT, "PING");
    await again.until(PONG);
  });

  it("two restarts at once start one server", async () => {
    await using server = await NatsServer.start();
    const results = await Promise.allSettled([server.restart(), server.restart()]);
    expect(results.map((result) => result.status)).toEqual(["fulfilled", "rejected"]);
    expect(isAlive(server.pid!)).toBe(true);
    using _connection = await open(server);
  });

  it("restart replaces a running server", async () => {
    await using server = await NatsServer.start();
    const { pid } = server;
    await server.restart();
    expect(isAlive(pid!)).toBe(false);
    expect(isAlive(server.pid!)).toBe(true);
  });

  it("keeps what JetStream stored across a restart", async () => {
    await using server = await NatsServer.start({ jetstream: true });
    const request = async (subject: string, body: object): Promise<string> => {
      using connection = await open(server);
      const payload = JSON.stringify(body);
      connection.send(CONNECT, "SUB inbox 1", `PUB ${subject} inbox ${payload.length}`, payload);
      return (await connection.until(/MSG inbox 1 \d+\r\n(.*)\r\n/))[1];
    };
    await request("$JS.API.STREAM.CREATE.S", { name: "S", subjects: ["s"], storage: "file" });
    await server.restart();
    expect(await request("$JS.API.STREAM.NAMES", {})).toContain('"streams":["S"]');
  });

  it("term: ends in an orderly way, even when stopped", async () => {
    await using server = await NatsServer.start();
    server.stop();
    await server.term();
    expect(server.running).toBe(false);
    expect(server.log()).toMatch(/Trapped "terminated" signal|Initiating Shutdown/);
  });

  it("stop: connections stay and nothing answers, until cont", async () => {
    await using server = await NatsServer.start();
    using connection = await open(server);
    connection.send(CONNECT, "PING");
    await connection.until(PONG);
    server.stop();
    expect([server.stopped, server.running]).toEqual([true, true]);
    connection.send("PING");
    const answer = connection.until(PONG).then(() => "pong");
    const silence = new Promise((resolve) => setTimeout(resolve, 100, "silence"));
    expect(await Promise.race([answer, silence])).toBe("silence");
    server.cont();
    expect(await answer).toBe("pong");
  });

  it("lameDuck: clients are told", async () => {
    await using server = await NatsServer.start({ config: 'lame_duck_grace_period: "1s"' });
    using connection = await open(server);
    connection.send('CONNECT {"verbose":false,"protocol":1}', "PING");
    await connection.until(PONG);
    server.lameDuck();
    await connection.until(/INFO \{.*"ldm":true/);
  });

  it("throws when there is no process to signal", async () => {
    await using server = await NatsServer.start();
    await server.kill();
    for (const call of [() => server.stop(), () => server.cont(), () => server.lameDuck()]) {
      expect(call).toThrow(expect.objectContaining({ code: "NOT_RUNNING" }));
    }
    expect((await failure(server.reload())).code).toBe("NOT_RUNNING");
  });
});

describe("reload", () => {
  it("has taken effect when it resolves, and holds after a restart", async () => {
    await using server = await NatsServer.start();
    const maxPayload = async () => {
      using connection = await open(server);
      return connection.info.max_payload;
    };
    expect(await maxPayload()).toBe(1_048_576);
    await server.reload({ maxPayload: 2_048 });
    expect(await maxPayload()).toBe(2_048);
    await server.restart();
    expect(await maxPayload()).toBe(2_048);
  });

  it("refuses a wrong option by name, and changes nothing", async () => {
    await using server = await NatsServer.start({ maxPayload: 2_048 });
    for (const change of [{ maxPaylaod: 1 }, { port: 4222 }, { pass: "p" }]) {
      const error = await failure(server.reload(change as object));
      expect(error).toMatchObject({ code: "INVALID_OPTION", option: Object.keys(change)[0] });
    }
    await server.restart();
    using connection = await open(server);
    expect(connection.info.max_payload).toBe(2_048);
  });

  it("rejects with the server's reason, and puts the old configuration back", async () => {
    await using server = await NatsServer.start();
    const error = await failure(server.reload({ config: "no_such_setting: 1" }));
    expect(error.code).toBe("RELOAD_FAILED");
    expect(error.message).toContain("no_such_setting");
    await server.reload();
    await server.restart();
  });
});

it("its log is bounded, and lines are seen whole however they arrive", () => {
  const log = new ProcessLog();
  const seen: string[] = [];
  const unwatch = log.watch((line) => {
    seen.push(line);
    return line === "end";
  });
  for (const chunk of ["fi", "rst\nsec", "ond\nend\nmore\n"]) log.append(chunk);
  expect(seen).toEqual(["first", "second", "end"]);
  unwatch();
  for (let i = 0; i < 100; i++) log.append(`${"x".repeat(10_000)}${i}\n`);
  expect(log.text).toHaveLength(256 * 1024);
  expect(log.text.endsWith("x99\n")).toBe(true);
});

describe("cleaning up", () => {
  it("close is idempotent, works on a stopped server, and nothing works after it", async () => {
    const server = await NatsServer.start();
    const { pid } = server;
    server.stop();
    await server.close();
    await server.close();
    expect(isAlive(pid!)).toBe(false);
    expect((await failure(server.restart())).code).toBe("NOT_RUNNING");
  });

  const library = fileURLToPath(new URL("server.ts", import.meta.url));
  const owners: { child: ChildProcess; tmp: string }[] = [];
  afterEach(() => {
    for (const { child, tmp } of owners.splice(0)) {
      child.kill("SIGKILL");
      rmSync(tmp, { recursive: true, force: true });
    }
  });

  /** A process that starts a server and does `then` when told; a connection to that server; the process's temporary folder. */
  async function owner(then: string) {
    const tmp = mkdtempSync(join(tmpdir(), "holdfast-owner-"));
    const script = `
      import { runnerImport } from ${JSON.stringify(import.meta.resolve("vite"))};
      const { module } = await runnerImport(${JSON.stringify(library)}, { configFile: false, logLevel: "silent" });
      const server = await module.NatsServer.start({ jetstream: true });
      process.stdin.once("data", () => { ${then} });
      console.log(server.port);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["pipe", "pipe", "ignore"],
      env: { ...process.env, TMPDIR: tmp, NATS_SERVER: await findBinary() },
    });
    owners.push({ child, tmp });
    const ended = new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
      child.on("exit", (code, signal) => resolve([code, signal])),
    );
    const port = await new Promise<number>((resolve, reject) => {
      let text = "";
      child.stdout.setEncoding("utf8").on("data", (chunk) => {
        text += chunk;
        if (text.includes("\n")) resolve(Number(text));
      });
      child.on("exit", () => reject(new Error("it ended without a server")));
    });
    return { child, ended, tmp, connection: await RawConnection.open("127.0.0.1", port) };
  }

  it.each([
    ["at the end of its work", "process.stdin.destroy()", [0, null]],
    ["by process.exit", "process.exit(3)", [3, null]],
    ["by an uncaught exception", "throw new Error('no one catches this')", [1, null]],
    ["by SIGINT", "process.kill(process.pid, 'SIGINT')", [null, "SIGINT"]],
    ["by SIGTERM", "process.kill(process.pid, 'SIGTERM')", [null, "SIGTERM"]],
    ["by SIGKILL", "process.kill(process.pid, 'SIGKILL')", [null, "SIGKILL"]],
    [
      "by SIGKILL, with the server stopped",
      "server.stop(); process.kill(process.pid, 'SIGKILL')",
      [null, "SIGKILL"],
    ],
  ])("server and folder are gone when the process ends %s", async (_, then, expected) => {
    const { child, ended, tmp, connection } = await owner(then);
    expect(readdirSync(tmp)).toHaveLength(1);
    child.stdin.write("now");
    expect(await ended).toEqual(expected);
    await connection.closed();
    await vi.waitFor(() => expect(readdirSync(tmp)).toEqual([]), 20_000);
  });

  it("leaves a signal to the handlers that the process has", async () => {
    const graceful = await owner(`
      process.on("SIGTERM", async () => { await server.term(); process.exit(server.log().includes("Server Exiting") ? 5 : 6); });
      console.log("handler");`);
    graceful.child.stdin.write("now");
    await new Promise((resolve) => graceful.child.stdout.once("data", resolve));
    graceful.child.kill("SIGTERM");
    expect(await graceful.ended).toEqual([5, null]);
  });
});
