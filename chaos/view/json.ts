import type { Run } from "./summary.js";

/** The run as one JSON object, without what is too large for it. */
export function jsonReport({ command, options, minutes, environment, results }: Run): object {
  const { seconds, rate, seed } = options;
  return {
    command,
    seconds,
    rate,
    seed,
    minutes,
    environment,
    trials: results.map((result) =>
      "crash" in result
        ? { trouble: result.trouble.name, ...result.subject, crash: result.crash, broken: [] }
        : { ...result.account, broken: result.broken },
    ),
  };
}
