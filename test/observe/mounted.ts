import { expect } from "vitest";
import { type Connection, connect } from "../../src/index.js";
import type { HealthOptions } from "../../src/observe/health-options.js";
import { NatsServer } from "../../src/testing/server.js";
import { ask, askJson, type Body } from "./ask.js";

/** A program with a framework, in which the handler is mounted. */
export interface Mounted extends AsyncDisposable {
  readonly url: string;
}

/** What the handlers of these tests go by. */
export const STRICT = { readiness: { mode: "strict" } } as const satisfies HealthOptions;

/** What connections of these tests go by. */
export const EAGER = { reconnectTimeWait: 5, reconnectJitter: 0, closeTimeout: 100 };

/** A program in this process, with a connection. */
export function withConnection(start: (nc: Connection) => Promise<Mounted>) {
  return async (servers: string): Promise<Mounted> => {
    const nc = await connect({ servers, ...EAGER });
    const program = await start(nc);
    const stop = async () => {
      await program[Symbol.asyncDispose]();
      await nc.close();
    };
    return { url: program.url, [Symbol.asyncDispose]: stop };
  };
}

/**
 * Starts a program that is connected to a server, and kills the server: what comes through its framework.
 *
 * @param base what stands before `/health`
 * @param hello a path of the program's own, that answers with its name
 * @param head whether the framework hands on a HEAD
 */
export async function expectMounted(
  start: (servers: string) => Promise<Mounted>,
  { base = "", hello = "/hello", head = true }: { base?: string; hello?: string; head?: boolean } = {},
): Promise<void> {
  await using server = await NatsServer.start();
  await using program = await start(server.url);
  const { url } = program;
  const statuses = async () => {
    const paths = ["/health", "/health/live", "/health/ready", "/health/nats"].map((path) => base + path);
    return Promise.all(paths.map(async (path) => (await ask(url, path)).status));
  };
  const health = async (condition: (body: Body) => boolean) => {
    const end = performance.now() + 10_000;
    for (;;) {
      const { body } = await askJson(url, `${base}/health`);
      if (condition(body)) return;
      expect(performance.now(), JSON.stringify(body)).toBeLessThan(end);
    }
  };

  expect((await ask(url, hello)).text).toContain("hello");
  const ready = await ask(url, `${base}/health/ready`);
  expect(ready).toMatchObject({
    status: 200,
    headers: {
      "content-type": "application/json; charset=utf-8",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
    },
  });
  expect(JSON.parse(ready.text)).toMatchObject({ status: "ready", server: server.hostport });
  expect(await statuses()).toEqual([200, 200, 200, 200]);
  if (head) {
    const { status, text } = await ask(url, `${base}/health/ready`, { method: "HEAD" });
    expect([status, text]).toEqual([200, ""]);
  }

  await server.kill();
  await health(({ cause }) => cause?.kind === "refused");
  expect(await statuses()).toEqual([503, 200, 503, 503]);
  expect((await askJson(url, `${base}/health/ready`)).body).toMatchObject({
    status: "not ready",
    cause: { kind: "refused", code: "CONNECTION_REFUSED" },
  });

  await server.restart();
  await health(({ status }) => status === "healthy");
  expect(await statuses()).toEqual([200, 200, 200, 200]);
  expect((await ask(url, hello)).text).toContain("hello");
  expect((await ask(url, `${base}/health/other`)).status).toBe(404);
}
