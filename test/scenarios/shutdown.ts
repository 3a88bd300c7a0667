import { expect } from "vitest";
import type { LostMessage } from "../../src/index.js";
import { expectBalanced } from "../support/books.js";
import { Recorder } from "../support/recorder.js";
import { rejection, thrown } from "../support/until.js";
import { Observer } from "./observer.js";
import type { Scenario } from "./stage.js";

/** How connections end. */
export const SHUTDOWN: readonly Scenario[] = [
  {
    name: "drain() lets handlers finish, and their answers go out",
    async play(stage) {
      const nc = await stage.connect();
      const answers = await Observer.of(stage, "answers");
      const asking = await Observer.connect(stage);
      const done: string[] = [];
      nc.subscribe("work", {
        callback: async (_, msg) => {
          await stage.sleep(50);
          done.push(msg.string());
          msg.respond(msg.data);
        },
      });
      const read: string[] = [];
      const reading = (async () => {
        for await (const msg of nc.subscribe("work")) {
          await stage.sleep(5);
          read.push(msg.string());
        }
      })();
      await nc.flush();
      for (let i = 0; i < 10; i++) asking.publish("work", String(i), "answers");
      await asking.flush();
      await stage.until(() => read.length > 0, "it works");
      await nc.drain();
      await reading;
      const all = Array.from({ length: 10 }, (_, i) => String(i));
      expect([done, read]).toEqual([all, all]);
      await stage.until(() => answers.messages.length === 10, "the answers");
      expect(nc.state).toBe("closed");
      expect(expectBalanced(nc)).toMatchObject({ accepted: 10, confirmed: 10 });
    },
  },
  {
    name: "drain() finishes across an outage",
    async play(stage) {
      const nc = await stage.connect();
      const observerNeeded = nc.subscribe("a");
      await nc.flush();
      await stage.servers[0].kill();
      await stage.until(() => nc.state === "reconnecting", "the outage");
      nc.publish("b", "x");
      const drained = nc.drain();
      expect(nc.state).toBe("draining");
      await stage.sleep(50);
      await stage.servers[0].start();
      await drained;
      expect(observerNeeded.isClosed()).toBe(true);
      expect(expectBalanced(nc)).toMatchObject({ accepted: 1, confirmed: 1, dropped: 0 });
    },
  },
  {
    name: "drain() in an outage that does not end settles in time, and reports what is left",
    async play(stage) {
      const nc = await stage.connect({ drainTimeout: 300 });
      const lost: LostMessage[] = [];
      nc.on("messageLost", (messages) => lost.push(...messages));
      await stage.servers[0].kill();
      await stage.until(() => nc.state === "reconnecting", "the outage");
      nc.publish("a", "x");
      const since = stage.now();
      await nc.drain();
      expect(stage.now() - since).toBeLessThan(2000);
      expect(lost.map(({ subject, reason }) => [subject, reason])).toEqual([["a", "closed"]]);
      expect(expectBalanced(nc)).toMatchObject({ accepted: 1, dropped: 1, pending: 0 });
      await stage.servers[0].start();
    },
  },
  {
    name: "close() waits for what was published",
    async play(stage) {
      const observer = await Observer.of(stage, "a");
      const nc = await stage.connect();
      const sent = Array.from({ length: 2000 }, (_, i) => i);
      for (const number of sent) nc.publish("a", String(number));
      await nc.close();
      expect(expectBalanced(nc)).toMatchObject({ accepted: 2000, confirmed: 2000 });
      await stage.until(() => observer.messages.length === 2000, "all of them");
      expect(observer.numbers).toEqual(sent);
    },
  },
  {
    name: "close() during an outage settles in time, and reports what could not be sent",
    async play(stage) {
      const nc = await stage.connect({ closeTimeout: 200 });
      const recorder = new Recorder(nc);
      await stage.servers[0].kill();
      await stage.until(() => nc.state === "reconnecting", "the outage");
      for (let i = 0; i < 5; i++) nc.publish("a", String(i));
      const settled = Promise.allSettled([
        nc.flush(),
        nc.fence(),
        nc.publishConfirmed("a", "6"),
        nc.request("a", "", { timeout: 60_000 }),
      ]);
      await nc.close();
      expect((await settled).map(({ status }) => status)).toEqual(Array(4).fill("rejected"));
      expect(expectBalanced(nc)).toMatchObject({ pending: 0, confirmed: 0, unconfirmed: 0 });
      expect(nc.stats().dropped).toBe(nc.stats().accepted);
      expect(recorder.names().at(-1)).toBe("close");
      expect(recorder.count("close")).toBe(1);
      const lost = recorder.of("messageLost").flatMap(([messages]) => messages);
      expect(lost.filter(({ reason }) => reason === "closed")).toHaveLength(nc.stats().dropped);
      await stage.servers[0].start();
    },
  },
  {
    name: "a closed connection takes nothing more, and its iterators end",
    async play(stage) {
      const nc = await stage.connect();
      const read: string[] = [];
      const reading = (async () => {
        for await (const msg of nc.subscribe("a")) read.push(msg.string());
      })();
      const statuses: string[] = [];
      const watching = (async () => {
        for await (const { type } of nc.status()) statuses.push(type);
      })();
      await nc.publishConfirmed("a", "x");
      await nc.close();
      await Promise.all([reading, watching]);
      expect([read, statuses]).toEqual([["x"], ["close"]]);
      expect(await nc.closed()).toBeUndefined();
      expect(thrown(() => nc.publish("a")).code).toBe("CONNECTION_CLOSED");
      expect(thrown(() => nc.subscribe("a")).code).toBe("CONNECTION_CLOSED");
      for (const call of [nc.flush(), nc.rtt(), nc.request("a"), nc.drain(), nc.reconnect(), nc.fence()])
        expect((await rejection(call)).code).toBe("CONNECTION_CLOSED");
    },
  },
];
