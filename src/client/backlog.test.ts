import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Backlog } from "./backlog.js";
import { HoldfastMsg } from "./msg.js";

const nobody = { publish: () => true };
const READ = 64 * 1024;

/** Messages of `sizes` in one read of `length` bytes. */
function read(length: number, sizes: readonly number[], fill = 120): HoldfastMsg[] {
  const buf = Buffer.alloc(length, fill);
  let at = 0;
  return sizes.map((size) => {
    buf.write("a.breply", at);
    const start = at + 8;
    buf.write("NATS/1.0\r\nk: v\r\n\r\n", start);
    at = start + 18 + size;
    return new HoldfastMsg(nobody, 1, buf, start - 8, start - 5, start - 5, start, start, start + 18, at);
  });
}

const create = () =>
  new Backlog(
    () => {},
    () => {},
  );

/** What the messages that wait really keep alive. */
function alive(messages: readonly HoldfastMsg[]): number {
  let bytes = 0;
  for (const buf of new Set(messages.map((msg) => msg.read))) bytes += buf.length;
  return bytes;
}

describe("a backlog", () => {
  it("counts headers and payloads", async () => {
    const backlog = create();
    for (const msg of read(1000, [1, 2, 3])) backlog.push(msg);
    expect(backlog.bytes).toBe(3 * 18 + 6);
    await backlog.next();
    expect(backlog.bytes).toBe(2 * 18 + 5);
    await backlog.return();
    expect([backlog.bytes, backlog.retained, backlog.discarded]).toEqual([0, 0, 2]);
  });

  it("of few messages from many reads lets the reads go", () => {
    const backlog = create();
    const messages: HoldfastMsg[] = [];
    for (let i = 0; i < 1000; i++) messages.push(...read(READ, [16], i % 100));
    for (const msg of messages) backlog.push(msg);
    expect(backlog.retained).toBeGreaterThanOrEqual(alive(messages));
    expect(backlog.retained).toBeLessThan(2 * backlog.bytes + 256 * 1024 + 2 * READ);
    for (const [i, msg] of messages.entries()) {
      expect([msg.subject, msg.reply, msg.headers!.get("k")]).toEqual(["a.b", "reply", "v"]);
      expect([...msg.data]).toEqual(new Array(16).fill(i % 100));
    }
  });

  it("does not copy what fills its reads, nor a little of anything", () => {
    const backlog = create();
    const full = Array.from({ length: 20 }, () => read(READ, new Array(600).fill(80))).flat();
    const before = full.map((msg) => msg.read);
    for (const msg of full) backlog.push(msg);
    expect(full.every((msg, i) => msg.read === before[i])).toBe(true);
    const few = create();
    const sparse = read(READ, [16]).concat(read(READ, [16]), read(READ, [16]));
    for (const msg of sparse) few.push(msg);
    expect(sparse.every((msg) => msg.read.length === READ)).toBe(true);
  });

  it("never keeps more alive than it knows, and keeps the order", () => {
    const step = fc.oneof(
      fc.record({
        length: fc.constantFrom(2000, READ),
        sizes: fc.array(fc.nat(200), { minLength: 1, maxLength: 4 }),
      }),
      fc.nat(12),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const backlog = create();
        const model: HoldfastMsg[] = [];
        for (const one of steps) {
          if (typeof one === "number") {
            for (let i = Math.min(one, model.length); i > 0; i--)
              expect(backlog.shift() === model.shift()).toBe(true);
          } else {
            for (const msg of read(one.length, one.sizes)) {
              backlog.push(msg);
              model.push(msg);
            }
          }
          expect(backlog.bytes).toBe(model.reduce((sum, msg) => sum + msg.contentSize, 0));
          expect(backlog.retained).toBeGreaterThanOrEqual(alive(model));
        }
      }),
      { numRuns: 60 },
    );
  });
});
