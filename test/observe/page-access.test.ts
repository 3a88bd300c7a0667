import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LOOKS, startBrowser, Visit } from "./support/browser.js";
import { buildPage } from "./support/page-build.js";
import { PageServer } from "./support/page-server.js";
import { sceneAt } from "./support/scene.js";

let browser: Browser;
beforeAll(async () => {
  await buildPage();
  browser = await startBrowser();
}, 60_000);
afterAll(() => browser.close());

/** A page after a bad hour: everything that it can show is on it. */
async function look(name: keyof typeof LOOKS) {
  const scene = sceneAt(Date.now());
  const server = await PageServer.start();
  server.hello = () => scene.hello;
  server.history = (id) => scene.history(id);
  const visit = await Visit.open(browser, server.url, LOOKS[name]);
  await visit.sees(".card", "billing");
  server.tell("sample", scene.sample);
  await visit.sees(".card", "8 MiB of 8 MiB");
  return {
    server,
    visit,
    page: visit.page,
    async [Symbol.asyncDispose]() {
      await visit[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

interface Rule {
  readonly id: string;
  readonly impact: "minor" | "moderate" | "serious" | "critical" | null;
  readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary?: string }[];
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** How much a rule counts, by how much harm there is when it is broken: the weights of Lighthouse. */
const WEIGHTS = { minor: 1, moderate: 3, serious: 7, critical: 10 };

/** What axe-core finds on a page, with all of its rules, also those that are no part of a standard; and the share of them that hold, 0 to 100. */
async function judge(visit: Visit): Promise<{ score: number; violations: string[] }> {
  await visit.value(axe);
  const { passes, violations } = await visit.value<{ passes: Rule[]; violations: Rule[] }>(
    `axe.run(document, { rules: { "target-size": { enabled: true }, "css-orientation-lock": { enabled: true } } })`,
  );
  const sum = (rules: readonly Rule[]) =>
    rules.reduce((weight, { impact }) => weight + WEIGHTS[impact ?? "serious"], 0);
  return {
    score: (100 * sum(passes)) / (sum(passes) + sum(violations)),
    violations: violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${target.join(" ")}: ${failureSummary}`),
    ),
  };
}

describe("the page for everybody [M2]", () => {
  for (const name of Object.keys(LOOKS) as (keyof typeof LOOKS)[]) {
    it(`has nothing that axe-core finds fault with: ${name}`, async () => {
      await using world = await look(name);
      await world.page.click(".disclose");
      await world.visit.sees(".details:not([hidden])", "closed by the server");
      expect(await judge(world.visit)).toEqual({ score: 100, violations: [] });
    });

    it(`is no wider than its window: ${name}`, async () => {
      await using world = await look(name);
      expect(await world.visit.value("document.documentElement.scrollWidth")).toBe(
        LOOKS[name].viewport.width,
      );
    });
  }

  it("has nothing that axe-core finds fault with when contact is lost, either", async () => {
    await using world = await look("dark");
    world.server.refuse = 503;
    world.server.drop();
    await world.visit.sees("#banner", "No contact");
    expect(await judge(world.visit)).toEqual({ score: 100, violations: [] });
  });

  it("is walked through by keys alone, and shows where one is", async () => {
    await using world = await look("light");
    const { visit, page } = world;
    const at = () =>
      visit.value<string>(`(({ id, className, tagName, name, textContent }) =>
        id || name || className || tagName + " " + textContent)(document.activeElement)`);
    const stops: string[] = [];
    for (let i = 0; i < 40; i++) {
      await page.keyboard.press("Tab");
      const stop = await at();
      if (stop.startsWith("BODY")) break;
      stops.push(stop);
      const outline = await visit.value<string>(`(() => {
        const shown = [document.activeElement, document.activeElement.closest(".choice")]
          .filter((element) => element && getComputedStyle(element).outlineStyle === "solid");
        return shown.length > 0 ? "shown" : "hidden";
      })()`);
      expect(outline, stop).toBe("shown");
    }
    expect(stops).toEqual([
      "skip",
      "process",
      "theme",
      "tab-1",
      "BUTTON 2.3 s",
      "range",
      ...Array.from({ length: 4 }, () => "disclose"),
      "log-level",
      "log-newest",
      "log-pause",
    ]);
  });

  it("skips to the connections", async () => {
    await using world = await look("light");
    await world.page.keyboard.press("Tab");
    await world.page.keyboard.press("Enter");
    expect(await world.visit.value("document.activeElement.id")).toBe("main");
  });

  it("moves along tabs and marks by arrow keys", async () => {
    await using world = await look("light");
    const { visit, page } = world;
    await page.focus("#tab-1");
    await page.keyboard.press("ArrowRight");
    await visit.sees("[aria-selected=true]", "billing");
    expect(await visit.value("document.activeElement.id")).toBe("tab-2");
    expect(await page.getAttribute("#panel", "aria-labelledby")).toBe("tab-2");
    await page.keyboard.press("End");
    await visit.sees("[aria-selected=true]", "telemetry");
    // It has had no outage, and so no marks.
    await page.keyboard.press("ArrowRight");
    await visit.sees("[aria-selected=true]", "orders");
    expect(await page.locator("#marks button").allInnerTexts()).toEqual(["2 ×", "41 s", "2.3 s"]);
    await page.focus("#marks [tabindex='0']");
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("Enter");
    await visit.sees(".details:not([hidden])", "the system said ECONNRESET");
    expect(await visit.value("document.activeElement.getAttribute('aria-expanded')")).toBe("true");
  });

  it("says of charts in words what they show", async () => {
    await using world = await look("light");
    await world.page.click("#ranges label:nth-of-type(3)");
    const words = async () => world.page.getAttribute(".chart:first-child [role=img]", "aria-label");
    await expect
      .poll(words, { timeout: 20_000 })
      .toMatch(
        /^Messages per second, the last 1 h\. In: now [\d,]+ msg\/s, [\d,]+ msg\/s on average, at most [\d,]+ msg\/s\. Out: /,
      );
  });

  it("does not speak as long as no state changes", async () => {
    await using world = await look("light");
    const { visit, server, page } = world;
    for (let i = 0; i < 3; i++) server.tell("sample", sceneAt(Date.now()).sample);
    await visit.sees("#contact", "Live");
    expect(await page.textContent("#announcements")).toBe("");
    expect(await page.locator("[aria-live], [role=log], [role=alert], [role=status]").count()).toBe(1);
  });
});
