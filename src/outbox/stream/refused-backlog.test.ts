import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { codedError } from "../../checks/coded-error.js";
import type { Connection, MsgHdrs, RequestOptions } from "../../index.js";
import { readPublisherOptions, type StreamPublisherOptions } from "./options.js";
import { PubAckPublisher } from "./stream-publisher.js";
import { isMatch } from "./subject-check.js";

/** ms to the stream and back. */
const ROUND_TRIP = 10;
const COUNT = 5_000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Stream `S` with `s.>`, behind a connection on which only time passes. */
class World {
  readonly log: string[] = [];
  subjects = ["s.>"];
  leader: string | undefined = "a";
  /** The server maps subjects of the first token to the second one. */
  mapped: readonly [string, string] | undefined;
  asked = 0;
  requests = 0;
  private readonly arriving = new Map<number, (() => void)[]>();
  private readonly ids = new Map<string, number>();

  readonly nc = {
    on() {},
    off() {},
    report() {},
    getServer: () => "a",
    isClosed: () => false,
    closed: () => new Promise(() => {}),
    addComponent: () => () => {},
    request: (subject: string, payload: string, options: RequestOptions) =>
      new Promise((resolve, reject) => {
        const { headers } = options as { headers?: MsgHdrs };
        this.later(() => {
          const answer = this.answer(subject, payload, headers);
          this.later(() => {
            if (answer === undefined) reject(codedError("NO_RESPONDERS", "no responders", { subject }));
            else resolve({ string: () => JSON.stringify(answer) });
          });
        });
      }),
  } as unknown as Connection;

  /** Half a round trip later; what is due at the same time shares a timer. */
  private later(arrive: () => void): void {
    const at = performance.now() + ROUND_TRIP / 2;
    const same = this.arriving.get(at);
    if (same !== undefined) return void same.push(arrive);
    const all = [arrive];
    this.arriving.set(at, all);
    setTimeout(() => {
      this.arriving.delete(at);
      for (const one of all) one();
    }, ROUND_TRIP / 2);
  }

  publisher(options: StreamPublisherOptions = {}): PubAckPublisher {
    const settings = readPublisherOptions({
      stream: "S",
      retries: Number.POSITIVE_INFINITY,
      maxPending: COUNT + 1,
      backoff: { jitter: 0 },
      ...options,
    });
    return new PubAckPublisher(this.nc, settings);
  }

  private answer(subject: string, payload: string, headers?: MsgHdrs): object | undefined {
    if (subject.startsWith("$JS.API.")) {
      this.asked++;
      if (this.leader === undefined) return undefined;
      return { config: { subjects: this.subjects }, cluster: { leader: this.leader } };
    }
    this.requests++;
    const [from, to] = this.mapped ?? [];
    const [first, ...rest] = subject.split(".");
    const inside = [first === from ? to : first, ...rest].join(".");
    if (this.leader === undefined || !this.subjects.some((one) => isMatch(one, inside))) return undefined;
    // Servers look at the name of the stream before they look at its end.
    if (payload === "other") return { error: { code: 400, err_code: 10060, description: "another stream" } };
    const last = this.log.length;
    const expected = headers?.get("Nats-Expected-Last-Sequence") ?? "";
    if (expected !== "" && Number(expected) !== last) {
      return { error: { code: 400, err_code: 10071, description: `wrong last sequence: ${last}` } };
    }
    const id = headers?.get("Nats-Msg-Id") ?? "";
    const known = this.ids.get(id);
    if (known !== undefined) return { stream: "S", seq: known, duplicate: true };
    this.log.push(payload);
    this.ids.set(id, last + 1);
    return { stream: "S", seq: last + 1 };
  }
}

type Make = (index: number) => readonly [subject: string, payload: string];

/** Publishes a backlog; the ms until all of it has an outcome. */
async function spent(world: World, make: Make, options?: StreamPublisherOptions): Promise<number> {
  const publisher = world.publisher(options);
  const from = performance.now();
  const outcomes = Array.from({ length: COUNT }, (_, index) => publisher.publish(...make(index)));
  let end = 0;
  void Promise.allSettled(outcomes).then(() => {
    end = performance.now();
  });
  while (end === 0) await vi.advanceTimersByTimeAsync(ROUND_TRIP);
  return end - from;
}

const good: Make = (index) => ["s.a", `${index}`];
const oneIn =
  (every: number, bad: Make): Make =>
  (index) =>
    (index % every === every - 1 ? bad : good)(index);

const kept = (every: number) =>
  Array.from({ length: COUNT }, (_, index) => index)
    .filter((index) => index % every !== every - 1)
    .map(String);

describe.each([true, false])("a backlog (ordered: %s)", (ordered) => {
  it.each<[string, Make]>([
    ["of one subject that is not of the stream", (index) => ["q.a", `${index}`]],
    ["of subjects that are not of the stream", (index) => [`q.${index}`, `${index}`]],
    ["that the stream does not take", () => ["s.a", "other"]],
  ])("with 1 in 20 messages %s takes at most three times as long", async (_, bad) => {
    const without = await spent(new World(), good, { ordered });
    const world = new World();
    const took = await spent(world, oneIn(20, bad), { ordered });
    expect(world.log).toEqual(kept(20));
    expect(took).toBeLessThan(3 * without);
    expect(world.requests).toBeLessThan(3 * COUNT);
  });
});

describe("a subject that is not of the stream", () => {
  it("costs one pause at first, and afterwards no more tries", async () => {
    const world = new World();
    const publisher = world.publisher();
    const tries: unknown[] = [];
    for (let index = 0; index < 3; index++) {
      publisher.publish(`q.${index}`).catch((error) => tries.push([error.code, error.tries]));
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect(tries).toEqual([
      ["NO_RESPONDERS", 2],
      ["NO_RESPONDERS", 1],
      ["NO_RESPONDERS", 1],
    ]);
  });

  it("is looked into anew after a while, with another leader, other subjects of the stream, and another link", async () => {
    const world = new World();
    const links: (() => void)[] = [];
    Object.assign(world.nc, {
      on: (name: string, heard: () => void) => name === "reconnect" && links.push(heard),
    });
    const publisher = world.publisher();
    const tries: unknown[] = [];
    const changes = [
      () => {},
      () => {},
      () => {
        world.leader = "b";
      },
      () => {},
      () => {
        world.subjects = ["s.>", "t"];
      },
      () => {},
      () => links[0](),
      () => {},
      () => vi.advanceTimersByTime(6_000),
    ];
    for (const change of changes) {
      change();
      publisher.publish("q.a").catch((error) => tries.push(error.tries));
      await vi.advanceTimersByTimeAsync(3_000);
    }
    expect(tries).toEqual([2, 1, 2, 1, 2, 1, 2, 1, 2]);
  });

  it("that is mapped to one of the stream's waits for the leader, as do others", async () => {
    const world = new World();
    world.mapped = ["m", "s"];
    const publisher = world.publisher();
    const refused = publisher.publish("q.a");
    refused.catch(() => {});
    await vi.advanceTimersByTimeAsync(1_000);
    await expect(refused).rejects.toThrow("does not have the subject");
    // It asks while there is none; there is one when the question comes.
    world.leader = undefined;
    const mapped = publisher.publish("m.a", "mapped");
    const after = publisher.publish("s.a", "after");
    await vi.advanceTimersByTimeAsync(ROUND_TRIP / 2);
    world.leader = "b";
    await vi.advanceTimersByTimeAsync(5_000);
    await Promise.all([mapped, after]);
    expect(world.log).toEqual(["mapped", "after"]);
  });
});
