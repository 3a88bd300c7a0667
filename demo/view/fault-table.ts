import pc from "picocolors";
import type { Account } from "../accounts.js";
import type { FaultLine } from "../fault-lines.js";
import type { Causes } from "../link-events.js";
import type { ClientKind } from "../protocol.js";
import type { Step } from "../schedule.js";
import { nameStep } from "../words.js";
import { duration, moment } from "./figures.js";

/** One column: its head, its cells, and how they are painted once they have their width. */
interface Column {
  readonly head: string;
  readonly cells: readonly string[];
  readonly right?: boolean;
  readonly paint?: (text: string, row: number) => string;
}

const GAP = "  ";
const CAUSE = "cause";

/** A line for each fault: what it did to each client. Where there is little room, the times go first, then the causes. */
export function faultTable(
  schedule: readonly Step[],
  accounts: readonly Account[],
  names: Record<ClientKind, string>,
  columns: number,
): string {
  const at: Column = { head: "at", cells: schedule.map(({ at }) => moment(at)), right: true, paint: pc.dim };
  const fault: Column = { head: "fault", cells: schedule.map(nameStep) };
  const clients = accounts.flatMap((account) => clientColumns(schedule, account, names));
  const layouts = [
    [at, fault, ...clients],
    [fault, ...clients],
    [fault, ...clients.filter(({ head }) => head !== CAUSE)],
  ].map((each) => layOut(each, schedule.length));
  return (layouts.find(({ width }) => width <= columns) ?? layouts[2]).text;
}

function clientColumns(
  schedule: readonly Step[],
  { client, faults }: Account,
  names: Record<ClientKind, string>,
): Column[] {
  const lines = schedule.map((_step, index) => faults.find(({ step }) => step === index));
  const causes = lines.map((line) => causeOf(line?.causes ?? []));
  const found: Column[] = [
    {
      head: names[client],
      cells: lines.map(recovery),
      right: true,
      paint: (text, row) => (lines[row]?.recoveryMs === null ? pc.red(text) : pc.bold(text)),
    },
    {
      head: "cut → told",
      cells: lines.map(told),
      right: true,
      paint: (text, row) => judge(text, lines[row]),
    },
  ];
  if (causes.some((cause) => cause !== "")) found.push({ head: CAUSE, cells: causes, paint: pc.dim });
  return found;
}

function recovery(line: FaultLine | undefined): string {
  if (line === undefined) return "skipped";
  if (line.recoveryMs === undefined) return "–";
  return line.recoveryMs === null ? "never" : duration(line.recoveryMs);
}

function told(line: FaultLine | undefined): string {
  if (line === undefined) return "";
  const { outages, disconnects, reconnects } = line.events;
  return `${outages} → ${disconnects}/${reconnects}`;
}

/** The first, and how many others there were: all of them are in the JSON. */
function causeOf([first = "", ...others]: Causes): string {
  return others.length === 0 ? first : `${first} +${others.length}`;
}

/** One pair of events for each cut link is as it should be. */
function judge(text: string, line: FaultLine | undefined): string {
  if (line === undefined) return text;
  const { outages, disconnects, reconnects } = line.events;
  return disconnects === outages && reconnects === outages ? pc.green(text) : pc.yellow(text);
}

function layOut(columns: readonly Column[], rows: number): { text: string; width: number } {
  const widths = columns.map(({ head, cells }) =>
    Math.max(head.length, ...cells.map(({ length }) => length)),
  );
  const padded = ({ right }: Column, text: string, index: number) =>
    right ? text.padStart(widths[index]) : text.padEnd(widths[index]);
  const head = columns.map((column, index) => pc.dim(padded(column, column.head, index))).join(GAP);
  const body = Array.from({ length: rows }, (_, row) =>
    columns
      .map((column, index) => {
        const text = padded(column, column.cells[row], index);
        return column.paint === undefined ? text : column.paint(text, row);
      })
      .join(GAP),
  );
  const width = 1 + widths.reduce((sum, each) => sum + each, 0) + GAP.length * (columns.length - 1);
  return { text: [head, ...body].map((line) => ` ${line}`).join("\n"), width };
}
