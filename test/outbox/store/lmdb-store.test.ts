import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLmdbStore } from "../../../src/outbox/store/lmdb-store.js";
import { loadLmdb } from "../../../src/outbox/store/lmdb-writer.js";
import type { OutboxStore } from "../../../src/outbox/store/store.js";
import { Cleanup } from "../../support/cleanup.js";
import { rejection } from "../../support/until.js";
import { Programs } from "./programs.js";

const HIGH = 2 ** 40;
const MIB = 1024 * 1024;
const bytes = (length: number, value: number) => new Uint8Array(length).fill(value);
const record = (id: number, size = 300) => ({ id, head: bytes(40, id % 251), body: bytes(size, id % 251) });
const ids = (store: OutboxStore) => [...store.records()].map(({ id }) => id);
const aFile = (path: string) => {
  writeFileSync(path, "x");
  return path;
};
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

let programs: Programs;
beforeAll(async () => {
  programs = await Programs.make();
});
afterAll(() => programs[Symbol.dispose]());

describe("records", () => {
  it("come in ascending order, with bodies of any size, also after opening it again", async () => {
    const path = programs.path();
    const sizes = [0, 1, 300, 2_000, 4_072, 4_073, 70_000, 3 * MIB];
    const first = await openLmdbStore(path);
    for (const [index, size] of [...sizes.entries()].reverse())
      await first.commit({ put: [record(HIGH + index, size)], remove: [] });
    await first.close();
    await using cleanup = new Cleanup();
    const second = cleanup.use(await openLmdbStore(path));
    expect(second.path).toBe(path);
    expect([...second.records()]).toEqual(
      sizes.map((_, index) => ({ id: HIGH + index, head: record(HIGH + index).head })),
    );
    for (const [index, size] of sizes.entries()) {
      const body = await second.body(HIGH + index);
      expect(Buffer.from(body ?? []).equals(record(HIGH + index, size).body), `${size} bytes`).toBe(true);
    }
    expect(await second.body(HIGH + 100)).toBeUndefined();
  });

  it("a commit replaces a head without its body, removes, and what it does not name stays", async () => {
    await using cleanup = new Cleanup();
    const store = cleanup.use(await openLmdbStore(programs.path()));
    await store.commit({ put: [1, 2, 3].map((id) => record(id)), remove: [] });
    await store.commit({ put: [{ id: 2, head: bytes(5, 9) }], remove: [1, 77] });
    expect([...store.records()]).toEqual([
      { id: 2, head: bytes(5, 9) },
      { id: 3, head: record(3).head },
    ]);
    expect(await store.body(2)).toEqual(Buffer.from(record(2).body));
    expect(await store.body(1)).toBeUndefined();
  });

  it("of thousands in many pages none is missed, whatever was removed between them", async () => {
    await using cleanup = new Cleanup();
    const store = cleanup.use(await openLmdbStore(programs.path()));
    const all = Array.from({ length: 4_000 }, (_, index) => HIGH + index * 3);
    await store.commit({ put: all.map((id) => ({ ...record(id, 30), head: bytes(200, 1) })), remove: [] });
    const removed = all.filter((_, index) => index % 5 !== 0 && index < 3_500);
    await store.commit({ put: [], remove: removed });
    expect(ids(store)).toEqual(all.filter((id) => !removed.includes(id)));
  });

  it("a commit with a number that is none is refused as a whole", async () => {
    await using cleanup = new Cleanup();
    const store = cleanup.use(await openLmdbStore(programs.path()));
    for (const id of [0, -1, 1.5, Number.NaN, 2 ** 53]) {
      const error = await rejection(store.commit({ put: [record(1), record(id)], remove: [] }));
      expect(error).toMatchObject({ code: "OUTBOX_FAILED", operation: "commit" });
      expect((await rejection(store.commit({ put: [], remove: [id] }))).code).toBe("OUTBOX_FAILED");
    }
    expect(ids(store)).toEqual([]);
  });

  it("commits one at a time, and none when it is closed; close waits for the one under way", async () => {
    const path = programs.path();
    const store = await openLmdbStore(path);
    const commit = store.commit({ put: [record(1, MIB)], remove: [] });
    expect((await rejection(store.commit({ put: [record(2)], remove: [] }))).message).toContain("under way");
    await Promise.all([store.close(), commit]);
    expect((await rejection(store.commit({ put: [record(3)], remove: [] }))).message).toContain("closed");
    await using cleanup = new Cleanup();
    expect(ids(cleanup.use(await openLmdbStore(path)))).toEqual([1]);
  });
});

describe("read only", () => {
  it("sees what is there while another one has it, takes no lock, and cannot commit", async () => {
    await using cleanup = new Cleanup();
    const path = programs.path();
    const store = cleanup.use(await openLmdbStore(path));
    await store.commit({ put: [record(1), record(2, 9_000)], remove: [] });
    const reader = cleanup.use(await openLmdbStore(path, { readOnly: true }));
    expect(ids(reader)).toEqual([1, 2]);
    expect(await reader.body(2)).toEqual(Buffer.from(record(2, 9_000).body));
    await store.commit({ put: [record(3)], remove: [1] });
    expect(ids(reader)).toEqual([2, 3]);
    const error = await rejection(reader.commit({ put: [], remove: [2] }));
    expect(error).toMatchObject({ code: "OUTBOX_FAILED", operation: "commit", path });
  });

  it("leaves the folder as it is, byte for byte, also one in which nothing may be written", async () => {
    const path = programs.path();
    const store = await openLmdbStore(path);
    await store.commit({ put: [record(1)], remove: [] });
    await store.close();
    const state = () =>
      readdirSync(path).map((name) => [
        name,
        readFileSync(join(path, name)),
        statSync(join(path, name)).mtimeMs,
      ]);
    const before = state();
    chmodSync(path, 0o500);
    const reader = await openLmdbStore(path, { readOnly: true });
    expect(ids(reader)).toEqual([1]);
    await reader.close();
    expect(state()).toEqual(before);
    chmodSync(path, 0o700);
  });

  it("of one that is written all the time, each record is whole and no older one is missed", async () => {
    const path = programs.path();
    const writer = programs.start(
      `const store = await openLmdbStore(args[0]);
       const record = (id) => ({ id, head: new Uint8Array(150).fill(id % 251), body: new Uint8Array(id % 3 ? 200 : 9000).fill(id % 251) });
       const stay = Array.from({ length: 600 }, (_, index) => record(1 + index * 2));
       await store.commit({ put: stay, remove: [] });
       say("ready");
       for (let id = 2000; ; id++) {
         await store.commit({ put: [record(id), record((id % 600) * 2 + 2)], remove: [id - 40, ((id + 300) % 600) * 2 + 2] });
       }`,
      [path],
    );
    using _ = writer;
    await writer.said("ready");
    await using cleanup = new Cleanup();
    const reader = cleanup.use(await openLmdbStore(path, { readOnly: true }));
    for (let round = 0; round < 20; round++) {
      const seen: number[] = [];
      for (const { id, head } of reader.records()) {
        expect(Buffer.from(head).equals(bytes(150, id % 251)), `head ${id}`).toBe(true);
        seen.push(id);
        if (seen.length % 10 > 0) continue;
        const body = await reader.body(id);
        if (body)
          expect(Buffer.from(body).equals(bytes(id % 3 ? 200 : 9_000, id % 251)), `body ${id}`).toBe(true);
      }
      expect(seen).toEqual([...seen].sort((one, other) => one - other));
      expect(seen.filter((id) => id < 1_200 && id % 2 === 1)).toHaveLength(600);
    }
    expect(writer.code).toBeUndefined();
  });

  it.each<[string, (path: string) => void, RegExp]>([
    ["no folder", () => {}, /no such folder/],
    ["a folder without an outbox", (path) => mkdirSync(path), /there is no outbox in this folder/],
    ["a file", (path) => writeFileSync(path, "x"), /it is a file/],
  ])("%s is a clear error, and nothing is made", async (_, make, message) => {
    const path = programs.path();
    make(path);
    const error = await rejection(openLmdbStore(path, { readOnly: true }));
    expect(error).toMatchObject({
      code: "OUTBOX_FAILED",
      operation: "open",
      path,
      message: expect.stringMatching(message),
    });
    expect(() => statSync(join(path, "data.mdb"))).toThrow();
  });
});

describe("the folder", () => {
  it("is made with what is missing above it, for its owner alone, whatever the umask", async () => {
    for (const umask of ["0000", "0177", "0277"]) {
      const path = join(programs.path(), "deep", "down");
      const program = programs.start(
        `const store = await openLmdbStore(args[0]);
         await store.commit({ put: [{ id: 1, head: new Uint8Array(9) }], remove: [] });
         say("open");
         setInterval(() => {}, 1000);`,
        [path],
        `umask ${umask}`,
      );
      using _ = program;
      await program.said("open");
      expect(modeOf(path)).toBe("700");
      const names = readdirSync(path);
      expect(names).toEqual(expect.arrayContaining(["data.mdb", "lock.mdb", "owner-1"]));
      for (const name of names) expect(modeOf(join(path, name)), name).toBe("600");
    }
  });

  it("that was there keeps its mode, and files in it that others could read are tightened", async () => {
    const path = programs.path();
    await (await openLmdbStore(path)).close();
    chmodSync(path, 0o755);
    for (const name of readdirSync(path)) chmodSync(join(path, name), 0o644);
    await (await openLmdbStore(path)).close();
    expect(modeOf(path)).toBe("755");
    for (const name of ["data.mdb", "lock.mdb"]) expect(modeOf(join(path, name)), name).toBe("600");
  });

  it.each<[string, (path: string) => string, RegExp]>([
    ["a file", aFile, /it is a file; the path of an outbox is a folder/],
    ["below a file", (path) => join(aFile(path), "in", "it"), /something above it is a file/],
    ["where nothing can be made", () => "/proc/1/outbox", /open failed/],
  ])("a path that is %s is refused by name", async (_, make, message) => {
    const path = make(programs.path());
    expect(await rejection(openLmdbStore(path))).toMatchObject({
      code: "OUTBOX_FAILED",
      operation: "open",
      path,
      message: expect.stringMatching(message),
    });
  });

  it("in which this process may not write is refused by name", async () => {
    const path = programs.path();
    mkdirSync(path, { mode: 0o555 });
    // Root may write everywhere: it becomes somebody else.
    const program = programs.start(
      `await (await openLmdbStore(args[1])).close();
       if (process.getuid() === 0) process.setuid(65534);
       try { await openLmdbStore(args[0]); say("opened"); }
       catch (error) { say(JSON.stringify([error.code, error.operation, error.path])); }`,
      [path, programs.path()],
    );
    chmodSync(programs.folder, 0o755);
    using _ = program;
    await program.ended();
    expect(program.result()).toEqual(["OUTBOX_FAILED", "lock", path]);
  });

  it("reached by another name is the same one", async () => {
    await using cleanup = new Cleanup();
    const path = programs.path();
    const alias = programs.path();
    cleanup.use(await openLmdbStore(path));
    symlinkSync(path, alias);
    const error = await rejection(openLmdbStore(alias));
    expect(error.code).toBe("OUTBOX_IN_USE");
    expect(error.message).toContain(`this process (${process.pid})`);
  });
});

describe("options", () => {
  it.each<[string, unknown, string]>([
    ["misspelt", { readonly: true }, 'option "readonly" is unknown; did you mean "readOnly"?'],
    ["of another type", { readOnly: 1 }, 'option "readOnly" must be true or false'],
  ])("that are %s are refused by name", async (_, options, message) => {
    const error = await rejection(openLmdbStore(programs.path(), options as object));
    expect(error).toMatchObject({ code: "INVALID_OPTION", message });
  });

  it("without the package, what to install is said", async () => {
    const missing = Object.assign(new Error("not found"), { code: "ERR_MODULE_NOT_FOUND" });
    const error = await rejection(loadLmdb(() => Promise.reject(missing)));
    expect(error).toMatchObject({
      code: "PACKAGE_MISSING",
      message: expect.stringContaining("npm install lmdb"),
      cause: missing,
    });
    const broken = await rejection(loadLmdb(() => Promise.reject(new Error("no native build"))));
    expect(broken).toMatchObject({ code: "PACKAGE_MISSING", message: expect.stringContaining("binary") });
  });
});

describe("a file that is not as it was written", () => {
  const filled = async () => {
    const path = programs.path();
    const store = await openLmdbStore(path);
    for (let id = 1; id <= 30; id++)
      await store.commit({ put: [record(id, id % 2 ? 300 : 9_000)], remove: [] });
    await store.close();
    return path;
  };

  it("cut off anywhere, empty, or another one is refused, and stays as it is", async () => {
    const path = await filled();
    const data = join(path, "data.mdb");
    const whole = readFileSync(data);
    const cuts = [0, 1, 100, 4_096, 8_191, 8_192, 50_000, whole.length - 4_096, whole.length - 1];
    const contents = [
      ...cuts.map((size) => whole.subarray(0, size)),
      Buffer.alloc(20_000),
      Buffer.alloc(20_000, "not LMDB "),
    ];
    for (const content of contents) {
      writeFileSync(data, content);
      const error = await rejection(openLmdbStore(path));
      expect(error, `${content.length} bytes`).toMatchObject({
        code: "OUTBOX_FAILED",
        operation: "open",
        path,
      });
      expect(error.message).toContain("data.mdb is damaged");
      expect(readFileSync(data).equals(content)).toBe(true);
    }
    writeFileSync(data, whole);
    await using cleanup = new Cleanup();
    expect(ids(cleanup.use(await openLmdbStore(path)))).toHaveLength(30);
  });

  it("of a newer LMDB is refused, and its version said", async () => {
    const path = await filled();
    const data = readFileSync(join(path, "data.mdb"));
    data.writeUInt32LE(3, 28);
    writeFileSync(join(path, "data.mdb"), data);
    expect((await rejection(openLmdbStore(path))).message).toContain("data version 3");
  });

  it("grown by a power cut within a commit, or with a broken lock file, is as good as before", async () => {
    const path = await filled();
    const data = join(path, "data.mdb");
    truncateSync(data, statSync(data).size + 40_000);
    writeFileSync(join(path, "lock.mdb"), Buffer.alloc(8_272, 0xa5));
    await using cleanup = new Cleanup();
    const store = cleanup.use(await openLmdbStore(path));
    expect(ids(store)).toHaveLength(30);
    await store.commit({ put: [record(99, 9_000)], remove: [3] });
    expect(ids(store)).toHaveLength(30);
  });

  it("flipped bits, garbage, cuts and swapped pages are errors or harmless, never the end of the process", async () => {
    const path = await filled();
    const seed = join(path, "data.mdb");
    const program = programs.start(FUZZ, [seed, programs.path(), 250]);
    using _ = program;
    await program.ended(120_000);
    expect(program.lines.filter((line) => line.startsWith("WRONG"))).toEqual([]);
    expect(program.code, `it ended at ${program.lines.at(-1)}`).toBe(0);
    const { refused, used } = program.result<{ refused: number; used: number }>();
    expect(refused).toBeGreaterThan(50);
    expect(used).toBeGreaterThan(20);
  }, 150_000);
});

describe("space", () => {
  const fill = async (path: string, count: number) => {
    const store = await openLmdbStore(path);
    for (let id = 2; id < 2 + count; id++) await store.commit({ put: [record(id, MIB)], remove: [] });
    await store.commit({ put: [{ id: 1, head: bytes(30, 7) }], remove: [] });
    return store;
  };

  it("is used again: a backlog that comes and goes does not grow", async () => {
    await using cleanup = new Cleanup();
    const path = programs.path();
    const store = cleanup.use(await openLmdbStore(path));
    let size = 0;
    for (let id = 10; id < 410; id++) {
      await store.commit({ put: [record(id, 65_536)], remove: [id - 8] });
      if (id === 110) size = statSync(join(path, "data.mdb")).size;
    }
    expect(statSync(join(path, "data.mdb")).size).toBeLessThan(size * 1.5);
  });

  it("is given back at closing when no message is left, and not before", async () => {
    const path = programs.path();
    const data = join(path, "data.mdb");
    const store = await fill(path, 20);
    await store.commit({ put: [], remove: Array.from({ length: 19 }, (_, index) => index + 2) });
    await store.close();
    expect(statSync(data).size).toBeGreaterThan(16 * MIB);
    const again = await openLmdbStore(path);
    expect(ids(again)).toEqual([1, 21]);
    await again.commit({ put: [], remove: [21] });
    await again.close();
    expect(statSync(data).size).toBeLessThan(100_000);
    expect(modeOf(data)).toBe("600");
    await using cleanup = new Cleanup();
    const last = cleanup.use(await openLmdbStore(path));
    expect([...last.records()]).toEqual([{ id: 1, head: bytes(30, 7) }]);
  });

  it("of one that was killed is given back at opening; what it was making is removed", async () => {
    const path = programs.path();
    const data = join(path, "data.mdb");
    const store = await fill(path, 20);
    await store.commit({ put: [], remove: Array.from({ length: 20 }, (_, index) => index + 2) });
    copyFileSync(data, `${path}.copy`);
    await store.close();
    copyFileSync(`${path}.copy`, data);
    mkdirSync(join(path, "new-0123456789abcdef"));
    writeFileSync(join(path, "new-0123456789abcdef", "data.mdb"), "half");
    await using cleanup = new Cleanup();
    expect(ids(cleanup.use(await openLmdbStore(path)))).toEqual([1]);
    expect(statSync(data).size).toBeLessThan(100_000);
    expect(readdirSync(path).filter((name) => name.startsWith("new-"))).toEqual([]);
  });
});

/** Damages a file in many ways; each time it is read, opened and written. */
const FUZZ = `
const [seed, folder, rounds] = args;
const original = readFileSync(seed);
const PAGE = 4096;
const kinds = { 1: [], 2: [], 4: [], 8: [] };
for (let page = 0; page < original.length / PAGE; page++) {
  const kind = original.readUInt16LE(page * PAGE + 18);
  if (Number(original.readBigUInt64LE(page * PAGE)) === page && kinds[kind]) kinds[kind].push(page);
}
let state = 1;
const random = (below) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
};
let refused = 0, used = 0;
for (let round = 0; round < Number(rounds); round++) {
  let bytes = Buffer.from(original);
  const kind = [8, 8, 1, 2, 2, 4][random(6)];
  const pages = kinds[kind].length > 0 ? kinds[kind] : kinds[2];
  const at = pages[random(pages.length)] * PAGE;
  const limit = kind === 8 ? 192 : kind === 4 ? 24 : PAGE;
  const way = random(8);
  if (way < 4) bytes[at + random(limit)] ^= 1 << random(8);
  else if (way === 4) for (let n = random(16) + 1, from = at + random(limit - 16); n > 0; n--) bytes[from + n] = random(256);
  else if (way === 5) bytes.writeBigUInt64LE([0n, 1n, 2n ** 64n - 1n, 2n ** 63n, 2n ** 32n][random(5)], at + 8 * random(limit / 8));
  else if (way === 6) bytes = bytes.subarray(0, random(bytes.length));
  else { const from = random(bytes.length / PAGE) * PAGE; bytes.copy(bytes, at, from, from + PAGE); }
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  writeFileSync(folder + "/data.mdb", bytes);
  say("round " + round);
  for (const readOnly of [true, false]) {
    let store;
    try {
      store = await openLmdbStore(folder, { readOnly });
      const ids = [];
      for (const { id } of store.records()) {
        ids.push(id);
        if (ids.length > 1000) throw new Error("endless");
        await store.body(id).catch((error) => { if (error.code !== "OUTBOX_FAILED") throw error; });
      }
      if (!readOnly) {
        for (let n = 0; n < 4; n++)
          await store.commit({ put: [{ id: 2 ** 41 + n, head: new Uint8Array(50), body: new Uint8Array(n % 2 ? 200 : 20000) }], remove: ids.splice(0, 5) });
        await store.commit({ put: [], remove: ids });
        used++;
      }
    } catch (error) {
      if (error.code !== "OUTBOX_FAILED" || error.path !== folder) say("WRONG " + round + " " + error.stack);
      if (!readOnly) refused++;
    }
    await store?.close();
  }
}
say(JSON.stringify({ refused, used }));
process.exit(0);
`;
