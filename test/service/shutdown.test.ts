import { jetstream } from "@nats-io/jetstream";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Connection, connect } from "../../src/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { type Child, CompiledLibrary } from "../support/child.js";
import { until } from "../support/until.js";

/** What ends of a process may take when nothing holds it, ms: less than the time that a shutdown has when nobody says another. */
const PROMPT = 20_000;

/** ms that a timer may come too late on a machine that is busy. */
const SLACK = 3_000;

let library: CompiledLibrary;
let server: NatsServer;
let nc: Connection;
beforeAll(async () => {
  library = await CompiledLibrary.make();
}, 60_000);
afterAll(() => library[Symbol.dispose]());
beforeEach(async () => {
  server = await NatsServer.start();
  nc = await connect({ servers: server.url, reconnectTimeWait: 5, reconnectJitter: 0, closeTimeout: 100 });
});
afterEach(async () => {
  await nc.close();
  await server.close();
});

/** A service in a process of its own, in which `nc` stands, and what of stderr comes is said. */
function run(body: string): Child {
  return library.run(
    `import { consume, gracefulShutdown, handle } from "./dist/service/index.js";
     process.stderr.write = (text, written) => { if (text !== "") say("stderr " + text.trimEnd()); written?.(); return true; };
     const options = { servers: SERVER, name: "orders", reconnectTimeWait: 5, reconnectJitter: 0 };
     const nc = await connect(options);
     say("pid " + process.pid);
     const told = async (shutdown) => {
       const { errors, ...report } = await shutdown.done;
       say(JSON.stringify({ ...report, errors: errors.map((error) => error.message), problems }));
     };
     ${body}`,
    server.url,
  );
}

async function signal(child: Child, name: NodeJS.Signals): Promise<void> {
  await until(() => child.lines.some((line) => line.startsWith("pid ")), "its pid");
  const pid = Number(child.lines.find((line) => line.startsWith("pid "))?.slice(4));
  if (child.code === undefined) process.kill(pid, name);
}

/** Sends it until the process has ended: a second one counts only half a second after the first. */
async function signalUntilEnded(child: Child, name: NodeJS.Signals): Promise<void> {
  const { code } = child;
  const again = setInterval(() => void signal(child, name).catch(() => {}), 50);
  try {
    await child.ended(PROMPT);
  } finally {
    clearInterval(again);
  }
  expect(code).toBeUndefined();
}

interface Told {
  reason: string;
  took: number;
  complete: boolean;
  timedOut: boolean;
  forcedBy?: string;
  errors: string[];
  problems: unknown[];
  connections: Record<string, unknown>[];
  components: Record<string, unknown>[];
}

/** The report that it has said, and the lines that came on stderr. */
function reportOf(child: Child): { report: Told; stderr: string[] } {
  const line = child.lines.findLast((text) => text.startsWith("{"));
  const stderr = child.lines.filter((text) => text.startsWith("stderr ")).map((text) => text.slice(7));
  return { report: JSON.parse(line ?? "null") as Told, stderr };
}

/** How messages are taken: each result goes to `done`, some turns of the event loop after the signal. */
const WORK = `
  let begun = 0;
  const work = async (text) => {
    if (++begun === 1000) say("1000 in flight");
    await aborted;
    for (let turns = Number(text) % 7; turns > 0; turns--) await turn();
    nc.publish("done", text);
    return text;
  };
  const shutdown = gracefulShutdown(nc);
  void told(shutdown);
  const aborted = new Promise((resolve) => shutdown.signal.addEventListener("abort", resolve));
`;

describe("SIGTERM with 1,000 messages in flight [D1]", () => {
  it.each([
    ["handle(), all at work", 'handle(nc, "work", work, { concurrency: 1000, codec: "string" });'],
    [
      "handle(), 40 at work and the others waiting",
      'let first = true; handle(nc, "work", work, { concurrency: 40, codec: "string" }); nc.subscribe("work", { callback: () => { if (++seen === 1000) say("1000 in flight"); } }); let seen = 0;',
    ],
    ["a callback", 'nc.subscribe("work", { callback: (_, msg) => work(msg.string()) });'],
    [
      "a loop",
      `const all = nc.subscribe("work");
       (async () => { for await (const msg of all) await work(msg.string()); })();
       nc.subscribe("work", { callback: () => { if (++seen === 1000) say("1000 in flight"); } }); let seen = 0;`,
    ],
  ])("%s: all handled, nothing lost, exit code 0", async (_, take) => {
    using child = run(`${WORK} ${take} await nc.flush(); say("ready");`);
    const results: number[] = [];
    nc.subscribe("done", { callback: (_, msg) => void results.push(Number(msg.string())) });
    await child.said("ready");
    for (let i = 0; i < 1_000; i++) nc.publish("work", String(i));
    await child.said("1000 in flight");
    expect(results).toEqual([]);
    await signal(child, "SIGTERM");
    await child.ended(PROMPT);
    expect(child.code).toBe(0);
    const { report, stderr } = reportOf(child);
    expect(report).toMatchObject({ reason: "SIGTERM", complete: true, timedOut: false, problems: [] });
    expect(report.took).toBeLessThan(PROMPT);
    expect(stderr).toEqual([]);
    await until(() => results.length >= 1_000, "all results");
    expect(results.sort((a, b) => a - b)).toEqual(Array.from({ length: 1_000 }, (_, i) => i));
  });

  it("and more coming all the time: what one member of a queue group does not answer, the other one does", async () => {
    using child = run(
      `const shutdown = gracefulShutdown(nc);
       void told(shutdown);
       handle(nc, "ask", async (text) => { await turn(); return text; }, { queue: "q", concurrency: 100, codec: "string" });
       nc.subscribe("ask.plain", { queue: "q", callback: async (_, msg) => { await turn(); msg.respond(msg.data); } });
       await nc.flush(); say("ready");`,
    );
    await child.said("ready");
    const mine = { handled: 0, plain: 0 };
    nc.subscribe("ask", {
      queue: "q",
      callback: (_, msg) => {
        mine.handled++;
        msg.respond(msg.data);
      },
    });
    nc.subscribe("ask.plain", {
      queue: "q",
      callback: (_, msg) => {
        mine.plain++;
        msg.respond(msg.data);
      },
    });
    await nc.flush();
    const client = await connect({ servers: server.url });
    let asked = 0;
    const failed: unknown[] = [];
    const ask = async () => {
      while (child.code === undefined) {
        const text = String(asked++);
        const subject = asked % 2 === 0 ? "ask" : "ask.plain";
        const answer = await client.request(subject, text, { timeout: 20_000 }).catch((error) => error);
        if (answer instanceof Error || answer.string() !== text) failed.push(answer);
      }
    };
    const asking = Array.from({ length: 100 }, ask);
    await until(() => asked > 2_000, "some of the answers");
    await signal(child, "SIGTERM");
    await child.ended(PROMPT);
    const byMember = asked - mine.handled - mine.plain;
    await Promise.all(asking);
    await client.close();
    expect(failed).toEqual([]);
    expect(child.code).toBe(0);
    expect(byMember).toBeGreaterThan(100);
    expect(reportOf(child).report).toMatchObject({ complete: true, problems: [] });
  });

  it("on several connections, one of which publishes what comes on the other", async () => {
    using child = run(
      `const out = await connect({ ...options, name: "out" });
       const shutdown = gracefulShutdown([nc, out]);
       void told(shutdown);
       let begun = 0;
       const aborted = new Promise((resolve) => shutdown.signal.addEventListener("abort", resolve));
       nc.subscribe("work", { callback: async (_, msg) => {
         if (++begun === 1000) say("1000 in flight");
         await aborted;
         for (let i = 0; i < 20; i++) await new Promise((resolve) => setTimeout(resolve, 5));
         out.publish("done", msg.data);
       } });
       await nc.flush(); say("ready");`,
    );
    let results = 0;
    nc.subscribe("done", { callback: () => results++ });
    await child.said("ready");
    for (let i = 0; i < 1_000; i++) nc.publish("work", String(i));
    await child.said("1000 in flight");
    await signal(child, "SIGTERM");
    await child.ended(PROMPT);
    expect(child.code).toBe(0);
    expect(reportOf(child).report.connections).toMatchObject([{ name: "orders" }, { name: "out" }]);
    await until(() => results === 1_000, "all results");
  });
});

describe("SIGTERM with a consumer of 1,000 messages", () => {
  it("what is handled is acknowledged once, all others are there for the next process", async () => {
    await nc.close();
    await server.close();
    server = await NatsServer.start({ jetstream: true });
    nc = await connect({ servers: server.url, reconnectTimeWait: 5, reconnectJitter: 0, closeTimeout: 100 });
    const worker = (enough: number) => `
      let handled = 0;
      const shutdown = gracefulShutdown(nc);
      void told(shutdown);
      const aborted = new Promise((resolve) => shutdown.signal.addEventListener("abort", resolve));
      const worker = await consume(nc, { stream: "orders", durable: "worker", ensure: { stream: { subjects: ["orders.>"] }, consumer: {} }, concurrency: 20 },
        async (order) => {
          await turn();
          nc.publish("done", String(order));
          if (++handled === ${enough}) say("enough");
          // Else it may have handled all of them before the signal is there.
          if (handled >= ${enough}) await aborted;
        });
      await worker.ready(); say("ready");`;
    using first = run(worker(100));
    const results: number[] = [];
    nc.subscribe("done", { callback: (_, msg) => void results.push(Number(msg.string())) });
    await first.said("ready");
    const js = jetstream(nc);
    const stored = Array.from({ length: 1_000 }, (_, i) => js.publish("orders.new", String(i)));
    await first.said("enough");
    await signal(first, "SIGTERM");
    await Promise.all(stored);
    await first.ended(PROMPT);
    expect(first.code).toBe(0);
    expect(reportOf(first).report).toMatchObject({ complete: true, errors: [], problems: [] });
    await nc.flush();
    const before = results.length;
    expect(before).toBeLessThan(1_000);
    using second = run(worker(1_000 - before));
    await second.said("enough");
    await signal(second, "SIGTERM");
    await second.ended(PROMPT);
    expect(second.code).toBe(0);
    expect(results.sort((a, b) => a - b)).toEqual(Array.from({ length: 1_000 }, (_, i) => i));
  });
});

describe("what does not end", () => {
  /** One handler with dead letters and one without, each with a message that never ends, and a third that waits. */
  const STUCK = `
    for (const [subject, more] of [["dead.1", { deadLetter: "dead.letters" }], ["stuck.1", {}]])
      handle(nc, subject, () => { say("at " + subject); return new Promise(() => {}); }, { codec: "none", ...more });
    await nc.flush(); say("ready");`;

  async function begin(child: Child): Promise<void> {
    await child.said("ready");
    for (const subject of ["dead.1", "stuck.1"]) nc.publish(subject, "1");
    nc.publish("stuck.1", "2");
    await Promise.all([child.said("at dead.1"), child.said("at stuck.1")]);
  }

  it("is given up in time, named in the report, and the code is 1", async () => {
    using child = run(`void told(gracefulShutdown(nc, { timeout: 1500 })); ${STUCK}`);
    const letters: string[] = [];
    nc.subscribe("dead.letters", { callback: (_, msg) => void letters.push(msg.string()) });
    await nc.flush();
    await begin(child);
    await signal(child, "SIGTERM");
    await child.ended(PROMPT);
    expect(child.code).toBe(1);
    const { report, stderr } = reportOf(child);
    expect(report).toMatchObject({ complete: false, problems: [] });
    expect(report.took).toBeLessThan(1_500 + SLACK);
    expect(report.components).toMatchObject([
      { kind: "handler", stopped: false, deadLettered: 1, discarded: 0 },
      { kind: "handler", stopped: false, deadLettered: 0, discarded: 2 },
    ]);
    expect(stderr).toHaveLength(1);
    expect(stderr[0]).toMatch(/^holdfast: shutdown \(SIGTERM\): incomplete after \d\.\d s: handler "dead/);
    await until(() => letters.length === 1, "the dead letter");
  });

  it.each<[NodeJS.Signals, number]>([
    ["SIGTERM", 143],
    ["SIGINT", 130],
  ])("is left by a second signal: %s", async (name, code) => {
    using child = run(`void told(gracefulShutdown(nc)); ${STUCK}`);
    await begin(child);
    await signalUntilEnded(child, name);
    expect(child.code).toBe(code);
    const { report, stderr } = reportOf(child);
    expect(report).toMatchObject({ complete: false, timedOut: false, forcedBy: name, problems: [] });
    expect(report.took).toBeGreaterThan(490);
    expect(stderr).toHaveLength(1);
    expect(stderr[0]).toContain(`forced by ${name}`);
    expect(stderr[0]).toContain("1 in flight, 1 waiting");
  });

  it("is a hook that hangs, one that throws, and a listener that throws: the process ends all the same", async () => {
    using child = run(
      `nc.on("close", () => { throw new Error("listener"); });
       void told(gracefulShutdown(nc, {
         timeout: 1000, before: () => new Promise(() => {}), after: () => { throw new Error("after"); },
       }));
       say("ready");`,
    );
    await child.said("ready");
    await signal(child, "SIGINT");
    await child.ended(PROMPT);
    expect(child.code).toBe(1);
    expect(reportOf(child).report).toMatchObject({
      reason: "SIGINT",
      timedOut: true,
      errors: ["before() did not settle in time", "after"],
      problems: [],
    });
  });
});

describe("what comes while work is stopped", () => {
  const late = (body: string, timeout = 20_000) => `
    const shutdown = gracefulShutdown(nc, { timeout: ${timeout} });
    void told(shutdown);
    const aborted = new Promise((resolve) => shutdown.signal.addEventListener("abort", resolve));
    const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    handle(nc, "a", async () => {
      say("at a");
      await aborted;
      await pause(50);
      ${body}
      for (let i = 0; i < 5; i++) nc.publish("late", "1");
      await nc.flush();
    });
    await nc.flush(); say("ready");`;

  async function ended(child: Child): Promise<Told> {
    await child.said("ready");
    nc.publish("a", "1");
    await child.said("at a");
    await signal(child, "SIGTERM");
    await child.ended(PROMPT);
    return reportOf(child).report;
  }

  it.each([
    ["a handler", 'handle(nc, "late", take, { concurrency: 5 });'],
    ["a callback", 'nc.subscribe("late", { callback: take });'],
  ])("%s: what it gets is finished, and the code is 0", async (_, subscribe) => {
    const body = `const take = async () => { await pause(100); say("done"); }; ${subscribe}`;
    using child = run(late(body));
    expect(await ended(child)).toMatchObject({ complete: true, problems: [] });
    expect(child.code).toBe(0);
    expect(child.lines.filter((line) => line === "done")).toHaveLength(5);
  });

  it("a handler that does not end: it is given up, and the code is 1", async () => {
    using child = run(late('handle(nc, "late", () => new Promise(() => {}));', 1500));
    const { components } = await ended(child);
    expect(components).toMatchObject([
      { name: "a", stopped: true },
      { name: "late", stopped: false, discarded: 5 },
    ]);
    expect(child.code).toBe(1);
  });

  it("a callback that does not end: told, and the code is 1", async () => {
    using child = run(late('nc.subscribe("late", { callback: () => new Promise(() => {}) });', 1500));
    expect((await ended(child)).connections).toMatchObject([{ drained: false, closed: true }]);
    expect(child.code).toBe(1);
  });
});

describe("an application that ends its connection itself, with work on it", () => {
  const end = async (child: Child) => {
    await child.said("ready");
    for (let i = 0; i < 5; i++) nc.publish("stuck", "1");
    await child.said("at work");
    await signal(child, "SIGTERM");
    await child.ended(PROMPT);
    expect(child.code).toBe(1);
    expect(reportOf(child).stderr.join()).toContain("incomplete");
    return reportOf(child).report;
  };
  const AT_WORK = 'say("at work"); await new Promise(() => {});';

  it.each([
    ["drain() with a short timeout, at the same signal", "nc.drain({ timeout: 100 })", ""],
    ["close() at the same signal", "nc.close()", ""],
    ["close() in before", "", "before: () => nc.close(),"],
  ])("%s: a handler's messages that are given up are left", async (_, listener, before) => {
    using child = run(
      `handle(nc, "stuck", async () => { ${AT_WORK} });
       process.on("SIGTERM", async () => { ${listener} });
       void told(gracefulShutdown(nc, { ${before} }));
       await nc.flush(); say("ready");`,
    );
    const { complete, components } = await end(child);
    expect(complete).toBe(false);
    expect(components).toMatchObject([{ name: "stuck", stopped: false, discarded: 5 }]);
  });

  it("a drain() that does not wait for the callbacks: told", async () => {
    using child = run(
      `nc.subscribe("stuck", { callback: async () => { ${AT_WORK} } });
       process.on("SIGTERM", () => { void nc.drain({ timeout: 100 }); });
       void told(gracefulShutdown(nc, { timeout: 1500 }));
       await nc.flush(); say("ready");`,
    );
    expect((await end(child)).connections).toMatchObject([{ drained: false, closed: true }]);
  });

  it("a drain() that does wait for them: nothing is left", async () => {
    using child = run(
      `const signalled = new Promise((resolve) => process.once("SIGTERM", resolve));
       const work = () => new Promise((resolve) => setTimeout(resolve, 400));
       nc.subscribe("stuck", { callback: async () => { say("at work"); await signalled; await work(); say("done"); } });
       process.on("SIGTERM", () => { void nc.drain(); });
       void told(gracefulShutdown(nc));
       await nc.flush(); say("ready");`,
    );
    await child.said("ready");
    nc.publish("stuck", "1");
    await child.said("at work");
    await signal(child, "SIGTERM");
    await child.ended(PROMPT);
    expect([child.code, reportOf(child).report.complete]).toEqual([0, true]);
    expect(child.lines).toContain("done");
  });
});

describe("SIGTERM while all servers are gone", () => {
  const BUFFERING = `
    let lost = 0;
    nc.on("messageLost", (messages) => { lost += messages.length; });
    nc.on("disconnect", () => {
      for (let i = 0; i < 10; i++) nc.publish("done", String(i));
      say("buffered");
    });
    say("ready");`;

  it("what is buffered is reported as left within the timeout, and the code is 1", async () => {
    using child = run(
      `void told(gracefulShutdown(nc, { timeout: 1000, after: () => say("lost " + lost) })); ${BUFFERING}`,
    );
    await child.said("ready");
    await server.kill();
    await child.said("buffered");
    await signal(child, "SIGTERM");
    await child.said("lost 10");
    await child.ended(PROMPT);
    expect(child.code).toBe(1);
    const { report, stderr } = reportOf(child);
    expect(report.took).toBeLessThan(1_000 + SLACK);
    expect(report.connections).toMatchObject([{ closed: true, drained: true, dropped: 10, unconfirmed: 0 }]);
    expect(stderr.join()).toContain('connection "orders": 10 messages dropped');
  });

  it("is sent when they come back in time, and the code is 0", async () => {
    using child = run(`void told(gracefulShutdown(nc)); ${BUFFERING}`);
    await child.said("ready");
    await server.kill();
    await child.said("buffered");
    await signal(child, "SIGTERM");
    await server.restart();
    await child.ended(PROMPT);
    expect(child.code).toBe(0);
    expect(reportOf(child).report.connections).toMatchObject([{ closed: true, dropped: 0 }]);
  });

  it("ends at once when nothing is left to send, and when the connection was closed by an error before", async () => {
    using idle = run(
      `void told(gracefulShutdown(nc)); nc.on("disconnect", () => say("gone")); say("ready");`,
    );
    using closed = run(
      `setInterval(() => {}, 60_000);
       const never = await connect({ ...options, maxReconnectAttempts: 1 });
       void told(gracefulShutdown([nc, never]));
       never.closed().then((error) => say(error.code));
       say("ready");`,
    );
    await Promise.all([idle.said("ready"), closed.said("ready")]);
    await server.kill();
    await Promise.all([idle.said("gone"), closed.said("MAX_RECONNECT_ATTEMPTS")]);
    await Promise.all([signal(idle, "SIGTERM"), signal(closed, "SIGTERM")]);
    await Promise.all([idle.ended(PROMPT), closed.ended(PROMPT)]);
    for (const child of [idle, closed]) {
      expect(child.code).toBe(0);
      expect(reportOf(child).report).toMatchObject({ complete: true, errors: [] });
    }
  });
});

describe("the process", () => {
  it("ends by itself when it has nothing to do: waiting for a signal does not keep it alive", async () => {
    using child = run(`gracefulShutdown(nc); await nc.close(); say("closed");`);
    await child.said("closed");
    await child.ended(PROMPT);
    expect(child.code).toBe(0);
  });

  it("has written all of its output when it exits", async () => {
    using child = run(
      `gracefulShutdown(nc, { after: () => { for (let i = 0; i < 100; i++) say("x".repeat(50_000)); say("all"); } });
       say("ready");`,
    );
    await child.said("ready");
    await signal(child, "SIGTERM");
    await child.ended(PROMPT);
    expect([child.code, child.lines.at(-1)]).toEqual([0, "all"]);
    expect(child.lines.filter((line) => line.length === 50_000)).toHaveLength(100);
  });

  it("takes several signals of one moment for one, and is ended once by two shutdowns", async () => {
    using child = run(
      `const other = await connect(options);
       void told(gracefulShutdown(nc, { after: () => say("after 1") }));
       void told(gracefulShutdown(other, { before: () => new Promise((resolve) => setTimeout(resolve, 100)), after: () => say("after 2") }));
       for (const name of ["SIGINT", "SIGTERM", "SIGINT"]) process.kill(process.pid, name);`,
    );
    await child.ended(PROMPT);
    expect(child.code).toBe(0);
    expect(child.lines).toEqual(expect.arrayContaining(["after 1", "after 2"]));
    expect(reportOf(child).report).toMatchObject({ complete: true, problems: [] });
  });

  it("with the same connection in two shutdowns, and a drain() of its own on the way", async () => {
    using child = run(
      `void told(gracefulShutdown(nc));
       void told(gracefulShutdown(nc, { before: () => nc.drain() }));
       nc.publish("a", "1");
       process.kill(process.pid, "SIGTERM");`,
    );
    await child.ended(PROMPT);
    expect(child.code).toBe(0);
    expect(reportOf(child).report).toMatchObject({ complete: true, problems: [] });
  });

  it("goes on to its own end with exit: false, and with begin() from an error that has closed the connection", async () => {
    using child = run(
      `const last = await connect({ ...options, maxReconnectAttempts: 1 });
       const shutdown = gracefulShutdown([nc, last], { exit: false, timeout: 1000 });
       void told(shutdown);
       last.closed().then((error) => {
         if (error === undefined) return;
         process.exitCode = 7;
         void shutdown.begin("connection closed: " + error.code);
       });
       say("ready");`,
    );
    await child.said("ready");
    await server.kill();
    await child.ended(PROMPT);
    expect(child.code).toBe(7);
    expect(reportOf(child).report).toMatchObject({
      reason: "connection closed: MAX_RECONNECT_ATTEMPTS",
      complete: true,
      problems: [],
    });
  });
});
