import { describe, expect, it } from "vitest";
import { EngineWorld, INFO, Sink } from "../testing/worlds/engine-world.js";

describe("subscriptions", () => {
  it("end with their last message, counted over all links", () => {
    const world = new EngineWorld("a b").start();
    const sink = new Sink();
    world.engine.subscribe("a", undefined, 3, sink);
    world.pump();
    world.serve("MSG a 1 1\r\n1\r\n");
    world.die();
    expect(world.accept()).toContain("SUB a 1\r\nUNSUB 1 2\r\n");
    world.serve("MSG a 1 1\r\n2\r\nMSG a 1 1\r\n3\r\nMSG a 1 1\r\n4\r\n");
    expect(sink.got).toEqual(["1", "2", "3"]);
    expect(sink.ends).toEqual([undefined]);
  });

  // Found by the simulator, seeds 3, 57 and 73.
  it("whose last message was counted with a 503 are ended at the server too: it does not count that one", () => {
    const world = new EngineWorld("a").start();
    world.engine.subscribe("a", undefined, 2, new Sink());
    world.engine.subscribe("b", undefined, 2, new Sink());
    world.pump();
    world.read();
    world.serve(
      "HMSG a 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\nMSG a 1 1\r\n1\r\nMSG b 2 1\r\n1\r\nMSG b 2 1\r\n2\r\n",
    );
    expect(world.read()).toBe("UNSUB 1\r\n");
  });

  it("are ended at the server also when their `max` was set after the 503", () => {
    const world = new EngineWorld("a").start();
    const entry = world.engine.subscribe("a", undefined, undefined, new Sink());
    world.pump();
    world.serve("HMSG a 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\n");
    world.engine.unsubscribe(entry, 2);
    world.pump();
    world.read();
    world.serve("MSG a 1 1\r\n1\r\n");
    expect(world.read()).toBe("UNSUB 1\r\n");
  });

  it("that the next server refuses end, and the link stands all the same", () => {
    const world = new EngineWorld("a b").start();
    const sink = new Sink();
    world.engine.subscribe("secret", undefined, undefined, sink);
    world.pump();
    world.die();
    world.info();
    world.engine.session.authenticate(world.epoch, {}, 0);
    world.pump();
    world.serve("PONG\r\n");
    world.serve("-ERR 'Permissions Violation for Subscription to \"secret\"'\r\nPONG\r\n");
    expect(world.engine.state).toBe("connected");
    expect(sink.ends).toMatchObject([{ code: "PERMISSIONS_VIOLATION" }]);
  });
});

describe("gossip", () => {
  it("of the server in use brings servers that are dialled when it is lost; it is told", () => {
    const world = new EngineWorld("a").start({ connect_urls: ["a:4222", "b:4222"] });
    expect(world.told("update")).toEqual([{ type: "update", added: ["b:4222"], deleted: [] }]);
    world.serve(`INFO ${JSON.stringify({ ...INFO, connect_urls: ["c:4222"] })}\r\n`);
    expect(world.told("update")[1]).toEqual({ type: "update", added: ["c:4222"], deleted: ["b:4222"] });
    world.die();
    expect(world.done.at(-1)).toBe("dial c");
  });

  it("is ignored when that is wanted [parity 101]", () => {
    const world = new EngineWorld("a", { ignoreClusterUpdates: true }).start({ connect_urls: ["b:4222"] });
    expect(world.pool.all).toHaveLength(1);
    expect(world.told("update")).toEqual([]);
  });
});

describe("a callback in the middle of a read", () => {
  const stream = "MSG a 1 1\r\n1\r\nMSG a 1 1\r\n2\r\nMSG a 1 1\r\n3\r\nPING\r\nMSG a 1 1\r\n4\r\n";

  it("may unsubscribe: no message follows, the read is taken to its end", () => {
    const world = new EngineWorld().start();
    const sink = new Sink((count) => {
      if (count === 2) world.engine.unsubscribe(entry);
    });
    const entry = world.engine.subscribe("a", undefined, undefined, sink);
    world.pump();
    world.read();
    world.serve(stream);
    expect(sink.got).toEqual(["1", "2"]);
    expect(world.read()).toContain("PONG\r\n");
    expect(world.read()).toBe("");
    expect(world.engine.continuity.inMsgs).toBe(4);
  });

  it("may publish and subscribe", () => {
    const world = new EngineWorld().start();
    const sink = new Sink((count) => {
      world.publish(`answer.${count}`);
      world.engine.subscribe(`more.${count}`, undefined, undefined, new Sink());
    });
    world.engine.subscribe("a", undefined, undefined, sink);
    world.pump();
    world.serve(stream);
    expect(sink.got).toEqual(["1", "2", "3", "4"]);
    expect(world.read().match(/^(PUB answer|SUB more)/gm)).toHaveLength(8);
  });

  it("may close: nothing is delivered any more", () => {
    const world = new EngineWorld().start();
    const sink = new Sink((count) => {
      if (count === 2) world.engine.close(undefined, world.now);
    });
    world.engine.subscribe("a", undefined, undefined, sink);
    world.pump();
    world.serve(stream);
    expect(sink.got).toEqual(["1", "2"]);
    expect(sink.ends).toEqual([undefined]);
    expect(world.told("close")).toHaveLength(1);
    expect(world.engine.timeout).toBe(Number.POSITIVE_INFINITY);
  });

  it("may leave the server: nothing of the old link is delivered any more", () => {
    const world = new EngineWorld("a b").start();
    const sink = new Sink((count) => {
      if (count === 2) world.engine.session.leave(world.now);
    });
    world.engine.subscribe("a", undefined, undefined, sink);
    world.pump();
    world.serve(stream);
    expect(sink.got).toEqual(["1", "2"]);
    expect(sink.ends).toEqual([]);
    expect(world.done.at(-1)).toBe("dial b");
  });
});
