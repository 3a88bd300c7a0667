import { execFile } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LOOKS, startBrowser, Visit } from "../observe/support/browser.js";
import { inCheckout } from "../scripts/fakes.js";

const { siteHandler } = (await import(inCheckout("scripts/docs/site/serve.mjs"))) as {
  siteHandler: (dir: string, base?: string) => RequestListener;
};
const { anchorsOf } = (await import(inCheckout("scripts/docs/site/markdown-links.mjs"))) as {
  anchorsOf: (markdown: string) => Set<string>;
};
const { guide } = (await import(inCheckout("docs/.vitepress/navigation.mjs"))) as {
  guide: [string, [string, string][]][];
};
interface Entry {
  readonly name: string;
  readonly page: string;
  readonly exports: readonly {
    readonly name: string;
    readonly from?: string;
    readonly pages: readonly string[];
    readonly documented: boolean;
  }[];
}

const manifest = JSON.parse(readFileSync(inCheckout("package.json"), "utf8")) as {
  exports: Record<string, { types?: string }>;
};

const paths = guide.flatMap(([, items]) => items.map(([, path]) => `/${path.replace(/(^|\/)index$/, "$1")}`));

let work: string;
let html: string;
let said = "";
let reference: { entries: Entry[]; remarks: string[] };
let server: Server;
let origin: string;
let browser: Browser;

beforeAll(async () => {
  mkdirSync(inCheckout(".cache"), { recursive: true });
  work = mkdtempSync(inCheckout(".cache/site-test-")); // in the checkout: VitePress looks for its packages from there
  html = join(work, "html");
  const args = ["scripts/site.mjs", "--out", html, "--pages", join(work, "pages")];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, {
    cwd: inCheckout(""),
    env: {
      ...process.env,
      NODE_ENV: "production",
      NODE_OPTIONS: `--import ${inCheckout("test/docs/no-network.mjs")}`,
    },
  });
  said = stdout + stderr;
  reference = JSON.parse(readFileSync(join(work, "pages/.vitepress/reference.json"), "utf8"));
  server = createServer(siteHandler(html));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  browser = await startBrowser();
}, 240_000);

afterAll(async () => {
  await browser?.close();
  server?.close();
  server?.closeAllConnections();
  rmSync(work, { recursive: true, force: true });
});

/** Opens a page, waits until all of it is there, and sees to it that nothing is wrong when the test has looked. */
async function look(path: string, test: (visit: Visit) => Promise<void>, name: keyof typeof LOOKS = "light") {
  await using visit = await Visit.open(browser, `about:blank`, LOOKS[name]);
  await lookWith(visit, path, test, "networkidle");
}

/** The same in a browser's profile that has been at other pages of the site: it has not to load again what they have in common. */
async function lookWith(
  visit: Visit,
  path: string,
  test: (visit: Visit) => Promise<void>,
  waitUntil: "load" | "networkidle",
) {
  await visit.page.goto(origin + path, { waitUntil });
  await test(visit);
  const abroad = visit.requests.filter((url) => !url.startsWith(`${origin}/`) && !/^(data|about):/.test(url));
  expect(abroad, path).toEqual([]);
  expect(visit.complaints, path).toEqual([]);
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
interface Violation {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary?: string }[];
}

/** What axe-core finds on a page that is serious or worse. */
async function faults(visit: Visit): Promise<string[]> {
  await visit.value(axe);
  const { violations } = await visit.value<{ violations: Violation[] }>("axe.run(document)");
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${target.join(" ")}: ${failureSummary}`),
    );
}

describe("the site of the guide", () => {
  it("is built without a word to another host", () => {
    expect(said).not.toContain("no-network:");
    expect(said).toMatch(/pages and the reference of \d entries are in/);
  });

  it("would be noticed to say one", async () => {
    const args = ["--import", inCheckout("test/docs/no-network.mjs"), "--input-type=module", "--eval"];
    for (const attempt of ['await fetch("http://192.0.2.1/")', 'await fetch("https://nats.example/")']) {
      const failed = await promisify(execFile)(process.execPath, [...args, attempt]).catch((error) => error);
      expect(failed.stderr).toMatch(/no-network: (192\.0\.2\.1|nats\.example)/);
    }
  });

  it("has no file that asks for one elsewhere", () => {
    const files = readdirSync(html, { recursive: true, encoding: "utf8" });
    const styles = files.filter((file) => /\.(css|html)$/.test(file));
    for (const file of styles)
      expect(readFileSync(join(html, file), "utf8"), file).not.toMatch(
        /(?:src|href)="(?:https?:)?\/\/[^"]*\.(?:js|css|woff2?|png|svg)"|url\((?:https?:)?\/\//,
      );
    expect(files.filter((file) => /\.(woff2?|ttf)$/.test(file))).toEqual([]);
  });

  it("begins with the overview, and leads on", async () => {
    await look("/", async (visit) => {
      expect(await visit.text("h1")).toMatch(/^Guide/);
      expect(await visit.page.title()).toBe("Guide | Holdfast");
      await visit.page.click("main a:has-text('Start here')");
      await visit.sees("h1", "Start here");
      await visit.page.click(".VPSidebar a:has-text('Promises')");
      await visit.sees("h1", "Promises");
    });
  });

  it("has anchors where GitHub has them", async () => {
    await look("/promises#what-a-confirmation-means", async (visit) => {
      await visit.sees("h2#what-a-confirmation-means", "What a confirmation means");
      const top = await visit.value<number>(
        "document.getElementById('what-a-confirmation-means').getBoundingClientRect().top",
      );
      expect(top).toBeLessThan(300);
    });
  });

  it("finds what is looked for", async () => {
    await look("/", async (visit) => {
      await visit.page.click("button.DocSearch-Button");
      await visit.page.fill("#localsearch-input", "lame duck");
      await visit.sees(".VPLocalSearchBox .result", "Planned moves");
      await visit.page.locator(".VPLocalSearchBox .result", { hasText: "Planned moves" }).first().click();
      await visit.sees("h1", "Reconnecting and failover");
    });
  });

  it("shows the examples that are tested", async () => {
    await look("/recipes", async (visit) => {
      const code = readFileSync(inCheckout("examples/patterns/connection-manager.ts"), "utf8");
      await visit.sees("main pre", code.split("\n").find((line) => line.startsWith("const nc"))!);
    });
  });

  it("has the reference, with its own list beside it", async () => {
    await look("/reference/holdfast/ConnectionOptions", async (visit) => {
      expect(await visit.text("h1")).toMatch(/ConnectionOptions/);
      await visit.sees("h3#backoff", "backoff");
      await visit.sees(".VPSidebar", "holdfast/testing");
    });
  });

  it("says so when a page is not there", async () => {
    const answer = await fetch(`${origin}/nothing`);
    expect([answer.status, await answer.text()]).toEqual([404, expect.stringContaining("404")]);
    for (const path of ["/../package.json", "/%2e%2e/%2e%2e/package.json", "/%00", "/%"])
      expect((await fetch(origin + path)).status, path).toBe(404);
  });

  it.each([
    ["light", ["/", "/options", "/start", "/reference/holdfast/Cause"]],
    ["dark", ["/", "/start"]],
    ["phone", ["/", "/options"]],
  ] as const)("has no serious fault by axe-core: %s", { timeout: 120_000 }, async (name, places) => {
    for (const path of places)
      await look(path, async (visit) => expect(await faults(visit), path).toEqual([]), name);
  });

  it("has every page of the guide, none wider than a phone", { timeout: 120_000 }, async () => {
    await using visit = await Visit.open(browser, `about:blank`, LOOKS.phone);
    for (const path of paths)
      await lookWith(
        visit,
        path,
        async () => {
          expect(await visit.value("document.querySelectorAll('main h1').length"), path).toBe(1);
          expect(await visit.value("document.documentElement.scrollWidth"), path).toBe(360);
        },
        "load",
      );
  });

  it("leaves nothing behind in docs/", () => {
    expect(readdirSync(inCheckout("docs/.vitepress")).toSorted()).toEqual([
      "config.mjs",
      "navigation.mjs",
      "theme",
    ]);
    expect(existsSync(inCheckout("docs/reference"))).toBe(false);
  });
});

describe("the reference", () => {
  const text = (page: string) => readFileSync(join(work, "pages/reference", page), "utf8");

  it("has every entry of the package", () => {
    const entries = Object.entries(manifest.exports).filter(([, { types }]) => types !== undefined);
    expect(reference.entries.map(({ name }) => name)).toEqual(
      entries.map(([key]) => `holdfast${key.slice(1)}`),
    );
  });

  it("has every value that an entry exports, as Node sees it", async () => {
    for (const [key, { types }] of Object.entries(manifest.exports)) {
      if (types === undefined) continue;
      const source = types.replace("./dist/", "../../src/").replace(/\.d\.ts$/, ".js");
      const entry = reference.entries.find(({ name }) => name === `holdfast${key.slice(1)}`)!;
      const names = entry.exports.map(({ name }) => name);
      expect(names).toEqual(expect.arrayContaining(Object.keys(await import(source))));
    }
  });

  it("has a place for every export, and it is there", () => {
    for (const { name, page, exports } of reference.entries) {
      expect(exports.length, name).toBeGreaterThan(0);
      for (const { name: exported, from, pages } of exports) {
        const what = `${name}: ${exported}`;
        if (from !== undefined) {
          expect(text(page), what).toContain(`\`${exported}\``);
          continue;
        }
        expect(pages.length, what).toBeGreaterThan(0);
        for (const place of pages) {
          const [file, anchor] = place.split("#");
          expect(existsSync(join(work, "pages/reference", file)), `${what}: ${file}`).toBe(true);
          if (anchor === undefined) expect(text(file), what).toMatch(new RegExp(`^# .*\\b${exported}\\b`));
          else expect(anchorsOf(text(file)), what).toContain(anchor);
        }
      }
    }
  });

  it("has a docstring for every export", () => {
    const without = reference.entries.flatMap(({ name, exports }) =>
      exports.filter(({ documented }) => !documented).map((one) => `${name}: ${one.name}`),
    );
    expect(without).toEqual([]);
  });

  it("finds nothing wrong in docstrings", () => expect(reference.remarks).toEqual([]));

  it("shows what a docstring says, and no path of this machine", () => {
    expect(text("holdfast/connect.md")).toContain("Connects to NATS.");
    expect(text("holdfast/Cause.md")).toContain("What it was concluded from, a fact each.");
    expect(text("holdfast.md")).toContain("Passed on from @nats-io/nats-core");
    expect(text("holdfast/Connection.md")).not.toContain(inCheckout(""));
  });
});
