import { errors, Match, type Msg, syncIterator } from "@nats-io/nats-core";
import { headers } from "@nats-io/nats-core/internal";
import { expect, it } from "vitest";
import { rejection, until } from "../support/until.js";
import { type EitherConnection, onBothClients } from "./both-clients.js";

function publish(nc: EitherConnection, subject: string, count: number): Promise<void> {
  for (let n = 1; n <= count; n++) nc.publish(subject, `${n}`);
  return nc.flush();
}

onBothClients("a subscription", {}, (stage) => {
  it("max: ends itself, and can be changed", async () => {
    const nc = await stage.connect();
    const subs = [
      nc.subscribe("a", { max: 10 }),
      nc.subscribe("a", { max: 1 }),
      nc.subscribe("a", { max: 10 }),
      nc.subscribe("a"),
    ];
    expect(subs.map((sub) => sub.getMax())).toEqual([10, 1, 10, undefined]);
    subs[1].unsubscribe(11);
    subs[2].unsubscribe(2);
    subs[3].unsubscribe(3);
    expect(subs.map((sub) => sub.getMax())).toEqual([10, 11, 2, 3]);
    await publish(nc, "a", 20);
    expect(subs.map((sub) => sub.getReceived())).toEqual([10, 11, 2, 3]);
    for (const sub of subs) sub.unsubscribe();
  });

  it("counts what it gets; ids differ", async () => {
    const nc = await stage.connect();
    const sub = nc.subscribe("a.*");
    const called = nc.subscribe("a.>", { callback: () => {} });
    expect(sub.getID()).not.toBe(called.getID());
    expect([sub.getSubject(), called.getSubject()]).toEqual(["a.*", "a.>"]);
    await publish(nc, "a.b", 3);
    expect([sub.getReceived(), sub.getProcessed(), sub.getPending()]).toEqual([3, 0, 3]);
    expect([called.getReceived(), called.getProcessed(), called.getPending()]).toEqual([3, 3, 0]);
    let read = 0;
    for await (const msg of sub) {
      expect([msg.subject, msg.sid, sub.getProcessed()]).toEqual(["a.b", sub.getID(), ++read]);
      if (read === 3) break;
    }
    expect([read, sub.isClosed()]).toEqual([3, true]);
  });

  it("is left by break, unsubscribe() and close()", async () => {
    const nc = await stage.connect();
    const left = nc.subscribe("a");
    const ended = nc.subscribe("a");
    const closed = nc.subscribe("a");
    const got = { ended: 0, closed: 0 };
    const reading = [
      (async () => {
        for await (const _ of ended) if (++got.ended === 2) ended.unsubscribe();
      })(),
      (async () => {
        for await (const _ of closed) got.closed++;
      })(),
    ];
    await publish(nc, "a", 2);
    for await (const _ of left) break;
    await reading[0];
    await nc.close();
    await reading[1];
    expect(got).toEqual({ ended: 2, closed: 2 });
    for (const sub of [left, ended, closed]) {
      expect(sub.isClosed()).toBe(true);
      expect(await sub.closed).toBeUndefined();
    }
    ended.unsubscribe();
  });

  it("a callback can end it in the middle", async () => {
    const nc = await stage.connect();
    const sub = nc.subscribe("a", { callback: () => sub.unsubscribe() });
    await publish(nc, "a", 4);
    expect([sub.getReceived(), sub.isClosed()]).toEqual([1, true]);
  });

  it("has one reader: a callback, or one loop", async () => {
    const nc = await stage.connect();
    const read = async (sub: AsyncIterable<Msg>) => {
      for await (const _ of sub);
    };
    const called = await rejection(read(nc.subscribe("a", { callback: () => {} })));
    expect(called).toBeInstanceOf(errors.InvalidOperationError);
    expect(called.message).toContain("iterator cannot be used when a callback is registered");
    const sub = nc.subscribe("a");
    const steps = syncIterator(sub);
    nc.publish("a", "1");
    expect((await steps.next())?.string()).toBe("1");
    expect((await rejection(read(sub))).message).toContain("already yielding");
    sub.unsubscribe();
    expect(await steps.next()).toBeNull();
  });

  it("timeout: fails when nothing comes, not when something does", async () => {
    const nc = await stage.connect();
    const sub = nc.subscribe("never", { timeout: 20 });
    const error = await rejection(
      (async () => {
        for await (const _ of sub);
      })(),
    );
    expect(error).toBeInstanceOf(errors.TimeoutError);
    expect(error.message).toContain("timeout");
    const told: unknown[] = [];
    nc.subscribe("never", { timeout: 20, callback: (reason) => void told.push(reason) });
    await until(() => told.length === 1, "the callback is told");
    expect(told[0]).toBeInstanceOf(errors.TimeoutError);
    let got = 0;
    const fed = nc.subscribe("a", {
      timeout: 5000,
      max: 2,
      callback: (reason) => void (reason === null && got++),
    });
    await publish(nc, "a", 2);
    expect([got, fed.isClosed()]).toEqual([2, true]);
  });

  it("slow: is told once per episode, again when it was no longer slow", async () => {
    const nc = await stage.connect();
    const told: number[] = [];
    void (async () => {
      for await (const status of nc.status()) if (status.type === "slowConsumer") told.push(status.pending);
    })();
    const sub = nc.subscribe("a", { slow: 10 });
    const steps = syncIterator(sub);
    await publish(nc, "a", 12);
    await until(() => told.length === 1, "slow");
    while (sub.getPending() > 5) await steps.next();
    await publish(nc, "a", 1);
    await publish(nc, "a", 10);
    await until(() => told.length === 2, "slow again");
    expect(told).toEqual([11, 11]);
  });

  it("drain(): all that came before is handled; of one that is closed it rejects", async () => {
    const nc = await stage.connect();
    let got = 0;
    const sub = nc.subscribe("a", { callback: () => void got++ });
    const other = nc.subscribe("a", { callback: () => {} });
    for (let n = 0; n < 1000; n++) nc.publish("a");
    await Promise.all([sub.drain(), sub.drain()]);
    expect([got, sub.isClosed(), sub.isDraining()]).toEqual([1000, true, true]);
    await sub[Symbol.asyncDispose]();
    other.unsubscribe();
    expect(await rejection(other.drain())).toBeInstanceOf(errors.InvalidOperationError);
    const late = nc.subscribe("a");
    await nc.close();
    expect(await rejection(late.drain())).toBeInstanceOf(errors.ClosedConnectionError);
    await late[Symbol.asyncDispose]();
  });

  it("queue groups share", async () => {
    const nc = await stage.connect();
    const subs = Array.from({ length: 3 }, () => nc.subscribe("a", { queue: "q", callback: () => {} }));
    const all = nc.subscribe("a", { callback: () => {} });
    await publish(nc, "a", 100);
    expect(subs.reduce((sum, sub) => sum + sub.getReceived(), 0)).toBe(100);
    expect(all.getReceived()).toBe(100);
  });

  it("_resub() moves it to another subject, with its counts", async () => {
    const nc = await stage.connect();
    const got: string[] = [];
    const sub = nc.subscribe("a", {
      max: 2,
      callback: (_, msg) => {
        got.push(msg.subject);
        msg.respond();
      },
    });
    await nc.request("a", "", { timeout: 5000 });
    nc._resub(sub, "b");
    expect([sub.getSubject(), sub.getMax()]).toEqual(["b", undefined]);
    expect(await rejection(nc.request("a", "", { timeout: 5000 }))).toBeInstanceOf(errors.RequestError);
    await nc.request("b", "", { timeout: 5000 });
    expect([got, sub.getReceived(), sub.isClosed()]).toEqual([["a", "b"], 2, false]);
  });
});

onBothClients("a message", {}, (stage) => {
  it("has what was sent", async () => {
    const nc = await stage.connect();
    const hdrs = headers();
    hdrs.set("Some-Key", "1");
    hdrs.append("Some-Key", "2");
    hdrs.set("other", "3");
    const [msg] = await collect(nc, () => nc.publish("a", "text", { reply: "r", headers: hdrs }));
    expect([msg.subject, msg.reply, msg.string()]).toEqual(["a", "r", "text"]);
    expect(msg.data).toBeInstanceOf(Uint8Array);
    expect((msg as Msg & { size(): number }).size()).toBe(
      "a".length +
        "r".length +
        "text".length +
        "NATS/1.0\r\nSome-Key: 1\r\nSome-Key: 2\r\nother: 3\r\n\r\n".length,
    );
    const { headers: got } = msg;
    expect([got?.get("Some-Key"), got?.values("Some-Key"), got?.last("Some-Key")]).toEqual([
      "1",
      ["1", "2"],
      "2",
    ]);
    expect([got?.has("some-key"), got?.has("some-key", Match.IgnoreCase)]).toEqual([false, true]);
    expect([got?.get("some-key", Match.CanonicalMIME), got?.get("OTHER", Match.IgnoreCase)]).toEqual([
      "1",
      "3",
    ]);
    expect([got?.get("other", Match.CanonicalMIME), got?.get("none")]).toEqual(["", ""]);
    expect([...(got?.keys() ?? [])].toSorted()).toEqual(["Some-Key", "other"]);
    expect(msg.respond("answer")).toBe(true);
  });

  it("has what was not sent: nothing", async () => {
    const nc = await stage.connect();
    const [msg] = await collect(nc, () => nc.publish("a"));
    expect([msg.reply, msg.data.length, msg.headers, msg.respond()]).toEqual(["", 0, undefined, false]);
  });

  it("has a status and a description, if headers say so", async () => {
    const nc = await stage.connect();
    const [msg] = await collect(nc, () => nc.publish("a", "", { headers: headers(500, "on fire") }));
    expect([msg.headers?.code, msg.headers?.description, msg.headers?.status, msg.headers?.hasError]).toEqual(
      [500, "on fire", "500 on fire", true],
    );
  });

  it("is passed on by publishMessage() and respondMessage()", async () => {
    const nc = await stage.connect();
    const hdrs = headers();
    hdrs.set("x", "y");
    const [msg] = await collect(nc, () => nc.publish("a", "text", { reply: "b", headers: hdrs }));
    const [answer] = await collect(nc, () => expect(nc.respondMessage(msg)).toBe(true), "b");
    expect([answer.string(), answer.headers?.get("x")]).toEqual(["text", "y"]);
    const [again] = await collect(nc, () => nc.publishMessage(msg));
    expect([again.string(), again.reply, again.headers?.get("x")]).toEqual(["text", "b", "y"]);
    const [mute] = await collect(nc, () => nc.publish("a"));
    expect(nc.respondMessage(mute)).toBe(false);
  });
});

/** The messages that `send` makes come. */
async function collect(nc: EitherConnection, send: () => void, subject = "a"): Promise<Msg[]> {
  const got: Msg[] = [];
  const sub = nc.subscribe(subject, { callback: (_, msg) => void got.push(msg) });
  send();
  await nc.flush();
  sub.unsubscribe();
  return got;
}

const DENIED = `authorization: { users: [ { user: a, password: a, permissions: { subscribe: "bar", publish: "foo" } } ] }`;

onBothClients("a subscription that is not permitted", { config: DENIED }, (stage) => {
  it("ends with its error, and the connection tells it", async () => {
    const nc = await stage.connect({ user: "a", pass: "a" });
    const told: Error[] = [];
    void (async () => {
      for await (const status of nc.status()) if (status.type === "error") told.push(status.error);
    })();
    const sub = nc.subscribe("foo");
    const error = await rejection(
      (async () => {
        for await (const _ of sub);
      })(),
    );
    expect(error).toBeInstanceOf(errors.PermissionViolationError);
    expect(error).toMatchObject({ operation: "subscription", subject: "foo" });
    expect([sub.isClosed(), await sub.closed]).toEqual([true, error]);
    const called: unknown[] = [];
    nc.subscribe("foo", { queue: "q", callback: (reason) => void called.push(reason) });
    nc.publish("bar");
    await until(() => told.length === 3 && called.length === 1, "all three");
    expect(called[0]).toMatchObject({ operation: "subscription", subject: "foo", queue: "q" });
    expect(told[2]).toMatchObject({ operation: "publish", subject: "bar" });
  });
});
