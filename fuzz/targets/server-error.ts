import assert from "node:assert/strict";
import fc from "fast-check";
import {
  blameOf,
  findServerError,
  isAuthError,
  isFatal,
  SERVER_ERRORS,
  serverError,
} from "../../src/core/server-errors.js";
import { ErrorCode } from "../../src/errors.js";
import { publicError } from "../../src/interop/errors.js";
import { mutated } from "../mutations.js";
import { target } from "../target.js";

/** What an `-ERR` says; with `about`, it is a violation that a server has written about these names. */
export interface ServerErrorInput {
  readonly text: string;
  readonly about?: {
    readonly operation: "Publish" | "Subscription" | "reply";
    readonly subject: string;
    readonly queue?: string;
  };
}

const SHORT_ESCAPES: Record<string, string> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
  '"': '\\"',
};

/** Go's `%q` for what can be in a subject: printable characters as they are, others escaped. */
function quote(text: string): string {
  const quoted = Array.from(text, (char) => {
    if (SHORT_ESCAPES[char] !== undefined) return SHORT_ESCAPES[char];
    const point = char.codePointAt(0)!;
    if (/[\p{L}\p{M}\p{N}\p{P}\p{S}]/u.test(char)) return char;
    if (point > 0xffff) return `\\U${point.toString(16).padStart(8, "0")}`;
    return `\\u${point.toString(16).padStart(4, "0")}`;
  });
  return `"${quoted.join("")}"`;
}

/** The text of nats-server for a violation. */
function violation({ operation, subject, queue }: NonNullable<ServerErrorInput["about"]>): string {
  if (operation === "reply") return `Permissions Violation for Publish with Reply of ${quote(subject)}`;
  const group = queue === undefined ? "" : ` using queue ${quote(queue)}`;
  return `Permissions Violation for ${operation} to ${quote(subject)}${group}`;
}

/** Most µs of this process's own time that a text may take: no pattern may go wild on it. */
const PATIENCE = 500_000;

export function checkServerError({ text: given, about }: ServerErrorInput, make = serverError): void {
  const text = about === undefined ? given : violation(about);
  const began = process.cpuUsage();
  const error = make(text);
  const row = findServerError(text);
  assert(process.cpuUsage(began).user < PATIENCE, "took too long");
  assert(Object.hasOwn(ErrorCode, error.code), error.code);
  assert.equal(error.detail.serverText, text);
  assert.equal(error.code, row?.code ?? "SERVER_ERROR");
  assert(row === undefined || SERVER_ERRORS.includes(row));
  assert.equal(isFatal(error), row?.action === "fatal");
  assert(!isAuthError(error) || isFatal(error));
  assert([undefined, "certain", "possible"].includes(blameOf(error)));
  assert.equal((publicError(error) as { code?: string }).code, error.code);
  const { operation, subject, reply, queue } = error.detail;
  if (about === undefined) return;
  const wanted =
    about.operation === "reply"
      ? { operation: "publish", subject: undefined, reply: about.subject, queue: undefined }
      : {
          operation: about.operation.toLowerCase(),
          subject: about.subject,
          reply: undefined,
          queue: about.queue,
        };
  assert.deepEqual({ operation, subject, reply, queue }, wanted);
}

/** Whatever a client may use as a subject: no white space, no control characters. */
const name = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom('"', "\\", "'", ".", "*", ">", "u", "\u00a0", "\u200b", "\u{e0001}", "\u{1f600}", "é"),
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }),
    ),
    minLength: 1,
    maxLength: 10,
  })
  .map((text) => text.replace(/[\0- \x7f]/g, "_"));

export const serverErrors = target<ServerErrorInput>({
  name: "server-error",
  about: "any text of -ERR: a known code; the names in a permissions violation as they were",
  inputs: (known) => {
    const texts = [...known.map(({ text }) => text), ...SERVER_ERRORS.map(({ prefix }) => prefix)].filter(
      (text) => text.length < 2000,
    );
    const words = [
      '"',
      "\\",
      '\\"',
      "\\u0041",
      "\\U0010ffff",
      "\\U00110000",
      "\\ud800",
      "\\x41",
      " using queue ",
      "\n",
      "Permissions Violation for Publish to ",
    ];
    return fc.oneof(
      fc.record({ text: fc.oneof(mutated(texts, words), fc.string({ unit: fc.constantFrom(...words) })) }),
      fc.record({
        text: fc.constant(""),
        about: fc
          .record(
            { operation: fc.constantFrom("Publish", "Subscription", "reply"), subject: name, queue: name },
            { requiredKeys: ["operation", "subject"] },
          )
          .map(({ queue, ...rest }) =>
            rest.operation === "Subscription" && queue !== undefined ? { ...rest, queue } : rest,
          ),
      }),
    );
  },
  check: (input) => checkServerError(input),
});
