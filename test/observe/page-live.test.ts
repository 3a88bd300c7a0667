import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PAGE_FILES } from "../../src/observe/page/files.js";
import { serve } from "../../src/observe/serve.js";
import { Cleanup } from "../support/cleanup.js";
import { Outage } from "../support/outage.js";
import { startBrowser, Visit } from "./support/browser.js";
import { buildPage } from "./support/page-build.js";

/** Set, it has the picture of the guide written anew; the others are of `page-pictures`. */
const WRITES = process.env.HOLDFAST_PICTURES === "1";
const PICTURE = fileURLToPath(new URL("../../docs/observe/dashboard-outage.png", import.meta.url));

let browser: Browser;
beforeAll(async () => {
  await buildPage();
  browser = await startBrowser();
}, 60_000);
afterAll(() => browser.close());

describe("the dashboard of a process [M2]", () => {
  it("goes with a connection through an outage, from the first publish to the last", async () => {
    await using cleanup = new Cleanup();
    const outage = cleanup.use(await Outage.prepare({ name: "orders" }));
    const { nc, server } = outage;
    const served = cleanup.use(await serve(nc));
    const visit = cleanup.use(await Visit.open(browser, `${served.url}/dashboard`));
    const publishing = setInterval(() => nc.publish("a", "text"), 5);
    cleanup.use({ close: async () => clearInterval(publishing) });

    await visit.sees(".state strong", /^connected/);
    await visit.sees(".card .server", server.hostport);
    await visit.sees('[data-figure="in"]', /^[1-9]\d* msg\/s$/);
    await visit.sees(".chart:nth-child(3)", /PING to PONG [\d.<]+ ?[\d.]* ms/);

    await server.kill();
    await visit.sees(".state strong", "reconnecting");
    await visit.sees(".cause", "CONNECTION_REFUSED");
    await visit.sees("#outages tbody", "so far");
    await visit.sees('[data-figure="waiting"]', /[1-9]\d* messages/);

    await server.restart();
    await visit.sees(".state strong", /^connected/);
    await visit.sees("#outages tbody", `${server.hostport}, again`);
    await visit.page.click(".disclose");
    await visit.sees(".details:not([hidden])", "it ended at");
    await visit.sees("#uptime", "1 outage");
    await visit.sees("#log", "back on");
    if (WRITES) await visit.page.screenshot({ path: PICTURE, fullPage: true });
    expect(await visit.page.isVisible(".losses")).toBe(false);
    expect(await visit.page.locator(".run[data-tone=bad]").count()).toBeGreaterThan(0);

    clearInterval(publishing);
    await nc.close();
    await visit.sees(".state strong", "closed");
    expect(visit.complaints).toEqual([]);
    expect(visit.requests.filter((url) => !url.startsWith(served.url) && !url.startsWith("data:"))).toEqual(
      [],
    );
  });

  it("shows within half a second that a server is gone", async () => {
    await using cleanup = new Cleanup();
    const outage = cleanup.use(await Outage.prepare());
    const served = cleanup.use(await serve(outage.nc));
    const visit = cleanup.use(await Visit.open(browser, `${served.url}/dashboard`));
    const times: number[] = [];
    for (let round = 0; round < 3; round++) {
      await visit.sees(".state strong", /^connected/);
      const lost = new Promise((resolve) => outage.nc.once("disconnect", resolve));
      await outage.server.kill();
      await lost;
      const at = performance.now();
      await visit.sees(".state strong", "reconnecting");
      times.push(performance.now() - at);
      await outage.end();
    }
    // The machine may be busy in any of them; a wait of ours would be in each.
    expect(Math.min(...times)).toBeLessThan(500);
  });

  it("loads less than 60 KB, compressed as it is sent", async () => {
    await using cleanup = new Cleanup();
    const { nc } = cleanup.use(await Outage.prepare());
    const served = cleanup.use(await serve(nc));
    const visit = cleanup.use(await Visit.open(browser, "about:blank"));
    const sizes: number[] = [];
    visit.page.on("response", async (response) => {
      if (response.url().includes("/events") || response.url().includes("/history")) return;
      const { "content-encoding": encoding, "content-length": length } = await response.allHeaders();
      if (encoding === "gzip") sizes.push(Number(length));
    });
    await visit.page.goto(`${served.url}/dashboard`);
    await visit.sees(".state strong", /^connected/);
    await expect.poll(() => sizes.length, { timeout: 20_000 }).toBe(PAGE_FILES.length);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(60_000);
  });

  it("is there with a token, too, which disappears from the address", async () => {
    await using cleanup = new Cleanup();
    const { nc } = cleanup.use(await Outage.prepare());
    const served = cleanup.use(await serve(nc, { token: "a-token" }));
    const visit = cleanup.use(await Visit.open(browser, `${served.url}/dashboard?token=a-token`));
    await visit.sees("#contact", "Live");
    await visit.sees(".state strong", /^connected/);
    expect(visit.page.url()).toBe(`${served.url}/dashboard`);
  });

  it("shows another process, and that it is gone", async () => {
    await using cleanup = new Cleanup();
    const [one, two] = [
      cleanup.use(await Outage.prepare({ name: "one" })),
      cleanup.use(await Outage.prepare({ name: "two" })),
    ];
    const other = cleanup.use(await serve(two.nc));
    const served = cleanup.use(
      await serve(one.nc, { dashboard: { peers: [{ name: "the other", url: other.url }] } }),
    );
    const visit = cleanup.use(await Visit.open(browser, `${served.url}/dashboard`));
    await visit.sees(".card h3", "one");
    await visit.page.selectOption("#process", { label: "the other" });
    await visit.sees(".card h3", "two");
    await visit.sees("#contact", "Live");
    await other.close();
    await visit.sees("#banner", "This process cannot be reached");
    await visit.page.selectOption("#process", { index: 0 });
    await visit.sees(".card h3", "one");
  });

  it("says when its process is gone, and goes on when there is one again", async () => {
    await using cleanup = new Cleanup();
    const { nc } = cleanup.use(await Outage.prepare({ name: "orders" }));
    const served = await serve(nc);
    const visit = cleanup.use(await Visit.open(browser, `${served.url}/dashboard`));
    await visit.sees("#contact", "Live");
    await served.close();
    await visit.sees("#banner", "No contact with the process");
    expect(await visit.text(".state strong")).toBe("Was connected");
    const again = cleanup.use(await serve(nc, { port: served.port }));
    expect(again.url).toBe(served.url);
    await visit.sees("#contact", "Live");
    await visit.sees(".state strong", /^connected/);
  });
});
