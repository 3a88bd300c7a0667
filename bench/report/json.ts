import type { Environment } from "../environment.js";
import type { Result } from "../results.js";

/** All samples and what was made of them; what never ended is null. */
export function jsonReport(environment: Environment, results: readonly Result[]): string {
  const cases = results.map(({ of, samples, ...rest }) => ({
    name: of.name,
    title: of.title,
    samples: Object.fromEntries(samples),
    ...rest,
  }));
  return `${JSON.stringify({ environment, cases }, null, 2)}\n`;
}
