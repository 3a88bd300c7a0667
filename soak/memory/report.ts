import Table from "cli-table3";
import pc from "picocolors";
import type { Finding } from "./scenarios.js";

/** Prints what the scenarios have found; returns whether every bound holds. */
export function reportMemory(findings: readonly Finding[]): boolean {
  const table = new Table({
    head: ["scenario", "published", "rejected", "dropped", "memory, worst", "allowed", "books"],
    colAligns: ["left", "right", "right", "right", "right", "right", "left"],
    style: { head: [], border: [] },
  });
  const figure = (value: number) => value.toLocaleString("en-US");
  for (const { scenario, published, rejected, dropped, worst, allowed, balanced } of findings) {
    table.push([
      scenario,
      figure(published),
      figure(rejected),
      figure(dropped),
      `+${worst.toFixed(1)} MiB`,
      `+${allowed} MiB`,
      balanced ? "balance" : "DO NOT BALANCE",
    ]);
  }
  console.log(table.toString());
  const kept = findings.every(({ worst, allowed, balanced }) => worst <= allowed && balanced);
  console.log(kept ? pc.green("✔ memory stays within its bounds") : pc.red("✖ a bound does not hold"));
  return kept;
}
