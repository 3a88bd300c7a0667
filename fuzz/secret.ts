import assert from "node:assert/strict";
import { inspect } from "node:util";

/** What an input puts where credentials go; nothing that is told may have it. */
export const SECRET = "s3cr3tT0k3n";

/** All of what a log could show of a value: properties at any depth, texts of errors, causes. */
function allTextOf(value: unknown): string {
  return inspect(value, {
    depth: Number.POSITIVE_INFINITY,
    maxArrayLength: null,
    maxStringLength: null,
    getters: false,
  });
}

/** @throws when a value tells the secret */
export function expectNoSecret(value: unknown, where: string): void {
  const text = allTextOf(value);
  const at = text.indexOf(SECRET);
  assert(
    at === -1,
    `${where} tells the secret: ${text.slice(Math.max(0, at - 100), at + SECRET.length + 20)}`,
  );
}
