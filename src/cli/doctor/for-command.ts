import type { DoctorFinding, DoctorReport } from "../../doctor/index.js";

/** Options of `connect()` in a text, and the command's own that does the same. */
const FLAGS: readonly (readonly [RegExp, string])[] = [
  [/\bcaFile\b/, "--tls-ca"],
  [/\bcertFile\b/, "--tls-cert"],
  [/\bkeyFile\b/, "--tls-key"],
  [/\bhandshakeFirst\b/, "--tls-first"],
  [/\bcredsFileAuthenticator\b/, "--creds"],
];

/** A report for who has only the command: advice names its options beside those of programs, and what only a program can do is left out. */
export function forCommand(report: DoctorReport): DoctorReport {
  // A context has no name to give, nor has the command; the environment makes one.
  const findings = report.findings.filter(({ rule }) => rule !== "no-name");
  return { ...report, findings: findings.map(withFlags) };
}

function withFlags(found: DoctorFinding): DoctorFinding {
  return { ...found, advice: found.advice.map(withFlag) };
}

function withFlag(text: string): string {
  const flags = FLAGS.flatMap(([option, flag]) => (option.test(text) && !text.includes(flag) ? [flag] : []));
  return flags.length === 0 ? text : `${text} (here: ${flags.join(", ")})`;
}
