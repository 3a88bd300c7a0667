import type { DoctorFinding, DoctorReport } from "../../doctor/index.js";
import { wrapped } from "../../doctor/layout.js";

/** What is different from the report before. */
export interface Changes {
  /** The verdict, or what was found, is another one. */
  readonly changed: boolean;
  readonly come: readonly DoctorFinding[];
  readonly gone: readonly DoctorFinding[];
}

/** What has come and gone, a line for each; in lines of at most `width` characters, or as long as they are. */
export function changeLines({ come, gone }: Changes, width = Number.POSITIVE_INFINITY): string[] {
  const told = [
    ...come.map(({ message }) => ["  + ", message] as const),
    ...gone.map(({ message }) => ["  - ", `no more: ${message}`] as const),
  ];
  return told.flatMap(([head, text]) =>
    wrapped(text, width - head.length).map((line, index) => (index === 0 ? head : "    ") + line),
  );
}

/** Compares reports: a finding is the same when its rule and its servers are, whatever its figures say now. Hints do not count. */
export function changesBetween(before: DoctorReport | undefined, now: DoctorReport): Changes {
  const [old, current] = [keyed(before), keyed(now)];
  const come = [...current].flatMap(([key, found]) => (old.has(key) ? [] : [found]));
  const gone = [...old].flatMap(([key, found]) => (current.has(key) ? [] : [found]));
  const changed = before?.verdict !== now.verdict || come.length > 0 || gone.length > 0;
  return { changed, come, gone };
}

function keyed(report: DoctorReport | undefined): Map<string, DoctorFinding> {
  const all = (report?.findings ?? []).filter(({ level }) => level !== "hint");
  return new Map(
    all.map((found) => [[found.level, found.rule, ...found.servers.toSorted()].join(" "), found]),
  );
}
