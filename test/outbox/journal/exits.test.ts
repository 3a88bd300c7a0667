import { afterAll, beforeAll, expect, it } from "vitest";
import { CompiledLibrary } from "../../support/child.js";

let library: CompiledLibrary;
beforeAll(async () => {
  library = await CompiledLibrary.make();
}, 60_000);
afterAll(() => {
  library?.[Symbol.dispose]();
});

/** An outbox in memory whose disk refuses the commits of messages as long as it is told to; nothing but the outbox keeps the process alive. */
const PROGRAM = `
import { openOutbox } from "./dist/outbox/index.js";
let refusals = 0;
const store = {
  path: "memory",
  records: () => [],
  body: () => undefined,
  async commit({ put }) {
    if (refusals-- > 0) throw new Error("no space left on device");
    say("commit " + put.length);
  },
  async close() {},
};
const message = (size = 20) => ({ subject: "s", reply: "", headers: undefined, payload: "x".repeat(size), bytes: size + 20, replay: true });
const outbox = await openOutbox({ store });
outbox.on("error", () => say("error"));
process.on("exit", () => say("exit"));
`;

it("close() of an outbox whose disk refuses keeps the process alive until it has settled", async () => {
  using child = library.run(
    `${PROGRAM}
    refusals = 1;
    outbox.offer(message());
    await until(() => outbox.stats().failures === 1);
    await outbox.close();
    say("closed");`,
    "",
  );
  await child.ended();
  expect(child.lines).toEqual(["commit 1", "error", "commit 1", "closed", "exit"]);
  expect(child.code).toBe(0);
});

it("a store() that is pending keeps the process alive while the disk refuses, also behind what one commit takes", async () => {
  using child = library.run(
    `${PROGRAM}
    refusals = 3;
    outbox.offer(message());
    await until(() => outbox.stats().failures === 1);
    const size = 1_000_000;
    const settled = Array.from({ length: 40 }, () => outbox.store(message(size)).then(() => "stored", () => "rejected"));
    const all = await Promise.all(settled);
    say(all.filter((one) => one === "stored").length + " stored of " + all.length);`,
    "",
  );
  await child.ended();
  expect(child.lines.find((line) => line.includes("stored of"))).toMatch(/^[1-9]\d* stored of 40$/);
  expect(child.code).toBe(0);
});

it("an outbox whose disk refuses for ever does not keep the process alive by itself", async () => {
  using child = library.run(
    `${PROGRAM}
    refusals = Infinity;
    outbox.offer(message());
    await until(() => outbox.stats().failures === 1);
    say("left");`,
    "",
  );
  await child.ended();
  expect(child.lines.slice(-2)).toEqual(["left", "exit"]);
});
