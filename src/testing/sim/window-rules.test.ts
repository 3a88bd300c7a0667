import { describe, expect, it } from "vitest";
import { Scene } from "./scene.js";
import type { Sent } from "./sent.js";

function outcomes(sent: readonly (Sent | undefined)[]): (string | undefined)[] {
  return sent.map((one) => one?.outcome);
}

describe("replayMargin", () => {
  it("writes what was confirmed last once more after an unclean death, and only that", () => {
    const scene = new Scene({ servers: 2, options: { replayMargin: 100 } }).connect();
    const old = scene.publish("data.1")!;
    scene.until(() => old.outcome === "confirmed").pass(150);
    const fresh = scene.publish("data.2")!;
    scene.until(() => fresh.outcome === "confirmed").pass(20);
    scene.wire.lose();
    scene.lost().back().rest();
    expect(old.taken).toBe(1);
    expect(fresh.taken).toBe(2);
    expect(scene.client.engine.books.confirmed).toBe(2);
    scene.end();
  });

  it("writes nothing once more when we have left the server ourselves", () => {
    const scene = new Scene({ servers: 2, options: { replayMargin: 1000 } }).connect();
    const sent = scene.publish("data.1")!;
    scene.until(() => sent.outcome === "confirmed");
    scene.do(() => scene.client.reconnect());
    scene.back().rest();
    expect(sent.taken).toBe(1);
    scene.end();
  });

  it("holds no chunk for longer than it says", () => {
    const scene = new Scene({ options: { replayMargin: 500 } }).connect();
    const sent = scene.publish("data.1")!;
    scene.until(() => sent.outcome === "confirmed").pass(400);
    expect(scene.client.driver.chunks.held).toBe(1);
    scene.pass(200);
    expect(scene.client.driver.chunks.held).toBe(0);
    scene.end();
  });
});

describe("a permissions violation", () => {
  it("ends the very frame that was refused, and no other", () => {
    const scene = new Scene().connect();
    const sent: (Sent | undefined)[] = [];
    const { client } = scene;
    scene.do(() => {
      for (const subject of ["deny.1", "data.1", "deny.2", "deny.1", "data.1"]) {
        const publication = client.drafts.plain(subject, 20);
        const one = client.publish(publication);
        if (one !== undefined) client.confirm(one);
        sent.push(one);
      }
    });
    scene.rest();
    expect(outcomes(sent)).toEqual(["refused", "confirmed", "refused", "refused", "confirmed"]);
    expect(client.coverage.get("publishConfirmed", "refused")).toBe(3);
    expect(client.coverage.get("event", "error")).toBe(3);
    scene.end();
  });

  it("by a link that died first is asked of the next server", () => {
    const scene = new Scene({ servers: 2 }).connect();
    for (const server of scene.cluster.servers) {
      server.setup.denyPublish = server.address === scene.client.engine.session.active!.server.address.listen;
    }
    const sent = scene.publish("deny.1")!;
    scene.until(() => sent.denied === 1);
    scene.wire.lose();
    scene.wire.down.cut(0);
    scene.lost().back().rest();
    expect(sent.outcome).toBe("confirmed");
    scene.end();
  });

  it("of a confirmed frame that is replayed is not taken for one of a newer frame", () => {
    const scene = new Scene({
      setup: { denyPublish: false },
      options: { replayMargin: 1000, timeout: 50 },
    }).connect();
    const old = scene.publish("deny.1")!;
    scene.until(() => old.outcome === "confirmed");
    scene.restart(10, scene.server, (setup) => {
      setup.denyPublish = true;
    });
    scene.lost();
    const fresh = scene.publish("deny.1", 200_000)!;
    scene.until(() => old.denied === 1).pass(1);
    scene.rest();
    expect(old.outcome).toBe("confirmed");
    expect(fresh.outcome).toBe("refused");
    scene.end();
  });
});

describe("a server with a smaller max_payload", () => {
  it("gets all that it takes; the rest is dropped and told, and the link stays", () => {
    const scene = new Scene().connect();
    scene.restart(50, scene.server, (setup) => {
      setup.maxPayload = 1000;
      setup.headers = false;
    });
    scene.lost();
    const sent = [scene.publish("data.1", 500), scene.publish("data.1", 1001), scene.publish("data.1", 1000)];
    scene.back().rest();
    expect(outcomes(sent)).toEqual(["confirmed", "dropped", "confirmed"]);
    expect(sent[1]!.reason).toBe("max-payload");
    expect(scene.peer.epoch).toBe(scene.client.driver.lastDial.epoch);
    scene.end();
  });
});

describe("chunks", () => {
  it("are used again only after the last write on them has ended", () => {
    const scene = new Scene({ conditions: { writtenDelay: 400 } }).connect().pass(1000);
    const { chunks } = scene.client.driver;
    for (let i = 0; i < 20; i++) {
      const sent = scene.publish("data.1", 30_000)!;
      scene.until(() => sent.outcome === "confirmed");
    }
    expect(chunks.held).toBeGreaterThan(1);
    scene.pass(1000);
    expect(chunks.held).toBe(0);
    scene.end();
  });

  it("of a link that was reset stay out until the kernel has let go of them", () => {
    const scene = new Scene({ conditions: { capacity: 512, writtenDelay: 300 } }).connect().pass(1000);
    const sent = scene.publish("data.1", 60_000, false)!;
    scene.pass(1);
    scene.wire.lose();
    scene.lost();
    expect(sent.outcome).toBe("unconfirmed");
    expect(scene.client.driver.chunks.held).toBeGreaterThan(0);
    scene.back().rest().end();
  });

  it("hold every frame once: a frame of one byte less and one more than a chunk takes", () => {
    for (let bytes = 65_480; bytes < 65_540; bytes += 1) {
      const scene = new Scene().connect();
      const sent = [scene.publish("data.1", 10), scene.publish("data.1", bytes), scene.publish("data.1", 10)];
      scene.rest();
      expect(outcomes(sent)).toEqual(["confirmed", "confirmed", "confirmed"]);
      scene.end();
    }
  });
});

describe("order", () => {
  it("holds across losses: what waits goes before what is published in the outage, and that before the newest", () => {
    const scene = new Scene({ servers: 3 }).connect();
    const sent: Sent[] = [];
    for (let i = 0; i < 40; i++) {
      sent.push(scene.publish("data.1")!);
      if (i % 7 === 3) scene.wire.lose();
      scene.pass(1);
      if (scene.client.engine.session.active === undefined && i % 2 === 0) scene.back();
    }
    scene.rest();
    expect(new Set(outcomes(sent))).toEqual(new Set(["confirmed"]));
    scene.end();
  });
});

describe("limits", () => {
  it("reconnectBufSize bounds what an outage takes, and what was taken is sent", () => {
    const scene = new Scene({ options: { reconnectBufSize: 1000 } }).connect();
    scene.restart(200);
    scene.lost();
    const sent = Array.from({ length: 60 }, () => scene.publish("data.1", 20));
    const taken = sent.filter((one) => one !== undefined);
    expect(taken.length).toBe(Math.floor(1000 / "PUB data.1 20\r\n01234567890123456789\r\n".length));
    expect(scene.client.coverage.get("rejected", "BUFFER_FULL")).toBe(60 - taken.length);
    scene.back().rest();
    expect(new Set(outcomes(taken))).toEqual(new Set(["confirmed"]));
    scene.end();
  });

  it("reconnectBufSize -1 takes nothing", () => {
    const scene = new Scene({ options: { reconnectBufSize: -1 } }).connect();
    scene.restart(20);
    scene.lost();
    expect(scene.publish("data.1")).toBeUndefined();
    expect(scene.client.coverage.get("rejected", "DISCONNECTED")).toBe(1);
    scene.back();
    expect(scene.publish("data.1")).toBeDefined();
    scene.rest().end();
  });

  it("maxPending refuses nothing of a burst, and everything after the loop has turned", () => {
    const scene = new Scene({ options: { maxPending: 1000 }, conditions: { latency: 20 } }).connect();
    const { client } = scene;
    const publish = () => client.publish(client.drafts.plain("data.1", 100));
    const burst: (Sent | undefined)[] = [];
    scene.do(() => {
      for (let i = 0; i < 50; i++) burst.push(publish());
    });
    expect(burst).not.toContain(undefined);
    scene.pass(5);
    expect(scene.publish("data.1")).toBeUndefined();
    scene.rest();
    const again: (Sent | undefined)[] = [];
    scene.do(() => {
      for (let i = 0; i < 50; i++) again.push(publish());
    });
    expect(again).not.toContain(undefined);
    scene.rest().end();
  });

  it("maxPending is crossed anew by a burst in the very turn in which the last one was confirmed", () => {
    const scene = new Scene({ options: { maxPending: 1000 }, conditions: { latency: 20 } }).connect();
    const { client } = scene;
    const publish = () => client.publish(client.drafts.plain("data.1", 100));
    const again: (Sent | undefined)[] = [];
    scene.app.settled = () => {
      scene.app.settled = () => {};
      for (let i = 0; i < 50; i++) again.push(publish());
    };
    scene.do(() => {
      for (let i = 0; i < 50; i++) publish();
      client.fence();
    });
    scene.rest();
    expect(again.length).toBe(50);
    expect(again).not.toContain(undefined);
    scene.end();
  });
});

describe("close()", () => {
  it("reports what was on its way and what never left", () => {
    const scene = new Scene({ conditions: { latency: 20 } }).connect();
    const { client } = scene;
    const told: string[] = [];
    scene.app.event = (event) => {
      if (event.type === "close") told.push(`${event.unconfirmed} unconfirmed, ${event.dropped} dropped`);
      if (event.type === "messageLost")
        told.push(...event.messages.map((one) => `${one.subject} ${one.reason}`));
    };
    const written = scene.publish("data.1")!;
    scene.do(() => {
      client.publish(client.drafts.plain("data.2", 20));
      client.publish(client.drafts.plain("data.3", 20));
      client.close();
    });
    expect(written.outcome).toBe("unconfirmed");
    expect(told).toEqual(["data.2 closed", "data.3 closed", "1 unconfirmed, 2 dropped"]);
    scene.end();
  });

  it("in an outage gives up at its timeout, and tells", () => {
    const scene = new Scene().connect();
    scene.server.kill();
    scene.lost();
    const sent = scene.publish("data.1")!;
    scene.do(() => scene.client.finish(300));
    scene.pass(299);
    expect(scene.client.closed).toBe(false);
    scene.pass(2);
    expect(scene.client.closed).toBe(true);
    expect(sent.outcome).toBe("dropped");
    scene.end();
  });

  it("in an outage that ends in time sends everything", () => {
    const scene = new Scene().connect();
    scene.restart(100);
    scene.lost();
    const sent = scene.publish("data.1")!;
    scene.do(() => scene.client.finish(3000));
    scene.until(() => scene.client.closed);
    expect(sent.outcome).toBe("confirmed");
    scene.end();
  });

  it("in the middle of a read ends everything: no message, event or timer after it", () => {
    const scene = new Scene().connect();
    let seen = 0;
    scene.do(() => scene.client.subscribe("ext.>", undefined, undefined)).rest();
    scene.app.message = () => {
      seen++;
      scene.client.close();
    };
    for (let i = 0; i < 5; i++) scene.cluster.publishFromOutside("ext.1", 50);
    scene.until(() => scene.client.closed);
    scene.end();
    expect(seen).toBe(1);
  });
});
