import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect, headers, type Msg } from "../../src/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { Cleanup } from "../support/cleanup.js";
import { Examples } from "../support/examples.js";
import { until } from "../support/until.js";

let examples: Examples;
beforeAll(async () => {
  examples = await Examples.make();
}, 60_000);
afterAll(() => examples?.[Symbol.asyncDispose]());

/** Headers of an answer that is an error. */
function serviceError(code: string, text: string): ReturnType<typeof headers> {
  const made = headers();
  made.set("Nats-Service-Error-Code", code);
  made.set("Nats-Service-Error", text);
  return made;
}

describe("circuit-breaker", () => {
  it("opens after 5 failures, lets nothing through until it is half-open, and closes after a success", async () => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await NatsServer.start());
    const nc = cleanup.use(await connect({ servers: server.url }));
    let answer: "fails" | "hangs" | "works" = "works";
    const got: number[] = [];
    nc.subscribe("billing.charge", {
      callback(_, msg) {
        got.push(msg.json<{ id: number }>().id);
        if (answer === "works") msg.respond(JSON.stringify({ number: got.length }));
        if (answer === "fails") msg.respond("", { headers: serviceError("500", "no bank today") });
      },
    });
    await nc.flush();
    const example = examples.start("patterns/circuit-breaker", {
      servers: server.url,
      env: { EVERY: "20", TIMEOUT: "500", HALF_OPEN_AFTER: "500" },
    });
    await example.says(/^charged \d+: receipt 1$/);
    await example.says(/^charged \d+: receipt 2$/);

    answer = "fails";
    await example.says(/^not charged \d+: SERVICE_ERROR$/);
    await example.says(/^breaker of billing\.charge: closed -> open$/);
    answer = "hangs"; // the one that is let through meets a service that does not answer at all
    for (let times = 0; times < 10; times++) await example.says(/^not charged \d+: CIRCUIT_OPEN$/);
    await example.says(/^breaker of billing\.charge: open -> half-open$/);
    await example.says(/^breaker of billing\.charge: half-open -> open$/);
    answer = "works";
    await example.says(/^breaker of billing\.charge: open -> half-open$/);
    await example.says(/^breaker of billing\.charge: half-open -> closed$/);
    for (let times = 0; times < 10; times++) await example.says(/^charged \d+: receipt \d+$/);
    const after = example.lines.slice(
      example.lines.lastIndexOf("breaker of billing.charge: half-open -> closed"),
    );
    expect(after.join("\n")).not.toContain("CIRCUIT_OPEN");
    example.signal("SIGTERM");
    await example.ended();
    // However fast it went: what was refused never came to the service, and of those that came five failed until it opened,
    // and one each time it was half-open.
    const came = [...example.text.matchAll(/^(not )?charged (\d+): (?!CIRCUIT_OPEN)/gm)];
    expect(got).toEqual(came.map(([, , id]) => Number(id)));
    const again = example.text.match(/: half-open -> open$/gm)!.length;
    expect(came.filter(([, not]) => not !== undefined)).toHaveLength(5 + again);
    expect(example).toMatchObject({ code: 0, stderr: "" });
  });

  it("goes on behind a kill of the server at once, however long the breaker would have waited", async () => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await NatsServer.start());
    const nc = cleanup.use(await connect({ servers: server.url, backoff: { initial: 10, max: 50 } }));
    nc.subscribe("billing.charge", { callback: (_, msg) => msg.respond('{"number":1}') });
    await nc.flush();
    const example = examples.start("patterns/circuit-breaker", {
      servers: server.url,
      env: { EVERY: "20", TIMEOUT: "500", HALF_OPEN_AFTER: "600000" },
    });
    await example.says(/^charged /);
    await server.kill();
    await example.says(/^breaker of billing\.charge: closed -> open$/);
    await example.says(/CIRCUIT_OPEN$/);
    await server.restart();
    await example.says(/^breaker of billing\.charge: \S+ -> closed$/);
    await example.says(/^charged /);
    example.signal("SIGTERM");
    await example.ended();
    expect(example).toMatchObject({ code: 0, stderr: "" });
  });
});

describe("client-wrapper", () => {
  it("isolates bad orders, tries again what may work, and puts the rest aside with a reason", async () => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await NatsServer.start());
    const nc = cleanup.use(await connect({ servers: server.url, backoff: { initial: 10, max: 50 } }));
    const failed: Msg[] = [];
    nc.subscribe("orders.failed", { callback: (_, msg) => void failed.push(msg) });
    await nc.flush();
    const example = examples.start("patterns/client-wrapper", { servers: server.url });
    await example.says(/^asked: \{"id":7,"name":"user 7"\}$/);
    await example.says(/^order 2: 30 euros$/); // the third try
    await until(() => failed.length === 3, "three dead letters");
    expect(example.text.match(/^order \d/gm)).toEqual(["order 1", "order 2"]);
    expect(example.text.match(/^try \d failed/gm)).toEqual(["try 1 failed", "try 2 failed"]);
    const reasons = failed.map(({ headers }) => [
      headers?.get("Dead-Letter-Subject"),
      headers?.get("Dead-Letter-Reason"),
      headers?.get("Dead-Letter-Attempts"),
    ]);
    expect(reasons.sort()).toEqual([
      ["orders.created", "HANDLER_FAILED", "1"],
      ["orders.created", "INVALID_MESSAGE", "1"],
      ["orders.created", "INVALID_MESSAGE", "1"],
    ]);
    expect(failed.map((msg) => msg.string()).sort()).toEqual([
      "this is not JSON",
      '{"id":3,"euros":3000}',
      '{"id":4,"euros":"forty"}',
    ]);
    expect(example.text.match(/^error: /gm)).toHaveLength(3); // each is told as well

    await server.kill();
    await server.restart();
    await until(() => nc.state === "connected", "the link of the test");
    const ask = () =>
      nc.request("users.get", '{"id":8}', { timeout: 1_000 }).then(
        (msg) => msg.json(),
        () => undefined,
      );
    let user: unknown;
    const deadline = performance.now() + 10_000;
    while (user === undefined && performance.now() < deadline) user = await ask();
    expect(user).toEqual({ id: 8, name: "user 8" }); // its handlers are back without a line for it
    for (let id = 100; id < 200; id++) nc.publish("orders.created", JSON.stringify({ id, euros: 1 }));
    await nc.flush();
    example.signal("SIGTERM");
    await example.says(/^shutdown \(SIGTERM\): complete after/);
    await example.ended();
    expect(example).toMatchObject({ code: 0, stderr: "" });
    expect(example.text.match(/^order 1\d\d: 1 euros$/gm)).toHaveLength(100);
  });
});

describe("request-reply-service", () => {
  it("answers in one of several processes, also with what is wrong, and finishes what it has when it is ended", async () => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await NatsServer.start());
    const nc = cleanup.use(await connect({ servers: server.url }));
    const start = () =>
      examples.start("patterns/request-reply-service", { servers: server.url, env: { TIMEOUT: "300" } });
    const services = [start(), start()];
    for (const service of services) await service.says(/^ready$/);
    const ask = (query: unknown) => nc.request("quotes.get", JSON.stringify(query), { timeout: 5_000 });
    const askFor = (symbol: string) => ask({ symbol });
    const answers = await Promise.all(Array.from({ length: 100 }, () => askFor("ABC")));
    const by = answers.map((msg) => msg.json<{ symbol: string; price: number; by: number }>());
    expect(by[0]).toMatchObject({ symbol: "ABC", price: 12.5 });
    expect([...new Set(by.map((quote) => quote.by))].sort()).toEqual(services.map(({ pid }) => pid).sort());

    let replies = 0;
    nc.subscribe("replies", { callback: () => void replies++ });
    for (let times = 0; times < 50; times++)
      nc.publish("quotes.get", '{"symbol":"ABC"}', { reply: "replies" });
    await until(() => replies === 50, "all replies");
    await askFor("ABC");
    expect(replies).toBe(50); // one for each

    const wrong = async (msg: Promise<Msg>) => {
      const { headers } = await msg;
      return [headers?.get("Nats-Service-Error-Code"), headers?.get("Nats-Service-Error")];
    };
    expect(await wrong(askFor("NONE"))).toEqual(["404", "no such symbol: NONE"]);
    expect(await wrong(askFor("OOPS"))).toEqual(["500", "internal error"]); // what it was is nobody's business
    expect(await wrong(askFor("SLOW"))).toEqual(["504", expect.stringContaining("in time")]);
    const [code, text] = await wrong(ask({ symbol: 7 }));
    expect(code).toBe("400");
    expect(text).toContain("symbol");

    const slow = [askFor("SLOW"), askFor("SLOW"), askFor("SLOW"), askFor("SLOW")];
    await nc.flush();
    for (const service of services) service.signal("SIGTERM"); // with requests under way
    expect(await Promise.all(slow.map(wrong))).toEqual(slow.map(() => ["504", expect.anything()]));
    for (const service of services) {
      await service.says(/^shutdown \(SIGTERM\): complete after/);
      await service.ended();
      expect(service).toMatchObject({ code: 0, stderr: "" });
    }
  });
});

describe("graceful-shutdown", () => {
  /** The example with its two ports, and a connection of ours. */
  async function begin(cleanup: Cleanup, env: Record<string, string>) {
    const server = cleanup.use(await NatsServer.start());
    const nc = cleanup.use(await connect({ servers: server.url }));
    const done: string[] = [];
    nc.subscribe("jobs.done", { callback: (_, msg) => void done.push(msg.string()) });
    await nc.flush();
    const example = examples.start("patterns/graceful-shutdown", {
      servers: server.url,
      env: { PORT: "0", ...env },
    });
    const [, probes] = await example.says(/^probes at (\S+)$/);
    const [, port] = await example.says(/port: (\d+)/);
    const ready = async () => (await fetch(`${probes}/health/ready`)).status;
    return { server, nc, done, example, url: `http://127.0.0.1:${port}/`, ready };
  }

  it("finishes 1,000 messages and a request of HTTP, with readiness off first, and exits with 0", async () => {
    await using cleanup = new Cleanup();
    const { nc, done, example, url, ready } = await begin(cleanup, { WORK: "2500", DELAY: "1500" });
    expect(await ready()).toBe(200);
    for (let id = 0; id < 1_000; id++) nc.publish("jobs", JSON.stringify({ id }));
    await example.says(/^job 999$/); // all of them are at work
    example.signal("SIGTERM");
    await example.says(/^not ready any more$/);
    const answer = fetch(url); // from somebody who has not noticed yet
    expect(await ready()).toBe(503);
    expect(await (await answer).text()).toBe("done\n");
    await example.says(/^complete after \d+ ms$/);
    await example.ended();
    expect(example).toMatchObject({ code: 0, stderr: "" });
    await nc.flush();
    expect(new Set(done).size).toBe(1_000);
    expect(done).toHaveLength(1_000);
  });

  it("tells what is left when the time is over, and exits with 1", async () => {
    await using cleanup = new Cleanup();
    const { nc, done, example } = await begin(cleanup, { WORK: "600000", SHUTDOWN_TIMEOUT: "1000" });
    nc.publish("jobs", '{"id":1}');
    await example.says(/^job 1$/);
    example.signal("SIGTERM");
    await example.says(/^incomplete after \d+ ms$/);
    await example.ended();
    expect(example.code).toBe(1);
    expect(example.stderr).toMatch(/shutdown \(SIGTERM\): incomplete after .*handler "jobs"/);
    expect(done).toEqual([]);
  });

  it("ends at once at a second signal", async () => {
    await using cleanup = new Cleanup();
    const { nc, example } = await begin(cleanup, { WORK: "600000", SHUTDOWN_TIMEOUT: "600000" });
    nc.publish("jobs", '{"id":1}');
    await example.says(/^job 1$/);
    example.signal("SIGTERM");
    await example.says(/^not ready any more$/);
    const since = performance.now();
    await until(() => performance.now() - since > 600, "the moments in which two signals are one");
    example.signal("SIGTERM");
    await example.ended();
    expect(example.code).toBe(143);
  });
});
