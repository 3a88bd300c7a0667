import { expect } from "vitest";
import { expectBalanced } from "../support/books.js";
import { Recorder } from "../support/recorder.js";
import { rejection, thrown } from "../support/until.js";
import { Observer } from "./observer.js";
import type { Scenario } from "./stage.js";

const SMALL = 1000;

/** What servers do not take. */
export const REFUSALS: readonly Scenario[] = [
  {
    name: "a wrong password is told by connect(), the right one connects",
    setup: { user: "sim", pass: "secret" },
    async play(stage) {
      const error = await rejection(stage.connect({ user: "sim", pass: "wrong" }));
      expect(error.code).toBe("AUTHORIZATION_VIOLATION");
      const nc = await stage.connect({ user: "sim", pass: "secret" });
      await nc.flush();
      expect(nc.state).toBe("connected");
    },
  },
  {
    name: "a publish that is not permitted is refused alone, and told",
    setup: { denyPublish: "deny.>" },
    async play(stage) {
      const nc = await stage.connect();
      const recorder = new Recorder(nc);
      const observer = await Observer.of(stage, ">");
      nc.publish("a", "before");
      const refused = rejection(nc.publishConfirmed("deny.b", "no"));
      nc.publish("a", "after");
      expect(await refused).toMatchObject({ code: "PERMISSIONS_VIOLATION", subject: "deny.b" });
      await nc.flush();
      await stage.until(() => observer.messages.length === 2, "the others");
      expect(observer.messages.map(({ text }) => text)).toEqual(["before", "after"]);
      expect(recorder.of("error")).toMatchObject([[{ code: "PERMISSIONS_VIOLATION" }]]);
      expect(expectBalanced(nc)).toMatchObject({ confirmed: 2, refused: 1, pending: 0 });
      expect(nc.state).toBe("connected");
    },
  },
  {
    name: "a subscription that is not permitted ends with the error, the others stay",
    setup: { denySubscribe: "closed.>" },
    async play(stage) {
      const nc = await stage.connect();
      const got: string[] = [];
      nc.subscribe("open", { callback: (_, msg) => got.push(msg.string()) });
      const denied = nc.subscribe("closed.a");
      expect(await denied.closed).toMatchObject({ code: "PERMISSIONS_VIOLATION" });
      nc.publish("open", "still");
      await nc.flush();
      expect(got).toEqual(["still"]);
      expect(nc.state).toBe("connected");
    },
  },
  {
    name: "a subscription that is not permitted stays with resubscribeOnPermission, and each link tries it again",
    setup: { denySubscribe: "closed.>" },
    async play(stage) {
      const nc = await stage.connect({ resubscribeOnPermission: true });
      const recorder = new Recorder(nc);
      const denied = nc.subscribe("closed.a", { queue: "q" });
      for (let link = 1; link <= 3; link++) {
        await stage.until(() => recorder.count("error") === link, `refusal ${link}`);
        await nc.flush();
        await nc.reconnect();
        await stage.until(() => recorder.count("move") === link, `move ${link}`);
      }
      const refusal = { code: "PERMISSIONS_VIOLATION", subject: "closed.a", queue: "q" };
      for (const [error] of recorder.of("error")) expect(error).toMatchObject(refusal);
      expect(denied.isClosed()).toBe(false);
    },
  },
  {
    name: "a message that is too large is refused at the call",
    setup: { maxPayload: SMALL },
    async play(stage) {
      const nc = await stage.connect();
      expect(thrown(() => nc.publish("a", Buffer.alloc(SMALL + 1))).code).toBe("MAX_PAYLOAD_EXCEEDED");
      await nc.publishConfirmed("a", Buffer.alloc(SMALL));
      expect(expectBalanced(nc)).toMatchObject({ accepted: 1, confirmed: 1 });
    },
  },
  {
    name: "a server that takes less from now on costs a link and what is too large, and that is told",
    async play(stage) {
      const nc = await stage.connect();
      const recorder = new Recorder(nc);
      const got: number[] = [];
      nc.subscribe("a", { callback: (_, msg) => got.push(msg.data.length) });
      await nc.publishConfirmed("a", Buffer.alloc(5 * SMALL));
      await stage.servers[0].setMaxPayload(SMALL);
      const sizes = [10, 2 * SMALL, 20, 3 * SMALL, SMALL];
      const dropped = rejection(nc.publishConfirmed("a", Buffer.alloc(4 * SMALL)));
      for (const size of sizes) nc.publish("a", Buffer.alloc(size));
      expect((await dropped).code).toBe("MESSAGE_DROPPED");
      await nc.flush();
      expect(got).toEqual([5 * SMALL, 10, 20, SMALL]);
      const lost = recorder.of("messageLost").flatMap(([messages]) => messages);
      expect(lost.map(({ size, reason }) => [size, reason])).toEqual(
        [4, 2, 3].map((times) => [times * SMALL, "max-payload"]),
      );
      expect(recorder.count("reconnect")).toBe(1);
      expect(thrown(() => nc.publish("a", Buffer.alloc(SMALL + 1))).code).toBe("MAX_PAYLOAD_EXCEEDED");
      expect(expectBalanced(nc)).toMatchObject({ accepted: 7, confirmed: 4, dropped: 3 });
    },
  },
  {
    name: "what does not fit into the buffer of an outage is refused, what fits arrives",
    async play(stage) {
      const nc = await stage.connect({ reconnectBufSize: 2000 });
      const got: string[] = [];
      nc.subscribe("a", { callback: (_, msg) => got.push(msg.string()) });
      await nc.flush();
      await stage.servers[0].kill();
      await stage.until(() => nc.state === "reconnecting", "the outage");
      const accepted: string[] = [];
      let refusal: (Error & { code?: string }) | undefined;
      for (let i = 0; i < 100; i++) {
        const text = `${i} `.padEnd(100, "x");
        try {
          nc.publish("a", text);
          accepted.push(text);
        } catch (error) {
          refusal = error as Error;
        }
      }
      expect(refusal?.code).toBe("BUFFER_FULL");
      expect(accepted.length).toBeGreaterThan(10);
      expect(accepted.length).toBeLessThan(20);
      expect(nc.buffered.bytes).toBeLessThanOrEqual(2000);
      await stage.servers[0].start();
      await nc.flush();
      expect(got).toEqual(accepted);
      expect(expectBalanced(nc)).toMatchObject({
        accepted: accepted.length,
        confirmed: accepted.length,
        rejected: 100 - accepted.length,
      });
    },
  },
];
