import { endWith } from "./outbox/ended.js";
import { safeLines, withoutEncodedCredentials } from "./safe.js";

let stacks = false;

/** From now on errors are told with their stack: `--debug`. */
export function showStacks(): void {
  stacks = true;
}

/** Tells an error in a line on standard error, and with `--debug` also its stack; returns the exit code. */
export function fail(error: unknown): number {
  const { line, code } = endWith(error);
  process.stderr.write(withoutEncodedCredentials(line));
  if (stacks && error instanceof Error)
    process.stderr.write(`${safeLines(withoutEncodedCredentials(error.stack ?? ""))}\n`);
  return code;
}

/** What a command does: it returns the exit code; what goes wrong becomes a line and an exit code. */
export function action<A extends unknown[]>(
  run: (...args: A) => Promise<number>,
): (...args: A) => Promise<void> {
  return async (...args) => {
    try {
      process.exitCode = await run(...args);
    } catch (error) {
      process.exitCode = fail(error);
    }
  };
}

/** Prints lines on standard output. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Says something beside the result: on standard error, so that the result can go on to another program. */
export function say(text: string): void {
  process.stderr.write(`holdfast: ${text}\n`);
}
