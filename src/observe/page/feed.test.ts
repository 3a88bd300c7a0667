import { describe, expect, it } from "vitest";
import { helloOf, sampleOf, viewOf } from "../../../test/observe/support/views.js";
import { type Contact, Feed, type Listener, REOPEN_MS, SILENCE_MS, type Source } from "./feed.js";

/** A stream that the test speaks on. */
class FakeSource implements Source {
  readyState = 1;
  readonly url: string;
  private readonly listeners = new Map<string, ((event: { data?: string }) => void)[]>();

  constructor(url: string) {
    this.url = url;
  }

  addEventListener(type: string, listener: (event: { data?: string }) => void): void {
    this.listeners.set(type, [...(this.listeners.get(type) ?? []), listener]);
  }

  close(): void {
    this.readyState = 2;
  }

  say(type: string, data?: object): void {
    for (const listener of this.listeners.get(type) ?? []) listener({ data: JSON.stringify(data) });
  }
}

function world() {
  const opened: FakeSource[] = [];
  const contacts: Contact[] = [];
  const heard: string[] = [];
  const fetched: string[] = [];
  const state = { now: 1_000_000, answer: async (): Promise<unknown> => ({ connection: "1" }) };
  const listener: Listener = {
    onHello: () => heard.push("hello"),
    onConnection: ({ id }) => heard.push(`connection ${id}`),
    onSample: () => heard.push("sample"),
    onLog: (connection, { id }) => heard.push(`log ${connection} ${id}`),
    onContact: (contact) => contacts.push(contact),
  };
  const feed = new Feed(listener, {
    open: (url) => {
      opened.push(new FakeSource(url));
      return opened.at(-1)!;
    },
    fetchJson: (url) => {
      fetched.push(url);
      return state.answer();
    },
    now: () => state.now,
  });
  const last = () => opened.at(-1)!;
  const live = () => {
    feed.choose("");
    last().say("hello", helloOf([viewOf()]));
  };
  const elapse = (ms: number) => {
    state.now += ms;
    feed.check();
  };
  return { feed, opened, contacts, heard, fetched, state, last, live, elapse };
}

const SAMPLE = { at: 1, connections: [sampleOf()] };

describe("the stream of a process", () => {
  it("is passed on", () => {
    const { live, last, heard, contacts } = world();
    live();
    last().say("connection", viewOf());
    last().say("log", { connection: "1", entry: { id: 4 } });
    last().say("sample", SAMPLE);
    expect(heard).toEqual(["hello", "connection 1", "log 1 4", "sample"]);
    expect(contacts.map(({ kind }) => kind)).toEqual(["connecting", "live"]);
  });

  it("that ends is lost since something came last, and is back with the next hello", () => {
    const { live, last, contacts, state } = world();
    live();
    state.now += 700;
    last().say("error");
    expect(contacts.at(-1)).toEqual({ kind: "lost", since: 1_000_000, reason: "" });
    state.now += 5_000;
    last().say("error");
    expect(contacts.length).toBe(3);
    last().say("hello", helloOf([]));
    expect(contacts.at(-1)?.kind).toBe("live");
  });

  it("that was never there is lost since it was asked for", () => {
    const { feed, last, contacts } = world();
    feed.choose("");
    last().say("error");
    expect(contacts.at(-1)).toEqual({ kind: "lost", since: 1_000_000, reason: "" });
  });

  it("is left to the browser's own attempts as long as it makes some", () => {
    const { live, last, elapse, opened } = world();
    live();
    last().readyState = 0;
    last().say("error");
    elapse(REOPEN_MS + 1);
    expect(opened.length).toBe(1);
  });

  it("is opened again when the answer was an error, which a browser takes for the end", () => {
    const { live, last, elapse, opened } = world();
    live();
    last().readyState = 2;
    last().say("error");
    elapse(REOPEN_MS - 100);
    expect(opened.length).toBe(1);
    elapse(200);
    expect(opened.length).toBe(2);
    elapse(200);
    expect(opened.length).toBe(2);
    last().readyState = 2;
    elapse(REOPEN_MS);
    expect(opened.length).toBe(3);
  });

  it("that is silent is lost, though it is open; and is opened again, once in a while", () => {
    const { live, last, elapse, opened, contacts } = world();
    live();
    elapse(SILENCE_MS - 100);
    expect(contacts.at(-1)?.kind).toBe("live");
    elapse(200);
    expect(contacts.at(-1)).toEqual({ kind: "lost", since: 1_000_000, reason: "" });
    expect(opened.length).toBe(1);
    elapse(REOPEN_MS);
    expect(opened.length).toBe(2);
    elapse(REOPEN_MS);
    expect(opened.length).toBe(2);
    last().say("hello", helloOf([]));
    expect(contacts.at(-1)?.kind).toBe("live");
  });

  it("of a process that stood still goes on with its next sample", () => {
    const { live, last, elapse, contacts } = world();
    live();
    elapse(SILENCE_MS + 100);
    last().say("sample", SAMPLE);
    expect(contacts.at(-1)?.kind).toBe("live");
  });

  it("may be silent while the process is away", () => {
    const { live, last, elapse, opened, contacts } = world();
    live();
    last().say("away", { process: "p2", reason: "ECONNREFUSED" });
    elapse(60_000);
    expect(contacts.at(-1)).toMatchObject({ kind: "away", reason: "ECONNREFUSED" });
    expect(opened.length).toBe(1);
    last().say("hello", helloOf([]));
    expect(contacts.at(-1)?.kind).toBe("live");
  });

  it("is another one when another process is chosen: what the old one says is not heard", () => {
    const { live, feed, last, opened, heard } = world();
    live();
    feed.choose("p 2");
    expect(last().url).toBe("dashboard/events?process=p+2");
    expect(opened[0]!.readyState).toBe(2);
    opened[0]!.say("sample", SAMPLE);
    expect(heard).toEqual(["hello"]);
  });
});

describe("a history", () => {
  it("is asked for with its process", async () => {
    const { feed, fetched } = world();
    feed.choose("p2");
    expect(await feed.history("1&x")).toEqual({ connection: "1" });
    expect(fetched).toEqual(["dashboard/history?process=p2&connection=1%26x"]);
  });

  it("that cannot be had, or comes too late, is none", async () => {
    const { feed, state } = world();
    feed.choose("");
    state.answer = async () => {
      throw new Error("HTTP 404");
    };
    expect(await feed.history("1")).toBeUndefined();
    state.answer = async () => ({ connection: "1" });
    const late = feed.history("1");
    feed.choose("p2");
    expect(await late).toBeUndefined();
  });
});
