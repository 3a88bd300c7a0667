import { statSync, writeFileSync } from "node:fs";
import type { Browser, BrowserContextOptions } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LOOKS, startBrowser, Visit } from "./support/browser.js";
import { buildPage } from "./support/page-build.js";
import { PageServer } from "./support/page-server.js";
import { sceneAt } from "./support/scene.js";

/** Set, it has the pictures of the guide written anew. */
const WRITES = process.env.HOLDFAST_PICTURES === "1";

let browser: Browser;
beforeAll(async () => {
  await buildPage();
  browser = await startBrowser();
}, 60_000);
afterAll(() => browser.close());

interface Picture {
  readonly name: string;
  readonly options: BrowserContextOptions;
  /** The tab that is chosen, from 1. */
  readonly tab: number;
  /** From the top of one element to the bottom of another one, with a margin. */
  readonly from: string;
  readonly to: string;
}

const PICTURES: readonly Picture[] = [
  { name: "dashboard-light", options: LOOKS.light, tab: 2, from: "body", to: "#charts" },
  { name: "dashboard-dark", options: LOOKS.dark, tab: 1, from: "#tabs", to: ".pair" },
  {
    name: "dashboard-phone",
    options: { ...LOOKS.phone, deviceScaleFactor: 1.5 },
    tab: 2,
    from: "body",
    to: ".card:nth-child(2)",
  },
];

const fileOf = (name: string) => new URL(`../../docs/observe/${name}.png`, import.meta.url);

describe("pictures of the guide", () => {
  for (const { name, options, tab, from, to } of PICTURES) {
    it(name, async () => {
      await using server = await PageServer.start();
      const scene = sceneAt(Date.now());
      server.hello = () => scene.hello;
      server.history = (id) => scene.history(id);
      await using visit = await Visit.open(browser, server.url, options);
      const { page } = visit;
      await page.click(`[role=tab]:nth-child(${tab})`);
      server.tell("sample", scene.sample);
      await visit.sees(".card", "8 MiB of 8 MiB");
      if (tab === 1) await page.click(".row:nth-child(3) .disclose");
      // The history is drawn, and not only what came since.
      await expect
        .poll(() => page.getAttribute(".chart:nth-child(3) [role=img]", "aria-label"), { timeout: 20_000 })
        .toMatch(/at most 0\.\d+ ms/);
      await page.mouse.move(0, 0);
      await visit.value("scrollTo(0, 0)");
      const [top, bottom] = await Promise.all([from, to].map((place) => page.locator(place).boundingBox()));
      const y = from === "body" ? 0 : top!.y - 12;
      const clip = { x: 0, y, width: options.viewport!.width, height: bottom!.y + bottom!.height + 12 - y };
      const picture = await page.screenshot({ fullPage: true, clip, animations: "disabled" });
      if (WRITES) writeFileSync(fileOf(name), picture);
      const { size } = statSync(fileOf(name));
      expect(size).toBeGreaterThan(20_000);
      expect(size).toBeLessThan(200_000);
      expect(visit.complaints).toEqual([]);
    });
  }
});
