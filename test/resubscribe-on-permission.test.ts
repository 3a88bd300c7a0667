import { PermissionViolationError } from "@nats-io/nats-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Connection, type ConnectionOptions, connect } from "../src/index.js";
import { NatsServer } from "../src/testing/server.js";
import { Cleanup } from "./support/cleanup.js";
import { cutLinks } from "./support/inside.js";
import { Recorder } from "./support/recorder.js";
import { rejection, thrown, until } from "./support/until.js";

/** A server whose user may not subscribe to these. */
const denying = (...subjects: string[]) => ({
  config: `authorization { users: [
    { user: me, password: p, permissions: { subscribe: { deny: ${JSON.stringify(subjects)} } } }
    { user: other, password: p }
  ] }`,
});

let server: NatsServer;
beforeAll(async () => {
  server = await NatsServer.start(denying());
});
afterAll(() => server.close());
beforeEach(() => server.reload(denying()));

const connectAs = (user: string, options: ConnectionOptions = {}): Promise<Connection> =>
  connect({ servers: server.url, user, pass: "p", reconnectTimeWait: 5, reconnectJitter: 0, ...options });

/** A connection with a subscription by callback, and what it hears. */
async function world(
  cleanup: Cleanup,
  options: ConnectionOptions,
  own: { resubscribeOnPermission?: boolean } = {},
) {
  const nc = cleanup.use(await connectAs("me", options));
  const recorder = new Recorder(nc);
  const heard: unknown[] = [];
  const callback = (error: Error | null, msg: { string(): string }) => heard.push(error ?? msg.string());
  const sub = nc.subscribe("secret", { callback, ...own });
  await nc.flush();
  const reconnect = async () => {
    const before = recorder.count("reconnect");
    cutLinks(nc);
    await until(() => recorder.count("reconnect") > before, "the reconnect");
    await nc.flush();
  };
  return { nc, recorder, heard, sub, reconnect };
}

describe("a subscription that is denied after a reconnect [peers 19]", () => {
  it("ends with its error by default; nothing tries again", async () => {
    await using cleanup = new Cleanup();
    const { recorder, heard, sub, reconnect } = await world(cleanup, {});
    await server.reload(denying("secret"));
    expect(await sub.closed).toBeInstanceOf(PermissionViolationError);
    expect(heard).toMatchObject([{ code: "PERMISSIONS_VIOLATION", subject: "secret" }]);
    await reconnect();
    expect(recorder.count("error")).toBe(1);
  });

  it.each<[string, ConnectionOptions, { resubscribeOnPermission?: boolean }]>([
    ["as the connection's option", { resubscribeOnPermission: true }, {}],
    ["as its own option", {}, { resubscribeOnPermission: true }],
  ])(
    "with resubscribeOnPermission, %s, is told and tried again at each reconnect, until it is allowed",
    async (_, options, own) => {
      await using cleanup = new Cleanup();
      await using other = await connectAs("other");
      const { nc, recorder, heard, sub, reconnect } = await world(cleanup, options, own);
      other.publish("secret", "before");
      await other.flush();
      await until(() => heard.length === 1, "the first message");
      await server.reload(denying("secret"));
      await until(() => recorder.count("error") === 1, "the refusal");
      await reconnect();
      await reconnect();
      const refusal = { code: "PERMISSIONS_VIOLATION", subject: "secret", operation: "subscription" };
      expect(recorder.of("error")).toMatchObject([[refusal], [refusal], [refusal]]);
      expect(heard).toMatchObject(["before", refusal, refusal, refusal]);
      expect(sub.isClosed()).toBe(false);
      await server.reload(denying());
      await reconnect();
      await other.publishConfirmed("secret", "after");
      await until(() => heard.length === 5, "the message after it");
      expect(heard[4]).toBe("after");
      expect(recorder.count("error")).toBe(3);
      expect(sub.getReceived()).toBe(2);
      await nc.flush();
    },
  );

  it("may say otherwise than its connection", async () => {
    await using cleanup = new Cleanup();
    const { sub } = await world(
      cleanup,
      { resubscribeOnPermission: true },
      { resubscribeOnPermission: false },
    );
    await server.reload(denying("secret"));
    expect(await sub.closed).toMatchObject({ code: "PERMISSIONS_VIOLATION" });
  });

  it("is not ended for those who iterate, nor by its queue group or its max", async () => {
    await using cleanup = new Cleanup();
    await using other = await connectAs("other");
    const { nc, recorder, reconnect } = await world(cleanup, { resubscribeOnPermission: true });
    const sub = nc.subscribe("queued", { queue: "q", max: 2 });
    const got: string[] = [];
    const reading = (async () => {
      for await (const msg of sub) got.push(msg.string());
    })();
    await nc.flush();
    await other.publishConfirmed("queued", "1");
    await server.reload(denying("queued"));
    await until(() => recorder.count("error") === 1, "the refusal");
    await reconnect();
    expect(recorder.of("error")).toMatchObject([[{ queue: "q" }], [{ queue: "q" }]]);
    await server.reload(denying());
    await reconnect();
    await other.publishConfirmed("queued", "2");
    await other.publishConfirmed("queued", "3");
    await reading;
    expect(got).toEqual(["1", "2"]);
  });

  it("can be unsubscribed and drained while it is refused", async () => {
    await using cleanup = new Cleanup();
    const { nc, recorder, sub, reconnect } = await world(cleanup, { resubscribeOnPermission: true });
    const draining = nc.subscribe("secret.too", { callback: () => {} });
    await server.reload(denying("secret", "secret.too"));
    await until(() => recorder.count("error") === 2, "the refusals");
    sub.unsubscribe();
    await draining.drain();
    expect([await sub.closed, await draining.closed]).toEqual([undefined, undefined]);
    await reconnect();
    expect(recorder.count("error")).toBe(2);
  });

  it("is tried again also when it was denied from the beginning", async () => {
    await using cleanup = new Cleanup();
    await using other = await connectAs("other");
    await server.reload(denying("secret"));
    const { heard, reconnect } = await world(cleanup, { resubscribeOnPermission: true });
    expect(heard).toMatchObject([{ code: "PERMISSIONS_VIOLATION" }]);
    await server.reload(denying());
    await reconnect();
    await other.publishConfirmed("secret", "now");
    await until(() => heard.length === 2, "the message");
  });

  it("does not keep requests waiting whose inbox is denied: they fail at once", async () => {
    await using cleanup = new Cleanup();
    await server.reload(denying("_INBOX.>"));
    const { nc } = await world(cleanup, { resubscribeOnPermission: true });
    nc.subscribe("ask", { callback: (_, msg) => msg.respond("answer") });
    for (const noMux of [false, true]) {
      const error = await rejection(nc.request("ask", "", { timeout: 5000, noMux }));
      expect(error.code).toBe("PERMISSIONS_VIOLATION");
    }
  });

  it("refuses an option of another type, by its name", async () => {
    await using nc = await connectAs("me");
    const options = { resubscribeOnPermission: "yes" } as never;
    expect(thrown(() => nc.subscribe("a", options))).toMatchObject({
      code: "INVALID_OPTION",
      option: "resubscribeOnPermission",
    });
    expect(await rejection(connectAs("me", options))).toMatchObject({
      code: "INVALID_OPTION",
      option: "resubscribeOnPermission",
    });
  });
});
