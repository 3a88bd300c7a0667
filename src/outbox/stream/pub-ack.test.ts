import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Msg } from "../../index.js";
import { type ApiRefusal, lastSequenceIn, mayPass, readAnswer } from "./pub-ack.js";

const read = (text: string) => readAnswer({ string: () => text } as Msg);

describe("an answer", () => {
  it.each<[string, object]>([
    ['{"stream":"S","seq":7}', { stream: "S", seq: 7, duplicate: false }],
    ['{"stream":"S","seq":7,"duplicate":true}', { stream: "S", seq: 7, duplicate: true }],
    ['{"stream":"S","seq":7,"domain":"hub"}', { stream: "S", seq: 7, duplicate: false, domain: "hub" }],
    [
      '{"stream":"S","seq":7,"batch":"b","count":3}',
      { stream: "S", seq: 7, duplicate: false, batch: "b", count: 3 },
    ],
    // What is not understood, or of another type, is not passed on.
    ['{"stream":"S","seq":7,"duplicate":"true"}', { stream: "S", seq: 7, duplicate: false }],
    ['{"stream":"S","seq":7,"domain":7,"x":{}}', { stream: "S", seq: 7, duplicate: false }],
    ['{"stream":"S","seq":7,"batch":"b"}', { stream: "S", seq: 7, duplicate: false }],
    ['{"stream":"S","seq":7,"batch":"b","count":"3"}', { stream: "S", seq: 7, duplicate: false }],
    ['{"error":null,"stream":"S","seq":7}', { stream: "S", seq: 7, duplicate: false }],
    [
      '{"stream":"S","seq":9007199254740991}',
      { stream: "S", seq: Number.MAX_SAFE_INTEGER, duplicate: false },
    ],
  ])("is a PubAck: %s", (text, ack) => {
    expect(read(text)).toEqual({ ack });
  });

  it.each([
    "",
    " ",
    "+ACK",
    "null",
    "7",
    '"S"',
    "[]",
    "{}",
    '{"stream":"S"}',
    '{"stream":"S","seq":0}',
    '{"stream":"S","seq":-1}',
    '{"stream":"S","seq":1.5}',
    '{"stream":"S","seq":"1"}',
    '{"stream":"S","seq":null}',
    '{"stream":"S","seq":1e300}',
    '{"stream":"S","seq":9007199254740992}',
    '{"stream":"","seq":1}',
    '{"stream":7,"seq":1}',
    '{"stream":{"toString":"S"},"seq":1}',
    '{"seq":1}',
    '{"__proto__":{"stream":"S","seq":1}}',
    '{"error":"no","seq":1}',
    `${"[".repeat(100_000)}`,
  ])("is none: %.60s", (text) => {
    expect(read(text)).toEqual({ strange: "an answer that is no PubAck" });
  });

  it("is not believed whatever comes", () => {
    const json = fc.oneof(fc.json(), fc.string());
    fc.assert(
      fc.property(json, (text) => {
        const answer = read(text);
        if (!("ack" in answer)) return;
        expect(answer.ack.stream).not.toBe("");
        expect(answer.ack.seq).toBeGreaterThan(0);
      }),
      { seed: 7, numRuns: 500 },
    );
  });

  it("of a megabyte is read", () => {
    expect(read(`{"stream":"S","seq":1,"x":"${"x".repeat(1 << 20)}"}`)).toHaveProperty("ack");
  });
});

describe("a refusal", () => {
  it.each<[string, ApiRefusal]>([
    [
      '{"error":{"code":400,"err_code":10071,"description":"wrong last sequence: 5"}}',
      { code: 400, apiCode: 10071, text: "wrong last sequence: 5" },
    ],
    // An error counts more than a sequence beside it.
    [
      '{"error":{"code":503,"err_code":10077,"description":"full"},"stream":"S","seq":1}',
      { code: 503, apiCode: 10077, text: "full" },
    ],
    ['{"error":{}}', { code: 500, apiCode: 0, text: "no reason given" }],
    [
      '{"error":{"code":"400","err_code":[],"description":7}}',
      { code: 500, apiCode: 0, text: "no reason given" },
    ],
    ['{"error":[]}', { code: 500, apiCode: 0, text: "no reason given" }],
  ])("is read: %s", (text, refused) => {
    expect(read(text)).toEqual({ refused });
  });

  it("has a text of bounded length", () => {
    const answer = read(`{"error":{"description":"${"x".repeat(100_000)}"}}`);
    expect((answer as { refused: ApiRefusal }).refused.text).toHaveLength(256);
  });

  it.each<[Partial<ApiRefusal>, boolean]>([
    [{ code: 503 }, true],
    [{ code: 429 }, true],
    [{ code: 400 }, false],
    [{ code: 404, apiCode: 10059 }, false],
    [{ code: 400, apiCode: 10158 }, true],
    [{ code: 400, apiCode: 10002 }, true],
    [{ code: 400, apiCode: 10060 }, false],
  ])("may pass: %j, %s", (refusal, passes) => {
    expect(mayPass({ code: 500, apiCode: 0, text: "", ...refusal })).toBe(passes);
  });

  it.each<[number, string, number | undefined]>([
    [10071, "wrong last sequence: 5", 5],
    [10071, "wrong last sequence: 0", 0],
    [10071, "wrong last sequence", undefined],
    [10071, "", undefined],
    [10070, "wrong last msg ID: 5", undefined],
  ])("%i %j says that the stream ends at %s", (apiCode, text, last) => {
    expect(lastSequenceIn({ code: 400, apiCode, text })).toBe(last);
  });
});
