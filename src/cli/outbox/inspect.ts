import Table from "cli-table3";
import type { DamagedRecord, OutboxReport } from "../../outbox/index.js";
import { age, count, countOf, size } from "./figures.js";

/** Subjects and reasons that are shown; the rest is summed up. */
const SHOWN = 20;
/** Reasons come from servers, and subjects from anywhere: neither may move the cursor, or fill the screen. */
const LONGEST = 120;

/** Whether somebody should look at it: something is parked, or cannot be read. */
export function needsAttention({ parked, damaged }: OutboxReport): boolean {
  return parked > 0 || damaged.length > 0;
}

/**
 * The report for people.
 *
 * @param now ms since the epoch
 */
export function describeOutbox(report: OutboxReport, now: number): string {
  const { owner, format, id, createdAt, messages, bytes, fileBytes, encrypted } = report;
  const rows: [string, string][] = [
    ["open in", owner === undefined ? "no process" : `process ${owner.pid} on ${printable(owner.host)}`],
    [
      "format",
      format === undefined ? "none: nothing was ever stored" : `${format}${encrypted ? ", encrypted" : ""}`,
    ],
    ["id", `${id ?? "none"}${createdAt === undefined ? "" : `, since ${new Date(createdAt).toISOString()}`}`],
    ["stream", report.stream === undefined ? "none: it is for core NATS" : printable(report.stream)],
    ["messages", messages === 0 ? "none" : count(messages)],
    ["stored", `${size(bytes)}, in files of ${size(fileBytes)}`],
    ["oldest", moment(report.oldestAt, now)],
    ["newest", moment(report.newestAt, now)],
    [
      "parked",
      report.parked === 0
        ? "none"
        : `${count(report.parked)}: refused for good, they are not sent again by themselves`,
    ],
    ["damaged", damaged(report)],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const parts = [
    `${printable(report.path)}\n${rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`).join("\n")}`,
  ];
  const { parkedBy, subjects, otherSubjects } = report;
  if (parkedBy.length > 0) {
    const each = parkedBy.map(({ reason, messages }) => [printable(reason), count(messages)]);
    parts.push(table(["parked because", "messages"], each));
  }
  if (report.damaged.length > 0) parts.push(describeDamaged(report.damaged).join("\n"));
  if (subjects !== undefined && subjects.length > 0) {
    const each = subjects.map((one) => [printable(one.subject), count(one.messages), size(one.bytes)]);
    parts.push(table(["subject", "messages", "size"], each));
  }
  if (otherSubjects !== undefined && otherSubjects.messages > 0) {
    parts.push(`and ${countOf(otherSubjects.messages, "message")} of further subjects`);
  }
  if (subjects !== undefined && encrypted) {
    parts.push("Subjects of what is encrypted can be counted only by a program that has the key.");
  }
  return parts.join("\n\n");
}

/** Nothing that a terminal would take for a command, and no line of its own; cut where it is longer. */
export function printable(text: string, longest = LONGEST): string {
  const safe = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "?");
  return safe.length > longest ? `${safe.slice(0, longest - 1)}…` : safe;
}

/** Records that cannot be read, a line each; not too many. */
export function describeDamaged(records: readonly DamagedRecord[]): string[] {
  const lines = records.slice(0, SHOWN).map(({ record, messages, why }) => {
    const them = messages === undefined ? "" : ` (${countOf(messages, "message")})`;
    return `record ${record}${them}: ${printable(why)}`;
  });
  if (records.length > SHOWN) lines.push(`and ${countOf(records.length - SHOWN, "record")} more`);
  return lines;
}

function damaged({ damaged, checked }: OutboxReport): string {
  if (damaged.length === 0) return checked ? "none" : "not looked at: --subjects reads every message";
  const known = damaged.reduce((sum, { messages = 0 }) => sum + messages, 0);
  const them = known === 0 ? "" : ` with ${countOf(known, "message")}`;
  return `${countOf(damaged.length, "record")}${them}: they cannot be read, and stay as they are`;
}

function moment(at: number | undefined, now: number): string {
  if (at === undefined) return "none";
  const date = new Date(at);
  const when = Number.isNaN(date.getTime()) ? "at no time that there is" : date.toISOString();
  return at <= now
    ? `${age(now - at)} ago, ${when}`
    : `${when}, which is ${age(at - now)} ahead of this clock`;
}

function table(head: string[], rows: string[][]): string {
  const printed = new Table({
    head,
    colAligns: head.map((_, index) => (index === 0 ? "left" : "right")),
    style: { head: [], border: [], compact: true },
  });
  printed.push(...rows.slice(0, SHOWN));
  const more = rows.length - SHOWN;
  return more > 0
    ? `${printed.toString()}\nand ${count(more)} more (--json has them all)`
    : printed.toString();
}
