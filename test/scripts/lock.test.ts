import { existsSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { inCheckout, type Sandbox, sandbox } from "./fakes.js";

type WithLock = <T>(
  file: string,
  work: () => Promise<T>,
  options?: { timeout?: number; onWait?: (owner: string) => void },
) => Promise<T>;
const { withLock } = (await import(inCheckout("scripts/lib/lock.mjs"))) as { withLock: WithLock };

let box: Sandbox;
let file: string;
beforeEach(() => {
  box = sandbox();
  file = join(box.dir, "deep", "lock");
});
afterEach(() => box[Symbol.dispose]());

const held = (owner: object | string): void => {
  file = join(box.dir, "lock");
  writeFileSync(file, typeof owner === "string" ? owner : JSON.stringify(owner));
};
const age = (seconds: number): void => {
  const then = new Date(Date.now() - seconds * 1000);
  utimesSync(file, then, then);
};
/** What this very process writes into a lock. */
const mine = async () => withLock(file, async () => JSON.parse(readFileSync(file, "utf8")));

it("is free again after the work, also when that failed", async () => {
  expect(await withLock(file, async () => existsSync(file))).toBe(true);
  await expect(withLock(file, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(existsSync(file)).toBe(false);
});

it("lets one in at a time", async () => {
  let inside = 0;
  const work = async () => {
    expect(++inside).toBe(1);
    await new Promise(setImmediate);
    inside--;
  };
  await Promise.all([withLock(file, work), withLock(file, work), withLock(file, work)]);
});

it.each<[string, () => object | string | Promise<object | string>, number]>([
  ["a process that is gone", () => ({ pid: 2 ** 22 + 1, started: "1", host: hostname() }), 0],
  ["a process whose pid is another's now", async () => ({ ...(await mine()), started: "before" }), 0],
  ["another host that went silent", () => ({ pid: 1, started: "1", host: "elsewhere" }), 90],
  ["someone killed while taking it", () => "", 20],
])("is taken over from %s", async (_, owner, seconds) => {
  held(await owner());
  age(seconds);
  expect(await withLock(file, async () => "done")).toBe("done");
});

it.each<[string, () => object | string | Promise<object | string>]>([
  ["a living process", mine],
  ["a living host", () => ({ pid: 1, started: "1", host: "elsewhere" })],
  ["someone who is just taking it", () => ""],
])("is respected from %s, for a bounded time, and named", async (_, owner) => {
  held(await owner());
  const onWait = vi.fn();
  await expect(withLock(file, async () => "done", { timeout: 250, onWait })).rejects.toThrow(
    /^waited 0.25 s for process .* which holds .*lock; delete that file/,
  );
  expect(onWait).toHaveBeenCalledOnce();
  expect(existsSync(file)).toBe(true);
});
