import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { inUse, lockFolder, ownerOf } from "../../../src/outbox/store/lock.js";
import { processMark } from "../../../src/outbox/store/lock-process.js";
import { rejection } from "../../support/until.js";
import { Programs } from "./programs.js";

let programs: Programs;
beforeAll(async () => {
  programs = await Programs.make();
});
afterAll(() => programs[Symbol.dispose]());

function folder(): string {
  const path = programs.path();
  mkdirSync(path, { mode: 0o700 });
  return path;
}

const HOLD = `
const lock = await lockFolder(args[0]);
say("held " + process.pid);
`;

it("keeps others out while it is held, names the owner, and lets the next one in when it is released", async () => {
  const path = folder();
  const lock = await lockFolder(path);
  const error = await rejection(lockFolder(path));
  expect(error).toMatchObject({ code: "OUTBOX_IN_USE", operation: "lock", path });
  expect(error.message).toContain(`this process (${process.pid})`);
  await Promise.all([lock.release(), lock.release()]);
  await (await lockFolder(path)).release();
});

it("of many calls at once in one process, one gets it", async () => {
  const path = folder();
  const outcomes = await Promise.allSettled(Array.from({ length: 30 }, () => lockFolder(path)));
  const locks = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
  expect(locks.length).toBeLessThanOrEqual(1);
  for (const outcome of outcomes)
    if (outcome.status === "rejected") expect(outcome.reason.code).toBe("OUTBOX_IN_USE");
  for (const lock of locks) await lock.release();
  await (await lockFolder(path)).release();
});

it("is held by a process that hangs, and by one that is stopped, and free at once after SIGKILL", async () => {
  const path = folder();
  for (const how of ["for (;;) {}", 'setTimeout(() => process.kill(process.pid, "SIGSTOP"))']) {
    using program = programs.start(`${HOLD} setInterval(() => {}, 1000); ${how}`, [path]);
    await program.said(`held ${program.pid}`);
    for (let round = 0; round < 20; round++) {
      const error = await rejection(lockFolder(path));
      expect(error.code).toBe("OUTBOX_IN_USE");
      expect(error.message).toContain(`process ${program.pid} on ${hostname()}`);
    }
    program.kill("SIGKILL");
    await program.ended(60_000);
    await (await lockFolder(path)).release();
  }
});

it("does not keep the process alive, and is gone when it ends without releasing", async () => {
  const path = folder();
  using program = programs.start(HOLD, [path]);
  await program.ended(60_000);
  expect(program.code).toBe(0);
  await (await lockFolder(path)).release();
});

it("of 20 processes that race for it, some of which die with it, one has it at every instant", async () => {
  const path = folder();
  const log = `${path}.log`;
  writeFileSync(log, "");
  const contender = `
    const log = openSync(args[1], "a");
    const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    let taken = 0;
    while (taken < 6) {
      try {
        const lock = await lockFolder(args[0]);
        writeSync(log, "+" + process.pid + "\\n");
        if (taken % 2) await pause(1);
        writeSync(log, "-" + process.pid + "\\n");
        if (++taken === 6 && args[2] === "die") process.kill(process.pid, "SIGKILL");
        await lock.release();
      } catch (error) {
        if (error.code !== "OUTBOX_IN_USE") { say("WRONG " + error.stack); process.exit(1); }
      }
      await pause(Math.random() * 5);
    }
    say("taken " + taken);`;
  const racers = Array.from({ length: 20 }, (_, index) =>
    programs.start(contender, [path, log, index % 4 === 0 ? "die" : "live"]),
  );
  try {
    for (const racer of racers) await racer.ended(100_000);
    expect(racers.flatMap((racer) => racer.lines.filter((line) => line.startsWith("WRONG")))).toEqual([]);
  } finally {
    for (const racer of racers) racer[Symbol.dispose]();
  }
  let holder = "";
  let taken = 0;
  for (const line of readFileSync(log, "utf8").trim().split("\n")) {
    if (line[0] === "+") {
      expect(holder, `${line} while another one has it`).toBe("");
      holder = line.slice(1);
      taken++;
    } else {
      expect(line.slice(1)).toBe(holder);
      holder = "";
    }
  }
  expect(taken).toBe(120);
}, 120_000);

it("what dead ones have left is removed by the next one, and nothing piles up", async () => {
  const path = folder();
  for (let round = 0; round < 3; round++) {
    using program = programs.start(`${HOLD} process.kill(process.pid, "SIGKILL");`, [path]);
    await program.ended(60_000);
  }
  // Sockets and drafts of contenders that died before they got it.
  for (let n = 0; n < 50; n++) {
    const name = n.toString(16).padStart(16, "0");
    writeFileSync(join(path, `${name}.sock`), "");
    writeFileSync(join(path, `${name}.claim`), "{}");
  }
  for (let round = 0; round < 200; round++) await (await lockFolder(path)).release();
  const names = readdirSync(path);
  expect(names).toHaveLength(2);
  expect(names.every((name) => /^owner-20[23]$/.test(name))).toBe(true);
});

it("leaves alone what is not its own, and the socket of a contender that lives", async () => {
  const path = folder();
  writeFileSync(join(path, "data.mdb"), "x");
  writeFileSync(join(path, "owner-x"), "x");
  const server = createServer().listen(join(path, "00000000deadbeef.sock"));
  await new Promise((resolve) => server.once("listening", resolve));
  await (await lockFolder(path)).release();
  expect(readdirSync(path).sort()).toEqual(["00000000deadbeef.sock", "data.mdb", "owner-1", "owner-x"]);
  await new Promise((resolve) => server.close(resolve));
});

it.each<[string, string]>([
  ["empty", ""],
  ["cut off", '{"socket":"0000'],
  ["of somebody else's making", '{"socket":"../../etc/passwd","pid":1}'],
  ["another kind of JSON", "[null]"],
])("a claim that is %s is a dead one's", async (_, text) => {
  const path = folder();
  writeFileSync(join(path, "owner-7"), text);
  await (await lockFolder(path)).release();
  expect(readdirSync(path).sort()).toEqual(["owner-7", "owner-8"]);
});

it("the words of a claim are shown without what would move a cursor", async () => {
  const path = folder();
  const name = "00000000deadbeef.sock";
  const server = createServer().listen(join(path, name));
  await new Promise((resolve) => server.once("listening", resolve));
  writeFileSync(
    join(path, "owner-7"),
    JSON.stringify({ socket: name, pid: 12, host: "a\u001b[2Jb\n", since: 5 }),
  );
  const error = await rejection(lockFolder(path));
  expect(error.message).toContain("process 12 on a?[2Jb? since ?");
  await new Promise((resolve) => server.close(resolve));
});

it.runIf(process.platform === "linux")(
  "works in a folder whose path is longer than a socket's may be",
  async () => {
    const path = join(folder(), "x".repeat(100), "y".repeat(100));
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const lock = await lockFolder(path);
    expect((await rejection(lockFolder(path))).code).toBe("OUTBOX_IN_USE");
    const descriptors = readdirSync("/proc/self/fd").length;
    for (let round = 0; round < 50; round++) expect(await ownerOf(path)).toMatchObject({ pid: process.pid });
    expect(readdirSync("/proc/self/fd").length).toBeLessThan(descriptors + 25);
    await lock.release();
    expect(await ownerOf(path)).toBeUndefined();
    await (await lockFolder(path)).release();
    expect(readdirSync(path).filter((name) => name.endsWith(".sock"))).toEqual([]);
  },
);

it("a folder in which nothing can be made, or that is gone, is a typed error", async () => {
  expect(await rejection(lockFolder(programs.path()))).toMatchObject({
    code: "OUTBOX_FAILED",
    operation: "lock",
  });
  if (process.getuid?.() !== 0) {
    const path = folder();
    chmodSync(path, 0o500);
    expect(await rejection(lockFolder(path))).toMatchObject({
      code: "OUTBOX_FAILED",
      operation: "lock",
      path,
    });
  }
});

/** Removes what somebody takes for rubbish. */
function removeSockets(path: string): void {
  for (const name of readdirSync(path)) if (name.endsWith(".sock")) rmSync(join(path, name));
}

it("is held by a process whose socket somebody has removed, until it ends, whichever way", async () => {
  const path = folder();
  for (const end of ["SIGKILL", "SIGTERM"] as const) {
    using program = programs.start(
      `${HOLD} setInterval(() => {}, 1000);
       process.on("SIGTERM", () => lock.release().then(() => process.exit()));`,
      [path],
    );
    await program.said(`held ${program.pid}`);
    removeSockets(path);
    expect(await ownerOf(path)).toMatchObject({ pid: program.pid, host: hostname() });
    const error = await rejection(lockFolder(path));
    expect(error).toMatchObject({ code: "OUTBOX_IN_USE", path });
    expect(error.message).toContain(`process ${program.pid} on ${hostname()}`);
    program.kill(end);
    await program.ended(60_000);
    expect(await ownerOf(path)).toBeUndefined();
    await (await lockFolder(path)).release();
  }
});

it("is held by this process when somebody has removed its socket, and free when it is released", async () => {
  const path = folder();
  const lock = await lockFolder(path);
  removeSockets(path);
  expect((await rejection(lockFolder(path))).message).toContain(`this process (${process.pid})`);
  await lock.release();
  await (await lockFolder(path)).release();
});

it.runIf(process.platform === "linux")(
  "whose owner cannot be asked for, in another container, is refused, and the error says what to do",
  async () => {
    const path = folder();
    const lock = await lockFolder(path);
    const claim = join(path, "owner-1");
    const text = readFileSync(claim, "utf8");
    await lock.release();
    writeFileSync(claim, text.replace(/pid:\[\d+\]/, "pid:[1]").replace(/"pid":\d+/, '"pid":1'));
    const error = await rejection(lockFolder(path));
    expect(error).toMatchObject({ code: "OUTBOX_IN_USE", path });
    expect(error.message).toContain(`may be in use by process 1 on ${hostname()}`);
    expect(error.message).toContain(`remove ${claim}`);
    const owner = await ownerOf(path);
    expect(inUse(path, owner!).message).toBe(error.message);
    rmSync(claim);
    await (await lockFolder(path)).release();
  },
);

it.runIf(process.platform === "linux")(
  "is not held by a claim without a socket of before the machine was restarted, or of another process with that pid",
  async () => {
    const path = folder();
    const lock = await lockFolder(path);
    const text = readFileSync(join(path, "owner-1"), "utf8");
    await lock.release();
    const mark = processMark()!;
    const [boot, pids, start] = mark.split(" ");
    for (const other of [`another ${pids} ${start}`, `${boot} ${pids} 1`]) {
      writeFileSync(join(path, "owner-99"), text.replace(mark, other));
      expect(await ownerOf(path)).toBeUndefined();
    }
    await (await lockFolder(path)).release();
  },
);

/** Does something at the instant between the look at the folder and the claim, which is where a process may be kept waiting for any time. */
const BETWEEN = `
import promises from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
const link = promises.link;
const between = (action) => {
  promises.link = async (from, to) => {
    promises.link = link;
    syncBuiltinESMExports();
    await action();
    return await link(from, to);
  };
  syncBuiltinESMExports();
};
const outcome = (taking) => taking.then(() => "taken", (error) => error.code);
`;

it("who was overtaken between its look at the folder and its claim does not get it", async () => {
  using program = programs.start(
    `${BETWEEN}
     between(async () => {
       await (await lockFolder(args[0])).release();
       await (await lockFolder(args[0])).release();
       await lockFolder(args[0]);
     });
     say(JSON.stringify([await outcome(lockFolder(args[0])), readdirSync(args[0]).filter((name) => name.startsWith("owner-"))]));`,
    [folder()],
  );
  await program.ended(60_000);
  expect(program.result()).toEqual(["OUTBOX_IN_USE", ["owner-2", "owner-3"]]);
});

it("who has lost its socket to a clean-up takes it with another one", async () => {
  using program = programs.start(
    `${BETWEEN}
     between(async () => {
       for (const name of readdirSync(args[0])) if (name.endsWith(".sock")) rmSync(args[0] + "/" + name);
     });
     say(JSON.stringify([await outcome(lockFolder(args[0])), await outcome(lockFolder(args[0]))]));`,
    [folder()],
  );
  await program.ended(60_000);
  expect(program.result()).toEqual(["taken", "OUTBOX_IN_USE"]);
});
