import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FakeSuite, fakeApt } from "./fake-apt.js";
import { Finding } from "./finding.js";

let finding: Finding;
beforeEach(() => {
  finding = new Finding("promtool");
});
afterEach(() => finding[Symbol.dispose]());

const command = (env?: NodeJS.ProcessEnv) => finding.command(env);
const caller = () => finding.caller("findPromtool").ended;
const elsewhere = (name: string) => join(finding.box.dir, name);
const cached = () => join(finding.cache, "promtool");

const script = (version: string, commands = "rules") => `case "$*" in
  --version) echo "promtool, version ${version} (branch: HEAD)";;
  "test ${commands} --help") echo "usage: promtool test ${commands} <test-rule-file>...";;
  *) echo "promtool: error: expected command but got \\"$1\\"" >&2; exit 1;;
  esac`;
const program = (version: string, folder?: string) =>
  finding.box.program("promtool", script(version), folder);

describe("a promtool that is there", () => {
  it("takes $PROMTOOL and prints nothing but its path", async () => {
    const path = program("2.42.0+ds", elsewhere("elsewhere"));
    expect(await command({ PROMTOOL: path })).toEqual({ code: 0, stdout: `${path}\n`, stderr: "" });
  });

  it.each([
    ["does not exist", () => "/nowhere/promtool", "there is no such file"],
    [
      "is another program",
      () => finding.box.program("other", "echo hello"),
      "does not answer --version like a promtool",
    ],
    ["is too old", () => program("2.4.3", elsewhere("old")), "its version is 2.4.3"],
    [
      "cannot test rules",
      () => finding.box.program("other", script("2.42.0", "nothing")),
      "it has no command `test rules`",
    ],
  ])("refuses a $PROMTOOL that %s, although PATH has one", async (_, make, why) => {
    program("2.42.0");
    const ended = await command({ PROMTOOL: make() });
    expect(ended).toMatchObject({ code: 1, stdout: "" });
    expect(ended.stderr).toContain("$PROMTOOL");
    expect(ended.stderr).toContain(why);
  });

  it("passes over an old one in PATH for the cached one, without asking apt", async () => {
    const { calls } = fakeApt(finding.box, {});
    program("2.4.3");
    program("3.5.3", finding.cache);
    expect(await caller()).toMatchObject({ code: 0, stdout: `${cached()}\n` });
    expect(calls()).toEqual([]);
  });
});

describe("fetching one", () => {
  const suite = (name: string, path: string): FakeSuite => ({
    [name]: { files: { [path]: `#!/bin/sh\n${script("2.42.0+ds")}\n` } },
  });
  const source = (name: string) =>
    `deb [arch=amd64 signed-by=${finding.keyring}] http://mirror.invalid/debian/ ${name} main`;

  it("takes it from its own package, where Debian has one", async () => {
    const { calls, openGate } = fakeApt(finding.box, { sid: suite("promtool", "usr/bin/promtool") });
    openGate();
    expect(await caller()).toMatchObject({ code: 0, stdout: `${cached()}\n` });
    expect(calls()).toEqual([`update: ${source("sid")}`, `download promtool: ${source("sid")}`]);
    expect(finding.cached()).toEqual(["promtool"]);
  });

  it("takes it from the package of Prometheus in Debian 12", async () => {
    const { calls, openGate } = fakeApt(finding.box, {
      sid: suite("promtool", "usr/share/doc/promtool/README"),
      bookworm: suite("prometheus", "usr/bin/promtool"),
    });
    openGate();
    expect(await caller()).toMatchObject({ code: 0, stdout: `${cached()}\n` });
    expect(calls().at(-1)).toBe(`download prometheus: ${source("bookworm")}`);
    expect(finding.cached()).toEqual(["promtool"]);
  });

  it("says how to install one where there is none", async () => {
    const ended = await command();
    expect(ended).toMatchObject({ code: 1, stdout: "" });
    expect(ended.stderr).toContain("there is no apt-get here");
    expect(ended.stderr).toContain("https://prometheus.io/download");
    expect(ended.stderr).toContain("or set PROMTOOL");
  });
});
