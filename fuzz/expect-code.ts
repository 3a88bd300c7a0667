import assert from "node:assert/strict";
import { CodedError, type ErrorCode } from "../src/errors.js";

/**
 * Calls `run`: what it throws must be a coded error with one of `codes`, and a text for people.
 *
 * @returns what it gave back, or the error
 */
export function expectCode<T>(
  run: () => T,
  ...codes: ErrorCode[]
): { value: T; error?: undefined } | { value?: undefined; error: CodedError } {
  try {
    return { value: run() };
  } catch (error) {
    assert(error instanceof CodedError, `threw ${describe(error)}`);
    assert(codes.includes(error.code), `code ${error.code}: ${error.message}`);
    assert(
      error.message.length > 0 && error.message.length < 2000,
      `a text of ${error.message.length} characters`,
    );
    return { error };
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : typeof error;
}
