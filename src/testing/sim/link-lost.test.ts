import { describe, expect, it } from "vitest";
import { Kind } from "../../wire/frame.js";
import { Scene } from "./scene.js";
import type { Asked, Sent } from "./sent.js";

/** A short run with frames of every kind, all in one turn. */
function publishAll(scene: Scene): { sent: Sent[]; asked: Asked[] } {
  const sent: Sent[] = [];
  const asked: Asked[] = [];
  scene.do(() => {
    const { client } = scene;
    const { drafts } = client;
    const publish = (...args: Parameters<typeof drafts.plain>) =>
      sent.push(client.publish(drafts.plain(...args))!);
    publish("data.1", 12);
    publish("data.2", 9, false);
    publish("$JS.ACK.s.c.1", 4);
    const request = drafts.request(scene.world.now + 400, "svc.fast.1");
    client.request(request, 400);
    asked.push(request.draft.asked!);
    client.subscribe("data.*", undefined, 3);
    const safe = drafts.request(scene.world.now + 400, "$JS.API.INFO");
    client.request(safe, 400);
    asked.push(safe.draft.asked!);
    publish("$JS.API.CONSUMER.MSG.NEXT.s.c", 5);
    client.fence();
    publish("data.3", 7);
    publish("deny.1", 7);
    publish("data.1", 0);
  });
  return { sent, asked };
}

/** Bytes of that run. */
function runLength(): number {
  const scene = new Scene().connect().pass(20);
  publishAll(scene);
  return scene.wire.up.inFlight;
}

function judge({ sent, asked }: ReturnType<typeof publishAll>): void {
  for (const one of sent) {
    const { kind, subject } = one.draft;
    if (subject.startsWith("deny")) expect(one.outcome).toBe("refused");
    else if (kind === Kind.Data) expect(one.outcome).toBe("confirmed");
    else expect(one.links.length, `${one}`).toBe(1);
    if (kind !== Kind.Data) expect(one.taken).toBeLessThanOrEqual(1);
  }
  const [request, safe] = asked;
  expect(["reply", "CONNECTION_LOST"]).toContain(request.settled);
  if (request.settled === "CONNECTION_LOST") expect(request.maybeDelivered).toBe(true);
  expect(safe.settled).toBe("reply");
}

describe("a link that is lost at any byte", () => {
  const length = runLength();

  it("of a run with frames of every kind: nothing is lost, nothing is written twice that must not be", () => {
    expect(length).toBeGreaterThan(300);
    const fates = new Set<string>();
    for (let keep = 0; keep <= length; keep++) {
      const scene = new Scene({ servers: 2 }).connect().pass(20);
      const all = publishAll(scene);
      scene.wire.lose(keep);
      scene.lost().back().rest();
      judge(all);
      fates.add(all.sent.map((one) => `${one.outcome} ${one.taken}`).join());
      scene.end();
    }
    expect(fates.size).toBeGreaterThan(5);
  });

  it("of the replay, after another loss: the same", () => {
    for (let keep = 0; keep <= length; keep += 3) {
      const scene = new Scene({ servers: 2 }).connect().pass(20);
      const all = publishAll(scene);
      scene.wire.lose(length - (keep % 7));
      scene.lost().until(() => scene.client.engine.session.active !== undefined);
      scene.wire.lose(keep);
      scene.lost().back().rest();
      judge(all);
      scene.end();
    }
  });

  it("without another server: the same, on the same address", () => {
    for (let keep = 1; keep <= length; keep += 17) {
      const scene = new Scene().connect().pass(20);
      const all = publishAll(scene);
      scene.wire.lose(keep);
      scene.lost().back().rest();
      judge(all);
      scene.end();
    }
  });

  it("in the middle of a large frame: its rest is never joined to bytes of the next link", () => {
    for (const keep of [1, 100, 65_535, 65_536, 150_000, 299_990]) {
      const scene = new Scene({ conditions: { capacity: 2 ** 20 } }).connect().pass(20);
      const sent = scene.publish("data.1", 300_000)!;
      scene.wire.lose(keep);
      scene.lost().back().rest();
      expect(sent.outcome).toBe("confirmed");
      expect(sent.takenOn).toEqual([2]);
      scene.end();
    }
  });
});

/** The link is given up at this end, as where a move cannot be made: what it has sent goes its way. */
function leave(scene: Scene): Scene {
  const { client } = scene;
  return scene.do(() => {
    client.moves.want("reconnect");
    client.driver.input(0, (now) => client.engine.session.leave(now));
  });
}

describe("bytes of a dead link", () => {
  it("that arrive after all are not confirmed by the PONG of that link", () => {
    const scene = new Scene({ conditions: { latency: 50 } }).connect().pass(200);
    const sent = scene.publish("data.1")!;
    scene.pass(70);
    expect(sent.takenOn).toEqual([1]);
    leave(scene);
    scene.pass(60);
    expect(sent.outcome).toBeUndefined();
    scene.back().rest();
    expect(sent.takenOn).toEqual([1, 2]);
    scene.end();
  });

  it("do not leave PINGs behind that a PONG of the next link would answer", () => {
    const scene = new Scene({ conditions: { latency: 50 } }).connect().pass(200);
    const sent = Array.from({ length: 5 }, () => scene.pass(15).publish("data.1")!);
    leave(scene).back();
    for (const one of sent) expect(one.outcome).toBeUndefined();
    scene.until(() => sent.every((one) => one.takenOn.includes(2)));
    for (const one of sent) expect(one.outcome).toBeUndefined();
    scene.rest().end();
  });
});
