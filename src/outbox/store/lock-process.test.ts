import { spawn } from "node:child_process";
import { once } from "node:events";
import { hostname } from "node:os";
import type { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { processMark, stillRuns } from "./lock-process.js";

const host = hostname();
const own = () => ({ pid: process.pid, host, mark: processMark() });
/** Of a process that was there, and is no more. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ["-e", ""]);
  await once(child, "exit");
  return child.pid!;
}

describe.runIf(process.platform === "linux")("a process that has claimed something, on Linux", () => {
  it("runs, or has ended", async () => {
    expect(processMark()).toMatch(/^\S+ pid:\[\d+\] \d+$/);
    expect(stillRuns(own())).toBe(true);
    expect(stillRuns({ ...own(), pid: await deadPid() })).toBe(false);
  });

  it("is not the one that has its pid now", () => {
    const [boot, pids, start] = processMark()!.split(" ");
    expect(stillRuns({ ...own(), mark: `${boot} ${pids} ${Number(start) - 1}` })).toBe(false);
    expect(stillRuns({ ...own(), mark: `another-boot ${pids} ${start}` })).toBe(false);
  });

  it("is unknown in another container, whatever runs here with its pid", () => {
    const [boot, , start] = processMark()!.split(" ");
    expect(stillRuns({ ...own(), mark: `${boot} pid:[1] ${start}` })).toBeUndefined();
  });

  it("has ended when nobody has asked for its end yet", async () => {
    const child = spawn("/bin/sh", ["-c", "cat <&3 & echo $!; exec sleep 60 3<&-"], {
      stdio: ["ignore", "pipe", "ignore", "pipe"],
    });
    const [line] = (await once(child.stdout!, "data")) as [Buffer];
    const zombie = Number(String(line).trim());
    const [boot, pids] = processMark()!.split(" ");
    const { readFileSync } = await import("node:fs");
    // A shell asks for its children, a sleep does not: it has to be that before the child ends.
    const comm = () => readFileSync(`/proc/${child.pid}/comm`, "latin1").trim();
    await expect.poll(comm, { timeout: 15_000 }).toBe("sleep");
    (child.stdio[3] as Writable).end();
    const stat = () => readFileSync(`/proc/${zombie}/stat`, "latin1");
    await expect.poll(() => stat().split(") ")[1][0], { timeout: 15_000 }).toBe("Z");
    const start = stat().split(") ")[1].split(" ")[19];
    expect(stillRuns({ pid: zombie, host, mark: `${boot} ${pids} ${start}` })).toBe(false);
    child.kill("SIGKILL");
  });
});

describe("a process whose claim says less", () => {
  it("has ended when this machine has none with its pid; else it is unknown", async () => {
    const pid = await deadPid();
    expect(stillRuns({ pid, host, mark: undefined })).toBe(false);
    expect(stillRuns({ pid: process.pid, host, mark: undefined })).toBeUndefined();
    expect(stillRuns({ pid, host: "elsewhere", mark: undefined })).toBeUndefined();
    expect(stillRuns({ pid: Number.NaN, host, mark: "x" })).toBe(false);
    expect(stillRuns({ pid: -1, host, mark: undefined })).toBe(false);
  });
});
