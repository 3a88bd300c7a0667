import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { type ConnectionOptions, connect, isHoldfastError, type LostMessage } from "../../src/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { connectAtFirst } from "../support/at-first.js";
import { expectBalanced } from "../support/books.js";
import { Cleanup } from "../support/cleanup.js";
import { FakeServer, speaksNats } from "../support/fake-server.js";
import { heldBuffers } from "../support/memory.js";
import { Recorder } from "../support/recorder.js";
import { rejection, thrown, until } from "../support/until.js";

const MIB = 1024 * 1024;

/** Bytes outside of the heap, where payloads and chunks are. */
const outside = heldBuffers;

describe("row 6: server stops reading, 131 MB published", () => {
  it("publish() returns false, then refuses at maxPending; memory stays bounded, nothing is lost", async () => {
    await using server = await NatsServer.start();
    // Frozen for longer than stallTimeout on a busy machine, it would be given up: that is row 2.
    const nc = await connect({ servers: server.url, stallTimeout: 60_000 });
    const recorder = new Recorder(nc);
    let bytes = 0;
    nc.subscribe("a", {
      callback: (_, msg) => {
        bytes += msg.data.length;
      },
    });
    await nc.flush();
    const payload = Buffer.alloc(500_000, 1);
    server.stop();
    const before = outside();
    let [accepted, refused, firstFalse, most] = [0, 0, 0, 0];
    for (let i = 0; i < 262; i++) {
      try {
        if (!nc.publish("a", payload) && firstFalse === 0) firstFalse = i + 1;
        accepted++;
      } catch (error) {
        expect(error).toMatchObject({ code: "MAX_PENDING_EXCEEDED" });
        refused++;
      }
      await turn();
      // What is held only grows here; looking each time would take longer than all the rest.
      if (i % 20 === 1) most = Math.max(most, outside() - before);
    }
    // From 4 MiB on it says false; at 64 MiB it refuses.
    expect(firstFalse).toBeGreaterThan(1);
    expect(firstFalse * payload.length).toBeLessThan(8 * MIB);
    expect(accepted * payload.length).toBeLessThan(66 * MIB);
    expect(accepted + refused).toBe(262);
    expect(most).toBeLessThan(80 * MIB);
    expect(expectBalanced(nc)).toMatchObject({ accepted, pending: accepted });
    const room = nc.writable();
    server.cont();
    await room;
    expect(nc.publish("a", payload)).toBe(true);
    await nc.flush();
    await until(() => bytes === (accepted + 1) * payload.length, "all that was accepted");
    expect(recorder.names("state", "serverInfo")).toEqual([]);
    expect(expectBalanced(nc)).toMatchObject({ confirmed: accepted + 1 });
    await nc.close();
  });
});

describe("row 18: payload over the new server's max_payload while down", () => {
  it("checked again against the new INFO: that message alone is dropped, and reported", async () => {
    const SMALL = 1_000;
    await using world = new Cleanup();
    const server = world.use(await NatsServer.start());
    const other = world.use(await NatsServer.start({ maxPayload: SMALL }));
    const nc = world.use(await connectAtFirst([server.url, other.url], { reconnectTimeWait: 5 }));
    const recorder = new Recorder(nc);
    const got: number[] = [];
    nc.subscribe("a", { callback: (_, msg) => got.push(msg.data.length) });
    await nc.flush();
    // Told before the next server is dialled.
    nc.once("disconnect", () => {
      for (const size of [10, SMALL + 1, SMALL, 20]) nc.publish("a", Buffer.alloc(size));
    });
    await server.kill();
    await until(() => recorder.count("reconnect") === 1, "the new server");
    await nc.flush();
    expect(got).toEqual([10, SMALL, 20]);
    const lost: LostMessage[] = recorder.of("messageLost").flatMap(([messages]) => messages);
    expect(lost).toMatchObject([
      { subject: "a", size: SMALL + 1, reason: "max-payload", maybeDelivered: false },
    ]);
    // The new link was not killed by it.
    expect([recorder.count("disconnect"), recorder.count("reconnect")]).toEqual([1, 1]);
    expect(recorder.count("error")).toBe(0);
    const dropReasons = { "max-payload": 1 };
    expect(expectBalanced(nc)).toMatchObject({ accepted: 4, confirmed: 3, dropped: 1, dropReasons });
  });
});

describe("row 21: queue group name with CR LF", () => {
  it.each(["q\r\nPUB hacked 0\r\n", "q\nq", "q\rq", "q q", "q\tq", "q\0"])(
    "is refused: %j",
    async (queue) => {
      await using fake = await FakeServer.start(speaksNats());
      const nc = await connect({ servers: fake.url });
      const error = thrown(() => nc.subscribe("a", { queue, callback: () => {} }));
      expect(error.code).toMatch(/^INVALID_(SUBJECT|ARGUMENT)$/);
      nc.subscribe("b", { queue: "good", callback: () => {} });
      await nc.flush();
      expect(fake.last.received).toMatch(/SUB b good \d+\r\n/);
      expect(fake.last.received).not.toMatch(/hacked|SUB a/);
      expect(fake.links).toHaveLength(1);
      expectBalanced(nc);
      await nc.close();
    },
  );
});

describe("row 22: a 64 MiB line without newline from the server", () => {
  it.each([
    ["in the handshake, as INFO", "INFO ", false],
    ["on a link that stands", "", true],
    ["on a link that stands, as INFO", "INFO ", true],
    ["on a link that stands, as a message", "MSG ", true],
  ])("is cut off at the limit, with a typed error and bounded memory; %s", async (_, start, stands) => {
    await using world = new Cleanup();
    const good = world.use(await NatsServer.start());
    let sent = 0;
    let most = 0;
    let before = 0;
    const pour = (socket: FakeServer["last"]["socket"]) => {
      const piece = Buffer.alloc(64 * 1024, "x");
      before = outside();
      socket.write(start);
      const more = () => {
        most = Math.max(most, outside() - before);
        while (sent < 64 * MIB) {
          sent += piece.length;
          if (!socket.write(piece)) break;
        }
      };
      socket.on("drain", more);
      more();
    };
    const bad = world.use(
      await FakeServer.start((link) => {
        if (stands) speaksNats()(link);
        else pour(link.socket);
      }),
    );
    const servers = [bad.url, good.url];
    const nc = world.use(await (stands ? connectAtFirst(servers) : connect({ servers, noRandomize: true })));
    const recorder = new Recorder(nc);
    if (stands) {
      pour(bad.last.socket);
      await until(() => recorder.count("reconnect") === 1, "the good server");
      expect(recorder.of("disconnect")[0][0]).toMatchObject({ code: "PROTOCOL_ERROR" });
    } else {
      const alone = await rejection(connect({ servers: bad.url }));
      expect(alone).toMatchObject({ code: "PROTOCOL_ERROR" });
    }
    expect(nc.getServer()).toBe(good.hostport);
    await until(() => bad.links.every(({ socket }) => socket.destroyed), "the end of the bad link");
    // What the kernel takes on both sides is sent, too.
    expect(sent).toBeLessThan(32 * MIB);
    expect(most).toBeLessThan(16 * MIB);
    expectBalanced(nc);
  });
});

describe("row 24: unknown or misspelt options", () => {
  it.each([
    ["reconectBufSize", "reconnectBufSize"],
    ["reconnectBufferSize", "reconnectBufSize"],
    ["maxReconnectAttempt", "maxReconnectAttempts"],
    ["maxreconnectattempts", "maxReconnectAttempts"],
    ["stalTimeout", "stallTimeout"],
    ["pinginterval", "pingInterval"],
    ["server", "servers"],
    ["tokens", "token"],
    ["backof", "backoff"],
  ])("%s is refused, with the suggestion %s", async (wrong, right) => {
    const error = await rejection(connect({ [wrong]: 1 } as ConnectionOptions));
    expect(isHoldfastError(error)).toBe(true);
    expect(error).toMatchObject({ code: "INVALID_OPTION", option: wrong });
    expect(error.message).toContain(`did you mean "${right}"?`);
  });

  it("so is one inside of another option", async () => {
    const error = await rejection(connect({ backoff: { maxAttempt: 5 } } as ConnectionOptions));
    expect(error).toMatchObject({ code: "INVALID_OPTION", option: "backoff.maxAttempt" });
    expect(error.message).toContain('did you mean "backoff.maxAttempts"?');
  });

  it("what resembles nothing is refused without one", async () => {
    const error = await rejection(connect({ thatWhichIsNot: true } as ConnectionOptions));
    expect(error).toMatchObject({ code: "INVALID_OPTION", option: "thatWhichIsNot" });
    expect(error.message).not.toContain("did you mean");
  });

  it("the right name takes effect", async () => {
    await using server = await NatsServer.start();
    const nc = await connect({ servers: server.url, reconnectBufSize: 100, closeTimeout: 0 });
    await server.kill();
    await until(() => nc.state === "reconnecting", "the outage");
    expect(thrown(() => nc.publish("a", Buffer.alloc(101))).code).toBe("BUFFER_FULL");
    expectBalanced(nc);
    await nc.close();
  });
});
