import pc from "picocolors";
import type { Fault } from "../faults/fault.js";

/** Every fault with its sentence, for `--list`. */
export function listing(faults: readonly Fault[]): string {
  const width = Math.max(...faults.map(({ name }) => name.length)) + 2;
  const groups = [...new Set(faults.map(({ group }) => group))];
  return groups
    .map((group) => {
      const lines = faults
        .filter((fault) => fault.group === group)
        .map(({ name, does }) => `  ${name.padEnd(width)}${does}`);
      return `${pc.bold(group)}\n${lines.join("\n")}\n`;
    })
    .join("\n");
}
