import { chmodSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openLmdbStore } from "../../../src/outbox/store/lmdb-store.js";
import { until } from "../../support/until.js";
import { Programs } from "./programs.js";

/** ms; a dozen processes are started in turn, beside other tests. */
const PATIENCE = 60_000;

let programs: Programs;
beforeAll(async () => {
  programs = await Programs.make();
});
afterAll(() => programs[Symbol.dispose]());

/**
 * Each commit writes 100 records and removes the 100 of 20 commits before: one that was half done would leave another number of records. Says what it found, then each
 * commit that has resolved.
 */
const COMMITS = `
const store = await openLmdbStore(args[0]);
const found = [...store.records()].map(({ id }) => id);
let last = found.length === 0 ? 0 : Math.floor(found.at(-1) / 100);
for (const id of found) {
  const body = await store.body(id);
  if (!body || body.some((byte) => byte !== id % 251)) say("WRONG body " + id);
}
if (found.length !== Math.min(last, 20) * 100) say("WRONG records " + found);
say("found " + last);
const hundred = Array.from({ length: 100 }, (_, index) => index);
for (;;) {
  last++;
  const record = (id, size) => ({ id, head: new Uint8Array(60), body: new Uint8Array(size).fill(id % 251) });
  const put = hundred.map((index) => record(last * 100 + index, [200, 900, 5000, 30000][index % 20] ?? 100));
  const remove = last > 20 ? hundred.map((index) => (last - 20) * 100 + index) : [];
  await store.commit({ put, remove });
  say("done " + last);
}
`;

it("what a commit has resolved is there after SIGKILL at any instant, and commits are whole", async () => {
  const path = programs.path();
  let last = 0;
  for (let round = 0; round < 12; round++) {
    using program = programs.start(COMMITS, [path]);
    // From the first instant of opening to some commits later; the exact place is chance.
    const lines = [0, 0, 1, 2, 3, 5, 9, 15][round % 8];
    if (lines > 0)
      await until(() => program.lines.length >= lines || program.code !== undefined, "commits", PATIENCE);
    else await until(() => readdirSync(programs.folder).length > 0, "a beginning", PATIENCE);
    program.kill("SIGKILL");
    await program.ended(PATIENCE);
    expect(program.lines.filter((line) => line.startsWith("WRONG"))).toEqual([]);
    const found = program.lines.find((line) => line.startsWith("found "));
    if (found === undefined) continue;
    expect(Number(found.slice(6)), `round ${round}`).toBeGreaterThanOrEqual(last);
    last = Number(program.lines.at(-1)?.split(" ")[1]);
  }
  expect(last).toBeGreaterThan(0);
  const names = readdirSync(path);
  expect(names.filter((name) => name.startsWith("new-") || name.endsWith(".claim")).length).toBeLessThan(3);
}, 120_000);

it("a killed process that was making a new file leaves the old one", async () => {
  const path = programs.path();
  const fill = `
    let store = await openLmdbStore(args[0]);
    say("open " + [...store.records()].map(({ id }) => id));
    for (;;) {
      await store.commit({ put: Array.from({ length: 18 }, (_, index) => ({ id: index + 2, head: new Uint8Array(9), body: new Uint8Array(2 ** 20) })), remove: [] });
      await store.commit({ put: [{ id: 1, head: new Uint8Array(9) }], remove: Array.from({ length: 18 }, (_, index) => index + 2) });
      say("empty");
      await store.close();
      say("closed");
      store = await openLmdbStore(args[0]);
    }`;
  for (let round = 0; round < 6; round++) {
    using program = programs.start(fill, [path]);
    await until(() => program.lines.includes("empty"), "an empty store", PATIENCE);
    const turn = round * 2;
    const deadline = performance.now() + turn;
    while (performance.now() < deadline) await new Promise((resolve) => setImmediate(resolve));
    program.kill("SIGKILL");
    await program.ended(PATIENCE);
    const [opened] = program.lines;
    expect(opened).toMatch(/^open (?:1(?:,|$)|$)/);
  }
  const store = await openLmdbStore(path);
  expect([...store.records()][0].id).toBe(1);
  await store.close();
  expect(readdirSync(path).filter((name) => name.startsWith("new-"))).toEqual([]);
}, 120_000);

it("no room: the commit is refused by name, what was there is intact, and with room again it goes on", async () => {
  const path = programs.path();
  // A file may have 4 MiB: beyond that a write fails as it does on a full disk, for everybody and everywhere.
  using program = programs.start(
    `const store = await openLmdbStore(args[0]);
     const record = (id, size) => ({ id, head: new Uint8Array(60), body: new Uint8Array(size).fill(id) });
     let stored = 0, refused;
     for (let id = 1; id <= 100 && refused === undefined; id++) {
       try { await store.commit({ put: [record(id, 100000)], remove: [] }); stored = id; }
       catch (error) { refused = [error.code, error.operation, error.path, error.message]; }
     }
     const again = [];
     for (let n = 0; n < 3; n++) await store.commit({ put: [record(200, 100000)], remove: [] }).catch((error) => again.push(error.code));
     const whole = async () => {
       for (const { id } of store.records()) { const body = await store.body(id); if (!body || body.some((byte) => byte !== id)) return id; }
       return "all";
     };
     const intact = [await whole(), [...store.records()].length];
     await store.commit({ put: [], remove: [1, 2, 3] });
     // Pages that were given up are used again from the second commit on.
     await store.commit({ put: [record(4, 100)], remove: [] });
     await store.commit({ put: [record(150, 100000)], remove: [] });
     const after = [await whole(), [...store.records()].length];
     await store.close();
     const reopened = await openLmdbStore(args[0]);
     const last = [...reopened.records()].length;
     await reopened.close();
     say(JSON.stringify({ stored, refused, again, intact, after, last }));`,
    [path],
    "ulimit -f 8192",
  );
  await program.ended(PATIENCE);
  const result = program.result<Record<string, unknown> & { stored: number }>();
  expect(result, program.lines.join("\n")).toMatchObject({
    refused: [
      "OUTBOX_FAILED",
      "commit",
      path,
      expect.stringMatching(/no room for more .EFBIG.|the disk is full/),
    ],
    again: ["OUTBOX_FAILED", "OUTBOX_FAILED", "OUTBOX_FAILED"],
    intact: ["all", result.stored],
    after: ["all", result.stored - 2],
    last: result.stored - 2,
  });
  expect(result.stored).toBeGreaterThan(20);
  expect(statSync(join(path, "data.mdb")).size).toBeLessThanOrEqual(8 * 2 ** 20);
});

it("LMDB prints nothing about a commit that has failed, and what others print comes through", async () => {
  using program = programs.start(
    `console.error = (...words) => say("PRINTED " + words.join());
     const own = console.error;
     const store = await openLmdbStore(args[0]);
     let refused = 0;
     const big = (id) => ({ id, head: new Uint8Array(60), body: new Uint8Array(1e6) });
     const chatter = setInterval(() => console.error("other"), 0);
     for (let id = 1; id < 20; id++) await store.commit({ put: [big(id)], remove: [] }).catch(() => refused++);
     clearInterval(chatter);
     if (console.error !== own) say("PATCHED");
     await store.close();
     say(JSON.stringify({ refused }));`,
    [programs.path()],
    "ulimit -f 4096",
  );
  await program.ended(PATIENCE);
  expect(program.result<{ refused: number }>().refused).toBeGreaterThan(2);
  expect(new Set(program.lines.slice(0, -1))).toEqual(new Set(["PRINTED other"]));
}, 120_000);

it.skipIf(process.platform === "win32")(
  "may not write: says so, and that it does not pass by itself",
  async () => {
    const path = programs.path();
    using program = programs.start(
      `mkdirSync(args[0]);
     (await openLmdbStore(args[0] + "/full")).close();
     for (const path of [args[0] + "/full", args[0]]) chmodSync(path, 0o555);
     if (process.getuid() === 0) { chmodSync(args[0] + "/full/data.mdb", 0o644); process.setuid(65534); }
     const said = [];
     for (const path of [args[0] + "/full", args[0] + "/new"])
       await openLmdbStore(path).catch((error) => said.push([error.message, error.operation, error.retryable]));
     say(JSON.stringify(said));`,
      [path],
    );
    // Who is root becomes somebody else, and has to get there.
    chmodSync(programs.folder, 0o755);
    await program.ended(PATIENCE);
    chmodSync(path, 0o700);
    const may = "this process may not write there (EACCES)";
    expect(program.result()).toEqual([
      [`outbox ${path}/full: lock failed: ${may}`, "lock", false],
      [`outbox ${path}/new: open failed: ${may}`, "open", false],
    ]);
  },
);

it("no room to begin with is an error of opening, and nothing is left", async () => {
  const path = programs.path();
  using program = programs.start(
    `try { await openLmdbStore(args[0]); say("opened"); }
     catch (error) { say(JSON.stringify([error.code, error.operation, error.path])); }`,
    [path],
    "ulimit -f 0",
  );
  await program.ended(PATIENCE);
  expect(program.result()).toEqual(["OUTBOX_FAILED", expect.stringMatching(/open|lock/), path]);
});
