import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Random } from "../../src/testing/random.js";
import { expectBalanced } from "../support/books.js";
import { openRequests, openSubscriptions } from "../support/inside.js";
import { Load } from "../support/load.js";
import { type Mover, Moving } from "../support/moving.js";
import { Problems } from "../support/problems.js";
import { until } from "../support/until.js";

/** Moves of each test; the call comes at another instant of each. */
const TIMES = 12;
/** ms for which both links have the subscriptions: no server may lag behind the others by more (docs/adr/0014); and in which most moves are over. */
const moveSettle = 25;
const MOVE_MS = 330;

let nodes: Moving;
/**
 * On `n`, for plain subscriptions, and on `m`, for members of groups. Not on one subject: when a member leaves, nats-server
 * (2.15.1) gives what it passes on to another member to plain subscribers of that subject a second time; seen with raw sockets.
 */
let loads: Load[];
let problems: Problems;
beforeAll(async () => {
  nodes = await Moving.start();
  const publisher = await nodes.at(0);
  loads = ["n", "m"].map((subject) => Load.steady(publisher, subject, 2000));
  publisher.subscribe("echo", { callback: (_, msg) => msg.respond(msg.data) });
  await nodes.known(publisher);
  problems = new Problems();
});
afterEach(() => problems.expectNone());
afterAll(async () => {
  problems[Symbol.dispose]();
  for (const load of loads) load.stop();
  await nodes[Symbol.asyncDispose]();
});

/** Pairs of neighbours of which one is not the other's successor. */
function breaks(numbers: readonly number[]): number[][] {
  return numbers.flatMap((n, i) => (i > 0 && n !== numbers[i - 1] + 1 ? [[numbers[i - 1], n]] : []));
}

/** Numbers that came in. */
class Run {
  readonly numbers: number[] = [];
  readonly callback = (_: unknown, msg: { string(): string }): void => {
    this.numbers.push(Number(msg.string()));
  };

  /** Fails unless each number follows the one before it. */
  expectWhole(): void {
    expect(breaks(this.numbers)).toEqual([]);
  }

  /** Breaks without the order, which the members of a group, and the first messages of what is made in the middle of a move, do not keep. */
  private get missing(): number[][] {
    return breaks(this.numbers.toSorted((a, b) => a - b));
  }

  /** Fails unless each number came, and once. */
  expectEach(): void {
    expect(this.missing).toEqual([]);
  }

  /** Resolves when each number between the first and the last has come. */
  async gapless(): Promise<void> {
    await this.flows();
    await until(
      () => this.missing.length === 0,
      () => JSON.stringify(this.missing),
    );
  }

  expectNoneTwice(): void {
    expect(new Set(this.numbers).size).toBe(this.numbers.length);
  }

  flows(): Promise<void> {
    const before = this.numbers.length;
    return until(() => this.numbers.length > before + 5, "messages");
  }
}

/** Begins a move; resolves at a random instant of it. */
async function beginMove(mover: Mover, random: Random): Promise<void> {
  await mover.nc.reconnect();
  await sleep(random.between(0, MOVE_MS));
}

/** For one connection after the other: `act` is called when it has begun to move. */
async function often(act: (mover: Mover, run: Run, random: Random) => Promise<void>): Promise<void> {
  for (let seed = 0; seed < TIMES; seed++) {
    const random = new Random(seed);
    const mover = await nodes.mover(random.int(3), { moveSettle, drainTimeout: 3000, closeTimeout: 1000 });
    const run = new Run();
    mover.nc.subscribe("n", { callback: run.callback });
    await run.flows();
    await beginMove(mover, random);
    try {
      await act(mover, run, random);
      run.expectWhole();
      expectBalanced(mover.nc);
    } catch (error) {
      throw new Error(`with seed ${seed}: ${(error as Error).message}`, { cause: error });
    } finally {
      await mover.nc.close();
    }
  }
}

async function moved(mover: Mover): Promise<void> {
  await until(() => mover.moves.length > 0, "the move");
  mover.expectUnnoticed();
}

describe("at any instant of a move [F3]", () => {
  it("drain() settles, and nothing that was published or received before is lost", async () => {
    await often(async ({ nc }, run) => {
      for (let i = 0; i < 100; i++) nc.publish("out", String(i));
      await nc.drain();
      expect(nc.isClosed()).toBe(true);
      expect(nc.stats()).toMatchObject({ accepted: 100, confirmed: 100 });
      const { length } = run.numbers;
      await sleep(5);
      expect(run.numbers.length).toBe(length);
    });
  });

  it("close() settles, with all that was published confirmed", async () => {
    await often(async ({ nc }) => {
      for (let i = 0; i < 100; i++) nc.publish("out", String(i));
      await nc.close();
      expect(nc.stats()).toMatchObject({ accepted: 100, confirmed: 100 });
    });
  });

  it("unsubscribe() ends a subscription, without a gap before", async () => {
    await often(async (mover) => {
      const run = new Run();
      const sub = mover.nc.subscribe("n", { callback: run.callback });
      await run.gapless();
      sub.unsubscribe();
      const { length } = run.numbers;
      await moved(mover);
      await mover.nc.flush();
      expect(run.numbers.length).toBe(length);
      expect(openSubscriptions(mover.nc)).toEqual(["n"]);
    });
  });

  it.each([
    ["n", undefined],
    ["m", "q"],
  ])("unsubscribe(max) ends it with the last one: %s, queue %s", async (subject, queue) => {
    await often(async (mover, _run, random) => {
      const run = new Run();
      const sub = mover.nc.subscribe(subject, { queue, callback: run.callback });
      await run.flows();
      const max = run.numbers.length + 1 + random.int(150);
      sub.unsubscribe(max);
      await until(
        () => sub.isClosed(),
        () => `${max}, it is ${run.numbers.length}`,
      );
      await moved(mover);
      expect(run.numbers.length).toBe(max);
      // Which are its first is open for one that is made in the middle of a move (docs/adr/0014).
      run.expectNoneTwice();
    });
  });

  it("subscriptions that exist with a max get that many", async () => {
    for (let seed = 0; seed < TIMES; seed++) {
      const random = new Random(seed);
      const mover = await nodes.mover(random.int(3), { moveSettle });
      const runs = (
        [
          ["n", undefined],
          ["m", "q"],
        ] as const
      ).map(([subject, queue]) => {
        const run = new Run();
        const max = 10 + random.int(150);
        const sub = mover.nc.subscribe(subject, { max, queue, callback: run.callback });
        return { run, max, sub };
      });
      for (const { run } of runs) await until(() => run.numbers.length > 0, "the first one");
      await beginMove(mover, random);
      for (const { run, max, sub } of runs) {
        await until(
          () => sub.isClosed(),
          () => `seed ${seed}: ${max}, it is ${run.numbers.length}`,
        );
      }
      await moved(mover);
      for (const { run, max } of runs) expect(run.numbers.length, `seed ${seed}`).toBe(max);
      runs[0].run.expectWhole();
      runs[1].run.expectNoneTwice();
      await mover.nc.close();
    }
  });

  it("subscribe() brings what comes, without a gap or twins from the first message on", async () => {
    await often(async (mover) => {
      const runs = [new Run(), new Run(), new Run()];
      mover.nc.subscribe("n", { callback: runs[0].callback });
      mover.nc.subscribe(">", { callback: (_, msg) => msg.subject === "n" && runs[1].callback(_, msg) });
      mover.nc.subscribe("m", { queue: "q", callback: runs[2].callback });
      for (const run of runs) await run.flows();
      await moved(mover);
      for (const run of runs) await run.flows();
      const [one, wildcard, member] = runs;
      for (const run of [one, wildcard]) run.expectEach();
      member.expectEach();
    });
  });

  it("sub.drain() settles, without a gap before", async () => {
    await often(async (mover) => {
      const run = new Run();
      const sub = mover.nc.subscribe("n", { callback: run.callback });
      await run.flows();
      await sub.drain();
      expect(sub.isClosed()).toBe(true);
      const { length } = run.numbers;
      await moved(mover);
      expect(run.numbers.length).toBe(length);
      run.expectEach();
    });
  });

  it("requests are answered, and flush() and publishConfirmed() settle", async () => {
    await often(async (mover) => {
      const { nc } = mover;
      const texts = Array.from({ length: 20 }, (_, i) => String(i));
      const answers = texts.map((text) => nc.request("echo", text, { timeout: 3000 }));
      const others = texts.map((text) => nc.publishConfirmed("out", text));
      await nc.flush();
      await Promise.all(others);
      expect((await Promise.all(answers)).map((msg) => msg.string())).toEqual(texts);
      await moved(mover);
      expect(openRequests(nc)).toBe(0);
    });
  });

  it("setServers() and reconnect() lead to a server of the list", async () => {
    await often(async (mover, run, random) => {
      const { nc } = mover;
      const server = nodes.cluster.servers[random.int(3)];
      nc.setServers([server.url]);
      if (random.chance(0.5)) await nc.reconnect();
      await until(() => nc.getServer() === server.hostport, "the server of the list");
      await run.flows();
      await moved(mover);
    });
  });
});
