import Table from "cli-table3";
import { Command, InvalidArgumentError } from "commander";
import pc from "picocolors";
import { type Finding, SCENARIOS } from "./scenarios.js";

const NAMES = Object.keys(SCENARIOS);

function seconds(text: string): number {
  const value = Number(text);
  if (value > 0 && value <= 24 * 3600) return value;
  throw new InvalidArgumentError("a number of seconds, up to a day");
}

function names(text: string): string[] {
  const list = text.split(",");
  if (list.every((name) => NAMES.includes(name))) return list;
  throw new InvalidArgumentError(`some of ${NAMES.join(", ")}`);
}

const command = new Command("soak")
  .description(
    "Holds a connection in an outage, and before a server that does not read, and watches its memory.",
  )
  .option("--seconds <n>", "length of each scenario", seconds, 60)
  .option("--only <names>", `scenarios, separated by commas: ${NAMES.join(", ")}`, names, NAMES)
  .parse();

const options = command.opts<{ seconds: number; only: string[] }>();
const findings: Finding[] = [];
for (const name of options.only) {
  console.log(pc.dim(`${name}: ${options.seconds} s …`));
  findings.push(await SCENARIOS[name](options.seconds));
}

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
process.exitCode = kept ? 0 : 1;
