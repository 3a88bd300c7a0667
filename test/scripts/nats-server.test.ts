import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { inCheckout, type Sandbox, sandbox } from "./fakes.js";

const script = inCheckout("scripts/nats-server.mjs");
let box: Sandbox;
let keyring: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  box = sandbox();
  keyring = join(box.dir, "keyring.gpg");
  writeFileSync(keyring, "");
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  box[Symbol.dispose]();
});

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

function run(args: string[], env: NodeJS.ProcessEnv = {}): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, args, {
    env: { PATH: box.bin, HOLDFAST_CACHE_DIR: join(box.dir, "cache"), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  const ended = new Promise<Ended>((resolve) => {
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (text) => (stdout += text));
    child.stderr.on("data", (text) => (stderr += text));
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
  return { child, ended };
}

/** The command as users run it. */
const command = (env?: NodeJS.ProcessEnv) => run([script], env);

/** The same through its function, with a keyring that exists on any system. */
const caller = () =>
  run([
    "--input-type=module",
    "-e",
    `import { findNatsServer } from ${JSON.stringify(script)};
     console.log((await findNatsServer({ keyring: ${JSON.stringify(keyring)} })).path);`,
  ]);

const server = (version: string, folder?: string) =>
  box.program("nats-server", `echo "nats-server: v${version}"`, folder);

/**
 * An apt and a dpkg that act on files only. Every call is appended to the file `calls`; `update` waits (30 s at most)
 * for the file `gate`; the package of each suite in `versions` contains a server of that version, others fail.
 */
function fakeApt(versions: Record<string, string> = { sid: "2.15.1" }): void {
  const dir = box.dir;
  const known = Object.entries(versions).map(
    ([suite, version]) => `*" ${suite} main"*) version=${version};;`,
  );
  box.program(
    "apt-get",
    `case "$*" in
    indextargets*) printf 'http://mirror.invalid/debian/\\tmain\\tbookworm\\tDebian\\n'
      printf 'http://mirror.invalid/debian-security/\\tmain\\tbookworm-security\\tDebian\\n'; exit 0;;
    esac
    sources=$(cat sources.list)
    echo "$*: $sources" | sed 's/-qq -c [^ ]* //' >> ${dir}/calls
    case "$sources" in ${known.join(" ")} *) exit 100;; esac
    case "$*" in
    *update) i=0; while [ ! -e ${dir}/gate ] && [ $i -lt 600 ]; do i=$((i+1)); sleep 0.05; done;;
    *download*) echo $version > nats-server.deb;;
    esac`,
  );
  box.program(
    "dpkg",
    `case "$1" in
    --print-architecture) echo amd64;;
    -x) mkdir -p "$3/usr/sbin"; f="$3/usr/sbin/nats-server"
      printf '#!/bin/sh\\necho nats-server: v%s\\n' "$(cat "$2")" > "$f";;
    esac`,
  );
}
const openGate = () => writeFileSync(join(box.dir, "gate"), "");
const calls = () =>
  existsSync(join(box.dir, "calls")) ? readFileSync(join(box.dir, "calls"), "utf8").trim().split("\n") : [];
const cache = () => join(box.dir, "cache", "nats-server");
const holder = (): number => JSON.parse(readFileSync(join(cache(), "lock"), "utf8")).pid;

describe("a server that is there", () => {
  it("takes $NATS_SERVER and prints nothing but its path", async () => {
    const path = server("2.11.0", join(box.dir, "elsewhere"));
    expect(await command({ NATS_SERVER: path }).ended).toEqual({ code: 0, stdout: `${path}\n`, stderr: "" });
  });

  it.each([
    ["does not exist", () => "/nowhere/nats-server", "there is no such file"],
    [
      "is no server",
      () => box.program("other", "echo hello"),
      "does not answer --version like a nats-server",
    ],
    ["is too old", () => server("2.9.10", join(box.dir, "old")), "its version is 2.9.10"],
    ["is a folder", () => box.dir, "not an executable file"],
  ])("refuses a $NATS_SERVER that %s, although PATH has one", async (_, make, why) => {
    server("2.11.0");
    const ended = await command({ NATS_SERVER: make() }).ended;
    expect(ended).toMatchObject({ code: 1, stdout: "" });
    expect(ended.stderr).toContain("$NATS_SERVER");
    expect(ended.stderr).toContain(why);
  });

  it("passes over an old one in PATH for a newer one behind it", async () => {
    server("2.9.10");
    const later = server("2.10.0", join(box.dir, "later"));
    const ended = await command({ PATH: `${box.bin}:${join(box.dir, "later")}` }).ended;
    expect(ended).toMatchObject({ code: 0, stdout: `${later}\n` });
    expect(ended.stderr).toContain("2.9.10");
  });

  it("takes the cached one without asking apt", async () => {
    fakeApt();
    server("2.9.10");
    const cached = server("2.12.3", cache());
    expect(await caller().ended).toMatchObject({ code: 0, stdout: `${cached}\n` });
    expect(calls()).toEqual([]);
  });
});

describe("fetching one", () => {
  it("falls back to an older suite, and prefers no security archive", async () => {
    fakeApt({ testing: "2.9.0", trixie: "2.10.27" });
    openGate();
    expect(await caller().ended).toMatchObject({ code: 0, stdout: `${join(cache(), "nats-server")}\n` });
    const source = (suite: string) =>
      `deb [arch=amd64 signed-by=${keyring}] http://mirror.invalid/debian/ ${suite} main`;
    expect(calls()).toEqual([
      `update: ${source("sid")}`,
      `update: ${source("testing")}`,
      `download nats-server: ${source("testing")}`,
      `update: ${source("trixie")}`,
      `download nats-server: ${source("trixie")}`,
    ]);
    expect(readdirSync(cache())).toEqual(["nats-server"]);
  });

  it("says how to install one when apt has none", async () => {
    fakeApt({});
    const ended = await caller().ended;
    expect(ended).toMatchObject({ code: 1, stdout: "" });
    expect(ended.stderr).toContain("docs.nats.io");
    expect(ended.stderr).toContain("NATS_SERVER");
    expect(readdirSync(cache())).toEqual([]);
  });

  it("says so too where there is no apt", async () => {
    const ended = await command().ended;
    expect(ended).toMatchObject({ code: 1, stdout: "" });
    expect(ended.stderr).toContain("there is no apt-get here");
    expect(ended.stderr).toContain("https://docs.nats.io");
  });

  it("is done once for four concurrent callers", async () => {
    fakeApt();
    const callers = [caller(), caller(), caller(), caller()];
    await vi.waitFor(() => expect(calls()).toHaveLength(1), 10_000);
    openGate();
    const path = `${join(cache(), "nats-server")}\n`;
    for (const { ended } of callers) expect(await ended).toMatchObject({ code: 0, stdout: path });
    expect(calls()).toHaveLength(2);
    expect(readdirSync(cache())).toEqual(["nats-server"]);
  });

  it("is taken over when the caller that does it is killed, and again by a later one", async () => {
    fakeApt();
    const callers = [caller(), caller()];
    await vi.waitFor(() => expect(calls()).toHaveLength(1), 10_000);
    const first = callers.find(({ child }) => child.pid === holder())!;
    const second = callers.find((one) => one !== first)!;
    first.child.kill("SIGKILL");
    await vi.waitFor(() => expect(calls()).toHaveLength(2), 10_000);
    expect(holder()).toBe(second.child.pid);
    second.child.kill("SIGKILL");
    await second.ended;
    expect(readdirSync(cache()).some((name) => name.startsWith("fetching-"))).toBe(true);

    openGate();
    expect(await caller().ended).toMatchObject({ code: 0, stdout: `${join(cache(), "nats-server")}\n` });
    expect(readdirSync(cache())).toEqual(["nats-server"]);
  });
});
