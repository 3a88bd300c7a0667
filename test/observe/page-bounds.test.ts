import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import type { Browser, CDPSession } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OutageView } from "../../src/observe/dashboard/protocol.js";
import { PAGE_FILES } from "../../src/observe/page/files.js";
import { startBrowser, Visit } from "./support/browser.js";
import { buildPage } from "./support/page-build.js";
import { PageServer } from "./support/page-server.js";
import { BOOKS, helloOf, sampleOf, seriesOf, viewOf } from "./support/views.js";

let browser: Browser;
beforeAll(async () => {
  await buildPage();
  browser = await startBrowser();
}, 60_000);
afterAll(() => browser.close());

describe("the files of the page", () => {
  const assets = new URL("../", PAGE_FILES[0].file);

  it("are all that the build has made, and no others", () => {
    const built = readdirSync(assets, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== "LICENSE")
      .map((entry) => `${entry.parentPath}/${entry.name}`);
    expect(PAGE_FILES.map(({ file }) => fileURLToPath(file)).toSorted()).toEqual(built.toSorted());
  });

  it("take less than 60 KB, compressed", () => {
    const size = PAGE_FILES.reduce((sum, { file }) => sum + gzipSync(readFileSync(file)).length, 0);
    expect(size).toBeLessThan(60_000);
  });

  it("are what a browser loads, and nothing else", async () => {
    await using server = await PageServer.start();
    server.hello = () => helloOf([]);
    await using visit = await Visit.open(browser, server.url);
    await visit.sees("#no-connections", "no connection");
    const loaded = server.asked.filter((url) => !url.startsWith("/dashboard/events"));
    expect(loaded.toSorted()).toEqual(PAGE_FILES.map(({ path }) => `/${path}`).toSorted());
  });
});

describe("ten hours of a page", () => {
  const HOUR = 3_600;

  /** Tells of `seconds` seconds, all at once; each has an event, now and then there is an outage. */
  async function live(server: PageServer, visit: Visit, start: number, from: number, seconds: number) {
    const outages: OutageView[] = [];
    for (let i = from; i < from + seconds; i++) {
      const at = start + i * 1000;
      server.tell("sample", { at, connections: [sampleOf({ inMsgs: i, books: { ...BOOKS, accepted: i } })] });
      server.tell("log", {
        connection: "1",
        entry: { ...LINE, id: i + 1, at, lastAt: at, text: `line ${i}` },
      });
      if (i % 36 !== 0) continue;
      outages.unshift({ ...OUTAGE, startedAt: at, endedAt: at + 500 });
      outages.splice(100);
      const timeline = outages
        .flatMap(({ startedAt }) => [
          { at: startedAt + 500, state: "connected" as const },
          { at: startedAt, state: "reconnecting" as const },
        ])
        .reverse();
      server.tell("connection", viewOf({ since: at, outages, timeline }));
    }
    await visit.sees("#books", new Intl.NumberFormat("en-US").format(from + seconds - 1), 30_000);
  }

  async function heap(session: CDPSession): Promise<number> {
    for (let i = 0; i < 3; i++) await session.send("HeapProfiler.collectGarbage");
    return (await session.send("Runtime.getHeapUsage")).usedSize;
  }

  it("take no more memory than the first", async () => {
    const start = Date.now() - 10 * HOUR * 1000;
    await using server = await PageServer.start();
    server.hello = () => helloOf([viewOf()]);
    server.history = (id) => seriesOf(id, start - 1000, () => sampleOf());
    await using visit = await Visit.open(browser, server.url);
    await visit.sees(".card h3", "orders");
    const session = await visit.page.context().newCDPSession(visit.page);
    const measured: { nodes: number; heap: number }[] = [];
    for (let hour = 0; hour < 10; hour++) {
      await live(server, visit, start, hour * HOUR, HOUR);
      if (hour > 0 && hour < 9) continue;
      const nodes = await visit.value<number>("document.querySelectorAll('*').length");
      measured.push({ nodes, heap: await heap(session) });
    }
    const [first, last] = measured;
    expect(last.nodes).toBe(first.nodes);
    expect(last.nodes).toBeLessThan(5_000);
    // It was full after an hour; what is measured varies by some 100 KB.
    expect(last.heap - first.heap, JSON.stringify(measured)).toBeLessThan(1_000_000);
    expect(visit.complaints).toEqual([]);
  }, 90_000);
});

const LINE = { times: 1, event: "error", level: "error" } as const;
const OUTAGE: Omit<OutageView, "startedAt" | "endedAt"> = {
  duration: 500,
  server: "a:4222",
  next: "b:4222",
  kind: "network",
  cause: "CONNECTION_LOST: read ECONNRESET",
  evidence: ["the system said ECONNRESET"],
  advice: ["look for what resets connections"],
  attempts: 1,
  unconfirmed: 0,
  replayed: 0,
  abandoned: 0,
  lost: 0,
};
