import Table from "cli-table3";
import pc from "picocolors";
import type { Case } from "../campaign.js";
import { gates } from "../gates.js";
import { table, title } from "./figures.js";

/** Prints a case; returns whether what it must hold is held. */
export function print(played: Case): boolean {
  const { heads, rows } = table(played);
  const drawn = new Table({
    head: heads,
    style: { head: [], border: [], compact: true },
    colAligns: heads.map((_head, index) => (index === 0 ? "left" : "right")),
  });
  drawn.push(...rows);
  console.log(`\n${pc.bold(title(played))}\n${drawn.toString()}`);
  const asked = gates(played);
  for (const { what, figure, held } of asked) {
    console.log(`${held ? pc.green("✓") : pc.red("✖")} ${what}: ${figure}`);
  }
  return asked.every(({ held, asked: counts = true }) => held || !counts);
}
