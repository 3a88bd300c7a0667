import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Connection,
  type ConnectionOptions,
  connect,
  type Overflow,
  type OverflowDecision,
} from "../src/index.js";
import { NatsServer } from "../src/testing/server.js";
import { expectBalanced } from "./support/books.js";
import { Outage } from "./support/outage.js";
import { expectNoProblems } from "./support/problems.js";
import { Recorder } from "./support/recorder.js";
import { rejection, thrown, until } from "./support/until.js";

let server: NatsServer;
beforeAll(async () => {
  server = await NatsServer.start();
});
afterAll(() => server.close());
expectNoProblems();

const inspected = (value: unknown): string =>
  typeof value === "object" ? (JSON.stringify(value) ?? "an object") : String(value);

/** An object that does harm when it is asked for anything. */
const hostile = new Proxy(
  {},
  {
    get() {
      throw new Error("hostile");
    },
    has() {
      throw new Error("hostile");
    },
    ownKeys() {
      throw new Error("hostile");
    },
  },
);

const NO_NUMBERS = ["5", "", null, {}, [], [5], true, () => 5, Symbol("5"), 5n, new Date(), hostile];

describe.each([
  ["partitionThreshold", [Number.NaN, -1, Number.POSITIVE_INFINITY, 1e300, ...NO_NUMBERS]],
  ["flusherTimeout", [Number.NaN, -1, Number.POSITIVE_INFINITY, 1e300, ...NO_NUMBERS]],
  ["maxBufferedMessages", [Number.NaN, -2, 0, 1.5, 1e300, ...NO_NUMBERS]],
  ["reconnectBufSize", [Number.NaN, -2, 1.5, Number.POSITIVE_INFINITY, 1e300, ...NO_NUMBERS]],
  ["maxPending", [Number.NaN, -1, 0, 1.5, 1e300, ...NO_NUMBERS]],
  [
    "pendingLimit",
    [5, "5", null, [], true, () => 5, { messages: 0 }, { bytes: -2 }, { messages: Number.NaN }],
  ],
  [
    "pendingLimit",
    [{ policy: "reject" }, { policy: 1 }, { unknown: 1 }, { messages: "5" }, { bytes: {} }, hostile],
  ],
  ["overflow", ["drop", "outbox ", "", null, 5, {}, [], true, () => "reject", { name: "x" }, { offer() {} }]],
  ["overflow", [{ name: 5, offer() {} }, { name: "x", offer: "reject" }, Object.create(null), hostile]],
  ["overflow", ["outbox", { name: "x", offer() {}, keep: true }]],
  ["outbox", ["x", "", null, 5, {}, [], true, () => "taken", { name: "x", offer() {} }, hostile]],
  ["outbox", [Object.create(null), Promise.resolve({}), { name: "x", attach() {}, detach() {}, store() {} }]],
  ["connectedCb", ["x", null, 5, {}, [], true, hostile]],
  ["closedCb", ["x", null, 5, {}]],
  ["disconnectedCb", ["x", null, 5, {}]],
  ["reconnectedCb", ["x", null, 5, {}]],
  ["reconnectErrCb", ["x", null, 5, {}]],
  ["discoveredServersCb", ["x", null, 5, {}]],
  ["asyncErrorCb", ["x", null, 5, {}]],
  ["lameDuckCb", ["x", null, 5, {}]],
  ["beforeReplay", ["x", null, 5, {}]],
] as [string, unknown[]][])("option %s", (option, values) => {
  it.each(values.map((value) => [value === hostile ? "hostile" : inspected(value), value]))(
    "of %s is refused, by name, and no connection is made",
    async (_, value) => {
      const error = await rejection<Error & { code: string; option?: string }>(
        connect({ servers: server.url, [option]: value }),
      );
      expect(error.code, String(error)).toBe("INVALID_OPTION");
      expect(error.option?.split(".")[0]).toBe(option);
      expect(error.message).toContain(option);
    },
  );
});

describe("extreme options that are allowed", () => {
  it.each<ConnectionOptions>([
    { partitionThreshold: 0, flusherTimeout: 0, maxBufferedMessages: 1, reconnectBufSize: 1, maxPending: 1 },
    { partitionThreshold: 86_400_000, maxBufferedMessages: Number.POSITIVE_INFINITY, reconnectBufSize: -1 },
    { maxBufferedMessages: -1, pendingLimit: { messages: -1, bytes: -1 } },
    { pendingLimit: {}, overflow: undefined, connectedCb: undefined },
    { pendingLimit: { messages: 1, bytes: 1, policy: "drop-oldest" } },
  ])("%j: a message comes back", async (options) => {
    await using nc = await connect({ servers: server.url, ...options });
    const arrived = new Promise<string>((resolve) => {
      nc.subscribe("extreme", { callback: (_, msg) => resolve(msg.string()) });
    });
    nc.publish("extreme", "x");
    expect(await arrived).toBe("x");
    await nc.flush();
    expectBalanced(nc);
  });

  it("a getter among the options that throws rejects connect()", async () => {
    const options = {
      servers: server.url,
      get overflow(): never {
        throw new Error("hostile getter");
      },
    };
    const error = await rejection(connect(options));
    expect(error).toBeInstanceOf(Error);
  });

  it("what is changed in the options afterwards changes nothing", async () => {
    const pendingLimit = { messages: 10 };
    const options: ConnectionOptions = { servers: server.url, pendingLimit, maxBufferedMessages: 5 };
    await using nc = await connect(options);
    pendingLimit.messages = 1;
    options.maxBufferedMessages = 1;
    const sub = nc.subscribe("changed");
    for (let i = 0; i < 10; i++) nc.publish("changed");
    await nc.flush();
    expect([sub.getPending(), sub.getDropped()]).toEqual([10, 0]);
    sub.unsubscribe();
  });
});

describe("options of publish()", () => {
  const BAD_TTL = [0, -1, -0, Number.NaN, Number.NEGATIVE_INFINITY, ...NO_NUMBERS];

  it.each(BAD_TTL.map((ttl) => [ttl === hostile ? "hostile" : inspected(ttl), ttl]))(
    "ttl of %s is refused, connected or not, and nothing is accepted",
    async (_, ttl) => {
      await using nc = await connect({ servers: server.url });
      const options = { ttl: ttl as number };
      expect(thrown(() => nc.publish("a", "x", options)).code).toBe("INVALID_ARGUMENT");
      expect((await rejection(nc.publishConfirmed("a", "x", options))).code).toBe("INVALID_ARGUMENT");
      expect(nc.stats().accepted).toBe(0);
    },
  );

  it.each([
    Number.MIN_VALUE,
    0.5,
    Number.MAX_VALUE,
    Number.MAX_SAFE_INTEGER,
    2 ** 31,
    Number.POSITIVE_INFINITY,
  ])("ttl of %d is borne", async (ttl) => {
    await using outage = await Outage.prepare();
    const { nc, got } = outage;
    await outage.begin();
    nc.publish("a", "x", { ttl });
    if (ttl < 1) await until(() => nc.stats().dropped === 1, "its end");
    await outage.end();
    expect(got).toEqual(ttl < 1 ? [] : ["x"]);
    expectBalanced(nc);
  });

  it("critical, replay and bypassOverflow of odd types do no harm", async () => {
    await using nc = await connect({ servers: server.url });
    for (const odd of [null, 0, "", "yes", {}, [], () => true, Symbol("s")]) {
      const options = { critical: odd, replay: odd, bypassOverflow: odd } as never;
      try {
        nc.publish("a", "x", options);
      } catch (error) {
        expect((error as { code?: string }).code).toBe("INVALID_ARGUMENT");
      }
    }
    await nc.flush();
    expectBalanced(nc);
  });

  it.each([
    ["null", null],
    ["a text", "x"],
    ["a number", 5],
    ["hostile", hostile],
  ])("options that are %s: a typed error or none, and the connection lives", async (_, options) => {
    await using nc = await connect({ servers: server.url });
    try {
      nc.publish("a", "x", options as never);
    } catch (error) {
      expect(error).toBeInstanceOf(Error);
    }
    await nc.publishConfirmed("a", "y");
    expectBalanced(nc);
  });
});

describe("an overflow of one's own that is wrong", () => {
  async function with_(overflow: Overflow): Promise<{ outage: Outage; recorder: Recorder }> {
    const outage = await Outage.prepare({ overflow, maxBufferedMessages: 1 });
    return { outage, recorder: new Recorder(outage.nc) };
  }

  const answers: [string, () => unknown][] = [
    [
      "throws",
      () => {
        throw new Error("broken");
      },
    ],
    [
      "throws what has no text",
      () => {
        throw Object.create(null);
      },
    ],
    ["answers nothing", () => undefined],
    ["answers nonsense", () => "keep"],
    ["answers an object", () => ({ toString: () => "taken" })],
    ["answers hostile", () => hostile],
    ["answers with a promise", async () => "taken"],
    ["answers with a promise that rejects", async () => Promise.reject(new Error("later"))],
  ];

  it.each(answers)("%s: the message is rejected, an error tells, the rest arrives", async (_, offer) => {
    const { outage, recorder } = await with_({ name: "bad", offer: offer as () => OverflowDecision });
    await using _outage = outage;
    const { nc, got } = outage;
    await outage.begin();
    nc.publish("a", "0");
    expect(thrown(() => nc.publish("a", "no")).code).toBe("BUFFER_FULL");
    await until(() => recorder.count("error") === 1, "the error");
    expect(recorder.of("error")[0][0]).toMatchObject({ code: "CALLBACK_FAILED", option: "overflow" });
    expect(recorder.of("error")[0][0].message).toContain("bad");
    await outage.end();
    nc.publish("a", "1");
    await nc.flush();
    expect(got).toEqual(["0", "1"]);
    expect(expectBalanced(nc)).toMatchObject({ accepted: 2, confirmed: 2, rejected: 1 });
  });

  it("has an engaged that throws, or is no boolean: it counts as not engaged", async () => {
    let engaged: () => unknown = () => {
      throw new Error("hostile");
    };
    const overflow = {
      name: "hostile",
      get engaged(): boolean {
        return engaged() as boolean;
      },
      offer: () => "taken" as const,
    };
    const { outage } = await with_(overflow);
    await using _ = outage;
    const { nc, got } = outage;
    nc.publish("a", "0");
    engaged = () => "yes";
    nc.publish("a", "1");
    engaged = () => hostile;
    nc.publish("a", "2");
    await nc.flush();
    expect(got).toEqual(["0", "1", "2"]);
  });

  it("becomes wrong after it was checked: name and offer() that throw when read", async () => {
    let broken = false;
    const overflow: Overflow = {
      get name(): string {
        if (broken) throw new Error("no name");
        return "fickle";
      },
      get offer(): () => OverflowDecision {
        if (broken) throw new Error("no offer");
        return () => "reject";
      },
    };
    const { outage, recorder } = await with_(overflow);
    await using _ = outage;
    const { nc, got } = outage;
    await outage.begin();
    broken = true;
    nc.publish("a", "0");
    expect(thrown(() => nc.publish("a", "no")).code).toBe("BUFFER_FULL");
    await until(() => recorder.count("error") > 0, "the error");
    await outage.end();
    expect(got).toEqual(["0"]);
    expectBalanced(nc);
  });

  it.each<[string, (nc: Connection) => void]>([
    ["publishes", (nc) => nc.publish("a", "from within")],
    ["publishes past itself", (nc) => nc.publish("a", "from within", { bypassOverflow: true })],
    ["closes the connection", (nc) => nc.close()],
    ["drains the connection", (nc) => nc.drain().catch(() => {})],
    ["reconnects", (nc) => nc.reconnect()],
    ["subscribes", (nc) => nc.subscribe("b")],
  ])("%s in the middle of publish(): no harm", async (_, act) => {
    let depth = 0;
    const overflow: Overflow = {
      name: "busy",
      offer: () => {
        if (depth++ < 3) act(outage.nc);
        return "drop-newest";
      },
    };
    const { outage } = await with_(overflow);
    await using _outage = outage;
    const { nc, got } = outage;
    await outage.begin();
    for (let i = 0; i < 5; i++) {
      try {
        nc.publish("a", String(i));
      } catch (error) {
        expect((error as { code?: string }).code).toMatch(/^CONNECTION_(CLOSED|DRAINING)$|^BUFFER_FULL$/);
      }
    }
    expectBalanced(nc);
    await outage.server.restart();
    await nc.flush().catch(() => {});
    if (got.length > 0) expect(got[0]).toBe("0");
    expectBalanced(nc);
  });

  it("keeps what it was lent: what it reads later is its own affair, and the wire is right", async () => {
    const lent: (Uint8Array | string)[] = [];
    const overflow: Overflow = {
      name: "keeper",
      offer: ({ payload }) => {
        lent.push(payload);
        if (typeof payload !== "string") payload.fill(0);
        return "drop-oldest";
      },
    };
    const { outage } = await with_(overflow);
    await using _ = outage;
    const { nc, got } = outage;
    await outage.begin();
    for (let i = 0; i < 5; i++) nc.publish("a", Buffer.from(String(i)));
    await outage.end();
    expect(lent).toHaveLength(4);
    expect(got).toHaveLength(1);
    expectBalanced(nc);
  });
});

describe("setServers() with nonsense", () => {
  it.each([
    ["null", null],
    ["a text", "127.0.0.1"],
    ["none", []],
    ["numbers", [1]],
    ["an empty text", [""]],
    ["a bad port", ["127.0.0.1:99999"]],
    ["a bad scheme", ["http://127.0.0.1"]],
    ["hostile", hostile],
  ])("%s is refused, and the pool stays", async (_, servers) => {
    await using nc = await connect({ servers: server.url });
    const before = nc.getServers().map(({ listen }) => listen);
    expect(thrown(() => nc.setServers(servers as never)).code).toBe("INVALID_OPTION");
    expect(nc.getServers().map(({ listen }) => listen)).toEqual(before);
    const moved = new Promise((resolve) => nc.once("move", resolve));
    await nc.reconnect();
    await moved;
    expect(nc.state).toBe("connected");
  });
});
