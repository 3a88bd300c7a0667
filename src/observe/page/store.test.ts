import { describe, expect, it } from "vitest";
import { helloOf, sampleOf, seriesOf, viewOf } from "../../../test/observe/support/views.js";
import type { Hello, LogView } from "../dashboard/protocol.js";
import { ProcessClock } from "./clock.js";
import type { Contact } from "./feed.js";
import { Store } from "./store.js";

const NOW = 1_700_000_000_000;
const LIVE: Contact = { kind: "live", since: NOW, reason: "" };

function storeOf(hello: Hello) {
  const browser = { now: NOW };
  const store = new Store(new ProcessClock(() => browser.now));
  store.onHello(hello);
  store.onContact(LIVE);
  return { store, browser };
}

function hello(connections = [viewOf({ id: "1" }), viewOf({ id: "2", name: "billing" })], pid = 1): Hello {
  const made = helloOf(connections);
  return { ...made, process: { ...made.process, pid, startedAt: NOW - 1_000, now: NOW } };
}

function entry(id: number): LogView {
  return { id, at: NOW, lastAt: NOW, times: 1, event: "error", level: "error", text: "" };
}

describe("what the page knows", () => {
  it("begins with the first connection, or the one that is wanted", () => {
    expect(storeOf(hello()).store.selected).toBe("1");
    const store = new Store();
    store.wanted = "2";
    store.onHello(hello());
    expect(store.selected).toBe("2");
    expect(store.historyWanted).toBe(true);
  });

  it("keeps what was selected and logged when the same process says hello again", () => {
    const { store } = storeOf(hello());
    store.select("2");
    store.onLog("2", entry(7));
    store.onSample({ at: NOW, connections: [sampleOf({ id: "2" })] });
    store.onHello(hello());
    expect(store.selected).toBe("2");
    expect(store.current?.log.size).toBe(1);
    expect(store.samples.size).toBe(1);
  });

  it("forgets all of it when it is another process", () => {
    const { store } = storeOf(hello());
    store.onLog("1", entry(7));
    store.onSample({ at: NOW, connections: [sampleOf()] });
    store.onHello(hello(undefined, 2));
    expect(store.current?.log.size).toBe(0);
    expect(store.samples.size).toBe(0);
    expect(store.current?.sample).toBeUndefined();
  });

  it("selects another connection when the one that was selected is gone", () => {
    const { store } = storeOf(hello());
    store.select("2");
    store.onHello(hello([viewOf({ id: "3" })]));
    expect(store.selected).toBe("3");
    store.onHello(hello([]));
    expect(store.selected).toBeUndefined();
    expect(store.historyWanted).toBe(false);
  });

  it("keeps samples of the selected connection alone, and the books of all", () => {
    const { store } = storeOf(hello());
    const books = { ...viewOf().books, dropped: 3 };
    store.onSample({ at: NOW, connections: [sampleOf({ id: "1" }), sampleOf({ id: "2", books })] });
    expect(store.samples.size).toBe(1);
    expect(store.connections.get("2")?.view.books.dropped).toBe(3);
    store.select("2");
    expect(store.samples.size).toBe(0);
  });

  it("takes a history only for what is selected now", () => {
    const { store } = storeOf(hello());
    store.select("2");
    store.takeHistory(seriesOf("1", NOW, () => sampleOf()));
    expect(store.samples.size).toBe(0);
    store.takeHistory(seriesOf("2", NOW, () => sampleOf()));
    expect(store.samples.size).toBe(3_600);
    store.takeHistory(undefined);
    expect(store.samples.size).toBe(3_600);
  });

  it("tells those who cannot see it of changes of state, and of nothing else", () => {
    const { store } = storeOf(hello());
    store.onConnection(viewOf({ id: "1", attempts: 2 }));
    expect(store.announcements).toEqual([]);
    store.onConnection(viewOf({ id: "1", state: "reconnecting", lastCause: "STALE_CONNECTION: silence" }));
    store.onConnection(viewOf({ id: "1" }));
    expect(store.announcements).toEqual([
      "orders is reconnecting: STALE_CONNECTION: silence",
      "orders is connected",
    ]);
  });

  it("tells them no more than a few things at once", () => {
    const { store } = storeOf(hello());
    for (let i = 0; i < 50; i++) {
      store.onConnection(viewOf({ state: "reconnecting" }));
      store.onConnection(viewOf());
    }
    expect(store.announcements.length).toBeLessThanOrEqual(4);
  });

  it("stands still without contact", () => {
    const { store, browser } = storeOf(hello());
    expect(store.now).toBe(NOW);
    browser.now += 5_000;
    expect(store.now).toBe(NOW + 5_000);
    store.onContact({ kind: "lost", since: NOW + 2_000, reason: "" });
    browser.now += 60_000;
    expect(store.now).toBe(NOW + 2_000);
    expect(store.isStale).toBe(true);
    expect(store.announcements).toEqual(["No contact with the process"]);
  });

  it("knows when the process speaks another language", () => {
    expect(storeOf(hello()).store.isOutdated).toBe(false);
    expect(storeOf({ ...hello(), version: 99 }).store.isOutdated).toBe(true);
  });
});
