import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { chromium as playwright } from "playwright-core";
import { afterEach, expect, it, vi } from "vitest";
import { CHROMIUM_ARGS, chromium } from "./support/chromium.js";
import { Cleanup } from "./support/cleanup.js";
import { promtool } from "./support/promtool.js";

afterEach(() => vi.unstubAllEnvs());

it("promtool reads what it gets, and says what is wrong with it", async () => {
  const good = "# HELP nats_up Whether it is up.\n# TYPE nats_up gauge\nnats_up 1\n";
  expect(await promtool(["check", "metrics"], { input: good })).toEqual({ code: 0, output: "" });
  const bad = await promtool(["check", "metrics"], { input: "nats_up{ 1\n" });
  expect(bad.code).toBeGreaterThan(0);
  expect(bad.output).toContain("error");
});

it("promtool is told its working folder, and runs the tests of rules", async () => {
  const ended = await promtool(["test", "rules", "no-such-file.yml"], { cwd: "/" });
  expect(ended).toMatchObject({ code: 1, output: expect.stringContaining("no-such-file.yml") });
});

it("playwright-core starts the Chromium, which draws text and talks to a server here", async () => {
  await using cleanup = new Cleanup();
  const server = createServer((_, response) => {
    response.setHeader("content-type", "text/html").end("<span>drawn</span>");
  }).listen(0, "127.0.0.1");
  cleanup.use({ close: () => new Promise((resolve) => server.close(resolve)) });
  const browser = cleanup.use(
    await playwright.launch({ executablePath: chromium(), args: [...CHROMIUM_ARGS] }),
  );
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  expect((await page.locator("span").boundingBox())?.width).toBeGreaterThan(10);
});

it("a test fails, and says what to do, where there is no such program", async () => {
  vi.stubEnv("PROMTOOL", "");
  vi.stubEnv("CHROMIUM", "");
  await expect(promtool(["--version"])).rejects.toThrow(
    /PROMTOOL is not set.*npm test --.*scripts\/promtool\.mjs/,
  );
  expect(() => chromium()).toThrow(/CHROMIUM is not set.*npm test --.*scripts\/chromium\.mjs/);
});
