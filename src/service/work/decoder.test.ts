import type { StandardSchemaV1 } from "@standard-schema/spec";
import { type } from "arktype";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { rejection, thrown } from "../../../test/support/until.js";
import { type HoldfastError, isHoldfastError } from "../../index.js";
import type { Encoded } from "./codec.js";
import { makeDecoder } from "./decoder.js";

const message = (text: string): Encoded => ({
  subject: "orders.17",
  data: new TextEncoder().encode(text),
  string: () => text,
});
const SECRET = "hunter2";

/** Everything that somebody could print of an error. */
const whole = (error: Error): string => `${error.message} ${String(error.cause)} ${JSON.stringify(error)}`;

function expectInvalid(error: HoldfastError): void {
  expect(isHoldfastError(error)).toBe(true);
  expect(error).toMatchObject({ code: "INVALID_MESSAGE", subject: "orders.17", retryable: false });
  expect(error.message).toContain('the message on "orders.17" is invalid: ');
}

function schema(validate: (value: unknown) => unknown): StandardSchemaV1 {
  return { "~standard": { version: 1, vendor: "test", validate: validate as never } };
}

describe("without a schema", () => {
  it("JSON is the default; an empty payload is undefined", () => {
    const decode = makeDecoder({});
    expect(decode(message('{"a":1}'))).toEqual({ a: 1 });
    expect(decode(message(""))).toBeUndefined();
  });

  it("what is no JSON is invalid, and nothing of it is told", () => {
    const error = thrown<HoldfastError>(() => makeDecoder({})(message(`{"password": ${SECRET}`)));
    expectInvalid(error);
    expect(error.message).toContain("its 20 bytes are no JSON");
    expect(whole(error)).not.toContain("hunt");
  });

  it("a codec that throws or rejects makes the message invalid, and is the cause", async () => {
    const cause = new Error("no");
    const throwing = makeDecoder({
      codec: {
        decode() {
          throw cause;
        },
      },
    });
    const rejecting = makeDecoder({ codec: { decode: () => Promise.reject(cause) } });
    const first = thrown<HoldfastError>(() => throwing(message("x")));
    expectInvalid(first);
    expect(first.cause).toBe(cause);
    const second = await rejection<HoldfastError>(rejecting(message("x")) as Promise<unknown>);
    expectInvalid(second);
    expect(second.cause).toBe(cause);
  });
});

const ZOD = z.object({ id: z.number(), name: z.string().optional() });
const VALIBOT = v.object({ id: v.number(), name: v.optional(v.string()) });
const ARKTYPE = type({ id: "number", "name?": "string" });

describe.each<[string, StandardSchemaV1]>([
  ["zod", ZOD],
  ["valibot", VALIBOT],
  ["arktype", ARKTYPE],
])("with a schema of %s", (_, given) => {
  const decode = makeDecoder({ schema: given });

  it("what it accepts is decoded", () => {
    expect(decode(message('{"id":1,"name":"n"}'))).toEqual({ id: 1, name: "n" });
  });

  it("what it refuses is invalid; path and reason are told, the value is not", () => {
    const error = thrown<HoldfastError>(() => decode(message(`{"id":"${SECRET}"}`)));
    expectInvalid(error);
    expect(error.message).toMatch(/its schema refuses it: id:? .*number/);
    expect(whole(error)).not.toContain(SECRET);
  });

  it("what is no JSON comes to no schema", () => {
    expect(thrown(() => decode(message("{"))).message).toContain("no JSON");
  });
});

describe("no library's text tells the value", () => {
  const foreign = (text: string) => schema(() => ({ issues: [{ message: text, path: ["id"] }] }));
  it.each<[string, StandardSchemaV1]>([
    ["valibot, another check", v.object({ id: v.pipe(v.string(), v.email()) })],
    ["valibot, a literal", v.object({ id: v.literal("no") })],
    ["arktype, several issues", type({ id: "string.email<5" })],
    ["arktype, JSON in a string", type({ id: "string.json" })],
    ["arktype, a union", type({ id: "'no' | number" })],
    ["zod, another check", z.object({ id: z.email() })],
    ["zod, an enum", z.object({ id: z.enum(["no"]) })],
    ["one that is not known here, with a bracket", foreign(`Expected a number (got ${SECRET})`)],
    ["one that is not known here, with actual", foreign(`Expected a number, actual "${SECRET}"`)],
    [
      "one that is not known here, like yup",
      foreign(`id must be a number, but the final value was: ${SECRET}`),
    ],
  ])("%s", (_, given) => {
    const error = thrown<HoldfastError>(() => makeDecoder({ schema: given })(message(`{"id":"${SECRET}"}`)));
    expectInvalid(error);
    expect(whole(error)).not.toContain(SECRET);
    expect(error.message).toMatch(/its schema refuses it: .*id.* \S+/);
  });

  it("a path that begins the message is not told twice", () => {
    const error = thrown<HoldfastError>(() => makeDecoder({ schema: ARKTYPE })(message(`{"id":"x"}`)));
    expect(error.message).toMatch(/its schema refuses it: id must be a number$/);
  });
});

describe("with a schema", () => {
  it("the handler gets what the schema returns", () => {
    const decode = makeDecoder({
      schema: z.object({ at: z.iso.datetime().transform((text) => new Date(text)) }),
    });
    expect(decode(message('{"at":"2026-01-02T03:04:05Z"}'))).toEqual({
      at: new Date("2026-01-02T03:04:05Z"),
    });
  });

  it("it may be asynchronous", async () => {
    const decode = makeDecoder({ schema: z.string().refine(async (text) => text === "good") });
    await expect(decode(message('"good"'))).resolves.toBe("good");
    expectInvalid(await rejection(decode(message('"bad"')) as Promise<unknown>));
  });

  it("an asynchronous codec comes before it", async () => {
    const decode = makeDecoder({
      codec: { decode: async (msg) => Number(msg.string()) },
      schema: z.number(),
    });
    await expect(decode(message("7"))).resolves.toBe(7);
    expectInvalid(await rejection(decode(message("x")) as Promise<unknown>));
  });

  it.each<[string, StandardSchemaV1]>([
    [
      "throws",
      schema(() => {
        throw new Error("bug");
      }),
    ],
    ["rejects", schema(() => Promise.reject(new Error("bug")))],
    ["returns nothing", schema(() => undefined)],
    ["resolves with nothing", schema(async () => null)],
    [
      "returns a thenable that throws",
      schema(() => ({
        // biome-ignore lint/suspicious/noThenProperty: it is what is tested
        then: () => {
          throw new Error("bug");
        },
      })),
    ],
    [
      "has issues whose getter throws",
      schema(() => ({
        get issues() {
          throw undefined;
        },
      })),
    ],
    [
      "has a value whose getter throws",
      schema(async () => ({
        get value() {
          throw new Error("bug");
        },
      })),
    ],
    ["has a value that rejects", schema(() => ({ value: Promise.reject(undefined) }))],
    [
      "has a value that is a proxy of a promise",
      schema(() => ({ value: new Proxy(Promise.resolve(1), {}) })),
    ],
    [
      "returns a function that rejects",
      schema(() =>
        Object.assign(() => {}, {
          // biome-ignore lint/suspicious/noThenProperty: it is what is tested
          then: (_: unknown, no: (error: Error) => void) => no(new Error("no")),
        }),
      ),
    ],
    ["has issues that cannot be read", schema(() => ({ issues: 7 }))],
    [
      "has issues with a path that cannot be read",
      schema(() => ({ issues: [{ message: "x", path: [null] }] })),
    ],
  ])("one that %s makes the message invalid", async (_, given) => {
    expectInvalid(await rejection((async () => makeDecoder({ schema: given })(message("1")))()));
  });

  it("five issues are told, and how many more there are", () => {
    const issues = Array.from({ length: 8 }, (_, i) => ({
      message: `no\n${i}`,
      path: ["list", { key: i }, "x"],
    }));
    const error = thrown(() => makeDecoder({ schema: schema(() => ({ issues })) })(message("1")));
    expect(error.message).toContain("list.0.x: no 0; list.1.x: no 1; ");
    expect(error.message).toContain("no 4 (and 3 more)");
    expect(error.message).not.toContain("no 5");
  });

  it("texts are bounded", () => {
    const issues = [{ message: "m".repeat(100_000), path: ["p".repeat(100_000)] }];
    const error = thrown(() => makeDecoder({ schema: schema(() => ({ issues })) })(message("1")));
    expect(error.message.length).toBeLessThan(400);
  });

  it.each([null, {}, 7, { "~standard": {} }, { "~standard": null }])("%o is refused", (given) => {
    expect(thrown(() => makeDecoder({ schema: given as never }))).toMatchObject({
      code: "INVALID_OPTION",
      option: "schema",
    });
  });

  it('is refused beside codec "none"', () => {
    expect(thrown(() => makeDecoder({ codec: "none", schema: z.string() }))).toMatchObject({
      option: "schema",
    });
  });
});
