import assert from "node:assert/strict";
import type { MsgHdrs } from "@nats-io/nats-core";
import { MsgHdrsImpl } from "@nats-io/nats-core/internal";
import fc from "fast-check";
import { HoldfastMsg } from "../../src/client/msg.js";
import { encodeHeaders } from "../../src/interop/headers.js";
import { expectCode } from "../expect-code.js";
import { mutated } from "../mutations.js";
import { readHeaders } from "../reference/headers.js";
import { target } from "../target.js";

/** Headers that a user sends, or a block of them that comes in. */
export interface HeadersInput {
  readonly code: number;
  readonly description: string;
  readonly values: readonly (readonly [name: string, value: string])[];
  /** One character is one byte. */
  readonly block: string;
}

const NAME = /^[!-9;-~]+$/;
const BREAK = /[\r\n\0]/;

/** As `MsgHdrsImpl.fromRecord` makes them: nothing is checked. */
function make({ code, description, values }: HeadersInput): MsgHdrsImpl {
  const made = new MsgHdrsImpl(code, description);
  for (const [name, value] of values) made.headers.set(name, [...(made.headers.get(name) ?? []), value]);
  return made;
}

/** @param encode an encoder under test: the product's, or a spoilt one of a test */
export function checkHeaders(input: HeadersInput, encode = encodeHeaders): void {
  checkSent(input, encode);
  checkReceived(input.block, encode);
}

function checkSent(input: HeadersInput, encode: typeof encodeHeaders): void {
  const { code, description, values } = input;
  const isGood =
    values.every(([name, value]) => NAME.test(name) && !BREAK.test(value)) &&
    (code <= 0 || !BREAK.test(description));
  const headers = make(input);
  const { value: bytes, error } = expectCode(() => encode(headers), "INVALID_ARGUMENT");
  assert.equal(error === undefined, isGood, "taken or refused");
  if (bytes === undefined) return;
  const read = readHeaders(Buffer.from(bytes).toString("utf8"));
  assert.deepEqual(read.status, code > 0 ? `${code} ${description.toWellFormed()}`.trim() : "");
  const sent = [...headers].flatMap(([name, list]) =>
    list.map((value) => [name, value.toWellFormed().trim()]),
  );
  assert.deepEqual(read.values, sent);
  // What nats-core writes of the same headers, where it writes anything.
  const isPlain = code === 0 ? values.length > 0 : description !== "";
  if (isPlain)
    assert.deepEqual(Buffer.from(bytes), Buffer.from(headers.encode()), "as nats-core encodes them");
}

/** A block of any bytes: `msg.headers` gives headers or throws an error of nats-core's; both every time. */
function checkReceived(block: string, encode: typeof encodeHeaders): void {
  const bytes = Buffer.from(block, "latin1");
  const publisher = { publish: () => true };
  const msg = new HoldfastMsg(publisher, 1, bytes, 0, 0, 0, 0, 0, bytes.length, bytes.length);
  assert.equal(typeof msg.isNoResponders, "boolean");
  let headers: MsgHdrs | undefined;
  try {
    headers = msg.headers;
  } catch (error) {
    assert(error instanceof Error && error.name === "InvalidArgumentError", `threw ${error}`);
    assert.throws(() => msg.headers, "the second time it does not throw");
    return;
  }
  if (headers === undefined) return assert.equal(block, "");
  assert(Number.isInteger(headers.code), `code ${headers.code}`);
  assert.equal(msg.headers, headers, "made anew each time");
  // What came in can be sent on, unless it has what may not be in headers.
  const { value: again } = expectCode(() => encode(headers), "INVALID_ARGUMENT");
  if (again === undefined) return;
  const back = MsgHdrsImpl.decode(again);
  assert.deepEqual([...back], [...headers], "sent on");
}

const word = fc.oneof(
  fc.constantFrom(
    "A",
    "a",
    "Nats-Msg-Id",
    "",
    "A B",
    "A:",
    "Ä",
    "A\r\nB",
    "\0",
    " ",
    "x",
    "__proto__",
    "constructor",
  ),
  fc.string({ maxLength: 6 }),
);
const value = fc.oneof(
  fc.constantFrom("", " ", " x ", "1", "a: b", "x\r\ny", "x\n", "\0", "ü", "\ud800", "\t"),
  fc.string({ unit: "binary", maxLength: 10 }),
);
const WORDS = [
  "NATS/1.0",
  " ",
  "503",
  "No Responders",
  "\r\n",
  "\r",
  "\n",
  ":",
  "A: b\r\n",
  "\xff",
  "\0",
  "\xef\xbb\xbf",
  "1e3",
  "-1",
  "Infinity",
];

export const headers = target<HeadersInput>({
  name: "headers",
  about: "any headers to send, and any block that comes in: as nats-core writes them, nothing injected",
  inputs: (known) => {
    const blocks = known.map(({ block }) => block);
    return fc.record({
      code: fc.constantFrom(0, 0, 503, 408, 100, 1, -1, 99_999),
      description: fc.oneof(fc.constantFrom("", "No Responders", "a\r\nB: c", "x\0"), value),
      values: fc.array(fc.tuple(word, value), { maxLength: 5 }),
      block: fc.oneof(
        mutated(blocks, WORDS),
        fc.array(fc.constantFrom(...WORDS), { maxLength: 12 }).map((words) => words.join("")),
        fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString("latin1")),
      ),
    });
  },
  check: (input) => checkHeaders(input),
});
