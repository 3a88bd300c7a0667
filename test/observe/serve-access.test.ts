import { connect as dial } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../src/index.js";
import { sendText } from "../../src/observe/http/respond.js";
import type { Route } from "../../src/observe/http/route.js";
import { RouteServer } from "../../src/observe/http/server.js";
import { serve } from "../../src/observe/serve.js";
import { NatsServer } from "../../src/testing/server.js";
import { Cleanup } from "../support/cleanup.js";
import { expectNoProblems } from "../support/problems.js";
import { ask, askJson } from "./ask.js";

expectNoProblems();

const TOKEN = "canary+token/0123456789==";
const WRONG: Record<string, string>[] = [
  {},
  { Authorization: "Bearer wrong" },
  { Authorization: TOKEN },
  { Cookie: `token=${TOKEN}` },
];
const BEARER = { Authorization: `Bearer ${TOKEN}` };
const PAGE: Route = {
  paths: ["/dashboard", "/dashboard/events"],
  handle: (req, res, path) => sendText(req, res, 200, "text/plain", `page ${path}`),
};
const cleanup = new Cleanup();
let nc: Awaited<ReturnType<typeof connect>>;
beforeAll(async () => {
  const server = cleanup.use(await NatsServer.start());
  nc = cleanup.use(await connect({ servers: server.url }));
});
afterAll(() => cleanup[Symbol.asyncDispose]());

async function page(token: string | undefined): Promise<{ url: string } & AsyncDisposable> {
  const server = await RouteServer.listen([PAGE], { port: 0, host: "127.0.0.1", token, allowedHosts: [] });
  return { url: server.url(server.port), [Symbol.asyncDispose]: () => server.close() };
}

describe("the token of serve()", () => {
  it("opens everything; without it liveness and readiness tell their status, and all else is 401", async () => {
    await using server = await serve(nc, { token: TOKEN });
    for (const path of ["/health/live", "/livez"])
      expect(await askJson(server.url, path)).toMatchObject({ status: 200, body: { status: "live" } });
    for (const path of ["/health/ready", "/readyz", "/readyz/"]) {
      const { status, text } = await ask(server.url, path);
      expect([status, text]).toEqual([200, '{"status":"ready"}']);
    }
    for (const path of ["/health", "/healthz", "/health/nats", "/metrics", "/dashboard", "/nothing", "/"]) {
      for (const headers of WRONG) {
        const reply = await ask(server.url, path, { headers });
        expect(reply.status, path).toBe(401);
        expect(reply.headers["www-authenticate"]).toBe('Bearer realm="holdfast"');
        expect(JSON.stringify(reply)).not.toContain("canary");
      }
    }
    for (const path of ["/health", "/health/nats", "/health/ready"]) {
      const { status, text } = await ask(server.url, path, { headers: BEARER });
      expect(status).toBe(200);
      expect(JSON.parse(text)).toMatchObject({ state: "connected" });
    }
    expect((await ask(server.url, "/nothing", { headers: BEARER })).status).toBe(404);
    expect((await ask(server.url, `/health?token=${encodeURIComponent(TOKEN)}`)).status).toBe(401);
  });

  it("not ready: the probe of a kubelet learns that, and nothing else", async () => {
    const server = await NatsServer.start();
    await using other = await connect({ servers: server.url, closeTimeout: 1 });
    await using served = await serve([nc, other], { token: TOKEN, readiness: { mode: "strict" } });
    await server.close();
    await new Promise((resolve) =>
      other.state === "connected" ? other.once("disconnect", resolve) : resolve(undefined),
    );
    const { status, text } = await ask(served.url, "/readyz");
    expect([status, text]).toEqual([503, '{"status":"not ready"}']);
    expect((await ask(served.url, "/readyz", { headers: BEARER })).text).toContain('"connections":[');
  });

  it.each(["/dashboard?token=", "/dashboard/?token=", "/dashboard?x=1&token="])(
    "in the page's URL (%s…) becomes a cookie, and the URL loses it",
    async (path) => {
      await using server = await page(TOKEN);
      const { status, headers, text } = await ask(server.url, path + encodeURIComponent(TOKEN));
      expect(status).toBe(303);
      expect(new URL(headers.location!, `${server.url}${path}`).href).toBe(`${server.url}/dashboard`);
      expect(headers["referrer-policy"]).toBe("no-referrer");
      expect(headers["cache-control"]).toBe("no-store");
      const [cookie] = headers["set-cookie"] ?? [];
      expect(cookie).toMatch(/; Path=\/; HttpOnly; SameSite=Strict$/);
      expect(JSON.stringify(headers) + text).not.toContain("canary");
      const Cookie = cookie.split(";")[0];
      for (const asked of ["/dashboard", "/dashboard/events"]) {
        expect((await ask(server.url, asked)).status).toBe(401);
        expect((await ask(server.url, asked, { headers: { Cookie: `${Cookie}x` } })).status).toBe(401);
        expect((await ask(server.url, asked, { headers: { Cookie } })).text).toBe(`page ${asked}`);
      }
      await using other = await page(TOKEN);
      expect((await ask(other.url, "/dashboard", { headers: { Cookie } })).status).toBe(401);
    },
  );

  it("may stand in the URL as it is, and nowhere else than in that of the page", async () => {
    await using server = await page(TOKEN);
    expect((await ask(server.url, `/dashboard?token=${TOKEN}`)).status).toBe(303);
    expect((await ask(server.url, `/dashboard/events?token=${TOKEN}`)).status).toBe(401);
    for (const wrong of ["", "x", `${TOKEN}x`, `x&token=${TOKEN}`, "%", `${"x".repeat(7_000)}`]) {
      const { status, headers } = await ask(server.url, `/dashboard?token=${wrong}`);
      expect([status, headers["set-cookie"]]).toEqual([401, undefined]);
    }
    await using open = await page(undefined);
    const { status, headers } = await ask(open.url, "/dashboard?token=x");
    expect([status, headers["set-cookie"]]).toEqual([200, undefined]);
  });
});

describe("whom serve() answers", () => {
  it("requests by its own names alone, whatever they ask for and know", async () => {
    await using server = await serve(nc, { token: TOKEN, allowedHosts: ["metrics.internal"] });
    for (const Host of [`127.0.0.1:${server.port}`, "localhost", "[::1]:80", "metrics.internal:1234"])
      expect((await ask(server.url, "/health/live", { headers: { Host } })).status, Host).toBe(200);
    for (const Host of [
      "evil.example",
      `evil.example:${server.port}`,
      "10.0.0.7",
      "localhost.evil.example",
    ]) {
      for (const path of ["/health/live", "/health", "/nothing", `/dashboard?token=${TOKEN}`]) {
        const { status, headers, text } = await ask(server.url, path, { headers: { ...BEARER, Host } });
        expect(status, Host).toBe(403);
        expect(headers["set-cookie"]).toBeUndefined();
        expect(text).not.toContain("evil");
      }
    }
  });

  it("pages of its own alone", async () => {
    await using server = await serve(nc);
    const Host = `localhost:${server.port}`;
    const status = async (Origin: string) =>
      (await ask(server.url, "/health", { headers: { Host, Origin } })).status;
    expect(await status(`http://${Host}`)).toBe(200);
    for (const origin of [
      "http://evil.example",
      "null",
      `http://localhost:${server.port + 1}`,
      "http://localhost",
    ])
      expect(await status(origin), origin).toBe(403);
  });

  it("requests without a Host, or with two, get nothing", async () => {
    await using server = await serve(nc);
    const answer = (text: string) =>
      new Promise<string>((resolve) => {
        let got = "";
        const socket = dial(server.port, "127.0.0.1");
        socket.on("data", (data) => {
          got += data.toString("latin1");
        });
        socket.on("close", () => resolve(got));
        socket.write(text);
      });
    const close = "Connection: close\r\n\r\n";
    expect(await answer(`GET /health HTTP/1.1\r\n${close}`)).toMatch(/^HTTP\/1.1 400 /);
    expect(await answer(`GET /health HTTP/1.0\r\n${close}`)).toMatch(/^HTTP\/1.1 403 /);
    expect(await answer(`GET /health HTTP/1.1\r\nHost:\r\n${close}`)).toMatch(/^HTTP\/1.1 403 /);
    expect(await answer(`GET /health HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n${close}`)).toMatch(
      /^HTTP\/1.1 40[03] /,
    );
    expect(await answer(`GET http://evil/health HTTP/1.1\r\nHost: localhost\r\n${close}`)).toMatch(
      /^HTTP\/1.1 404 /,
    );
    expect(await answer(`CONNECT evil:80 HTTP/1.1\r\nHost: localhost\r\n${close}`)).not.toMatch(/ 200 /);
  });

  it("every answer says that nobody else may use it", async () => {
    await using server = await serve(nc, { token: TOKEN });
    for (const [path, headers] of [
      ["/health", BEARER],
      ["/health", {}],
      ["/nothing", BEARER],
      ["/health", { Host: "evil.example" }],
    ] as const) {
      expect((await ask(server.url, path, { headers })).headers).toMatchObject({
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "cross-origin-resource-policy": "same-origin",
        "referrer-policy": "no-referrer",
      });
    }
  });
});
