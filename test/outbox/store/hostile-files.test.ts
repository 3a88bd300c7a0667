import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Programs } from "./programs.js";

/** What lies where LMDB has its files ends the process, when LMDB comes to it: in a process of its own, so that this one lives to tell. */
let programs: Programs;
beforeAll(async () => {
  programs = await Programs.make();
});
afterAll(() => {
  programs[Symbol.dispose]();
});

const OPEN = `
const [path, readOnly] = args;
try {
  const store = await openLmdbStore(path, { readOnly: readOnly === "read" });
  say("open");
  await store.close();
} catch (error) {
  say(error.code + " " + error.operation + " " + error.message.replace(path, "PATH"));
}
`;

const made: Record<string, (file: string) => void> = {
  "a folder": (file) => mkdirSync(file),
  "a pipe": (file) => execFileSync("mkfifo", [file]),
  "a symbolic link": (file) => {
    writeFileSync(`${file}.victim`, "somebody else's");
    symlinkSync(`${file}.victim`, file);
  },
};

async function opened(path: string, how: string): Promise<{ code: unknown; said: string }> {
  const program = programs.start(OPEN, [path, how]);
  await program.ended();
  return { code: program.code, said: program.lines.join("\n") };
}

it.each(
  Object.keys(made).flatMap((what) => [
    ["lock.mdb", what],
    ["data.mdb", what],
  ]),
)("%s that is %s is an error", async (name, what) => {
  const path = programs.path();
  mkdirSync(path);
  const file = join(path, name);
  made[what](file);
  const { code, said } = await opened(path, "write");
  expect(said).toMatch(/^OUTBOX_FAILED open outbox PATH: open failed: /);
  expect(said).toContain(name);
  expect(code).toBe(0);
  if (what === "a symbolic link") expect(readFileSync(`${file}.victim`, "utf8")).toBe("somebody else's");
});

it("a data.mdb that is a pipe is an error for who only looks, too", async () => {
  const path = programs.path();
  mkdirSync(path);
  made["a pipe"](join(path, "data.mdb"));
  expect(await opened(path, "read")).toMatchObject({
    code: 0,
    said: expect.stringContaining("it is no file"),
  });
});

it.runIf(process.platform === "linux")(
  "a process without descriptors gets an error, however few are left",
  async () => {
    const body = `
    const path = args[0];
    await (await openLmdbStore(path)).close();
    const taken = [];
    try { for (;;) taken.push(openSync("/dev/null", "r")); } catch {}
    for (let left = 0; left < 30; left++) {
      try {
        const store = await openLmdbStore(path);
        await store.close();
        say("open");
        break;
      } catch (error) {
        say(error.code);
      }
      closeSync(taken.pop());
    }
  `;
    const program = programs.start(body, [programs.path()], "ulimit -n 256");
    await program.ended();
    const { code, lines } = program;
    expect({ code, last: lines.at(-1) }).toEqual({ code: 0, last: "open" });
    expect(new Set(lines.slice(0, -1))).toEqual(new Set(["OUTBOX_FAILED"]));
  },
);

it("a lock.mdb of an earlier process is used again, whatever is in it", async () => {
  const path = mkdtempSync(join(tmpdir(), "holdfast-lock-"));
  try {
    for (const bytes of [0, 3, 8272, 100_000]) {
      writeFileSync(join(path, "lock.mdb"), Buffer.alloc(bytes, "x"));
      expect(await opened(path, "write")).toMatchObject({ code: 0, said: expect.stringMatching(/^open/) });
    }
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
});
