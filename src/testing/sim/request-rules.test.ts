import { describe, expect, it } from "vitest";
import { Scene } from "./scene.js";

const HOLD = { servers: 1, options: { holdTimeout: 1000 } };

describe("a request", () => {
  it("that was written when the link dies fails at once, and says that it may have been delivered", () => {
    const scene = new Scene({ servers: 2 }).connect();
    const asked = scene.request("svc.slow.1", 3000);
    scene.pass(5);
    scene.wire.lose();
    const died = scene.world.now;
    scene.until(() => asked.settled !== undefined);
    expect(scene.world.now - died).toBeLessThan(5);
    expect(asked).toMatchObject({ settled: "CONNECTION_LOST", maybeDelivered: true });
    scene.back().rest();
    expect(asked.sent!.links).toEqual([1]);
    scene.end();
  });

  it("that was not written when the link dies goes out on the next one", () => {
    const scene = new Scene().connect();
    scene.restart(100);
    scene.lost();
    const asked = scene.request("svc.fast.1", 3000);
    scene.back().rest();
    expect(asked.settled).toBe("reply");
    expect(asked.sent!.links.length).toBe(1);
    scene.end();
  });

  it("that waits behind a full socket is not taken for a written one", () => {
    const scene = new Scene({ servers: 2, conditions: { capacity: 512 }, maxInFlight: 512 }).connect();
    const big = scene.publish("data.1", 20_000)!;
    const asked = scene.request("svc.fast.1", 3000);
    scene.pass(1);
    scene.wire.lose(100);
    scene.lost();
    expect(asked.settled).toBeUndefined();
    scene.back().rest();
    expect(asked.settled).toBe("reply");
    expect(big.outcome).toBe("confirmed");
    scene.end();
  });

  it("that expired in the outage is never sent", () => {
    const scene = new Scene().connect();
    scene.restart(500);
    scene.lost();
    const asked = scene.request("svc.fast.1", 100);
    const safe = scene.request("$JS.API.INFO", 100);
    scene.pass(200);
    for (const one of [asked, safe]) {
      expect(one.settled).toBe("TIMEOUT");
      expect(one.sent).toMatchObject({ outcome: "dropped", reason: "timeout" });
    }
    scene.back().rest();
    expect(asked.sent!.links).toEqual([]);
    scene.end();
  });

  it("that only reads is sent again, with what was in the buffer when it was made", () => {
    const scene = new Scene({ servers: 2 }).connect();
    const asked = scene.request("$JS.API.STREAM.INFO.s", 3000);
    scene.wire.lose(0);
    scene.publish("data.1", 300);
    scene.lost().back().rest();
    expect(asked.settled).toBe("reply");
    scene.end();
  });

  it("that only reads and was confirmed, but not answered, is sent again too", () => {
    const scene = new Scene({ servers: 2 }).connect();
    const asked = scene.request("$JS.API.INFO", 3000);
    scene.until(() => asked.sent!.outcome === "confirmed");
    scene.wire.down.pause();
    scene.wire.lose();
    scene.wire.down.resume();
    scene.lost().back().rest();
    expect(["reply"]).toContain(asked.settled);
    scene.end();
  });

  it("to nobody is answered as such by the server", () => {
    const scene = new Scene().connect();
    const asked = scene.request("svc.none.1");
    scene.until(() => asked.settled !== undefined);
    expect(asked.settled).toBe("no-responders");
    scene.rest().end();
  });

  it("that is not permitted fails with that", () => {
    const scene = new Scene().connect();
    const asked = scene.request("deny.svc.1");
    scene.until(() => asked.settled !== undefined);
    expect(asked.settled).toBe("PERMISSIONS_VIOLATION");
    scene.rest().end();
  });
});

describe("control frames", () => {
  it("of a pull are dropped at once when there is no link, and never written", () => {
    const scene = new Scene().connect();
    scene.restart(50);
    scene.lost();
    const pull = scene.publish("$JS.API.CONSUMER.MSG.NEXT.s.c")!;
    const ack = scene.publish("$JS.ACK.s.c.1")!;
    expect(pull).toMatchObject({ outcome: "dropped", reason: "pull" });
    scene.back().rest();
    expect(pull.links).toEqual([]);
    expect(ack.outcome).toBe("confirmed");
    scene.end();
  });

  it("that were written are never written again", () => {
    const scene = new Scene({ servers: 2 }).connect();
    const sent = ["$JS.API.CONSUMER.MSG.NEXT.s.c", "$JS.ACK.s.c.1", "$JS.API.STREAM.PURGE.s"].map(
      (subject) => scene.publish(subject)!,
    );
    scene.wire.lose(0);
    scene.lost().back().rest();
    for (const one of sent) expect(one).toMatchObject({ outcome: "unconfirmed", links: [1], taken: 0 });
    scene.end();
  });
});

describe("beforeReplay", () => {
  it("holds back the replay and what is published meanwhile, and lets requests and subscriptions through", () => {
    const scene = new Scene(HOLD).connect();
    scene.restart(50);
    scene.lost();
    const waiting = scene.publish("data.1")!;
    let asked: ReturnType<Scene["request"]> | undefined;
    scene.app.beforeReplay = (epoch) => {
      const { client, world } = scene;
      const publication = client.drafts.request(world.now + 500, "svc.fast.1");
      asked = publication.draft.asked;
      client.request(publication, 500);
      client.subscribe("ext.1", undefined, undefined);
      scene.world.clientIn(200, () => {
        expect(asked!.settled).toBe("reply");
        expect(scene.peer.subs.size).toBe(2);
        expect(waiting.links).toEqual([]);
        client.releaseReplay(epoch);
      });
    };
    scene.back();
    const meanwhile = scene.publish("data.1")!;
    scene.pass(150);
    expect(meanwhile.links).toEqual([]);
    scene.rest();
    expect([waiting.outcome, meanwhile.outcome]).toEqual(["confirmed", "confirmed"]);
    scene.end();
  });

  it("that is never done holds it back until its deadline", () => {
    const scene = new Scene(HOLD).connect();
    scene.restart(50);
    scene.lost();
    const waiting = scene.publish("data.1")!;
    scene.app.beforeReplay = () => {};
    scene.back().pass(990);
    expect(waiting.links).toEqual([]);
    scene.pass(20);
    expect(waiting.links.length).toBe(1);
    expect(scene.client.coverage.get("event", "error")).toBe(1);
    scene.rest().end();
  });

  it("is asked for anew by the next link, and requests it made on the dead one fail or go along", () => {
    const scene = new Scene(HOLD).connect();
    scene.restart(50);
    scene.lost();
    const waiting = scene.publish("data.1")!;
    let holds = 0;
    scene.app.beforeReplay = (epoch) => {
      holds++;
      if (holds === 1) scene.world.in(30, () => scene.wire.lose());
      else scene.client.releaseReplay(epoch);
    };
    scene.back();
    const written = scene.request("svc.mute.1", 2000);
    scene.pass(5);
    scene.lost().back().rest();
    expect(holds).toBe(2);
    expect(written).toMatchObject({ settled: "CONNECTION_LOST", maybeDelivered: true });
    expect(waiting.links.length).toBe(1);
    scene.end();
  });

  it("is not asked for at the first connect, and never when there was no link before", () => {
    const scene = new Scene(HOLD);
    let holds = 0;
    scene.app.beforeReplay = () => {
      holds++;
    };
    scene.server.kill();
    scene.world.in(500, () => scene.server.start());
    scene.connect();
    scene.publish("data.1");
    scene.rest();
    expect(holds).toBe(0);
    scene.end();
  });
});
