import { type Command, CommanderError, InvalidArgumentError } from "commander";

/** The command line was wrong (status 2) or was answered already, by the help text (status 0). */
export class UsageExit extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`usage exit ${status}`);
    this.status = status;
  }
}

/**
 * Parses a command line, for a command with `exitOverride()`; what is wrong with it was said on standard error when this throws a
 * {@link UsageExit}.
 *
 * @param read makes the options of what was parsed
 */
export function parsed<T>(command: Command, args: readonly string[], read: () => T): T {
  try {
    command.parse(args, { from: "user" });
    return read();
  } catch (error) {
    if (error instanceof CommanderError) throw new UsageExit(error.exitCode === 0 ? 0 : 2);
    throw error;
  }
}

/** Reads a whole number, in these bounds. */
export function whole(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= low && value <= high) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${low} to ${high}.`);
  };
}
