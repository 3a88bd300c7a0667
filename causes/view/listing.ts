import pc from "picocolors";
import type { Scenario } from "../scenario.js";

/** Every scenario with its sentence, for `--list`. */
export function listing(scenarios: readonly Scenario[]): string {
  const width = Math.max(...scenarios.map(({ name }) => name.length)) + 2;
  const kinds = [...new Set(scenarios.map(({ kind }) => kind))];
  return kinds
    .map((kind) => {
      const lines = scenarios
        .filter((scenario) => scenario.kind === kind)
        .map(({ name, does }) => `  ${name.padEnd(width)}${does}`);
      return `${pc.bold(kind)}\n${lines.join("\n")}\n`;
    })
    .join("\n");
}
