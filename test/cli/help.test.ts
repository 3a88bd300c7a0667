import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TOXICS } from "../../src/cli/completion/words.js";
import { makeProgram } from "../../src/cli/program.js";
import { parseToxic } from "../../src/cli/proxy/toxic-spec.js";
import { ErrorCode } from "../../src/errors.js";
import { FaultProxy } from "../../src/testing/fault-proxy.js";
import { Cli } from "./run-cli.js";

let cli: Cli;
let config: string;
beforeAll(async () => {
  cli = await Cli.compile();
  config = mkdtempSync(join(tmpdir(), "holdfast-contexts-"));
  mkdirSync(join(config, "nats", "context"), { recursive: true });
  for (const name of ["prod", "prod-eu", "dev"])
    writeFileSync(join(config, "nats", "context", `${name}.json`), "{}");
}, 60_000);
afterAll(() => {
  cli.remove();
  rmSync(config, { recursive: true, force: true });
});

/** Words of all commands: `[]`, `["outbox", "replay"]`, … */
function commands(command = makeProgram(), path: string[] = []): string[][] {
  return [path, ...command.commands.flatMap((one) => commands(one, [...path, one.name()]))];
}

describe("--help", () => {
  it.each(commands().map((path) => [path.join(" ")]))(
    "of holdfast %s has examples, fits 80 columns, is sorted",
    async (words) => {
      const path = words === "" ? [] : words.split(" ");
      const { code, out, err } = await cli.run([...path, "--help"]);
      expect({ code, err }).toEqual({ code: 0, err: "" });
      expect(out).toMatch(/\nExamples:\n {2}\$ .*holdfast /);
      expect(out.split("\n").filter((line) => line.length > 80)).toEqual([]);
      const own = out.slice(out.indexOf("\nOptions:\n"), out.indexOf("\nGlobal Options:\n"));
      const options = [...own.matchAll(/^ {2}--?([\w-]+)/gm)].map(([, name]) => name);
      expect(options).toEqual([...options].sort((a, b) => a.localeCompare(b)));
    },
  );
});

describe("wrong use", () => {
  it.each([
    [["bnech"], 'did you mean bench?; see "holdfast --help"'],
    [["bench", "--serer", "x"], 'did you mean --server?; see "holdfast bench --help"'],
    [["bench", "--pub", "1000"], "a whole number, 0 to 100"],
    [["bench", "--size", "1TiB"], "It must be bytes"],
    [["bench", "--msgs", "1", "--seconds", "1"], "--msgs or --seconds, not both"],
    [["bench", "--msgs", "1000000000", "--size", "1MiB"], "ask for less"],
    [["bench", "a.*"], "it has a wildcard"],
    [["bench", "--request", "--sub", "0"], "say the subject"],
    [["bench", "--pub", "0", "--sub", "0"], "nothing to do"],
    [["bench", "a b"], 'subject "a b" has white space in it'],
    [["bench", "a..b"], "has an empty token"],
    [["bench", ""], "has an empty token"],
    [["bench", "x".repeat(5000)], "is longer than 3072 bytes"],
    [["bench", "nats://u:p4ss@127.0.0.1:4222"], "that is for --server"],
    [["bench", "-s", "nats%3A%2F%2Fu%3Ap4ss%40h"], 'write the "@" between credentials and host as it is'],
    [["doctor", "nats%3A%2F%2Fu%3Ap4ss%40h"], 'write the "@" between credentials and host as it is'],
    [["doctor", "--nkey", `SU${"P4SS".repeat(14)}`], "this looks like a seed"],
    [["doctor", "--creds", `eyJ${"p4ss".repeat(14)}`], "looks like what is in one"],
    [["proxy", "127.0.0.1:1", "--toxic", "nope"], "rewrite_info"],
    [["explain", "nope"], 'no code "nope"; "holdfast explain" lists them'],
    [["explain", "stale", "x"], 'see "holdfast explain --help"'],
    [["watch"], "missing required argument 'url'"],
    [["watch", "nats://127.0.0.1:4222"], "not of a server of NATS"],
    [["watch", "http://u:p4ss@127.0.0.1:1"], "no user and password"],
    [["watch", "127.0.0.1:1", "--interval", "1ms"], "100ms to 1h"],
    [["proxy", "127.0.0.1:1", "--listen", "a:b:c"], "It must be a port, or host:port"],
    [["proxy", "127.0.0.1:1", "--toxic", "latncy=5"], 'did you mean "latency"?'],
    [["proxy", "127.0.0.1:1", "--toxic", "latency=5,jiter=5"], 'did you mean "jitter"?'],
    [["proxy", "http://u:p4ss@x"], "host:port"],
    [["explain", "stael"], "did you mean stale?"],
    [["completion", "tcsh"], "Allowed choices are bash, fish, zsh"],
    [["outbox", "replay", "/nowhere"], "--server or --context"],
  ])("%j is told in a line, exit code 2", async (args, text) => {
    const { code, out, err } = await cli.run(args);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(text);
    expect(err).toMatch(/^holdfast: [^\n]+\n$/);
    expect(err).not.toMatch(/p4ss/i);
  });

  it("shows a stack only with --debug", async () => {
    const without = await cli.run(["bench", "--server", "127.0.0.1:1"]);
    expect(without).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^holdfast: .*\(CONNECTION_REFUSED\)\n$/),
    });
    const [before, after] = await Promise.all([
      cli.run(["--debug", "bench", "--server", "127.0.0.1:1"]),
      cli.run(["bench", "--debug", "--server", "127.0.0.1:1"]),
    ]);
    for (const { err } of [before, after]) expect(err).toMatch(/\n {4}at /);
  });

  it("is no error when the reader of its output goes away", async () => {
    const script = `${JSON.stringify(process.execPath)} ${JSON.stringify(cli.main)} explain | true; echo "$\{PIPESTATUS[0]}" >&2`;
    const { stderr } = await promisify(execFile)("bash", ["-c", script]);
    expect(stderr).toBe("0\n");
  });
});

describe("holdfast explain", () => {
  it("lists kinds and codes", async () => {
    const { code, out } = await cli.run(["explain"]);
    expect(code).toBe(0);
    for (const word of ["stale", "lame-duck", ...Object.keys(ErrorCode)])
      expect(out).toMatch(new RegExp(`\\b${word}\\b`));
  });

  it("prints a page without its markup, and a code with its kind", async () => {
    const page = await cli.run(["explain", "Lame_Duck"]);
    expect(page.code).toBe(0);
    expect(page.out).toContain("What to change");
    expect(page.out).not.toMatch(/^#|\]\(|^\||```/m);
    const code = await cli.run(["explain", "stale-connection"]);
    expect(code.out).toMatch(/^STALE_CONNECTION\n\n[\s\S]*retryable[\s\S]*holdfast explain stale\n$/);
  });
});

describe("holdfast completion bash", () => {
  let script: string;
  beforeAll(async () => {
    script = join(config, "completion.bash");
    const { code, out, err } = await cli.run(["completion", "bash"]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    writeFileSync(script, out);
  });

  /** What bash would offer for a line with the cursor at its end. */
  async function offered(line: string): Promise<string[]> {
    const program = `
      source "$SCRIPT"
      complete -p holdfast >/dev/null || exit 3
      COMP_WORDS=(${line}${line.endsWith(" ") ? ' ""' : ""})
      COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
      _holdfast
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    const env = { ...process.env, SCRIPT: script, XDG_CONFIG_HOME: config };
    const { stdout, stderr } = await promisify(execFile)("bash", ["-c", program], { env });
    expect(stderr).toBe("");
    return stdout.split("\n").filter((word) => word !== "");
  }

  it("offers commands, options and what they take", async () => {
    const names = makeProgram().commands.map((one) => one.name());
    expect(new Set(await offered("holdfast "))).toEqual(new Set([...names, "help"]));
    expect(await offered("holdfast be")).toEqual(["bench"]);
    expect(await offered("holdfast outbox ")).toEqual(["export", "inspect", "purge", "replay"]);
    expect(await offered("holdfast outbox replay --par")).toEqual(["--parked"]);
    expect(await offered("holdfast --debug bench --ser")).toEqual(["--server"]);
    expect(await offered("holdfast completion ")).toEqual(["bash", "fish", "zsh"]);
    expect(await offered("holdfast help out")).toEqual(["outbox"]);
  });

  it("offers what can be explained, and toxics", async () => {
    expect(await offered("holdfast explain lame")).toEqual(["lame-duck"]);
    expect(await offered("holdfast explain TLS_F")).toEqual(["TLS_FAILED"]);
    expect(await offered("holdfast proxy h:1 --toxic lat")).toEqual(["latency=200"]);
    const proxy = await FaultProxy.start({ target: "127.0.0.1:1" });
    for (const toxic of TOXICS) proxy.addToxic(parseToxic(toxic) as never);
    await proxy.close();
  });

  it("offers the contexts of the nats command, and passes values over", async () => {
    expect((await offered("holdfast bench --context p")).sort()).toEqual(["prod", "prod-eu"]);
    // "outbox" is the value of --server here, not a command.
    expect(await offered("holdfast bench --server outbox --js")).toEqual(["--json"]);
  });

  it("knows every option of every command", async () => {
    for (const path of commands()) {
      const command = path.reduce(
        (at, name) => at.commands.find((one) => one.name() === name)!,
        makeProgram(),
      );
      const flags = await offered(`holdfast ${[...path, "--"].join(" ")}`);
      for (const { long } of command.options) expect(flags).toContain(long);
    }
  });

  it("is a script that bash can parse, and zsh gets the same", async () => {
    for (const shell of ["bash", "zsh"]) {
      const { out } = await cli.run(["completion", shell]);
      const { stderr } = await promisify(execFile)("bash", ["-n", "-c", out]);
      expect(stderr).toBe("");
    }
  });

  it("is no broken script for zsh and fish either", async () => {
    const zsh = await cli.run(["completion", "zsh"]);
    expect(zsh.out).toMatch(/bashcompinit[\s\S]*complete -F _holdfast holdfast\n$/);
    const fish = await cli.run(["completion", "fish"]);
    const lines = fish.out.split("\n").filter((line) => line.startsWith("complete "));
    expect(lines.length).toBeGreaterThan(50);
    expect(lines.filter((line) => (line.replaceAll("\\'", "").match(/'/g) ?? []).length % 2 === 1)).toEqual(
      [],
    );
  });
});
