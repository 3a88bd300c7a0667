import { expect } from "vitest";
import { headers } from "../../src/index.js";
import { rejection } from "../support/until.js";
import { Observer } from "./observer.js";
import type { Scenario } from "./stage.js";

const LONG = 20_000;

/** Asking, and being answered. */
export const REQUESTS: readonly Scenario[] = [
  {
    name: "a request gets its answer, each its own",
    async play(stage) {
      const [nc, responder] = [await stage.connect(), await stage.connect()];
      responder.subscribe("echo", {
        callback: (_, msg) => msg.respond(msg.data, { headers: msg.headers }),
      });
      await responder.flush();
      const sent = headers();
      sent.set("A", "b");
      const answer = await nc.request("echo", "hello", { timeout: LONG, headers: sent });
      expect([answer.string(), answer.headers?.get("A")]).toEqual(["hello", "b"]);
      const texts = Array.from({ length: 300 }, (_, i) => String(i));
      const answers = await Promise.all(texts.map((text) => nc.request("echo", text, { timeout: LONG })));
      expect(answers.map((msg) => msg.string())).toEqual(texts);
    },
  },
  {
    name: "the second answer to a request reaches nobody",
    async play(stage) {
      const nc = await stage.connect();
      const responder = await Observer.of(stage, "twice");
      responder.onMessage = ({ reply, text }) => {
        responder.publish(reply, `${text} first`);
        responder.publish(reply, `${text} second`);
      };
      for (const text of ["a", "b", "c"]) {
        const answer = await nc.request("twice", text, { timeout: LONG });
        expect(answer.string()).toBe(`${text} first`);
      }
    },
  },
  {
    name: "a request to nobody is told so at once",
    async play(stage) {
      const nc = await stage.connect();
      const error = await rejection(nc.request("nobody", "", { timeout: LONG }));
      expect(error.code).toBe("NO_RESPONDERS");
    },
  },
  {
    name: "a request that nobody answers times out, and its late answer reaches nobody",
    async play(stage) {
      const nc = await stage.connect();
      const mute = await Observer.of(stage, "mute");
      const error = await rejection(nc.request("mute", "first", { timeout: 50 }));
      expect(error.code).toBe("TIMEOUT");
      const second = nc.request("mute", "second", { timeout: LONG });
      await stage.until(() => mute.messages.length === 2, "the second request");
      for (const { reply, text } of mute.messages) mute.publish(reply, text);
      expect((await second).string()).toBe("second");
    },
  },
  {
    name: "requestMany() collects the answers of all, until it has as many as it wants",
    async play(stage) {
      const nc = await stage.connect();
      for (let i = 0; i < 3; i++) {
        const responder = await Observer.of(stage, "many");
        responder.onMessage = ({ reply }) => responder.publish(reply, String(i));
      }
      const options = { strategy: "count", maxMessages: 3, maxWait: LONG } as const;
      const got: string[] = [];
      for await (const msg of await nc.requestMany("many", "", options)) got.push(msg.string());
      expect(got.toSorted()).toEqual(["0", "1", "2"]);
    },
  },
  {
    name: "a request in flight fails when its link dies, and says that it may have been delivered",
    async play(stage) {
      const nc = await stage.connect();
      const mute = await Observer.of(stage, "mute");
      const failed = rejection<Error & { code: string; maybeDelivered: boolean }>(
        nc.request("mute", "", { timeout: LONG }),
      );
      await stage.until(() => mute.messages.length === 1, "it is there");
      await stage.servers[0].kill();
      expect(await failed).toMatchObject({ code: "CONNECTION_LOST", maybeDelivered: true });
    },
  },
  {
    name: "a request made during an outage is sent afterwards, and answered",
    async play(stage) {
      const nc = await stage.connect();
      nc.subscribe("echo", { callback: (_, msg) => msg.respond(msg.data) });
      await nc.flush();
      await stage.servers[0].kill();
      await stage.until(() => nc.state === "reconnecting", "the outage");
      const answer = nc.request("echo", "late", { timeout: LONG });
      await stage.servers[0].start();
      expect((await answer).string()).toBe("late");
    },
  },
];
