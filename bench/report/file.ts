import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { CASES } from "../cases.js";
import type { ClientName } from "../clients/client.js";
import type { Run, Sample } from "../figures.js";
import type { Campaign, Measured } from "../measured.js";
import { resultOf } from "../results.js";

/** Where the samples are kept that the page is made of. */
const RESULTS = "bench/results.json";

/** Digits of a sample: more than it is good for. */
const DIGITS = 5;

/** All samples of all campaigns and what was made of them, as JSON; a line of it is one client's runs. What never ended is null. */
export function toJson(campaigns: readonly Campaign[]): string {
  const text = campaigns.map(
    ({ environment, cases }) =>
      `{\n"environment": ${JSON.stringify(environment, null, 2)},\n"cases": [\n${cases.map(caseJson).join(",\n")}\n]\n}`,
  );
  return `[${text.join(",\n")}]\n`;
}

function caseJson(measured: Measured): string {
  const { of, date, cpu, runs, profile } = measured;
  const { verdicts, rounds } = resultOf(measured);
  const head = { name: of.name, title: of.title, date, cpu, rounds, verdicts, profile };
  const lines = [...runs].map(
    ([client, list]) => `  ${JSON.stringify(client)}: ${JSON.stringify(list.map(short))}`,
  );
  return `${JSON.stringify(head, null, 1).slice(0, -2)},\n "runs": {\n${lines.join(",\n")}\n }\n}`;
}

function short(run: Run): Run {
  const shorten = (sample: Sample) =>
    Object.fromEntries(
      Object.entries(sample).map(([name, value]) => [name, Number(value.toPrecision(DIGITS))]),
    );
  return Object.fromEntries(Object.entries(run).map(([step, sample]) => [step, shorten(sample)]));
}

/** Reads it back; cases that are not measured any more are left out. */
export function fromJson(text: string): Campaign[] {
  const campaigns = JSON.parse(text) as {
    environment: Campaign["environment"];
    cases: {
      name: string;
      date: string;
      cpu?: string;
      profile?: Measured["profile"];
      runs: Record<string, Record<string, Record<string, number | null>>[]>;
    }[];
  }[];
  return campaigns.map(({ environment, cases }) => ({
    environment,
    cases: cases.flatMap(({ name, date, cpu, profile, runs }): Measured[] => {
      const of = CASES.find((one) => one.name === name);
      if (of === undefined) return [];
      const clients = of.clients.filter((client) => runs[client] !== undefined);
      const kept = clients.map((client): [ClientName, Run[]] => [client, runs[client].map(whole)]);
      return [{ of: { ...of, clients }, date, cpu, profile, runs: new Map(kept) }];
    }),
  }));
}

function whole(run: Record<string, Record<string, number | null>>): Run {
  const heal = (sample: Record<string, number | null>) =>
    Object.fromEntries(
      Object.entries(sample).map(([name, value]) => [name, value ?? Number.POSITIVE_INFINITY]),
    );
  return Object.fromEntries(Object.entries(run).map(([step, sample]) => [step, heal(sample)]));
}

/** What was kept before; nothing at first. */
export function readResults(file = RESULTS): Campaign[] {
  return existsSync(file) ? fromJson(readFileSync(file, "utf8")) : [];
}

/** Keeps them. */
export function writeResults(campaigns: readonly Campaign[], file = RESULTS): void {
  writeFileSync(file, toJson(campaigns));
}

/**
 * Puts a new campaign in the place of that with the same major version of Node: its cases in the place of those measured before. Those that
 * were not measured again stay, with the date that they have.
 */
export function merged(before: readonly Campaign[], made: Campaign): Campaign[] {
  const major = ({ environment }: Campaign) => Number.parseInt(environment.node, 10);
  const same = before.find((one) => major(one) === major(made));
  const known = new Map([...(same?.cases ?? []), ...made.cases].map((one) => [one.of.name, one]));
  const order = CASES.map((one) => one.name);
  const cases = [...known.values()].sort((a, b) => order.indexOf(a.of.name) - order.indexOf(b.of.name));
  return [...before.filter((one) => one !== same), { environment: made.environment, cases }].sort(
    (a, b) => major(a) - major(b),
  );
}
