import { afterEach, beforeEach, vi } from "vitest";
import { UsageExit } from "./command-line.js";

/** Listens, in the tests of a file, to what a command line says; gives what one of them has said so far. */
export function listen(): () => string {
  let said: string;
  beforeEach(() => {
    said = "";
    const hear = (text: string | Uint8Array) => {
      said += String(text);
      return true;
    };
    vi.spyOn(process.stderr, "write").mockImplementation(hear);
    vi.spyOn(process.stdout, "write").mockImplementation(hear);
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });
  return () => said;
}

/** The status that a command line ends with; -1: it is taken. */
export function statusOf(parse: () => unknown): number {
  try {
    parse();
  } catch (error) {
    if (error instanceof UsageExit) return error.status;
    throw error;
  }
  return -1;
}
