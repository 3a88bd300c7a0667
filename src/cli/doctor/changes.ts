import type { DoctorFinding, DoctorReport } from "../../doctor/index.js";
import { wrapped } from "../../doctor/layout.js";
import { list } from "../../doctor/words.js";

/** What is different from the report before. */
export interface Changes {
  /** The verdict, or what was found, is another one. */
  readonly changed: boolean;
  /** Findings that are new, or new for some of their servers. */
  readonly come: readonly DoctorFinding[];
  /** Findings that are no more, or no more for some of their servers. */
  readonly gone: readonly DoctorFinding[];
  /** Of a finding that holds for other servers as before: those for which it does not any more. */
  readonly well?: ReadonlyMap<DoctorFinding, readonly string[]>;
}

/** What has come and gone, a line for each; in lines of at most `width` characters, or as long as they are. */
export function changeLines({ come, gone, well }: Changes, width = Number.POSITIVE_INFINITY): string[] {
  const at = (found: DoctorFinding) => {
    const servers = well?.get(found);
    return servers === undefined ? "" : ` at ${list(servers)}`;
  };
  const told = [
    ...come.map(({ message }) => ["  + ", message] as const),
    ...gone.map((found) => ["  - ", `no more${at(found)}: ${found.message}`] as const),
  ];
  return told.flatMap(([head, text]) =>
    wrapped(text, width - head.length).map((line, index) => (index === 0 ? head : "    ") + line),
  );
}

/**
 * Compares reports, server by server: a server has the same trouble when the rule is the same, whatever its figures say now, and whoever
 * else has it. Trouble that is worse now has come; it has not gone as what it was. Hints do not count.
 */
export function changesBetween(before: DoctorReport | undefined, now: DoctorReport): Changes {
  const [old, current] = [troubles(before), troubles(now)];
  const had = new Set(old.flatMap((found) => keys(found).map((key) => `${found.level} ${key}`)));
  const has = new Set(current.flatMap(keys));
  const come = current.filter((found) => keys(found).some((key) => !had.has(`${found.level} ${key}`)));
  const gone = old.filter((found) => keys(found).some((key) => !has.has(key)));
  const well = new Map(
    gone
      .filter((found) => keys(found).some((key) => has.has(key)))
      .map((found) => [found, found.servers.filter((server) => !has.has(keyOf(found, server)))]),
  );
  const changed = before?.verdict !== now.verdict || come.length > 0 || gone.length > 0;
  return { changed, come, gone, well };
}

function troubles(report: DoctorReport | undefined): DoctorFinding[] {
  return (report?.findings ?? []).filter(({ level }) => level !== "hint");
}

const keyOf = ({ rule, option }: DoctorFinding, server: string) => `${rule} ${option ?? ""} ${server}`;

/** One for each server that it is about; of what is about none in particular one. */
function keys(found: DoctorFinding): string[] {
  return found.servers.length === 0
    ? [keyOf(found, "")]
    : found.servers.map((server) => keyOf(found, server));
}
