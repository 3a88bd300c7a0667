import { describe, expect, it } from "vitest";
import { Scene } from "./scene.js";
import type { Asked, Sent } from "./sent.js";
import type { Subscriber } from "./subscriber.js";

/** What random runs have found once, as the shortest scene that shows it. */

describe("found by random runs: confirmations", () => {
  it("of a pull that was dropped at once is no confirmation", () => {
    const scene = new Scene().connect();
    scene.restart(50);
    scene.lost();
    const { client } = scene;
    scene.do(() => client.publishConfirmed(client.drafts.plain("$JS.API.CONSUMER.MSG.NEXT.s.c", 20)));
    expect(client.coverage.get("publishConfirmed", "dropped")).toBe(1);
    scene.back().rest().end();
  });

  it("of a publish that is refused while the link is being restored come with an error event", () => {
    const scene = new Scene({ conditions: { latency: 5 } }).connect();
    scene.restart(50);
    scene.lost();
    const sent = scene.publish("deny.1")!;
    scene.until(() => sent.denied > 0);
    expect(scene.client.engine.session.connected).toBe(false);
    scene.rest();
    expect(sent.outcome).toBe("refused");
    expect(scene.client.coverage.get("event", "error")).toBe(1);
    scene.end();
  });
});

describe("found by random runs: what is reported", () => {
  it("the payload of a lost message is a copy: its chunk is used again", () => {
    const scene = new Scene().connect();
    const lost: Uint8Array[] = [];
    scene.app.event = (event) => {
      if (event.type === "messageLost") for (const { data } of event.messages) lost.push(data!);
    };
    scene.restart(50, scene.server, (setup) => {
      setup.maxPayload = 100;
    });
    scene.lost();
    scene.publish("data.1", 200);
    scene.back().rest();
    const copies = lost.map((data) => Buffer.from(data));
    for (let i = 0; i < 20; i++) scene.publish("data.1", 90);
    scene.rest();
    expect(lost.length).toBe(1);
    expect(lost.every((data, i) => copies[i].equals(data))).toBe(true);
    scene.end();
  });

  it("what dies with a link that was being restored is told as well", () => {
    const scene = new Scene({ conditions: { latency: 5 }, servers: 2 }).connect();
    scene.restart(50);
    for (const server of scene.cluster.servers) server.kill();
    scene.lost();
    const sent = scene.publish("data.1", 20, false)!;
    for (const server of scene.cluster.servers) server.start();
    scene.until(() => sent.links.length === 1);
    expect(scene.client.engine.session.connected).toBe(false);
    scene.wire.lose(0);
    scene.lost();
    expect(sent.outcome).toBe("unconfirmed");
    scene.back().rest().end();
  });

  it("a safe request that was written and is then too large says that it may have been delivered", () => {
    const scene = new Scene().connect();
    const publication = scene.client.drafts.request(scene.world.now + 5000, "$JS.API.INFO");
    const { asked, bytes } = publication.draft;
    scene.do(() => scene.client.request(publication, 5000));
    scene.restart(50, scene.server, (setup) => {
      setup.maxPayload = Math.max(0, bytes - 1);
    });
    scene.lost().back().rest();
    expect(asked!.maybeDelivered).toBe(true);
    scene.end();
  });
});

describe("found by random runs: requests", () => {
  it("a safe request that has expired is not written again", () => {
    const scene = new Scene().connect();
    const asked = scene.request("$JS.API.INFO", 100);
    scene.restart(500);
    scene.lost().pass(300);
    expect(asked.settled).toBe("TIMEOUT");
    scene.back().rest();
    expect(asked.sent!.links).toEqual([1]);
    scene.end();
  });

  it("one made inside beforeReplay that was not written when the link died goes out on the next", () => {
    const scene = new Scene({
      options: { holdTimeout: 1000 },
      conditions: { capacity: 64 },
      maxInFlight: 64,
    });
    scene.connect().restart(50);
    scene.lost();
    const asked: Asked[] = [];
    const ask = () => {
      const publication = scene.client.drafts.request(scene.world.now + 5000, "svc.fast.1");
      scene.client.request(publication, 5000);
      asked.push(publication.draft.asked!);
    };
    scene.app.beforeReplay = (epoch) => {
      if (asked.length > 0) return scene.client.releaseReplay(epoch);
      // In turns of their own: what is asked in one turn is written in one piece.
      for (let i = 0; i < 4; i++) scene.world.clientIn(i * 0.01, ask);
      scene.world.in(0.1, () => scene.wire.lose(0));
    };
    scene.back().lost().back().rest();
    expect(asked[0].settled).toBe("CONNECTION_LOST");
    expect(asked[3].settled).toBe("reply");
    expect(asked[3].sent!.earlier).toMatchObject({ outcome: "dropped", reason: "unsent", links: [] });
    scene.end();
  });

  // Seed 6092607.
  it("those of beforeReplay that are not written yet are judged anew when the server takes less", () => {
    const scene = new Scene({
      options: { holdTimeout: 1000 },
      conditions: { capacity: 64 },
      maxInFlight: 64,
    });
    scene.connect().restart(50);
    scene.lost();
    const asked: Asked[] = [];
    scene.app.beforeReplay = () => {
      const ask = () => {
        const publication = scene.client.drafts.request(scene.world.now + 500, "svc.fast.1", 500);
        scene.client.request(publication, 500);
        asked.push(publication.draft.asked!);
      };
      for (let i = 0; i < 4; i++) scene.world.clientIn(i * 0.01, ask);
      scene.server.setup.maxPayload = 200;
      scene.world.in(0.02, () => scene.server.announce());
    };
    scene.back().rest();
    expect(asked[3].sent).toMatchObject({ outcome: "dropped", reason: "max-payload", links: [] });
    scene.end();
  });

  it("those of beforeReplay are taken although the backlog is above maxPending", () => {
    const scene = new Scene({
      options: { holdTimeout: 1000, maxPending: 1000, reconnectBufSize: 5000 },
    }).connect();
    scene.restart(50);
    scene.lost();
    for (let i = 0; i < 20; i++) scene.publish("data.1", 100);
    let taken = false;
    scene.app.beforeReplay = (epoch) => {
      const publication = scene.client.drafts.request(scene.world.now + 500, "svc.fast.1");
      scene.client.request(publication, 500);
      taken = publication.draft.asked!.sent !== undefined;
      scene.client.releaseReplay(epoch);
    };
    scene.back().rest();
    expect(taken).toBe(true);
    scene.end();
  });

  it.each([0, 1])(
    "one that fails with its link may close the connection, %d others waiting before it",
    (before) => {
      const scene = new Scene({ servers: 2 }).connect();
      for (let i = 0; i < 3; i++) scene.request("svc.slow.1", 5000);
      let left = before;
      scene.app.answered = () => {
        if (left-- === 0) scene.client.close();
      };
      scene.pass(2);
      scene.wire.lose();
      scene.until(() => scene.client.closed);
      scene.end();
    },
  );
});

describe("found by random runs: sinks that close the connection", () => {
  it.each(["deny.svc.1", "svc.fast.1"])(
    "when a request to %s has ended: close is the last event",
    (subject) => {
      const scene = new Scene().connect();
      scene.app.answered = () => scene.client.close();
      scene.request(subject);
      scene.until(() => scene.client.closed);
      scene.end();
    },
  );

  it("when a frame is dropped for the next server: it ends once", () => {
    const scene = new Scene().connect();
    scene.restart(50, scene.server, (setup) => {
      setup.maxPayload = 0;
    });
    scene.lost();
    for (let i = 0; i < 3; i++) scene.request("svc.fast.1", 5000);
    scene.app.answered = () => scene.client.close();
    scene.until(() => scene.client.closed);
    scene.end();
  });
});

describe("found by random runs: sinks in the middle of a restore", () => {
  it("do not bring the window onto the wire before the subscriptions, nor a subscription twice", () => {
    const scene = new Scene().connect();
    const { client } = scene;
    scene.do(() => client.subscribe("ext.1", undefined, undefined)).rest();
    scene.restart(50, scene.server, (setup) => {
      setup.maxPayload = 60;
    });
    scene.lost();
    for (let i = 0; i < 5; i++) scene.publish("data.1", 20);
    const ask = () => client.drafts.request(scene.world.now + 5000, "svc.fast.1");
    let asked = ask();
    while (asked.draft.bytes <= 60) asked = ask();
    scene.do(() => client.request(asked, 5000));
    let called = false;
    scene.app.answered = () => {
      if (called) return;
      called = true;
      client.subscribe("ext.2", undefined, undefined);
      client.finish(500);
    };
    scene.until(() => client.closed);
    expect(called).toBe(true);
    scene.end();
  });
});

describe("found by random runs: limits", () => {
  it("reconnectBufSize holds for requests made while a link with a hold is being restored", () => {
    const scene = new Scene({
      options: { holdTimeout: 1000, reconnectBufSize: 200 },
      conditions: { latency: 20 },
    }).connect();
    scene.restart(100);
    scene.lost();
    scene.until(() => scene.client.engine.session.active !== undefined);
    const asked = Array.from({ length: 10 }, () => scene.request("svc.fast.1"));
    expect(asked.filter((one) => one.sent !== undefined).length).toBeLessThan(5);
    scene.back().rest();
    scene.restart(100);
    scene.lost();
    expect(scene.publish("data.1", 100)).toBeDefined();
    scene.back().rest().end();
  });

  it("maxPending is felt by the first publish after the turn in which one message has crossed it", () => {
    const scene = new Scene({ options: { maxPending: 1000 }, conditions: { latency: 20 } }).connect();
    expect(scene.publish("data.1", 2000)).toBeDefined();
    scene.pass(5);
    expect(scene.publish("data.1", 10)).toBeUndefined();
    scene.rest().end();
  });
});

describe("found by random runs: servers and links", () => {
  it("reconnect() while the next link is being restored changes nothing", () => {
    const scene = new Scene({ servers: 2, conditions: { latency: 20 } }).connect();
    const sent = scene.publish("data.1")!;
    scene.wire.lose();
    scene.lost().until(() => scene.client.engine.session.active !== undefined);
    const { epoch } = scene.client.engine.session.active!;
    scene.do(() => scene.client.reconnect());
    scene.back().rest();
    expect(scene.client.engine.session.active!.epoch).toBe(epoch);
    expect(sent.outcome).toBe("confirmed");
    scene.end();
  });

  it("a server that was taken out of the pool and put back is not the first to be tried when it is lost", () => {
    const scene = new Scene({ servers: 3, options: { ignoreClusterUpdates: true } }).connect().pass(100);
    const lost = scene.client.engine.session.active!.server.address.listen;
    const all = scene.cluster.servers.map((server) => server.address);
    scene.do(() => scene.client.setServers(all.filter((address) => address !== lost)));
    scene.do(() => scene.client.setServers([lost, ...all.filter((address) => address !== lost)]));
    scene.wire.lose();
    scene.lost();
    expect(scene.client.driver.lastDial.address).not.toBe(lost);
    scene.back().rest().end();
  });

  it("a PING that is queued while bytes wait does not put off the end of a stalled link", () => {
    const liveness = { pingInterval: 0, maxPingOut: 2, stallTimeout: 1000, flusherTimeout: 60_000 };
    const scene = new Scene({
      servers: 2,
      options: { liveness },
      conditions: { capacity: 64 },
      maxInFlight: 64,
    });
    scene.connect().pass(100);
    scene.wire.vanish("both");
    const sent: Sent = scene.publish("data.1", 500)!;
    const begun = scene.world.now;
    scene.pass(900).do(() => scene.client.engine.ping(() => {}, scene.world.now));
    scene.lost();
    expect(scene.world.now - begun).toBeLessThan(1050);
    scene.back().rest();
    expect(sent.outcome).toBe("confirmed");
    scene.end();
  });

  it("bytes of which the kernel takes nothing are noticed, also when nothing else ever happens", () => {
    const liveness = { pingInterval: 0, maxPingOut: 2, stallTimeout: 1000, flusherTimeout: 60_000 };
    const scene = new Scene({ servers: 2, options: { liveness }, conditions: { capacity: 512 } })
      .connect()
      .pass(3000);
    scene.wire.vanish("both");
    const sent = scene.publish("data.1", 5000)!;
    const begun = scene.world.now;
    scene.lost();
    expect(scene.world.now - begun).toBeLessThan(1050);
    scene.back().rest();
    expect(sent.outcome).toBe("confirmed");
    scene.end();
  });

  it("patience with slow links ends with the first confirmation: the next silent link is noticed in time", () => {
    const liveness = { pingInterval: 0, maxPingOut: 2, stallTimeout: 500, flusherTimeout: 60_000 };
    const scene = new Scene({ servers: 2, options: { liveness } }).connect().pass(100);
    for (let i = 0; i < 4; i++) {
      scene.wire.vanish("both");
      scene.publish("data.1");
      scene.lost().back();
    }
    scene.rest().pass(20);
    scene.wire.vanish("both");
    scene.publish("data.1");
    const begun = scene.world.now;
    scene.lost();
    expect(scene.world.now - begun).toBeLessThan(530);
    scene.back().rest().end();
  });
});

describe("found by random runs: what nobody answers", () => {
  it.each([
    ["a subscription with a max", "before"],
    ["a subscription that gets its max later", "after"],
  ] as const)("does not leave %s behind on the server, which does not count it", (_name, when) => {
    const scene = new Scene().connect();
    const { client, cluster } = scene;
    let subscriber: Subscriber | undefined;
    scene.do(() => {
      subscriber = client.subscribe("inbox.1", undefined, when === "before" ? 2 : undefined);
    });
    const question = client.drafts.plain("svc.none.1", 20);
    question.draft.reply = "inbox.1";
    scene.do(() => client.publish(question));
    scene.until(() => subscriber!.received === 1);
    if (when === "after") scene.do(() => client.limit(subscriber!, 1));
    cluster.publishFromOutside("inbox.1", 20);
    scene.until(() => subscriber!.ended).rest();
    expect(scene.peer.subs.size).toBe(0);
    scene.end();
  });
});
