import { crc32 } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { BodyWriter, decodeBody } from "./body-codec.js";
import { decodeHead, encodeHead, NewerFormat, type RecordHead } from "./head-codec.js";
import { decodeStoreHead, encodeStoreHead } from "./store-head.js";

const FOREVER = Number.POSITIVE_INFINITY;
const context = (slots: number) => ({ outbox: "box", number: 7, slots, maxAge: FOREVER });

const bytes = fc.uint8Array({ maxLength: 300 });
const message = fc.record({
  subject: fc.oneof(fc.constantFrom("a", "b.c", "ä.ö"), fc.string({ minLength: 1, unit: "grapheme" })),
  reply: fc.oneof(fc.constant(""), fc.string()),
  headers: fc.option(bytes, { nil: undefined }),
  payload: fc.oneof(bytes, fc.string({ unit: "grapheme" })),
  later: fc.integer({ min: 0, max: 2 ** 40 }),
  ttl: fc.option(fc.integer({ min: 1, max: 2 ** 45 }), { nil: FOREVER }),
});

test("what was encoded is decoded, gone slots keep the numbers of the others", () => {
  fc.assert(
    fc.property(fc.array(fc.option(message, { nil: undefined })), fc.string(), (messages, reason) => {
      const writer = new BodyWriter(1000, reason);
      let at = 1000;
      const expected = messages.map((one, slot) => {
        if (one === undefined) {
          writer.addGone();
          return undefined;
        }
        at += one.later;
        writer.add(one, at, at + one.ttl);
        const payload = Buffer.from(one.payload as string);
        const { subject, reply, headers, ttl } = one;
        return {
          subject: wellFormed(subject),
          reply: wellFormed(reply),
          headers,
          payload,
          at,
          expiresAt: at + ttl,
          messageId: `box-${7 + slot}`,
        };
      });
      expect(writer.slots).toBe(messages.length);
      const decoded = decodeBody(writer.finish(), context(messages.length));
      const found = decoded.entries.map(
        (entry) =>
          entry && {
            subject: entry.subject,
            reply: entry.reply,
            headers: entry.headers,
            payload: Buffer.from(entry.payload),
            at: entry.at,
            expiresAt: entry.expiresAt,
            messageId: entry.messageId,
          },
      );
      expect(found).toEqual(expected);
      expect(decoded.reason).toBe(wellFormed(reason));
    }),
  );
});

test("the payload is no copy, and maxAge bounds the expiry", () => {
  const writer = new BodyWriter(5);
  writer.add({ subject: "a", reply: "", headers: undefined, payload: Buffer.from("hello") }, 10, FOREVER);
  const body = writer.finish();
  const [entry] = decodeBody(body, { ...context(1), maxAge: 100 }).entries;
  expect(entry?.payload.buffer).toBe(body.buffer);
  expect(entry).toMatchObject({ expiresAt: 110, expiry: FOREVER });
});

test("a message that cannot be encoded leaves the body as it was", () => {
  const writer = new BodyWriter(0);
  const good = { subject: "a", reply: "", headers: undefined, payload: "1" };
  writer.add(good, 1, FOREVER);
  const { size } = writer;
  expect(() =>
    writer.add({ ...good, subject: "new", payload: null as unknown as string }, 5, FOREVER),
  ).toThrow();
  expect(writer.size).toBe(size);
  writer.add({ ...good, subject: "new" }, 2, FOREVER);
  const { entries } = decodeBody(writer.finish(), context(2));
  expect(entries).toMatchObject([
    { subject: "a", at: 1 },
    { subject: "new", at: 2 },
  ]);
});

test("a body that was changed, cut or made up is refused or decoded, never more", () => {
  const writer = new BodyWriter(0);
  for (const payload of ["one", "two", "x".repeat(300)]) {
    writer.add({ subject: "a.b", reply: "r", headers: Buffer.from("NATS/1.0\r\n\r\n"), payload }, 1, 99);
  }
  const body = writer.finish();
  for (let end = 0; end < body.length; end++)
    expect(() => decodeBody(body.subarray(0, end), context(3))).toThrow();
  expect(() => decodeBody(Buffer.concat([body, Buffer.alloc(1)]), context(3))).toThrow("longer");
  expect(() => decodeBody(body, context(2))).toThrow("longer");
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(5), (random, slots) => {
      try {
        decodeBody(Uint8Array.from([1, ...random]), context(slots));
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
      }
    }),
  );
});

const head: RecordHead = {
  outbox: "ABCDEFGHIJKLMNOPQRSTUV",
  parked: true,
  encrypted: true,
  slots: 2 ** 32 - 1,
  done: 3,
  gone: 4,
  length: 5,
  crc: 2 ** 32 - 1,
  at: 1.7e12,
  lastAt: 1.7e12 + 1,
  number: 2 ** 52,
  expiresAt: FOREVER,
};

test("a head comes back, in at most 256 bytes", () => {
  expect(decodeHead(encodeHead(head))).toEqual(head);
  const plain = { ...head, parked: false, encrypted: false, outbox: "x".repeat(128) };
  expect(decodeHead(encodeHead(plain))).toEqual(plain);
  expect(encodeHead(plain).length).toBeLessThanOrEqual(256);
  expect(() => encodeHead({ ...head, outbox: "x".repeat(129) })).toThrow(RangeError);
});

test("every bit of a head that flips is seen", () => {
  const encoded = encodeHead(head);
  for (let bit = 0; bit < encoded.length * 8; bit++) {
    const flipped = Buffer.from(encoded);
    flipped[bit >> 3] ^= 1 << (bit & 7);
    expect(() => decodeHead(flipped)).toThrow();
  }
  for (let end = 0; end < encoded.length; end++) expect(() => decodeHead(encoded.subarray(0, end))).toThrow();
});

test("a head that contradicts itself is refused", () => {
  for (const wrong of [
    { slots: 6 },
    { number: -1 },
    { number: 0.5 },
    { at: Number.NaN },
    { expiresAt: Number.NaN },
  ]) {
    expect(() => decodeHead(encodeHead({ ...head, ...wrong }))).toThrow("contradicts");
  }
});

test("the store's head comes back, is checked, and a newer one is told apart", () => {
  const encoded = encodeStoreHead({ id: "box", created: 5, reserved: 2 ** 50 });
  expect(decodeStoreHead(encoded)).toEqual({ id: "box", created: 5, reserved: 2 ** 50 });
  for (let place = 0; place < encoded.length; place++) {
    const changed = Buffer.from(encoded);
    changed[place] ^= 1;
    expect(() => decodeStoreHead(changed)).toThrow();
  }
  const text = JSON.stringify({ format: 2, what: "nobody knows" });
  expect(() => decodeStoreHead(Buffer.from(`${text} ${crc32(text)}`))).toThrow(NewerFormat);
  for (const found of ["null", "[]", '{"format":1}']) {
    expect(() => decodeStoreHead(Buffer.from(`${found} ${crc32(found)}`))).toThrow(
      "has not what it should have",
    );
  }
});

function wellFormed(text: string): string {
  return Buffer.from(text).toString();
}
