import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectBalanced } from "../../support/books.js";
import { openRequests } from "../../support/inside.js";
import { Problems } from "../../support/problems.js";
import { until } from "../../support/until.js";
import { CONSUMING_WITHIN_MS, type Fault, Ordeal } from "./ordeal.js";

/** The tests of the official packages through some faults, each on a cluster of its own, at the same time: most of it is waiting for elections. */
export function describeFaults(...faults: Fault[]): void {
  const problems = new Problems();
  const ordeals = new Map<Fault, Ordeal>();
  beforeAll(async () => {
    await Promise.all(faults.map(async (fault) => ordeals.set(fault, await Ordeal.of(fault))));
  }, 60_000);
  afterAll(async () => {
    await Promise.all([...ordeals.values()].map((ordeal) => ordeal[Symbol.asyncDispose]()));
    problems[Symbol.dispose]();
  });

  for (const fault of faults) {
    describe(`the official packages, ${fault.name}`, () => {
      const ordeal = (): Ordeal => ordeals.get(fault)!;

      it("all work again, and durable consumers within 5 s of a healthy cluster", () => {
        const { again, app, evidence } = ordeal();
        const away = app.all.filter(({ name }) => !again.has(name)).map(({ name }) => name);
        expect(away, evidence).toEqual([]);
        const durable = app.readers.filter((reader) => !app.ordered.some(({ name }) => name === reader.name));
        const late = durable.filter(({ name }) => again.get(name)! > CONSUMING_WITHIN_MS);
        expect(durable.length).toBeGreaterThan(0);
        expect(late.map(({ name }) => `${name} after ${again.get(name)} ms`)).toEqual([]);
      });

      it("js.publish with a message id stores each message once", async () => {
        const { count, stage } = ordeal();
        const { state } = await stage.manager.streams.info("numbers");
        expect(count).toBeGreaterThan(0);
        expect(state.messages).toBe(count);
      });

      it("every consumer gets every message: consume, fetch, next, push, ordered", async () => {
        const { app, count } = ordeal();
        const missing = () => app.readers.map(({ name, arrived }) => `${name} ${count - arrived.size}`);
        await until(
          () => app.readers.every(({ arrived }) => arrived.size === count),
          () => `all read; missing ${missing().join(", ")} of ${count}`,
        );
        await Promise.all(app.readers.map((reader) => reader.stop()));
        expect(app.readers.flatMap(({ wrong }) => wrong)).toEqual([]);
      });

      it("ordered consumers get them in their order, each once", () => {
        const { app, count } = ordeal();
        for (const { name, sequences } of app.ordered) {
          expect({ name, ...counted(sequences) }).toEqual({ name, count, firstWrong: undefined });
        }
      });

      it("kv: put, get, update and delete go on, and a watch misses no change", async () => {
        const { app, stage } = ordeal();
        await app.keyValues.stop();
        const { state } = await stage.manager.streams.info("KV_bucket");
        await until(() => app.watching.progress >= state.last_seq, "the last change told");
        await app.watching.stop();
        expect(counted(app.watching.revisions)).toEqual({ count: state.last_seq, firstWrong: undefined });
        expect(app.watching.wrong).toEqual([]);
      });

      it("an object is whole when put has said so, also with the fault in the middle", async () => {
        const { app, objectsBefore } = ordeal();
        await until(() => app.objects.rounds > objectsBefore, "an object after the fault");
        await app.objects.stop();
        expect(app.objects.wrong).toEqual([]);
      });

      it("a service answers again, to PING, INFO and STATS too", async () => {
        const { app } = ordeal();
        await app.service.stop();
        expect(app.service.wrong).toEqual([]);
        const { pings, infos, stats } = await app.service.told();
        expect(pings).toMatchObject([{ name: "doubler" }]);
        expect(infos).toMatchObject([{ endpoints: [{ subject: "double" }] }]);
        expect(stats).toMatchObject([{ endpoints: [{ num_errors: 0 }] }]);
      });

      it("nothing is left behind: the books balance, no request is open, no rejection is unhandled", async () => {
        const { nc } = ordeal();
        await nc.flush();
        expectBalanced(nc);
        await until(() => openRequests(nc) === 0, "the end of all requests");
        await problems.expectNone();
      });
    });
  }
}

/** How many there are, and the first that is not one more than that before it. */
function counted(numbers: readonly number[]): { count: number; firstWrong: number | undefined } {
  return { count: numbers.length, firstWrong: numbers.find((number, index) => number !== index + 1) };
}
