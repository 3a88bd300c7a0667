import { expect } from "vitest";
import { connect, type Msg } from "../../src/index.js";
import { NatsServer } from "../../src/testing/server.js";
import type { Examples, RunningExample } from "../support/examples.js";
import { Witness } from "./witness.js";

/** An answer, and what was in it. */
export interface Answered {
  readonly status: number;
  readonly body: { readonly [name: string]: unknown };
}

/** Asks once, on a connection of its own; status 0 when nobody listens. */
export async function http(url: string, init: RequestInit = {}): Promise<Answered> {
  try {
    const answer = await fetch(url, { ...init, headers: { connection: "close", ...init.headers } });
    const text = await answer.text();
    return { status: answer.status, body: text.startsWith("{") ? JSON.parse(text) : { text } };
  } catch {
    return { status: 0, body: {} };
  }
}

/** Sends JSON. */
export function post(url: string, body: unknown): Promise<Answered> {
  return http(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

/** Asks until the answer is as expected. */
export async function httpUntil(
  url: string,
  isExpected: (answered: Answered) => boolean,
  timeout = 20_000,
): Promise<Answered> {
  const end = performance.now() + timeout;
  for (;;) {
    const answered = await http(url);
    if (isExpected(answered)) return answered;
    expect(performance.now(), `${url}: ${JSON.stringify(answered)}`).toBeLessThan(end);
  }
}

/** Where an example listens. */
export async function urlOf(example: RunningExample): Promise<string> {
  const [, url] = await example.says(/^listening on (http:\S+)$/, 30_000);
  return url!;
}

const ORDER = { item: "book", count: 2 };

/** What nobody can read. */
const POISON = '{"item":';

/** Sends an order that is none; resolves with what lies with the dead letters. */
async function deadLetterOf(server: NatsServer, payload: string): Promise<Msg> {
  await using nc = await connect({ servers: server.url });
  const letters = nc.subscribe("dead.orders", { max: 1 });
  await nc.flush();
  nc.publish("orders.placed", payload);
  for await (const msg of letters) return msg;
  throw new Error("no dead letter");
}

/** What a service that takes orders over HTTP has in its way, and how its framework names paths. */
export interface OrderService {
  /** Before `/orders` and `/health`; default: nothing. */
  readonly base?: string;
  /** It answers `/metrics`. Default true. */
  readonly metrics?: boolean;
  /** What it needs of the environment. */
  readonly env?: Record<string, string>;
}

/**
 * Starts an example that takes orders, uses it over HTTP, kills its server, and ends it by a signal while a request is under way: it takes orders
 * in an outage and sends them afterwards, says how it is, and leaves nothing.
 */
export async function expectOrderService(
  examples: Examples,
  name: string,
  { base = "", metrics = true, env: more = {} }: OrderService = {},
): Promise<void> {
  await using server = await NatsServer.start({ jetstream: true });
  await using witness = await Witness.start(server, ["orders.placed"]);
  const env = { PORT: "0", WORK: "1500", SHUTDOWN_DELAY: "2000", NATS_RECONNECT_TIME_WAIT: "20ms", ...more };
  await using example = examples.start(name, { servers: server.url, env });
  const url = (await urlOf(example)) + base;
  const status = async (path: string) => (await http(url + path)).status;
  const placed = async () => {
    const texts = await witness.texts("orders.placed");
    return [...new Set(texts.filter((text) => text !== POISON).map((text) => JSON.parse(text).id))];
  };

  await httpUntil(`${url}/health/ready`, (answered) => answered.status === 200, 60_000);
  const first = await post(`${url}/orders`, ORDER);
  expect(first).toMatchObject({ status: 202, body: { id: expect.any(String) } });
  const read = (id: unknown) => http(`${url}/orders/${id}`);
  expect(await read(first.body.id)).toEqual({ status: 200, body: { ...ORDER, id: first.body.id } });
  expect(await read("unknown")).toMatchObject({
    status: 404,
    body: { error: expect.stringContaining("no such order") },
  });
  for (const wrong of [{}, { item: "", count: 1 }, "{", { ...ORDER, count: "many" }]) {
    expect((await post(`${url}/orders`, wrong)).status, JSON.stringify(wrong)).toBe(400);
  }
  if (metrics) {
    expect((await http(`${url}/metrics`)).body.text).toMatch(/^nats_client_connected\{.*\} 1$/m);
  }

  const { headers } = await deadLetterOf(server, POISON);
  expect([headers?.get("Dead-Letter-Subject"), headers?.get("Dead-Letter-Reason")]).toEqual([
    "orders.placed",
    "INVALID_MESSAGE",
  ]);

  await server.kill();
  await httpUntil(`${url}/health`, (answered) => answered.status === 503);
  expect([await status("/health/live"), await status("/health/ready")]).toEqual([200, 200]); // for a while: orders are kept
  const second = await post(`${url}/orders`, ORDER);
  expect(second.status).toBe(202);
  await server.restart();
  await httpUntil(`${url}/health`, (answered) => answered.status === 200);
  const third = await post(`${url}/orders`, ORDER);
  const ids = [first, second, third].map(({ body }) => body.id);
  await httpUntil(`${url}/orders/${third.body.id}`, (answered) => answered.status === 200);
  expect(await placed()).toEqual(ids); // what was unconfirmed when the server died may be there twice

  const late = read(third.body.id);
  example.signal("SIGTERM");
  await httpUntil(`${url}/health/ready`, (answered) => answered.status === 503);
  const fourth = await post(`${url}/orders`, ORDER); // in the delay work goes on
  expect(fourth.status).toBe(202);
  expect(await late).toEqual({ status: 200, body: { ...ORDER, id: third.body.id } });
  await example.ended();
  expect(example).toMatchObject({ code: 0, errors: "" });
  expect(await placed()).toEqual([...ids, fourth.body.id]);
}
