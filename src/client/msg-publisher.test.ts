import { inspect } from "node:util";
import * as nats from "@nats-io/nats-core";
import { RequestOne } from "@nats-io/nats-core/internal";
import { describe, expect, it } from "vitest";
import type { Engine } from "../core/engine.js";
import { CodedError, type ErrorCode } from "../errors.js";
import { Connection } from "./connection.js";
import { MsgPublisher } from "./msg-publisher.js";
import type { ConnectionOptions } from "./options.js";
import { toSettings } from "./settings.js";

/** The publisher of a connection that was never started: what is published waits. */
function make(options: ConnectionOptions = {}) {
  const context = { lastError: () => undefined, report: () => {}, info: () => undefined };
  const nc = new Connection(toSettings(options, Math.random, context));
  const { engine } = nc as unknown as { engine: Engine };
  return { nc, engine, publisher: new MsgPublisher(nc, engine) };
}

/** What the JetStream package does for `ackAck()`. */
function ask(publisher: MsgPublisher, timeout = 20_000) {
  const { muxSubscriptions } = publisher;
  const request = new RequestOne(muxSubscriptions as never, "$JS.ACK.1", { timeout });
  request.deferred.catch(() => {});
  publisher.request(request);
  try {
    publisher.publish("$JS.ACK.1", "+ACK", { reply: `${muxSubscriptions.baseInbox}${request.token}` });
  } catch (error) {
    request.cancel(error as Error); // its timer would end it later, and nobody waits for that
    throw error;
  }
  const answer = Promise.race([request.timer, request.deferred]).catch((error: Error) => {
    request.cancel(error);
    throw error;
  });
  answer.catch(() => {});
  return { request, answer: answer as Promise<nats.Msg> };
}

describe("a request that an official package makes with a message's publisher", () => {
  it("is a request of the connection, and gets its answer", async () => {
    const { engine, publisher } = make();
    const { answer } = ask(publisher);
    expect(engine.requests.size).toBe(1);
    const subject = `${engine.requests.prefix}1`;
    const buf = Buffer.from(`${subject}+OK`);
    const end = subject.length;
    engine.requests.onMessage(buf, 0, end, end, end, end, end, buf.length);
    expect((await answer).string()).toBe("+OK");
    expect(engine.requests.size).toBe(0);
  });

  it("that nobody hears fails as nats-core's own", async () => {
    const { engine, publisher } = make();
    const { answer } = ask(publisher);
    const subject = `${engine.requests.prefix}1`;
    const buf = Buffer.from(`${subject}NATS/1.0 503\r\n\r\n`);
    const at = subject.length;
    engine.requests.onMessage(buf, 0, at, at, at, at, buf.length, buf.length);
    const error = (await answer.catch((reason) => reason)) as nats.RequestError;
    expect(error).toBeInstanceOf(nats.RequestError);
    expect(error.isNoResponders()).toBe(true);
  });

  it.each<[ErrorCode, (error: Error) => unknown, unknown]>([
    ["CONNECTION_LOST", (error) => error.constructor, nats.TimeoutError],
    ["CONNECTION_CLOSED", (error) => error.cause?.constructor, nats.ClosedConnectionError],
    ["PERMISSIONS_VIOLATION", (error) => error.cause?.constructor, nats.PermissionViolationError],
  ])("that ends with %s is told so at once", async (code, found, wanted) => {
    const { engine, publisher } = make();
    const { answer } = ask(publisher);
    engine.requests.onEnd(new CodedError(code, "what happened"));
    expect(found(await answer.catch((reason) => reason))).toBe(wanted);
  });

  it("that is given up is taken out of the buffer", async () => {
    const { nc, engine, publisher } = make();
    const { answer } = ask(publisher, 1);
    expect(nc.stats()).toMatchObject({ accepted: 1, pending: 1 });
    expect(await answer.catch((reason) => reason)).toBeInstanceOf(nats.TimeoutError);
    expect([engine.requests.size, nc.stats().pending]).toEqual([0, 0]);
  });

  it("that is not accepted fails at the call", () => {
    const { engine, publisher } = make({ reconnectBufSize: -1 });
    engine.close(undefined, 0);
    expect(() => ask(publisher)).toThrow(nats.ClosedConnectionError);
  });
});

describe("the publisher of a message", () => {
  it("publishes, as the connection does; also with a reply subject that looks like one of a request", () => {
    const { nc, engine, publisher } = make();
    expect(publisher.publish("a", "1")).toBe(true);
    const { request } = ask(publisher);
    publisher.publish("a", "2", { reply: `${publisher.muxSubscriptions.baseInbox}other` });
    publisher.publish("a", "3", { reply: "b" });
    expect([nc.stats().accepted, engine.requests.size]).toEqual([4, 1]);
    request.cancel();
  });

  it("shows no options when it is logged", () => {
    const { publisher } = make({ user: "me", pass: "hunter2" });
    const shown = [inspect(publisher, { depth: 9 }), JSON.stringify(publisher)].join();
    expect(shown).toContain("baseInbox");
    expect(shown).not.toMatch(/hunter2|engine|host/);
    expect(publisher.options.inboxPrefix).toBeUndefined();
  });
});
