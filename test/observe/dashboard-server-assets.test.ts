import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { PAGE_FILES, type PageFile } from "../../src/observe/page/files.js";
import { DashboardSite } from "./support/dashboard-site.js";
import { FakeConnection } from "./support/fake-connection.js";
import { buildPage } from "./support/page-build.js";

const SCRIPT = "const a = 1;\n".repeat(1_000);
let folder: string;
let files: PageFile[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-assets-"));
  writeFileSync(join(folder, "page.html"), "<p>page</p>");
  writeFileSync(join(folder, "a.js"), SCRIPT);
  writeFileSync(join(folder, "secret.js"), "canary");
  const file = (path: string, name: string, type: string) => ({
    path,
    type,
    file: pathToFileURL(join(folder, name)),
  });
  files = [
    file("dashboard", "page.html", "text/html; charset=utf-8"),
    file("dashboard/assets/a.js", "a.js", "text/javascript; charset=utf-8"),
    file("dashboard/assets/missing.js", "missing.js", "text/javascript; charset=utf-8"),
  ];
  return () => rmSync(folder, { recursive: true });
});

const open = () => DashboardSite.start([new FakeConnection().nc], { files });

describe("the page", () => {
  it("is sent with a policy that lets it load nothing from elsewhere", async () => {
    await using site = await open();
    const { status, headers, body } = await site.ask("/dashboard");
    expect([status, body.toString()]).toEqual([200, "<p>page</p>"]);
    expect(headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cross-origin-resource-policy": "same-origin",
      "cache-control": "no-cache",
      vary: "Accept-Encoding",
    });
    const policy = String(headers["content-security-policy"]).split("; ");
    expect(policy).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
      ]),
    );
    const sources = policy.flatMap((directive) => directive.split(" ").slice(1));
    expect(new Set(sources)).toEqual(new Set(["'none'", "'self'", "data:"]));
  });

  it("is found at its address without a slash at the end, since all others are relative to that", async () => {
    await using site = await open();
    const { status, headers } = await site.ask("/dashboard/?process=2");
    expect([status, headers.location]).toEqual([308, "../dashboard"]);
  });
});

describe("a file of the page", () => {
  it("is sent compressed to those who take that", async () => {
    await using site = await open();
    const plain = await site.ask("/dashboard/assets/a.js");
    const packed = await site.ask("/dashboard/assets/a.js", { "Accept-Encoding": "br, gzip" });
    expect(plain.body.toString()).toBe(SCRIPT);
    expect(plain.headers["content-encoding"]).toBeUndefined();
    expect(packed.headers["content-encoding"]).toBe("gzip");
    expect(gunzipSync(packed.body).toString()).toBe(SCRIPT);
    expect(packed.headers.etag).toBe(plain.headers.etag);
  });

  it("is not sent again to those who have it", async () => {
    await using site = await open();
    const { etag } = (await site.ask("/dashboard/assets/a.js")).headers;
    const again = (tag: string) => site.ask("/dashboard/assets/a.js", { "If-None-Match": tag });
    for (const tag of [String(etag), `"x", ${etag}`, "*"])
      expect(await again(tag)).toMatchObject({ status: 304, body: Buffer.alloc(0), headers: { etag } });
    expect((await again('W/"other"')).status).toBe(200);
  });

  it("is told of by a HEAD, with the length of what is not sent", async () => {
    await using site = await open();
    const { status, headers, body } = await site.ask("/dashboard/assets/a.js", {}, "HEAD");
    expect([status, headers["content-length"], body.length]).toEqual([200, String(SCRIPT.length), 0]);
  });

  it("that is missing is a failure that says nothing of where it should be, until it is there", async () => {
    await using site = await open();
    const { status, body } = await site.ask("/dashboard/assets/missing.js");
    expect(status).toBe(500);
    expect(body.toString()).not.toContain(folder);
    writeFileSync(join(folder, "missing.js"), "found");
    expect((await site.ask("/dashboard/assets/missing.js")).body.toString()).toBe("found");
  });

  it.each([
    "/dashboard/assets/secret.js",
    "/dashboard/assets/../assets/secret.js",
    "/dashboard/assets/%2e%2e/%2e%2e/secret.js",
    "/dashboard/assets//a.js",
    "/dashboard/assets/A.js",
    "/dashboard/assets/a.js%00",
    "/dashboard/assets",
    "/dashboard/__proto__",
    "/dashboard/../../../../etc/passwd",
  ])("is none at %s", async (path) => {
    await using site = await open();
    // Also when the server in front has let it through.
    const { route } = site;
    Object.defineProperty(route, "paths", { value: { includes: () => true } });
    const { status, body } = await site.ask(path);
    expect(status).toBe(404);
    expect(body.toString()).not.toContain("canary");
  });
});

describe("the files that the package has", () => {
  let site: DashboardSite;
  beforeAll(async () => {
    await buildPage();
    site = await DashboardSite.start([new FakeConnection().nc]);
  });
  afterAll(() => site[Symbol.asyncDispose]());

  it("are all there, and together small", async () => {
    let bytes = 0;
    for (const { path, type } of PAGE_FILES) {
      const { status, headers, body } = await site.ask(`/${path}`, { "Accept-Encoding": "gzip" });
      expect([path, status, headers["content-type"]]).toEqual([path, 200, type]);
      bytes += body.length;
    }
    expect(bytes).toBeLessThan(60 * 1024);
  });

  it("have no address of another host in them", async () => {
    for (const { path } of PAGE_FILES) {
      const text = (await site.ask(`/${path}`)).body.toString();
      const found = text.match(/(?:https?:)?\/\/[a-z0-9-]+\.[a-z]{2,}[^\s'"]*/gi) ?? [];
      expect([
        path,
        found.filter((url) => !/^http:\/\/www\.w3\.org\//.test(url) && !/leeoniya/.test(url)),
      ]).toEqual([path, []]);
    }
  });
});
