import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { jetstreamManager } from "@nats-io/jetstream";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { connect } from "../../src/index.js";
import { exportOutbox } from "../../src/outbox/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { compile } from "../support/compile.js";
import { until } from "../support/until.js";
import { OutboxFolder } from "./outbox-folder.js";

let compiled: string;
let folder: OutboxFolder;
beforeAll(async () => {
  compiled = await compile("tsconfig.build.json", "dist");
}, 60_000);
afterAll(() => rmSync(compiled, { recursive: true, force: true }));
beforeEach(() => {
  folder = new OutboxFolder();
});
afterEach(() => folder[Symbol.dispose]());

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** `holdfast outbox` in a process of its own. */
function begin(...args: string[]) {
  const main = join(compiled, "dist", "cli", "main.js");
  const child = spawn(process.execPath, [main, "outbox", ...args], {
    env: { ...process.env, NO_COLOR: "1" },
  });
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

const run = (...args: string[]): Promise<Ended> => begin(...args).ended;
const many = (count: number) => Array.from({ length: count }, (_, index) => `n.${index % 3}=${index}`);

describe("holdfast outbox inspect", () => {
  it("tells people and programs what is there; its exit code asks for attention", async () => {
    await folder.store(many(6));
    const good = await run("inspect", folder.path, "--subjects");
    expect(good).toMatchObject({ code: 0, err: "" });
    expect(good.out).toMatch(/open in +no process\n[\s\S]*messages +6\n[\s\S]*n\.0 +│ +2 /);
    await folder.park(1);
    const bad = await run("inspect", folder.path, "--json");
    expect(bad.code).toBe(1);
    expect(JSON.parse(bad.out)).toMatchObject({
      messages: 5,
      parked: 1,
      parkedBy: [{ reason: "refused: n.1", messages: 1 }],
    });
  });

  it("names the process that has it", async () => {
    await folder.store(many(1));
    await folder.with(async () => {
      const { code, out } = await run("inspect", folder.path);
      expect(code).toBe(0);
      expect(out).toContain(`process ${process.pid} on `);
    });
  });

  it.each([["purge", "--all"], ["purge", "--all", "--yes"], ["export"]])(
    "of no folder, %s says the same",
    async (command, ...more) => {
      const { code, err } = await run(command, folder.path, ...more);
      expect(code).toBe(1);
      expect(err).toBe(
        `holdfast: outbox ${folder.path}: open failed: there is no such folder (OUTBOX_FAILED)\n`,
      );
    },
  );

  it("says in a line why it cannot", async () => {
    const { code, out, err } = await run("inspect", folder.path);
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toMatch(/^holdfast: outbox .* there is no such folder \(OUTBOX_FAILED\)\n$/);
  });
});

describe("holdfast outbox", () => {
  it.each([
    [["inspect"]],
    [["inspect", "a", "b"]],
    [["inspect", "a", "--jsno"]],
    [["export", "a", "--limit", "0"]],
    [["purge", "a", "--older-than", "7"]],
    [["unknown"]],
  ])("%j is wrong use, exit code 2", async (args) => {
    const { code, out, err } = await run(...args);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toMatch(/^holdfast: .*; see "holdfast outbox.* --help"\n$/);
  });

  it.each([
    [["export", "--subject", "a..b"]],
    [["replay"]],
    [["purge"]],
    [["purge", "--all", "--parked"]],
    [["purge", "--all", "--damaged"]],
    [["replay", "--server", "x", "--core", "--stream", "S"]],
  ])("%j is wrong use of an outbox that is there, too", async ([command, ...args]) => {
    await folder.store(many(1));
    const { code, err } = await run(command, folder.path, ...args);
    expect(code).toBe(2);
    expect(err).toMatch(/^holdfast: .*\n$/);
  });

  it("answers --help with success", async () => {
    const { code, out } = await run("--help");
    expect(code).toBe(0);
    expect(out).toMatch(/export[\s\S]*inspect[\s\S]*purge[\s\S]*replay/);
  });
});

describe("holdfast outbox export", () => {
  it("says in a line why it cannot write into --out, and leaves nothing there", async () => {
    await folder.store(many(2));
    const there = dirname(folder.path);
    const before = readdirSync(there);
    expect(await run("export", folder.path, "--out", there)).toMatchObject({
      code: 2,
      err: `holdfast: --out ${there} is a folder: say which file in it\n`,
    });
    const missing = folder.beside("missing/file");
    expect(await run("export", folder.path, "--out", missing)).toMatchObject({
      code: 1,
      err: `holdfast: --out ${missing}: there is no folder ${dirname(missing)}\n`,
    });
    expect(await run("export", folder.path, "--out", "/dev/null")).toMatchObject({
      code: 2,
      err: "holdfast: --out /dev/null is no file: leave it out, and redirect standard output\n",
    });
    expect(readdirSync(there)).toEqual(before);
  });

  it("prints a line for each", async () => {
    await folder.store(many(5));
    const { code, out } = await run("export", folder.path, "--subject", "n.*", "--limit", "4");
    expect(code).toBe(0);
    const lines = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map(({ payload }) => payload)).toEqual(["0", "1", "2", "3"]);
  });

  it("writes a file that is whole and its owner's alone", async () => {
    await folder.store(many(5));
    const file = folder.beside("out.jsonl");
    const { code, out, err } = await run("export", folder.path, "--out", file);
    expect({ code, out }).toEqual({ code: 0, out: "" });
    expect(err).toContain("5 messages written to ");
    expect(readFileSync(file, "utf8").match(/\n/g)).toHaveLength(5);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it("leaves no half file, and what was there before, when something cannot be read", async () => {
    await folder.store(many(1), { encrypt: (bytes) => bytes, decrypt: (bytes) => bytes });
    const file = folder.beside("out.jsonl");
    writeFileSync(file, "before");
    const { code, err } = await run("export", folder.path, "--out", file);
    expect(code).toBe(1);
    expect(err).toContain("only a program that has its key");
    expect(readFileSync(file, "utf8")).toBe("before");
    expect(readdirSync(dirname(file)).sort()).toEqual(["out.jsonl", "outbox"]);
  });

  it("passes what is damaged, names it, and says so by its exit code", async () => {
    for (const n of [1, 2]) await folder.store([{ subject: "n", payload: `${n}${" ".repeat(100_000)}` }]);
    const record = await folder.damage("body");
    const { code, out, err } = await run("export", folder.path);
    expect({ code, lines: out.match(/\n/g)?.length }).toEqual({ code: 1, lines: 1 });
    expect(err).toBe(
      `holdfast: left out, record ${record} (1 message): its body is damaged: its checksum is wrong\n`,
    );
    const file = folder.beside("out.jsonl");
    expect(await run("export", folder.path, "--out", file)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^1 message written to .*\nholdfast: left out, record /),
    });
    expect(JSON.parse(readFileSync(file, "utf8")).payload.trim()).toBe("2");
  });

  it("does not mind when nobody reads to the end", async () => {
    await folder.store(many(20_000));
    const { child, ended } = begin("export", folder.path);
    child.stdout.once("data", () => child.stdout.destroy());
    expect(await ended).toMatchObject({ code: 0, err: "" });
  });
});

describe("holdfast outbox purge", () => {
  it("says what it would do, and does it when told", async () => {
    await folder.store(many(6));
    const dry = await run("purge", folder.path, "--subject", "n.1");
    expect(dry).toMatchObject({ code: 0, out: expect.stringContaining("would be removed: 2 messages") });
    expect(await folder.left()).toHaveLength(6);
    const done = await run("purge", folder.path, "--subject", "n.1", "--yes");
    expect(done).toMatchObject({ code: 0, out: expect.stringMatching(/^removed: 2 messages/) });
    expect(await folder.left()).toEqual(["n.0=0", "n.2=2", "n.0=3", "n.2=5"]);
    const again = await run("purge", folder.path, "--subject", "n.1", "--yes");
    expect(again).toMatchObject({ code: 0, out: "there is nothing to be removed\n" });
  });

  it("lists what cannot be read before it removes it", async () => {
    await folder.store(many(3));
    const record = await folder.damage("body");
    const dry = await run("purge", folder.path, "--damaged");
    expect(dry.code).toBe(0);
    expect(dry.out).toMatch(
      new RegExp(`^record ${record} \\(3 messages\\): .*\nwould be removed: 3 messages, .*, 1 record that`),
    );
    expect(await run("purge", folder.path, "--damaged", "--yes")).toMatchObject({
      code: 0,
      out: expect.stringContaining("\nremoved: 3 messages"),
    });
    expect(await run("inspect", folder.path, "--subjects")).toMatchObject({ code: 0 });
  });

  it("refuses an outbox that a process has", async () => {
    await folder.store(many(1));
    await folder.with(async () => {
      const { code, err } = await run("purge", folder.path, "--all", "--yes");
      expect(code).toBe(1);
      expect(err).toMatch(/in use by process \d+ on .*\(OUTBOX_IN_USE\)\n$/);
    });
  });
});

describe("holdfast outbox replay", () => {
  it("sends all of it into a stream, in order, and what was parked with --parked", async () => {
    await using server = await NatsServer.start({ jetstream: true });
    await using nc = await connect({ servers: server.url });
    const jsm = await jetstreamManager(nc);
    await jsm.streams.add({ name: "N", subjects: ["n.*"] });
    await folder.store(many(500));
    await folder.park(3);
    const first = await run("replay", folder.path, "--server", server.url, "--stream", "N");
    expect(first).toMatchObject({ code: 0, out: "" });
    expect(first.err).toBe(
      `holdfast: outbox ${folder.path}: 499 messages confirmed, none left; 1 parked message stays where it is\n`,
    );
    const second = await run("replay", folder.path, "--server", server.url, "--stream", "N", "--parked");
    expect(second).toMatchObject({
      code: 0,
      err: `holdfast: outbox ${folder.path}: 1 message confirmed, none left\n`,
    });
    const numbers: number[] = [];
    for (let seq = 1; seq <= 500; seq++) {
      numbers.push(Number((await jsm.streams.getMessage("N", { seq }))?.string()));
    }
    expect(numbers).toEqual([...Array(500).keys()].filter((one) => one !== 3).concat(3));
    const third = await run("replay", "--server", `127.0.0.1:1,${server.url}`, folder.path);
    expect(third).toMatchObject({
      code: 0,
      err: `holdfast: outbox ${folder.path}: there is nothing to be sent\n`,
    });
  });

  it("ends at Ctrl-C with what is left on disk", async () => {
    await using server = await NatsServer.start({ jetstream: true });
    await folder.store(many(50));
    // There is no such stream: nothing goes on.
    const { child, said, ended } = begin("replay", folder.path, "--server", server.url, "--stream", "NONE");
    await using nc = await connect({ servers: server.url });
    let asked = 0;
    nc.subscribe("$JS.API.>", { callback: () => asked++ });
    nc.subscribe("n.>", { callback: () => asked++ });
    await until(
      () => asked > 0,
      () => `its first question; ${said.err}`,
    );
    child.kill("SIGINT");
    const { code, err } = await ended;
    expect({ code, err }).toEqual({
      code: 130,
      err: `holdfast: outbox ${folder.path}: 0 messages confirmed, 50 left on disk\n`,
    });
    expect(await folder.left()).toHaveLength(50);
  });

  it("gives up when nothing goes on, and says why", async () => {
    await using server = await NatsServer.start({ jetstream: true });
    await folder.store(many(5));
    const args = ["replay", folder.path, "--server", server.url, "--stream", "NONE", "--patience", "3s"];
    const { code, err } = await run(...args);
    expect(code).toBe(1);
    expect(err).toMatch(/5 left on disk\nholdfast: nothing went on for 3 s: .*\([A-Z_]+\)\n$/);
    expect(await folder.left()).toHaveLength(5);
  });

  it("says in a line that there is no server, and loses nothing", async () => {
    await folder.store(many(5));
    const { code, err } = await run("replay", folder.path, "--server", "127.0.0.1:1");
    expect(code).toBe(1);
    expect(err).toMatch(/^holdfast: .*\(CONNECTION_REFUSED\)\n$/);
    expect(await folder.left()).toHaveLength(5);
  });

  it("sends nowhere else than the outbox was for, unless that is confirmed, and loses nothing", async () => {
    await using server = await NatsServer.start({ jetstream: true });
    await using nc = await connect({ servers: server.url });
    const jsm = await jetstreamManager(nc);
    for (const name of ["ORDERS", "NEW"]) await jsm.streams.add({ name, subjects: [`${name}.*`] });
    await folder.store(["NEW.1=a", "NEW.1=b"], { stream: "ORDERS" });
    const to = ["replay", folder.path, "--server", server.url];
    const plain = await run(...to);
    expect(plain).toMatchObject({ code: 2, err: expect.stringContaining('was for stream "ORDERS"') });
    expect(await run(...to, "--stream", "NEW")).toMatchObject({
      code: 2,
      err: expect.stringContaining("--instead-of ORDERS"),
    });
    expect(await run("inspect", folder.path)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/stream +ORDERS\n/),
    });
    const done = await run(...to, "--stream", "NEW", "--instead-of", "ORDERS");
    expect(done).toMatchObject({ code: 0, err: expect.stringContaining("2 messages confirmed, none left") });
    expect((await jsm.streams.info("NEW")).state.messages).toBe(2);
    await folder.store(["NEW.1=c"], { stream: "ORDERS" });
    expect(await run(...to, "--core")).toMatchObject({ code: 0 });
  });

  it("leaves what is parked parked until a server has let it in", async () => {
    await folder.store(many(3));
    await folder.park(1);
    const creds = folder.beside("none.creds");
    const to = ["replay", folder.path, "--parked", "--server", "127.0.0.1:1"];
    expect(await run(...to, "--creds", creds)).toMatchObject({
      code: 2,
      err: `holdfast: --creds ${creds}: there is no such file (ENOENT)\n`,
    });
    expect(await run(...to)).toMatchObject({ code: 1, err: expect.stringContaining("CONNECTION_REFUSED") });
    expect(JSON.parse((await run("inspect", folder.path, "--json")).out)).toMatchObject({ parked: 1 });
  });

  it("refuses what is encrypted, and what a process has", async () => {
    await folder.store(many(1), { encrypt: (bytes) => bytes, decrypt: (bytes) => bytes });
    const encrypted = await run("replay", folder.path, "--server", "127.0.0.1:1");
    expect(encrypted).toMatchObject({
      code: 1,
      err: expect.stringContaining("only a program that has its key"),
    });
    await folder.with(async () => {
      const used = await run("replay", folder.path, "--server", "127.0.0.1:1");
      expect(used).toMatchObject({
        code: 1,
        err: expect.stringMatching(`in use by process ${process.pid} on .* since .*\\(OUTBOX_IN_USE\\)`),
      });
    });
    for await (const message of exportOutbox(folder.path, { decrypt: (bytes) => bytes })) {
      expect(message.subject).toBe("n.0");
    }
  });
});
