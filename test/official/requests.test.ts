import { basename } from "node:path";
import {
  errors,
  headers,
  type Msg,
  type QueuedIterator,
  type RequestError,
  type RequestManyOptions,
} from "@nats-io/nats-core";
import { expect, it } from "vitest";
import { rejection } from "../support/until.js";
import { type EitherConnection, onBothClients } from "./both-clients.js";

/** All answers, and the iterator that gave them. */
async function ask(nc: EitherConnection, subject: string, options: Partial<RequestManyOptions>) {
  const answers = (await nc.requestMany(subject, "", options)) as QueuedIterator<Msg>;
  const got: string[] = [];
  for await (const msg of answers) got.push(msg.string());
  return { answers, got };
}

/** Answers every request with what its name says. */
function serve(nc: EitherConnection): void {
  nc.subscribe("echo", { callback: (_, msg) => void msg.respond(msg.data, { headers: msg.headers }) });
  nc.subscribe("five", {
    callback: (_, msg) => {
      for (let n = 1; n <= 5; n++) msg.respond(`${n}`);
    },
  });
  nc.subscribe("five.end", {
    callback: (_, msg) => {
      for (const text of ["1", "2", "", "late"]) msg.respond(text);
    },
  });
  nc.subscribe("mute", { callback: () => {} });
}

onBothClients("request()", { config: "max_payload: 2048" }, (stage) => {
  it.each([{ noMux: false }, { noMux: true }])("%o: answers, headers and texts", async ({ noMux }) => {
    const nc = await stage.connect();
    serve(nc);
    const hdrs = headers();
    hdrs.set("X", "1");
    const answer = await nc.request("echo", "hello", { timeout: 5000, noMux, headers: hdrs });
    expect([answer.string(), answer.headers?.get("X"), answer.reply]).toEqual(["hello", "1", ""]);
    expect((await nc.request("echo", undefined, { timeout: 5000, noMux })).data.length).toBe(0);
    const json = await nc.request("echo", JSON.stringify({ at: 5, ok: true }), { timeout: 5000, noMux });
    expect(json.json((key, value) => (key === "at" ? new Date(value) : value))).toEqual({
      at: new Date(5),
      ok: true,
    });
    expect(() => answer.json()).toThrow(SyntaxError);
  });

  it("an own reply subject needs noMux", async () => {
    const nc = await stage.connect();
    serve(nc);
    const answer = await nc.request("echo", "x", { timeout: 5000, noMux: true, reply: "my.reply" });
    expect(answer.subject).toBe("my.reply");
    const error = await rejection(nc.request("echo", "x", { timeout: 5000, reply: "my.reply" }));
    expect(error).toBeInstanceOf(errors.InvalidArgumentError);
  });

  it("inboxPrefix", async () => {
    const nc = await stage.connect({ inboxPrefix: "_mine" });
    serve(nc);
    for (const noMux of [false, true])
      expect((await nc.request("echo", "x", { timeout: 5000, noMux })).subject).toMatch(/^_mine\./);
    const { got } = await ask(nc, "five", { strategy: "count", maxMessages: 5, noMux: true });
    expect(got.length).toBe(5);
  });

  it.each([{ noMux: false }, { noMux: true }])("%o: its errors", async ({ noMux }) => {
    const nc = await stage.connect();
    serve(nc);
    const none = await rejection<RequestError>(nc.request("nobody", "", { timeout: 5000, noMux }));
    expect(none).toBeInstanceOf(errors.RequestError);
    expect(none.isNoResponders()).toBe(true);
    expect(none.message).toBe("no responders: 'nobody'");
    const late = await rejection(nc.request("mute", "", { timeout: 30, noMux }));
    expect(late).toBeInstanceOf(errors.TimeoutError);
    expect(late.message).toContain("timeout");
    const wrong = await rejection(nc.request("mute", "", { timeout: -1, noMux }));
    expect(wrong).toBeInstanceOf(errors.InvalidArgumentError);
    const subject = await rejection(nc.request("a b", "", { timeout: 5000, noMux }));
    expect(subject).toBeInstanceOf(errors.InvalidSubjectError);
  });

  it("over max_payload: InvalidArgumentError, at once, also of respond()", async () => {
    const nc = await stage.connect();
    const big = new Uint8Array(2049);
    expect(await rejection(nc.request("echo", big))).toBeInstanceOf(errors.InvalidArgumentError);
    expect(() => nc.publish("echo", big)).toThrow(errors.InvalidArgumentError);
    const thrown: unknown[] = [];
    nc.subscribe("big", {
      callback: (_, msg) => {
        try {
          msg.respond(big);
        } catch (error) {
          thrown.push(error);
        }
        msg.respond("small");
      },
    });
    expect((await nc.request("big", "", { timeout: 5000 })).string()).toBe("small");
    expect(thrown).toEqual([expect.any(errors.InvalidArgumentError)]);
  });

  it.each([{ noMux: false }, { noMux: true }])("%o: the stack says who has asked", async ({ noMux }) => {
    const nc = await stage.connect({ noAsyncTraces: false });
    serve(nc);
    const error = await rejection(nc.request("mute", "", { timeout: 20, noMux }));
    expect(error.stack).toContain(basename(import.meta.url));
  });

  it("noAsyncTraces: it does not, and costs less", async () => {
    const nc = await stage.connect({ noAsyncTraces: true });
    serve(nc);
    const asked = nc.request("mute", "", { timeout: 20 });
    const error = await asked.then(
      () => undefined,
      (reason: Error) => reason,
    );
    expect(error?.stack).not.toContain("called:");
  });

  it("that is closed under it rejects with a RequestError", async () => {
    const nc = await stage.connect();
    serve(nc);
    const asked = rejection(nc.request("mute", "", { timeout: 20_000 }));
    await nc.flush();
    await nc.close();
    expect(await asked).toBeInstanceOf(errors.RequestError);
    expect(await rejection(nc.request("mute"))).toBeInstanceOf(errors.ClosedConnectionError);
  });
});

onBothClients("requestMany()", {}, (stage) => {
  it.each([{ noMux: false }, { noMux: true }])("%o: every strategy", async ({ noMux }) => {
    const nc = await stage.connect();
    serve(nc);
    const count = await ask(nc, "five", { strategy: "count", maxMessages: 5, maxWait: 5000, noMux });
    expect([count.got, count.answers.getProcessed()]).toEqual([["1", "2", "3", "4", "5"], 5]);
    const stall = await ask(nc, "five", { strategy: "stall", maxWait: 5000, stall: 50, noMux });
    expect(stall.got).toEqual(["1", "2", "3", "4", "5"]);
    const timer = await ask(nc, "five", { strategy: "timer", maxWait: 1500, noMux });
    expect(timer.got.length).toBe(5);
    const sentinel = await ask(nc, "five.end", { strategy: "sentinel", maxWait: 5000, noMux });
    expect(sentinel.got.slice(0, 3), "the end is an answer as well").toEqual(["1", "2", ""]);
    const nothing = await ask(nc, "mute", { strategy: "timer", maxWait: 20, noMux });
    expect(nothing.got).toEqual([]);
  });

  it.each([{ noMux: false }, { noMux: true }])("%o: nobody is there", async ({ noMux }) => {
    const nc = await stage.connect();
    const error = await rejection(ask(nc, "nobody", { maxWait: 5000, noMux }));
    expect(error).toBeInstanceOf(errors.NoRespondersError);
    expect(error).toMatchObject({ subject: "nobody", message: "no responders: 'nobody'" });
  });

  it("stop() ends it", async () => {
    const nc = await stage.connect();
    serve(nc);
    const answers = (await nc.requestMany("five", "", { maxWait: 20_000 })) as QueuedIterator<Msg>;
    for await (const msg of answers) if (msg.string() === "2") answers.stop();
    expect(answers.getProcessed()).toBeGreaterThan(1);
  });
});

const DENIED = `authorization: { users: [
  { user: a, password: a, permissions: { publish: { deny: "q" }, subscribe: { deny: "_INBOX.no.>" } } }
] }`;

onBothClients("requests that are not permitted", { config: DENIED }, (stage) => {
  it("to the subject", async () => {
    const nc = await stage.connect({ user: "a", pass: "a" });
    const refused = /Permissions Violation for Publish/i;
    for (const noMux of [false, true]) {
      expect((await rejection(nc.request("q", "", { timeout: 5000, noMux }))).message).toMatch(refused);
      expect((await rejection(ask(nc, "q", { maxWait: 5000, noMux }))).message).toMatch(refused);
    }
  });

  it("of the inbox", async () => {
    const nc = await stage.connect({ user: "a", pass: "a", inboxPrefix: "_INBOX.no" });
    nc.subscribe("service", { callback: () => {} });
    const refused = /Permissions Violation for Subscription/i;
    const error = await rejection(nc.request("service", "", { timeout: 5000, noMux: true }));
    expect(error.message).toMatch(refused);
    const many = await rejection(ask(nc, "service", { maxWait: 5000, noMux: true }));
    expect(many).toBeInstanceOf(errors.PermissionViolationError);
    expect(many).toMatchObject({
      operation: "subscription",
      subject: expect.stringMatching(/^_INBOX\.no\./),
    });
  });
});
