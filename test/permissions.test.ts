import { PermissionViolationError } from "@nats-io/nats-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Connection, connect } from "../src/index.js";
import { NatsServer } from "../src/testing/server.js";
import { connectAtFirst } from "./support/at-first.js";
import { expectBalanced } from "./support/books.js";
import { Recorder } from "./support/recorder.js";
import { rejection, until } from "./support/until.js";

const PERMISSIONS = `authorization {
  users: [
    { user: limited, password: p, permissions: {
      publish: { deny: ["denied", "Denied.Case", "denied.>"] }
      subscribe: { deny: ["secret", "secret.>", "open queue"] }
    } }
    { user: no-inbox, password: p, permissions: { subscribe: { deny: ["_INBOX.>"] } } }
    { user: all, password: p }
  ]
}`;
let server: NatsServer;
beforeAll(async () => {
  server = await NatsServer.start({ config: PERMISSIONS });
});
afterAll(() => server.close());

let nc: Connection;
let recorder: Recorder;
beforeEach(async () => {
  nc = await connect({ servers: server.url, user: "limited", pass: "p" });
  recorder = new Recorder(nc);
});
afterEach(async () => {
  expect(nc.state).toBe("connected");
  expect(recorder.count("disconnect")).toBe(0);
  expectBalanced(nc);
  await nc.close();
});

describe("a publish that the server refuses", () => {
  it("rejects publishConfirmed() with the subject, and emits an error event [parity 128, 132]", async () => {
    const error = await rejection<PermissionViolationError & { code: string }>(
      nc.publishConfirmed("denied", "x"),
    );
    expect(error).toBeInstanceOf(PermissionViolationError);
    expect(error).toMatchObject({ code: "PERMISSIONS_VIOLATION", subject: "denied", operation: "publish" });
    expect(recorder.of("error")).toMatchObject([[{ code: "PERMISSIONS_VIOLATION", subject: "denied" }]]);
    expect(nc.stats()).toMatchObject({ accepted: 1, refused: 1, confirmed: 0, pending: 0 });
  });

  it("keeps the case of its subject in the error [parity 128]", async () => {
    await rejection(nc.publishConfirmed("Denied.Case", "x"));
    expect(recorder.of("error")[0][0]).toMatchObject({ subject: "Denied.Case" });
  });

  it("is counted as refused, one by one, and the others are confirmed", async () => {
    await using watcher = await connect({ servers: server.url, user: "all", pass: "p" });
    const got: string[] = [];
    watcher.subscribe(">", { callback: (_, msg) => got.push(msg.string()) });
    await watcher.flush();
    const outcomes: Promise<string>[] = [];
    for (let i = 0; i < 900; i++) {
      const subject = ["allowed", "denied", `denied.${i}`][i % 3];
      const sent = nc.publishConfirmed(subject, String(i));
      outcomes.push(
        sent.then(
          () => "confirmed",
          (error) => (error.subject === subject ? "refused" : String(error)),
        ),
      );
    }
    const expected = Array.from({ length: 900 }, (_, i) => (i % 3 === 0 ? "confirmed" : "refused"));
    expect(await Promise.all(outcomes)).toEqual(expected);
    expect(nc.stats()).toMatchObject({ accepted: 900, confirmed: 300, refused: 600, pending: 0 });
    expect(recorder.count("error")).toBe(600);
    await watcher.flush();
    expect(got).toEqual(Array.from({ length: 300 }, (_, i) => String(3 * i)));
  });

  it("is refused alone among publishes that nobody waits for", async () => {
    for (let i = 0; i < 30_000; i++) nc.publish(i % 1000 === 7 ? "denied" : "allowed", `payload ${i}`);
    await nc.flush();
    expect(nc.stats()).toMatchObject({ accepted: 30_000, confirmed: 29_970, refused: 30, pending: 0 });
  });

  it("makes a fence around it reject, and lets those before and after it resolve", async () => {
    nc.publish("allowed");
    const before = nc.fence();
    nc.publish("denied");
    const around = rejection(nc.fence());
    await before;
    expect((await around).code).toBe("PERMISSIONS_VIOLATION");
    nc.publish("allowed");
    await nc.fence();
    await nc.flush();
  });

  it("as a request rejects the request at once, and no other one", async () => {
    nc.subscribe("ask", { callback: (_, msg) => msg.respond("answer") });
    const denied = rejection(nc.request("denied", "", { timeout: 5_000 }));
    const allowed = nc.request("ask");
    expect((await denied).code).toBe("PERMISSIONS_VIOLATION");
    expect((await allowed).string()).toBe("answer");
  });

  it("as a noMux request, or for many answers, rejects at once, too", async () => {
    const single = rejection(nc.request("denied", "", { timeout: 5_000, noMux: true }));
    expect((await single).code).toBe("PERMISSIONS_VIOLATION");
    const many = await nc.requestMany("denied", "", { maxWait: 5_000 });
    const failure = rejection(
      (async () => {
        for await (const msg of many) throw new Error(`an answer from ${msg.subject}`);
      })(),
    );
    expect((await failure).code).toBe("PERMISSIONS_VIOLATION");
  });
});

describe("a request whose answers may not be received", () => {
  it("rejects at once with the reason, each time", async () => {
    await using mute = await connect({ servers: server.url, user: "no-inbox", pass: "p" });
    mute.subscribe("ask", { callback: (_, msg) => msg.respond("answer") });
    for (let i = 0; i < 2; i++) {
      const error = await rejection(mute.request("ask", "", { timeout: 5_000 }));
      expect(error.code).toBe("PERMISSIONS_VIOLATION");
    }
    const error = await rejection(mute.request("ask", "", { timeout: 5_000, noMux: true }));
    expect(error.code).toBe("PERMISSIONS_VIOLATION");
    expect(mute.state).toBe("connected");
  });
});

describe("a subscription that the server refuses [S2]", () => {
  it("is closed with its error, by callback and closed; the connection and the others go on [parity 128, 129, 132]", async () => {
    const calls: unknown[] = [];
    const got: string[] = [];
    nc.subscribe("open", { callback: (_, msg) => got.push(msg.string()) });
    const sub = nc.subscribe("secret", { callback: (error) => calls.push(error) });
    const error = await sub.closed;
    expect(error).toBeInstanceOf(PermissionViolationError);
    expect(error).toMatchObject({
      code: "PERMISSIONS_VIOLATION",
      subject: "secret",
      operation: "subscription",
    });
    expect(calls).toEqual([error]);
    expect(sub.isClosed()).toBe(true);
    expect(recorder.of("error")).toMatchObject([[{ code: "PERMISSIONS_VIOLATION" }]]);
    nc.publish("open", "x");
    await nc.flush();
    expect(got).toEqual(["x"]);
  });

  it("throws its error to whoever iterates [parity 129]", async () => {
    const sub = nc.subscribe("secret");
    const failure = rejection(
      (async () => {
        for await (const msg of sub) throw new Error(`a message from ${msg.subject}`);
      })(),
    );
    expect((await failure).code).toBe("PERMISSIONS_VIOLATION");
  });

  it("is the right one of several to the same subject: with the queue group or without [parity 129]", async () => {
    const plain = nc.subscribe("open", { callback: () => {} });
    const refused = nc.subscribe("open", { queue: "queue", callback: () => {} });
    const other = nc.subscribe("open", { queue: "other", callback: () => {} });
    expect(await refused.closed).toMatchObject({ code: "PERMISSIONS_VIOLATION", queue: "queue" });
    await nc.flush();
    expect([plain.isClosed(), other.isClosed()]).toEqual([false, false]);
  });

  it("twice to the same subject is closed twice", async () => {
    const subs = [1, 2].map(() => nc.subscribe("secret.a", { callback: () => {} }));
    for (const sub of subs) expect(await sub.closed).toMatchObject({ subject: "secret.a" });
  });

  it("after a reconnect to a server that denies it is reported in the same way [peers 19]", async () => {
    await using first = await NatsServer.start({ user: "limited", pass: "p" });
    await using moving = await connectAtFirst([first.url, server.url], { user: "limited", pass: "p" });
    const events = new Recorder(moving);
    const calls: unknown[] = [];
    const secret = moving.subscribe("secret", { callback: (error) => calls.push(error) });
    const open = moving.subscribe("open", { callback: () => {} });
    await moving.flush();
    await first.kill();
    expect(await secret.closed).toMatchObject({ code: "PERMISSIONS_VIOLATION", subject: "secret" });
    await until(() => events.count("reconnect") === 1, "the reconnect");
    expect(calls).toHaveLength(1);
    expect(events.of("error")).toMatchObject([[{ code: "PERMISSIONS_VIOLATION" }]]);
    expect(open.isClosed()).toBe(false);
  });
});

describe("messages that were buffered for a server that refuses them", () => {
  it("are counted as refused and told as errors, and the others arrive", async () => {
    await using first = await NatsServer.start({ user: "limited", pass: "p" });
    await using moving = await connectAtFirst([first.url, server.url], { user: "limited", pass: "p" });
    const events = new Recorder(moving);
    await first.kill();
    await until(() => events.count("disconnect") === 1, "the outage");
    for (let i = 0; i < 100; i++) moving.publish(i % 10 === 0 ? "denied" : "allowed", String(i));
    await moving.flush();
    expect(expectBalanced(moving)).toMatchObject({ accepted: 100, confirmed: 90, refused: 10 });
    expect(events.count("error")).toBe(10);
    expect(events.count("disconnect")).toBe(1);
  });
});
