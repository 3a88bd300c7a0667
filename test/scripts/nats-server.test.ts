import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type FakeApt, fakeApt } from "./fake-apt.js";
import { Finding } from "./finding.js";

let finding: Finding;
beforeEach(() => {
  finding = new Finding("nats-server");
});
afterEach(() => finding[Symbol.dispose]());

const command = (env?: NodeJS.ProcessEnv) => finding.command(env);
const caller = () => finding.caller("findNatsServer");
const server = (version: string, folder?: string) =>
  finding.box.program("nats-server", `echo "nats-server: v${version}"`, folder);
const elsewhere = (name: string) => join(finding.box.dir, name);
const cached = () => join(finding.cache, "nats-server");

/** An apt whose suites have a server of these versions. */
const apt = (versions: Record<string, string> = { sid: "2.15.1" }): FakeApt => {
  const suites = Object.entries(versions).map(([suite, version]) => {
    const files = { "usr/sbin/nats-server": `#!/bin/sh\necho nats-server: v${version}\n` };
    return [suite, { "nats-server": { files } }];
  });
  return fakeApt(finding.box, Object.fromEntries(suites));
};

describe("a server that is there", () => {
  it("takes $NATS_SERVER and prints nothing but its path", async () => {
    const path = server("2.11.0", elsewhere("elsewhere"));
    expect(await command({ NATS_SERVER: path })).toEqual({ code: 0, stdout: `${path}\n`, stderr: "" });
  });

  it.each([
    ["does not exist", () => "/nowhere/nats-server", "there is no such file"],
    [
      "is no server",
      () => finding.box.program("other", "echo hello"),
      "does not answer --version like a nats-server",
    ],
    ["is too old", () => server("2.9.10", elsewhere("old")), "its version is 2.9.10"],
    ["is a folder", () => finding.box.dir, "not an executable file"],
  ])("refuses a $NATS_SERVER that %s, although PATH has one", async (_, make, why) => {
    server("2.11.0");
    const ended = await command({ NATS_SERVER: make() });
    expect(ended).toMatchObject({ code: 1, stdout: "" });
    expect(ended.stderr).toContain("$NATS_SERVER");
    expect(ended.stderr).toContain(why);
  });

  it("passes over an old one in PATH for a newer one behind it", async () => {
    server("2.9.10");
    const later = server("2.10.0", elsewhere("later"));
    const ended = await command({ PATH: `${finding.box.bin}:${elsewhere("later")}` });
    expect(ended).toMatchObject({ code: 0, stdout: `${later}\n` });
    expect(ended.stderr).toContain("2.9.10");
  });

  it("takes the cached one without asking apt", async () => {
    const { calls } = apt();
    server("2.9.10");
    server("2.12.3", finding.cache);
    expect(await caller().ended).toMatchObject({ code: 0, stdout: `${cached()}\n` });
    expect(calls()).toEqual([]);
  });
});

describe("fetching one", () => {
  it("falls back to an older suite, and prefers no security archive", async () => {
    const { calls, openGate } = apt({ testing: "2.9.0", trixie: "2.10.27" });
    openGate();
    expect(await caller().ended).toMatchObject({ code: 0, stdout: `${cached()}\n` });
    const source = (suite: string) =>
      `deb [arch=amd64 signed-by=${finding.keyring}] http://mirror.invalid/debian/ ${suite} main`;
    expect(calls()).toEqual([
      `update: ${source("sid")}`,
      `update: ${source("testing")}`,
      `download nats-server: ${source("testing")}`,
      `update: ${source("trixie")}`,
      `download nats-server: ${source("trixie")}`,
    ]);
    expect(finding.cached()).toEqual(["nats-server"]);
  });

  it("takes the place of one in the cache that does not work", async () => {
    apt().openGate();
    server("2.9.10", finding.cache);
    expect(await caller().ended).toMatchObject({ code: 0, stdout: `${cached()}\n` });
    expect(finding.cached()).toEqual(["nats-server"]);
  });

  it("says how to install one when apt has none", async () => {
    const { calls, openGate } = apt({});
    openGate();
    const ended = await caller().ended;
    expect(ended).toMatchObject({ code: 1, stdout: "" });
    expect(calls().join("\n")).not.toContain("security");
    expect(ended.stderr).toContain("sid: the mirror does not carry it");
    expect(ended.stderr).toContain("docs.nats.io");
    expect(ended.stderr).toContain("NATS_SERVER");
    expect(finding.cached()).toEqual([]);
  });

  it("says so too where there is no apt", async () => {
    const ended = await command();
    expect(ended).toMatchObject({ code: 1, stdout: "" });
    expect(ended.stderr).toContain("there is no apt-get here");
    expect(ended.stderr).toContain("https://docs.nats.io");
  });

  it("trusts nothing where Debian's keys are missing", async () => {
    const { calls } = apt();
    rmSync(finding.keyring);
    expect((await caller().ended).stderr).toContain("not Debian's archive keyring");
    expect(calls()).toEqual([]);
  });

  it("is done once for four concurrent callers", async () => {
    const { calls, openGate } = apt();
    const callers = [caller(), caller(), caller(), caller()];
    await vi.waitFor(() => expect(calls()).toHaveLength(1), 10_000);
    openGate();
    for (const { ended } of callers) expect(await ended).toMatchObject({ code: 0, stdout: `${cached()}\n` });
    expect(calls()).toHaveLength(2);
    expect(finding.cached()).toEqual(["nats-server"]);
  });

  it("is taken over when the caller that does it is killed, and again by a later one", async () => {
    const { calls, openGate } = apt();
    const callers = [caller(), caller()];
    await vi.waitFor(() => expect(calls()).toHaveLength(1), 10_000);
    const first = callers.find(({ child }) => child.pid === finding.holder())!;
    const second = callers.find((one) => one !== first)!;
    first.child.kill("SIGKILL");
    await vi.waitFor(() => expect(calls()).toHaveLength(2), 10_000);
    expect(finding.holder()).toBe(second.child.pid);
    second.child.kill("SIGKILL");
    await second.ended;
    expect(finding.cached().some((name) => name.startsWith("fetching-"))).toBe(true);

    openGate();
    expect(await caller().ended).toMatchObject({ code: 0, stdout: `${cached()}\n` });
    expect(finding.cached()).toEqual(["nats-server"]);
  });
});
