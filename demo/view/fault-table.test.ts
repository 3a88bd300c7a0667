import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import type { Account } from "../accounts.js";
import type { FaultLine } from "../fault-lines.js";
import type { Step } from "../schedule.js";
import { faultTable } from "./fault-table.js";

const SCHEDULE: Step[] = [
  { at: 2500, fault: "kill", target: "publisher", down: 900, young: false },
  { at: 15_000, fault: "slow", target: "subscriber", down: 2000, young: false },
];
const NAMES = { holdfast: "Holdfast", natsjs: "nats.js" };

function line(step: number, recoveryMs: FaultLine["recoveryMs"], causes: string[] = []): FaultLine {
  return { step, at: 0, recoveryMs, events: { outages: 1, disconnects: 1, reconnects: 1 }, causes };
}

function account(client: "holdfast" | "natsjs", faults: FaultLine[]): Account {
  return { client, faults } as unknown as Account;
}

function rows(accounts: Account[], columns: number): string[] {
  return stripVTControlCharacters(faultTable(SCHEDULE, accounts, NAMES, columns)).split("\n");
}

describe("the list of faults", () => {
  it("has a line for each, and the causes if there are any", () => {
    const holdfast = account("holdfast", [line(0, 12, ["reset"]), line(1, undefined)]);
    const natsjs = account("natsjs", [line(0, null)]);
    expect(rows([holdfast, natsjs], 100)).toEqual([
      "     at  fault            Holdfast  cut → told  cause  nats.js  cut → told",
      "  2.5 s  kill                12 ms     1 → 1/1  reset    never     1 → 1/1",
      " 15.0 s  slow subscriber         –     1 → 1/1         skipped            ",
    ]);
    expect(rows([natsjs], 100)[0]).toBe("     at  fault            nats.js  cut → told");
  });

  it("names the first of several causes", () => {
    const holdfast = account("holdfast", [line(0, 12, ["stale", "reset", "refused"])]);
    expect(rows([holdfast], 100)[1]).toMatch(/ {2}stale \+2$/);
  });

  it("leaves out the times, then the causes, where there is no room for them", () => {
    const holdfast = account("holdfast", [line(0, 12, ["reset"])]);
    expect(rows([holdfast], 53)[1]).toBe("  2.5 s  kill                12 ms     1 → 1/1  reset");
    expect(rows([holdfast], 52)[1]).toBe(" kill                12 ms     1 → 1/1  reset");
    expect(rows([holdfast], 44)[1]).toBe(" kill                12 ms     1 → 1/1");
  });
});
