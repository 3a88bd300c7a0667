import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MemoryStore } from "../store/memory-store.js";
import type { StoreChanges } from "../store/store.js";
import type { Batch } from "./entry.js";
import { Journal } from "./journal.js";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

type Fate = "held" | "handed" | "confirmed" | "parked" | "rejected";

/** A message as the world remembers it. */
interface Known {
  readonly name: string;
  fate: Fate;
  /** `store()` has resolved, or it was found on disk. */
  durable: boolean;
  readonly expiresAt: number;
  /** What who waits for its confirmation was told, if he was; undefined: nobody waits. */
  told?: string;
}

type Step =
  | { do: "take" | "store" | "keep"; sizes: number[]; ttl: number | undefined }
  | { do: "confirm" | "park"; which: number; share: number }
  | {
      do:
        | "next"
        | "unstored"
        | "again"
        | "fail"
        | "lie"
        | "blind"
        | "hold"
        | "release"
        | "flush"
        | "crash"
        | "restart"
        | "breathe";
    }
  | { do: "wait"; ms: number };

const sizes = fc.array(fc.integer({ min: 0, max: 400_000 }), { minLength: 1, maxLength: 6 });
const small = fc.array(fc.integer({ min: 0, max: 200 }), { minLength: 1, maxLength: 6 });
const ttl = fc.option(fc.constantFrom(40, 3000), { nil: undefined, freq: 6 });
const simple = fc.constantFrom(
  ...(["next", "next", "unstored", "again", "fail", "lie", "blind", "hold", "release"] as const),
  ...(["flush", "crash", "restart", "breathe", "breathe"] as const),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom("take", "store", "keep"),
      sizes: fc.oneof(small, small, sizes),
      ttl,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom("confirm", "confirm", "park"),
      which: fc.nat(5),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  { weight: 7, arbitrary: fc.record({ do: simple }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.constantFrom(1, 12, 60, 300, 6000) }),
  },
);

/** A disk that may refuse what it has written nevertheless, and that may be unreadable for a while. */
class WaywardStore extends MemoryStore {
  lies = 0;
  /** It has lied: what was refused may be there. */
  hasLied = false;
  unreadable = 0;

  static of(other: MemoryStore): WaywardStore {
    const store = new WaywardStore();
    for (const { id, head } of other.records()) {
      const body = other.body(id);
      store.#put.push({ id, head, ...(body && { body }) });
    }
    return store;
  }

  readonly #put: { id: number; head: Uint8Array; body?: Uint8Array }[] = [];

  async begin(): Promise<this> {
    await super.commit({ put: this.#put, remove: [] });
    return this;
  }

  override async commit(changes: StoreChanges): Promise<void> {
    await super.commit(changes);
    if (this.lies-- <= 0) return;
    this.hasLied = true;
    throw new Error("fsync failed");
  }

  override body(id: number): Uint8Array | undefined {
    if (this.unreadable-- > 0) throw new Error("EIO");
    return super.body(id);
  }
}

/** What is right at every instant, whatever happens in which order. */
class World {
  journal!: Journal;
  store = new WaywardStore();
  /** In the order in which they are to be sent. */
  order: Known[] = [];
  batches: Batch[] = [];
  private readonly byName = new Map<string, Known>();
  private readonly ids = new Map<string, string>();
  private readonly idOf = new Map<string, string>();
  private made = 0;
  private isClosed = false;
  /** Where the next kept message goes; undefined: to the front. */
  private keptAt: number | undefined;

  async open(): Promise<void> {
    const maxAge = Number.POSITIVE_INFINITY;
    this.journal = await Journal.open({ store: this.store, maxAge, memoryLimit: 1 << 30 });
    this.batches = [];
    this.keptAt = undefined;
    this.isClosed = false;
  }

  async play(steps: readonly Step[]): Promise<void> {
    await this.open();
    for (const one of steps) {
      await this.act(one);
      this.check();
    }
    this.store.release();
    await this.crash();
    // Nothing is left over when all is confirmed.
    for (;;) {
      const batch = await this.journal.next();
      if (!batch) break;
      this.journal.confirmed(batch, batch.entries.length);
    }
    await this.journal.close();
    const after = await Journal.open({ store: this.store.copy() });
    expect(after.messages).toBe(0);
    expect(await after.next()).toBeUndefined();
  }

  private async act(one: Step): Promise<void> {
    const { journal, store } = this;
    switch (one.do) {
      case "take":
      case "store":
      case "keep":
        for (const size of one.sizes) this.add(one.do, size, one.ttl);
        return;
      case "next":
        return await this.next();
      case "unstored":
        for (;;) {
          const batch = journal.takeUnstored();
          if (!batch) return;
          this.handedOut(batch);
        }
      case "confirm":
      case "park":
        return this.settle(one.do, one.which, one.share);
      case "again":
        journal.again();
        for (const known of this.order) if (known.fate === "handed") known.fate = "held";
        return;
      case "fail":
        return store.failNext();
      case "lie":
        store.lies = 1;
        return;
      case "blind":
        store.unreadable = 2;
        return;
      case "hold":
        return store.hold();
      case "release":
        return store.release();
      case "flush":
        store.release();
        return await this.patiently(journal.flushed());
      case "crash":
        return await this.crash();
      case "restart":
        store.release();
        await this.patiently(journal.close());
        this.isClosed = true;
        for (const known of this.order)
          if (known.fate === "held" && journal.counts.lost === 0 && !store.hasLied) known.durable = true;
        return await this.crash();
      case "breathe":
        return await turns();
      case "wait":
        await vi.advanceTimersByTimeAsync(one.ms);
        return await turns();
    }
  }

  private add(how: "take" | "store" | "keep", size: number, ttl: number | undefined): void {
    const name = String(++this.made);
    const expiresAt = ttl === undefined ? Number.POSITIVE_INFINITY : Date.now() + ttl;
    const known: Known = { name, fate: "held", durable: false, expiresAt };
    const payload = name.padEnd(size, ".");
    const message = {
      subject: `s.${size % 3}`,
      reply: size % 5 === 0 ? "r" : "",
      headers: undefined,
      payload,
      bytes: size + 20,
      ttl,
    };
    this.byName.set(name, known);
    if (how === "keep") {
      expect(this.journal.keep(message, true)).toBe(true);
      this.keptAt ??= 0;
      this.order.splice(this.keptAt++, 0, known);
      return;
    }
    this.keptAt = undefined;
    this.order.push(known);
    if (how === "take") {
      expect(this.journal.take(message)).toBe(true);
      if (size % 2 === 0) this.follow(known);
      return;
    }
    const { store } = this;
    this.journal.store(message).then(
      () => {
        // A promise of a process that is dead by now resolves for nobody.
        if (store === this.store && known.fate !== "confirmed" && known.fate !== "parked")
          known.durable = true;
      },
      () => {
        if (store === this.store) known.fate = "rejected";
      },
    );
  }

  /** Waits for its confirmation. */
  private follow(known: Known): void {
    known.told = "nothing";
    this.journal.confirmLast(false).then(
      () => {
        known.told = "confirmed";
      },
      (error: { code?: string }) => {
        known.told = String(error.code);
      },
    );
  }

  /** Who waits for a confirmation has been told of that very message what has become of it. */
  private checkTold(): void {
    const now = Date.now();
    for (const { name, fate, told, expiresAt } of this.order) {
      if (told === undefined) continue;
      const right: string[] = fate === "confirmed" ? ["confirmed"] : [];
      if (fate === "held" || fate === "handed") right.push("nothing");
      if (fate === "parked" || expiresAt <= now) right.push("MESSAGE_DROPPED");
      // By the end of a journal: see `restart`.
      if (this.isClosed) right.push("OUTBOX_FAILED");
      expect(right, `${name} is ${fate}`).toContain(told);
    }
  }

  private async next(): Promise<void> {
    this.store.release();
    const batch = await this.patiently(this.journal.next());
    if (batch) this.handedOut(batch);
  }

  /** It is the oldest that nobody has, complete and in order. */
  private handedOut(batch: Batch): void {
    this.keptAt = undefined;
    const now = Date.now();
    const due = this.order.filter(({ fate, expiresAt }) => fate === "held" && expiresAt > now);
    const names = batch.entries.map(({ payload }) => nameOf(payload));
    expect(names).toEqual(due.slice(0, names.length).map(({ name }) => name));
    for (const [index, { messageId }] of batch.entries.entries()) {
      const known = due[index];
      known.fate = "handed";
      this.seen(known.name, messageId);
    }
    this.batches.push(batch);
  }

  /** One id for one message, on disk and in memory, in this process and the next one. */
  private seen(name: string, messageId: string): void {
    expect(this.ids.get(messageId) ?? name, "a number is given once").toBe(name);
    expect(this.idOf.get(name) ?? messageId, "a message has one number").toBe(messageId);
    this.ids.set(messageId, name);
    this.idOf.set(name, messageId);
  }

  private settle(how: "confirm" | "park", which: number, share: number): void {
    const batch = this.batches[which % Math.max(1, this.batches.length)];
    if (!batch) return;
    const count = Math.floor(share * (batch.entries.length + 0.99));
    const settled = how === "confirm" ? batch.entries.slice(0, count) : batch.entries.slice(count, count + 1);
    if (how === "confirm") this.journal.confirmed(batch, count);
    else if (settled.length > 0) this.journal.park(batch, count, "no");
    for (const { payload } of settled) {
      const known = this.byName.get(nameOf(payload))!;
      if (known.fate === "held" || known.fate === "handed")
        known.fate = how === "confirm" ? "confirmed" : "parked";
    }
  }

  /** The process dies; another one finds what was on disk. */
  private async crash(): Promise<void> {
    await turns(1);
    this.checkTold();
    const peek = await Journal.open({ store: this.store.copy() });
    const found: string[] = [];
    for (;;) {
      const batch = await peek.next();
      if (!batch) break;
      for (const { payload, messageId } of batch.entries) {
        const name = nameOf(payload);
        found.push(name);
        this.seen(name, messageId);
      }
    }
    expect(peek.balanced).toBe(true);
    const now = Date.now();
    const there = new Set(found);
    expect(there.size, "once on disk").toBe(found.length);
    expect([...there], "in order").toEqual(
      this.order.map(({ name }) => name).filter((name) => there.has(name)),
    );
    for (const { name, fate, durable, expiresAt } of this.order) {
      if (fate === "rejected" && !this.store.hasLied)
        expect(there.has(name), `${name} was rejected`).toBe(false);
      const isDue = durable && (fate === "held" || fate === "handed") && expiresAt > now;
      if (isDue) expect(there.has(name), `${name} was durable`).toBe(true);
    }
    this.order = this.order.filter(({ name }) => there.has(name));
    for (const known of this.order) Object.assign(known, { fate: "held", durable: true, told: undefined });
    this.store = await WaywardStore.of(this.store.copy()).begin();
    await this.open();
  }

  private check(): void {
    const { journal } = this;
    expect(journal.balanced, JSON.stringify({ ...journal.counts, messages: journal.messages })).toBe(true);
    expect(journal.unsent).toBeGreaterThanOrEqual(0);
    expect(journal.memoryBytes).toBeGreaterThanOrEqual(0);
    expect(journal.bytes).toBeGreaterThanOrEqual(journal.memoryBytes);
  }

  /** Lets time pass until it settles. */
  private async patiently<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const end = promise.finally(() => {
      settled = true;
    });
    end.catch(() => {});
    for (let round = 0; !settled; round++) {
      if (round > 200) throw new Error("it never settles");
      await turns(2);
      if (!settled) await vi.advanceTimersByTimeAsync(10);
    }
    return await end;
  }
}

function nameOf(payload: Uint8Array): string {
  const text = Buffer.from(payload).toString("latin1", 0, 12);
  return text.replace(/\..*/, "");
}

async function turns(count = 4): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

test("whatever happens in which order: nothing stored is missing, order is kept, numbers are unique, the books balance", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 40 }), async (steps) => {
      await new World().play(steps);
    }),
    { numRuns: process.env.HOLDFAST_LONG === "1" ? 1500 : 150 },
  );
}, 240_000);
