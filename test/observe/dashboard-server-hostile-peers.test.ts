import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { PATIENCE_MS } from "../../src/observe/dashboard/peer-request.js";
import type { Away, Hello, LogView } from "../../src/observe/dashboard/protocol.js";
import { expectNoProblems } from "../support/problems.js";
import { until } from "../support/until.js";
import { DashboardSite } from "./support/dashboard-site.js";
import { FakeClock } from "./support/fake-clock.js";
import { FakeConnection } from "./support/fake-connection.js";

expectNoProblems();

/** A server that does with requests what a test wants, and how the reader of a dashboard sees it. */
async function withPeer(
  listener: RequestListener,
  look: (near: DashboardSite, clock: FakeClock) => Promise<void>,
  token?: string,
): Promise<void> {
  const server: Server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const clock = new FakeClock();
    const peers = [{ url: `http://127.0.0.1:${port}`, token }];
    await using near = await DashboardSite.start([new FakeConnection().nc], { clock, peers });
    await look(near, clock);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** What a reader is told of a process that answers like this. */
async function reasonOf(
  listener: RequestListener,
  before: (clock: FakeClock) => void = () => {},
): Promise<string> {
  let reason = "";
  await withPeer(listener, async (near, clock) => {
    using reader = await near.read("?process=2");
    before(clock);
    reason = (await reader.next<Away>("away")).reason;
    expect(reader.of("hello")).toEqual([]);
    expect(reader.raw).not.toContain("canary");
  });
  return reason;
}

const streamOf =
  (text: string): RequestListener =>
  (_req, res) => {
    res.writeHead(200, { "Content-Type": "text/event-stream" });
    res.write(text);
  };

describe("what another process sends is not trusted", () => {
  it.each([
    [401, "it answers 401: the token is missing or wrong"],
    [403, "it answers 403: see its option allowedHosts"],
    [404, "it answers 404: it has no dashboard there"],
    [500, "it answers 500"],
    [204, "it answers 204"],
  ])("an answer of %i is none", async (status, reason) => {
    expect(
      await reasonOf((_req, res) => res.writeHead(status).end(status === 204 ? undefined : "canary")),
    ).toBe(reason);
  });

  it("redirects are not followed, so that the token stays where it belongs", async () => {
    const seen: string[] = [];
    await withPeer(
      (req, res) => {
        seen.push(String(req.url));
        res.writeHead(302, { Location: "/canary" }).end();
      },
      async (near) => {
        using reader = await near.read("?process=2");
        expect((await reader.next<Away>("away")).reason).toBe("it answers 302");
        expect(seen).toEqual(["/dashboard/events"]);
      },
      "t",
    );
  });

  it.each([
    [
      "another type",
      "it answers, and is no dashboard",
      ((_req, res) => res.end("canary")) as RequestListener,
    ],
    ["no JSON", "it sends what is no JSON", streamOf("event: hello\ndata: canary\n\n")],
    ["another thing", "it speaks another protocol", streamOf('event: hello\ndata: ["canary"]\n\n')],
    ["null", "it speaks another protocol", streamOf("event: hello\ndata: null\n\n")],
    [
      "another version",
      "it speaks version 99 of the protocol, and this process 1",
      streamOf('event: hello\ndata: {"version":99,"canary":1}\n\n'),
    ],
    [
      "headers that are too long",
      /^it cannot be reached \(HPE_HEADER_OVERFLOW\)$/,
      ((_req, res) => {
        res.writeHead(200, { "Content-Type": "text/event-stream", "X-A": "canary".repeat(10_000) }).end();
      }) as RequestListener,
    ],
    [
      "nothing but its end",
      /ended the connection|ECONNRESET/,
      ((_req, res) => res.socket?.end()) as RequestListener,
    ],
    [
      "a reset",
      /^it cannot be reached \(ECONNRESET\)$/,
      ((_req, res) => res.socket?.resetAndDestroy()) as RequestListener,
    ],
    [
      "an event without end",
      "it sends an event that is too long",
      ((_req, res) => {
        res.writeHead(200, { "Content-Type": "text/event-stream" });
        res.write(`data: ${"canary".repeat(2_000_000)}`);
      }) as RequestListener,
    ],
    [
      "events without end",
      "it sends too much",
      ((_req, res) => {
        res.writeHead(200, { "Content-Type": "text/event-stream" });
        res.write("event: canary\ndata: 1\n\n".repeat(3_000));
      }) as RequestListener,
    ],
    [
      "comments without end",
      "it sends too much",
      ((_req, res) => {
        res.writeHead(200, { "Content-Type": "text/event-stream" });
        const more = () => {
          while (!res.destroyed && res.write(`:${"canary".repeat(10_000)}\n`));
        };
        res.on("drain", more);
        more();
      }) as RequestListener,
    ],
  ])("%s", async (_, expected, listener) => {
    expect(await reasonOf(listener)).toMatch(expected);
  });

  it("one that does not answer is given up", async () => {
    const reason = await reasonOf(
      () => {},
      (clock) => clock.pass(PATIENCE_MS),
    );
    expect(reason).toBe("it does not answer for 5 s");
  });

  it("one that is asked again and again is asked ever less often", async () => {
    let asked = 0;
    let over = 0;
    await withPeer(
      (req, res) => {
        asked++;
        // It is the other side that ends it, having seen enough.
        req.socket.on("close", () => over++);
        res.writeHead(500).flushHeaders();
      },
      async (near, clock) => {
        using reader = await near.read("?process=2");
        await reader.next("away");
        for (const wait of [500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]) {
          const before = asked;
          clock.pass(0.75 * wait - 1);
          await new Promise(setImmediate);
          expect(asked).toBe(before);
          clock.pass(0.5 * wait + 1);
          await until(() => asked === before + 1, "another attempt");
          await until(() => over === asked, "its end");
        }
        expect(asked).toBe(8);
        expect(reader.of("away")).toHaveLength(1);
      },
    );
  });

  it("only copies of what is known are passed on", async () => {
    await using far = await DashboardSite.start([new FakeConnection("far").nc]);
    using honest = await far.read();
    const hello = await honest.next<Hello>("hello");
    const [view] = hello.connections;
    const entry = { id: 1, at: 1, lastAt: 1, times: 1, event: "error", level: "info", text: "line" };
    const tell = (event: string, data: unknown) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
    const evil = { ...hello, canary: 1, processes: [{ id: "canary", name: "canary" }] };
    const stream = [
      tell("connection", { ...view, name: "canary: before the hello" }),
      tell("hello", { ...evil, connections: [{ ...view, canary: 2 }] }),
      'event: canary\ndata: {}\n\nevent: away\ndata: {"reason":"canary"}\n\nid: canary\nretry: 1\n\n',
      tell("connection", { ...view, id: "canary" }),
      tell("log", { connection: "1", entry: { ...entry, canary: 3 }, canary: 4 }),
    ].join("");
    await withPeer(
      (req, res) => {
        if (String(req.url).startsWith("/dashboard/history")) {
          res.setHeader("Content-Type", "application/json");
          res.setHeader("X-Canary", "canary");
          return res.end(JSON.stringify({ connection: "canary" }));
        }
        return streamOf(stream)(req, res);
      },
      async (near) => {
        using reader = await near.read("?process=2");
        await reader.next("log");
        expect(reader.events.map(({ event }) => event)).toEqual(["hello", "log"]);
        expect(reader.of<{ entry: LogView }>("log")[0]).toEqual({ connection: "1", entry });
        expect(reader.of<Hello>("hello")[0].connections).toEqual([view]);
        const { status, headers, body } = await near.ask("/dashboard/history?process=2&connection=1");
        expect([status, JSON.parse(body.toString())]).toEqual([
          502,
          { status: "away", reason: "it speaks another protocol" },
        ]);
        expect(reader.raw + body + JSON.stringify(headers)).not.toMatch(/canary/i);
      },
    );
  });

  it.each([
    ["a number", { state: 7 }],
    ["a state that there is not", { state: "canary" }],
    ["no number", { reconnects: "1" }],
    ["an infinite number", { reconnects: Number.POSITIVE_INFINITY }],
    ["a list that is none", { log: {} }],
    ["an entry that is none", { log: [1] }],
    ["a field that is missing", { books: undefined }],
    ["markup for a number", { books: { accepted: "<img>" } }],
  ])("a connection with %s ends the stream", async (_, wrong) => {
    await using far = await DashboardSite.start([new FakeConnection("far").nc]);
    using honest = await far.read();
    const hello = await honest.next<Hello>("hello");
    const connections = [{ ...hello.connections[0], ...wrong }];
    const text = `event: hello\ndata: ${JSON.stringify({ ...hello, connections }).replace("null", "1e999")}\n\n`;
    expect(await reasonOf(streamOf(text))).toBe("it speaks another protocol");
  });

  it("an hour that does not end is given up", async () => {
    await withPeer(
      (_req, res) => {
        res.writeHead(200, { "Content-Type": "application/json" });
        const more = () => {
          while (!res.destroyed && res.write("[".repeat(10_000)));
        };
        res.on("drain", more);
        more();
      },
      async (near) => {
        const { status, body } = await near.ask("/dashboard/history?process=2&connection=1");
        expect(status).toBe(502);
        expect(JSON.parse(body.toString()).reason).toBe("it sends too much");
      },
    );
  });

  it("an hour that comes byte by byte is given up", async () => {
    let answer: ServerResponse | undefined;
    await withPeer(
      (_req, res) => {
        answer = res;
        res.writeHead(200, { "Content-Type": "application/json" });
        res.write("[");
      },
      async (near, clock) => {
        const asked = near.ask("/dashboard/history?process=2&connection=1");
        await until(() => answer !== undefined, "it to be asked for");
        // Each of them is in time, and all together are too late.
        for (let part = 0; part < 4; part++) {
          answer?.write("[");
          await until(() => clock.due.includes(clock.elapsed() + PATIENCE_MS), "it to be taken");
          clock.pass(PATIENCE_MS * 0.6);
        }
        const { status, body } = await asked;
        expect([status, JSON.parse(body.toString()).reason]).toEqual([502, "it takes too long"]);
      },
    );
  });

  it("hours are asked for once for all who want them, and no more than eight at a time", async () => {
    let asked = 0;
    await withPeer(
      () => {
        asked++;
      },
      async (near, clock) => {
        const path = "/dashboard/history?process=2&connection=1";
        const all = Promise.all([near.ask(path), near.ask(path), near.ask(path)]);
        await until(() => asked === 1, "the first to be asked for");
        const others = Array.from({ length: 7 }, (_, i) => near.ask(`${path}${i}`));
        await until(() => asked === 8, "eight to be asked for");
        expect((await near.ask(`${path}7`)).body.toString()).toContain("it is being asked already");
        clock.pass(PATIENCE_MS);
        for (const { status } of [...(await all), ...(await Promise.all(others))]) expect(status).toBe(502);
        expect(asked).toBe(8);
      },
    );
  });
});

describe("the end of a dashboard", () => {
  it("ends what it asks of others, and leaves nothing behind", async () => {
    let open = 0;
    await withPeer(
      (req, res) => {
        open++;
        req.socket.on("close", () => open--);
        const isStream = req.url === "/dashboard/events";
        res.writeHead(200, { "Content-Type": isStream ? "text/event-stream" : "application/json" });
        res.flushHeaders();
      },
      async (near, clock) => {
        using reader = await near.read("?process=2");
        const history = near.ask("/dashboard/history?process=2&connection=1").catch((error: Error) => error);
        await until(() => open === 2, "the process to be asked");
        near.route.close?.();
        await until(() => open === 0 && reader.ended, "the end of it all");
        await history;
        expect(clock.waiting).toBe(0);
      },
    );
  });
});
